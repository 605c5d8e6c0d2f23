//go:build cgo && !nojpegturbo

// Package jpegturbo decodes JPEG with the system's libjpeg-turbo, luma and chroma as the file stores them: no colour is
// converted and no chroma is enlarged, but Cb and Cr are put together in pairs.
//
// A file is decoded whole or not at all: where libjpeg only warns and goes on with invented pixels (data that ends too soon,
// codes that are none, a restart marker that is not there), the picture is refused. A missing end-of-image marker alone is
// forgiven when the file has a single scan.
//
// Memory: the planes; for files with several scans libjpeg holds the coefficients as well, two bytes for each sample.
package jpegturbo

// #cgo CFLAGS: -O3 -std=c11
// #cgo LDFLAGS: -ljpeg
// #cgo noescape bf_read_header
// #cgo nocallback bf_read_header
// #cgo noescape bf_decode
// #cgo nocallback bf_decode
// #include "decode.h"
import "C"

import (
	"errors"
	"fmt"
	"image"
	"unsafe"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

// Version names the library and its version, as compiled against.
func Version() string { return C.GoString(C.bf_version()) }

// ErrDamaged says that pixels are missing or garbled.
var ErrDamaged = errors.New("damaged")

// ErrScans says that a file has more scans than allowed.
var ErrScans = errors.New("too many scans")

// Header is what a file says before its pixels.
type Header struct {
	Width, Height int
	c             C.bf_header
}

// Pixels is a decoded picture: exactly one of its fields is set.
type Pixels struct {
	Gray *image.Gray
	YCC  *raster.YCC
	// RGB has three bytes for each pixel, rows without padding.
	RGB []byte
}

// ReadHeader reads the part of a file before its pixels.
func ReadHeader(data []byte) (Header, error) {
	if len(data) == 0 {
		return Header{}, errors.New("jpegturbo: no data")
	}
	var h Header
	var report C.bf_report
	if rc := C.bf_read_header(bytePointer(data), C.size_t(len(data)), &h.c, &report); rc != C.BF_OK {
		return Header{}, failure(rc, &report)
	}
	h.Width, h.Height = int(h.c.width), int(h.c.height)
	return h, nil
}

// Memory is how many bytes Decode writes for the file.
func (h Header) Memory() int {
	total := 0
	for _, n := range h.planeSizes() {
		total += n
	}
	return total
}

func (h Header) planeSizes() (sizes [2]int) {
	switch h.c.layout {
	case C.BF_PLANES:
		for i := range sizes {
			sizes[i] = int(h.c.stride[i]) * int(h.c.rows[i])
		}
	case C.BF_RGB:
		sizes[0] = 3 * h.Width * h.Height
	case C.BF_CMYK:
		sizes[0] = 4 * h.Width * h.Height
	}
	return sizes
}

// Decode decodes a file whose header has been read and found small enough into memory, which must hold h.Memory() bytes
// and may be dirty; the pixels lie in it. A file with more scans than maxScans is refused as soon as the next one begins.
func Decode(data []byte, h Header, memory []byte, maxScans int) (Pixels, error) {
	if len(data) == 0 || h.Memory() == 0 || len(memory) < h.Memory() {
		return Pixels{}, fmt.Errorf("jpegturbo: %d bytes of data, and memory for %d of %d bytes", len(data), len(memory), h.Memory())
	}
	var planes [2][]byte
	for i, n := range h.planeSizes() {
		planes[i], memory = memory[:n:n], memory[n:]
	}
	report := C.bf_report{max_scans: C.int(maxScans)}
	rc := C.bf_decode(bytePointer(data), C.size_t(len(data)), &h.c, bytePointer(planes[0]), bytePointer(planes[1]), &report)
	if rc != C.BF_OK {
		return Pixels{}, failure(rc, &report)
	}
	return h.pixels(planes), nil
}

func bytePointer(b []byte) *C.uchar { return (*C.uchar)(unsafe.Pointer(unsafe.SliceData(b))) }

func failure(rc C.int, report *C.bf_report) error {
	message := C.GoString(&report.message[0])
	switch rc {
	case C.BF_DAMAGED:
		return fmt.Errorf("jpegturbo: %w: %s", ErrDamaged, message)
	case C.BF_SCANS:
		return fmt.Errorf("jpegturbo: %w: more than %d", ErrScans, report.max_scans)
	default:
		return fmt.Errorf("jpegturbo: %s", message)
	}
}

func (h Header) pixels(planes [2][]byte) Pixels {
	switch {
	case h.c.layout == C.BF_RGB:
		return Pixels{RGB: planes[0]}
	case h.c.layout == C.BF_CMYK:
		return Pixels{RGB: packCMYK(planes[0], h.c.inverted != 0)}
	case h.c.components == 1:
		return Pixels{Gray: &image.Gray{Pix: planes[0], Stride: int(h.c.stride[0]), Rect: image.Rect(0, 0, h.Width, h.Height)}}
	default:
		return Pixels{YCC: &raster.YCC{
			Width: h.Width, Height: h.Height,
			Luma: planes[0], LumaStride: int(h.c.stride[0]),
			Chroma: planes[1], ChromaStride: int(h.c.stride[1]),
			Ratio: ratios[[2]C.int{h.c.h[0] / h.c.h[1], h.c.v[0] / h.c.v[1]}],
		}}
	}
}

// ratios is keyed by how many luma samples a chroma sample covers, across and down.
var ratios = map[[2]C.int]image.YCbCrSubsampleRatio{
	{1, 1}: image.YCbCrSubsampleRatio444,
	{2, 1}: image.YCbCrSubsampleRatio422,
	{2, 2}: image.YCbCrSubsampleRatio420,
	{1, 2}: image.YCbCrSubsampleRatio440,
	{4, 1}: image.YCbCrSubsampleRatio411,
	{4, 2}: image.YCbCrSubsampleRatio410,
}

// packCMYK turns ink into light, in place. Adobe stores the ink inverted: what is stored is then the light already.
func packCMYK(pix []byte, inverted bool) []byte {
	var invert byte = 255
	if inverted {
		invert = 0
	}
	out := pix[:0]
	for i := 0; i+3 < len(pix); i += 4 {
		k := uint32(pix[i+3] ^ invert)
		for _, c := range pix[i : i+3] {
			out = append(out, uint8((uint32(c^invert)*k+127)/255))
		}
	}
	return out
}
