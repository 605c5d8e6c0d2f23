// Package bilinear samples stored pixels into the planes of floats that networks read: plain bilinear sampling, which here costs more
// than everything else between the networks, in C for the sake of the processor's wide registers.
//
// Pixels lie in one plane (grey), three interleaved ones (RGB) or three of their own (YCbCr, full-range BT.601, chroma at an own
// resolution, whose two planes may share their memory in pairs). Places count from pixel centres: 0 is the centre of the first
// pixel. On a processor with AVX2 eight places are worked on at a time; elsewhere the same happens one by one.
package bilinear

// #cgo CFLAGS: -O3 -std=c11
// #cgo noescape bf_sample_grid_plain
// #cgo nocallback bf_sample_grid_plain
// #cgo noescape bf_sample_grid_avx2
// #cgo nocallback bf_sample_grid_avx2
// #cgo noescape bf_sample_means_plain
// #cgo nocallback bf_sample_means_plain
// #cgo noescape bf_sample_means_avx2
// #cgo nocallback bf_sample_means_avx2
// #cgo noescape bf_sample_free_plain
// #cgo nocallback bf_sample_free_plain
// #cgo noescape bf_sample_free_avx2
// #cgo nocallback bf_sample_free_avx2
// #include "bilinear.h"
import "C"

import (
	"fmt"
	"math"
	"unsafe"
)

// Model says what the planes of a Source hold.
type Model int

// The models.
const (
	Grey Model = C.BF_GREY // one plane
	RGB  Model = C.BF_RGB  // three planes that share their memory, three bytes a pixel
	YCC  Model = C.BF_YCC  // luma and two planes of chroma
	// YCCPairs is luma and pairs of Cb and Cr: two planes of chroma that share their memory, the second from its second byte on. It is
	// what is sampled fastest.
	YCCPairs Model = C.BF_YCC_PAIRS
)

// Plane is 8-bit samples in rows of Stride bytes. Pix begins with the first sample.
type Plane struct {
	Pix                   []byte
	Width, Height, Stride int
}

// Source is a stored picture. Of Grey the first plane alone counts.
type Source struct {
	model  Model
	planes [3]Plane
	c      C.bf_source
}

// NewSource describes a picture; chromaX and chromaY are the samples of chroma for each pixel of a picture with chroma of its own, 1 or less. It
// fails where a plane is shorter than its size or too long for offsets of 32 bits.
func NewSource(model Model, planes [3]Plane, chromaX, chromaY float32) (*Source, error) {
	s := &Source{model: model, planes: planes}
	s.c = C.bf_source{model: C.int32_t(model), chroma_x: C.float(chromaX), chroma_y: C.float(chromaY)}
	for i, p := range planes {
		if i > 0 && model == Grey {
			break
		}
		step := model.step(i)
		// Of interleaved planes the second and third begin one and two bytes on.
		need := (p.Height-1)*p.Stride + (p.Width-1)*step + 1
		if p.Width < 1 || p.Height < 1 || p.Stride < (p.Width-1)*step+1 || len(p.Pix) < need {
			return nil, fmt.Errorf("bilinear: %d bytes do not hold %d×%d samples in rows of %d", len(p.Pix), p.Width, p.Height, p.Stride)
		}
		if len(p.Pix) > math.MaxInt32 {
			return nil, fmt.Errorf("bilinear: a plane of %d bytes, at most %d are possible", len(p.Pix), math.MaxInt32)
		}
		s.c.step[i], s.c.stride[i] = C.int32_t(step), C.int32_t(p.Stride)
		s.c.width[i], s.c.height[i] = C.int32_t(p.Width), C.int32_t(p.Height)
	}
	return s, nil
}

// step is how many bytes lie from one sample of a plane to the next.
func (m Model) step(plane int) int {
	switch {
	case m == RGB:
		return 3
	case m == YCCPairs && plane > 0:
		return 2
	default:
		return 1
	}
}

// ownChroma tells whether chroma has a resolution of its own.
func (m Model) ownChroma() bool { return m == YCC || m == YCCPairs }

// Patch says what is wanted: Planes of Width×Height values v·Scale + Offset, with v in 0..255.
type Patch struct {
	Width, Height int
	// Stride is how many values a row of the planes written to has, PlaneStride how many a plane has: those of the patch or more.
	Stride, PlaneStride int
	// Grey asks for one plane of luminance, with the first Scale and Offset.
	Grey bool
	// Red, Green and Blue are the places of the planes in colour; Scale and Offset are in the order red, green, blue.
	Red, Green, Blue int
	Scale, Offset    [3]float32
}

func (p *Patch) c() C.bf_patch {
	out := C.bf_patch{
		width: C.int32_t(p.Width), height: C.int32_t(p.Height), stride: C.int32_t(p.Stride), plane_stride: C.int32_t(p.PlaneStride),
		red: C.int32_t(p.Red), green: C.int32_t(p.Green), blue: C.int32_t(p.Blue),
	}
	if p.Grey {
		out.grey, out.red, out.green, out.blue = 1, 0, 0, 0
	}
	for i := range 3 {
		out.scale[i], out.offset[i] = C.float(p.Scale[i]), C.float(p.Offset[i])
	}
	return out
}

// values is how many a patch reaches over.
func (p *Patch) values() int {
	planes := 3
	if p.Grey {
		planes = 1
	}
	return (planes-1)*p.PlaneStride + (p.Height-1)*p.Stride + p.Width
}

func (p *Patch) check(to []float32) {
	if p.Width < 1 || p.Height < 1 || p.Stride < p.Width || p.PlaneStride < (p.Height-1)*p.Stride+p.Width || len(to) < p.values() {
		panic(fmt.Sprintf("bilinear: a patch of %d×%d in %d values, rows of %d, planes of %d", p.Width, p.Height, len(to), p.Stride, p.PlaneStride))
	}
}

// plain is set by tests, which compare the two ways.
var plain = C.bf_has_avx2() == 0

// Free writes the patch whose pixel (u, v) shows the place x = m[0]·(u+½) + m[1]·(v+½) + m[2], y = m[3]·(u+½) + m[4]·(v+½) + m[5] of the
// stored picture, where the first pixel's centre is at ½; outside of it its outermost pixels continue. m must be finite; to begins
// with the patch's first value.
func (s *Source) Free(to []float32, p Patch, m [6]float64) {
	p.check(to)
	patch, values := p.c(), (*C.double)(unsafe.Pointer(&m))
	p0, p1, p2, out := s.pix(0), s.pix(1), s.pix(2), (*C.float)(unsafe.SliceData(to))
	if plain {
		C.bf_sample_free_plain(&s.c, &patch, p0, p1, p2, out, values)
	} else {
		C.bf_sample_free_avx2(&s.c, &patch, p0, p1, p2, out, values)
	}
}

func (s *Source) pix(plane int) *C.uint8_t {
	return (*C.uint8_t)(unsafe.SliceData(s.planes[plane].Pix))
}
