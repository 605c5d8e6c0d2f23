// Package raster holds a decoded picture in memory and samples from it.
//
// An [Image] keeps the pixels as the decoder left them (YCbCr in planes, interleaved RGB or grey) together with the
// orientation in which they must be seen; nothing is converted or turned before a sample is asked for. Every coordinate
// of this package is in the upright picture, in pixels, with (0, 0) the corner of the first pixel and its centre at
// (0.5, 0.5). What crops are sampled with is package bilinear.
package raster

import (
	"fmt"
	"image"
	"image/color"

	"github.com/bonafide-pad/bonafide/internal/raster/bilinear"
)

// Orientation says how stored pixels must be turned to stand upright, with EXIF's values 1 to 8.
type Orientation uint8

// Upright is the orientation of a picture whose first stored pixel is its upper left one.
const Upright Orientation = 1

// Swaps tells whether the orientation exchanges width and height.
func (o Orientation) Swaps() bool { return o >= 5 && o <= 8 }

// Image is a picture, upright, with 8 bits a channel. It is read-only after its making and safe for concurrent use.
type Image struct {
	width, height int // upright
	orientation   Orientation
	stored        source
	// fast samples the same pixels; nil where they are too many for it.
	fast *bilinear.Source
}

// source reads stored pixels: x and y are stored coordinates, already inside the picture.
type source interface {
	size() (w, h int)
	// rgb returns the colour of one stored pixel.
	rgb(x, y int) (r, g, b uint8)
	// blend returns the bilinear blend of the four stored pixels at the taps.
	blend(x, y tap) (r, g, b float32)
	// luma is blend for the BT.601 luminance alone.
	luma(x, y tap) float32
	// fast describes the pixels for package bilinear.
	fast() (*bilinear.Source, error)
}

// FromYCbCr makes an Image of the planes of a JPEG-like picture (full-range BT.601, chroma sited at block centres). The planes are kept, not copied.
func FromYCbCr(img *image.YCbCr, o Orientation) *Image {
	s := newYCbCr(img.Rect.Dx(), img.Rect.Dy(), img.Y, img.YStride, img.SubsampleRatio)
	s.cb, s.cr, s.chromaStride, s.chromaStep = img.Cb, img.Cr, img.CStride, 1
	return newImage(s, o)
}

// YCC is a JPEG-like picture as FromYCbCr has it, but with chroma in pairs, which is sampled faster.
type YCC struct {
	Width, Height int
	// Luma has a byte for each pixel, rows of LumaStride bytes.
	Luma       []uint8
	LumaStride int
	// Chroma has two bytes for each of its samples, Cb and Cr, rows of ChromaStride bytes.
	Chroma       []uint8
	ChromaStride int
	// Ratio is how many pixels a sample of chroma covers.
	Ratio image.YCbCrSubsampleRatio
}

// FromYCC makes an Image of planes, which are kept, not copied.
func FromYCC(p YCC, o Orientation) *Image {
	s := newYCbCr(p.Width, p.Height, p.Luma, p.LumaStride, p.Ratio)
	s.cb, s.cr, s.chromaStride, s.chromaStep = p.Chroma, p.Chroma[1:], p.ChromaStride, 2
	return newImage(s, o)
}

// FromGray makes an Image of a grey picture. The pixels are kept, not copied.
func FromGray(img *image.Gray, o Orientation) *Image { return newImage(grey{img}, o) }

// FromRGB makes an Image of interleaved 8-bit RGB rows. The pixels are kept, not copied.
// It returns an error when pix is too short for the size.
func FromRGB(pix []byte, width, height, stride int, o Orientation) (*Image, error) {
	if width <= 0 || height <= 0 || stride < 3*width || len(pix) < (height-1)*stride+3*width {
		return nil, fmt.Errorf("raster: %d bytes with stride %d do not hold %d×%d RGB pixels", len(pix), stride, width, height)
	}
	return newImage(interleaved{pix: pix, w: width, h: height, stride: stride}, o), nil
}

func newImage(s source, o Orientation) *Image {
	if o < 1 || o > 8 {
		o = Upright
	}
	w, h := s.size()
	if o.Swaps() {
		w, h = h, w
	}
	im := &Image{width: w, height: h, orientation: o, stored: s}
	if fast, err := s.fast(); err == nil {
		im.fast = fast
	}
	return im
}

// Width is the upright width in pixels.
func (im *Image) Width() int { return im.width }

// Height is the upright height in pixels.
func (im *Image) Height() int { return im.height }

// Bounds is the upright picture as a rectangle from (0, 0).
func (im *Image) Bounds() Rect {
	return Rect{X1: float64(im.width), Y1: float64(im.height)}
}

// RGBAt returns the colour of the upright pixel (x, y), which must lie inside the picture.
func (im *Image) RGBAt(x, y int) (r, g, b uint8) {
	sx, sy := im.toStored(x, y)
	return im.stored.rgb(sx, sy)
}

// ToRGBA copies the picture, upright, into the standard library's form: for drawing on it, not for the data path.
func (im *Image) ToRGBA() *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, im.width, im.height))
	for y := range im.height {
		for x := range im.width {
			r, g, b := im.RGBAt(x, y)
			out.SetRGBA(x, y, color.RGBA{R: r, G: g, B: b, A: 0xff})
		}
	}
	return out
}

// toStored maps an upright pixel to a stored one, by EXIF's definition of the eight orientations.
func (im *Image) toStored(x, y int) (sx, sy int) {
	right, bottom := im.width-1, im.height-1
	switch im.orientation {
	case 2:
		return right - x, y
	case 3:
		return right - x, bottom - y
	case 4:
		return x, bottom - y
	case 5:
		return y, x
	case 6:
		return y, right - x
	case 7:
		return bottom - y, right - x
	case 8:
		return bottom - y, x
	default:
		return x, y
	}
}
