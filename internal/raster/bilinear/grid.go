package bilinear

// #include "bilinear.h"
import "C"

import (
	"fmt"
	"slices"
	"sync"
	"unsafe"
)

// Place is a place on a stored axis: the pixel before it, and how far it is to the next, 0 to 1. At is at most the axis's length − 2, or 0
// where it has a single pixel.
type Place struct {
	At   int32
	Part float32
}

// Grid is the places of a patch whose stored axes each depend on one axis of the patch.
type Grid struct {
	// Swapped says that x depends on the rows of the patch, and y on its columns.
	Swapped bool
	at      []int32
	part    []float32
	source  *Source
	line    []float32 // for Means, kept
	// nx and ny are how many places there are on each axis.
	nx, ny int
}

var grids = sync.Pool{New: func() any { return new(Grid) }}

// NewGrid makes room for nx places on x and ny on y. Release gives it back.
func (s *Source) NewGrid(nx, ny int, swapped bool) *Grid {
	g := grids.Get().(*Grid)
	g.source, g.nx, g.ny, g.Swapped = s, nx, ny, swapped
	if n := 2 * (nx + ny); cap(g.at) < n {
		g.at, g.part = make([]int32, n), make([]float32, n)
	} else {
		g.at, g.part = g.at[:n], g.part[:n]
	}
	return g
}

// Release gives a grid's memory back for the next one.
func (g *Grid) Release() {
	g.source = nil
	grids.Put(g)
}

// SetX puts place i on x among the pixels.
func (g *Grid) SetX(i int, p Place) {
	g.set(i, p, g.source.planes[0].Width, g.source.planes[1].Width, float32(g.source.c.chroma_x))
	g.at[i] *= int32(g.source.c.step[0])
	if g.source.model.ownChroma() {
		g.at[g.nx+g.ny+i] *= int32(g.source.c.step[1])
	}
}

// SetY puts place i on y among the pixels.
func (g *Grid) SetY(i int, p Place) {
	g.set(g.nx+i, p, g.source.planes[0].Height, g.source.planes[1].Height, float32(g.source.c.chroma_y))
}

// set keeps a place, and where it is among the samples of chroma, which are sited at the centre of the pixels that they cover.
func (g *Grid) set(i int, p Place, pixels, samples int, scale float32) {
	g.at[i], g.part[i] = p.At, p.Part
	if p.At < 0 || int(p.At) > max(0, pixels-2) {
		panic(fmt.Sprintf("bilinear: place %d on an axis of %d", p.At, pixels))
	}
	if !g.source.model.ownChroma() {
		return
	}
	c := max(0, (float32(p.At)+p.Part+0.5)*scale-0.5)
	at := min(int32(c), int32(max(0, samples-2)))
	i += g.nx + g.ny
	g.at[i], g.part[i] = at, min(1, c-float32(at))
}

// Sample writes the patch at the places of g; to begins with the patch's first value.
func (g *Grid) Sample(to []float32, p Patch) {
	p.check(to)
	nx, ny, swapped := g.size(p)
	if nx != g.nx || ny != g.ny {
		panic(fmt.Sprintf("bilinear: a patch of %d×%d at %d and %d places", p.Width, p.Height, g.nx, g.ny))
	}
	s, patch := g.source, p.c()
	at, part := (*C.int32_t)(unsafe.SliceData(g.at)), (*C.float)(unsafe.SliceData(g.part))
	p0, p1, p2, out := s.pix(0), s.pix(1), s.pix(2), (*C.float)(unsafe.SliceData(to))
	if plain {
		C.bf_sample_grid_plain(&s.c, &patch, p0, p1, p2, out, at, part, swapped)
	} else {
		C.bf_sample_grid_avx2(&s.c, &patch, p0, p1, p2, out, at, part, swapped)
	}
}

// Means writes one plane of luminance, 0..255, as large as p, of which each value is the mean of 2×2 places of g. Scale and Offset don't count.
func (g *Grid) Means(to []float32, p Patch) {
	p.Grey = true
	p.check(to)
	nx, ny, swapped := g.size(p)
	if 2*nx != g.nx || 2*ny != g.ny {
		panic(fmt.Sprintf("bilinear: means of %d×%d at %d and %d places", p.Width, p.Height, g.nx, g.ny))
	}
	s, patch := g.source, p.c()
	g.line = slices.Grow(g.line[:0], s.planes[0].Stride)
	line := (*C.float)(unsafe.SliceData(g.line))
	at, part := (*C.int32_t)(unsafe.SliceData(g.at)), (*C.float)(unsafe.SliceData(g.part))
	if plain {
		C.bf_sample_means_plain(&s.c, &patch, s.pix(0), (*C.float)(unsafe.SliceData(to)), at, part, swapped, line)
	} else {
		C.bf_sample_means_avx2(&s.c, &patch, s.pix(0), (*C.float)(unsafe.SliceData(to)), at, part, swapped, line)
	}
}

// size is how many values of a patch lie along x and y.
func (g *Grid) size(p Patch) (nx, ny int, swapped C.int) {
	if g.Swapped {
		return p.Height, p.Width, 1
	}
	return p.Width, p.Height, 0
}
