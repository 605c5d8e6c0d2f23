// Package decode turns the bytes of a picture file into a raster.Image, upright.
//
// Taken are JPEG, PNG (of an APNG the default image), WebP and GIF (of animations the first frame, on its canvas), BMP
// and TIFF (the first page). The kind is found from the bytes, never from a name. EXIF's orientation is applied for
// JPEG, PNG, WebP and TIFF; EXIF that can't be read is ignored. Transparency is laid over white.
//
// Limits are checked against the file's header before a pixel is allocated; what stands in the file after that can't make
// the picture larger. A picture is taken whole or not at all: a face check on half a picture must not pass for one on the
// whole, so a file whose pixel data is cut off or damaged is refused, also where a viewer would fill the rest with grey.
// Forgiven is only what costs no pixel: bytes after the end, a missing end-of-image marker of a JPEG with a single scan
// (with several scans nobody can tell what else would have come), and broken metadata.
//
// Memory of one decode, in bytes for each pixel, the picture that is returned included:
//
//	JPEG    3 (4:2:0: 1.5, grey: 1), CMYK 4; with several scans 2 more for each sample, at most 12 in all
//	PNG     4 in colour, 8 with 16 bits, 4 for a palette, 1 or 2 for grey; interlaced: twice that
//	WebP    1.5, with alpha 7; lossless 8, and up to 150 MB for code tables
//	GIF     4
//	BMP     4
//	TIFF    32 where a single strip lies about its length: a TIFF may have only a third of Limits.Pixels
//
// The decoders of the standard library and of golang.org/x/image read hostile bytes here; a panic of theirs is turned
// into a [BadImageError] at this boundary, and only here.
//
// JPEG is decoded by libjpeg-turbo (package jpegturbo). Built without cgo or with the tag nojpegturbo, image/jpeg takes its
// place ([JPEGDecoder] says which one it is): several times slower, without CMYK that has no
// Adobe marker, with up to 24 bytes a pixel for several scans, and less strict about tables that are missing.
package decode

import (
	"errors"
	"fmt"
	"image"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

// Picture is a decoded picture.
type Picture struct {
	Image  *raster.Image
	Format Format
	loan   *loan
}

// Release gives the picture's memory back for the next one; the Image must not be used afterwards. Without it the garbage
// collector does, later.
func (p Picture) Release() { p.loan.giveBack() }

// Decode reads a picture. Its errors are a [*TooLargeError] or a [*BadImageError].
func Decode(data []byte, limits Limits) (Picture, error) {
	if err := limits.checkBytes(len(data)); err != nil {
		return Picture{}, err
	}
	format, found := sniff(data)
	c, taken := codecs[format]
	if !taken {
		return Picture{}, &BadImageError{Found: found, Err: errNotTaken}
	}
	memory := new(loan)
	img, err := c.contained(data, limits, memory)
	if err != nil {
		memory.giveBack()
		var large *TooLargeError
		if errors.As(err, &large) {
			return Picture{}, large
		}
		return Picture{}, &BadImageError{Found: found, Err: err}
	}
	return Picture{Image: img, Format: format, loan: memory}, nil
}

// codec reads one format.
type codec struct {
	// size reads width and height, as stored, from the header.
	size func(data []byte) (image.Config, error)
	// pixels decodes a picture that fills canvas, the size that has been checked: it must take no memory for another one, whatever the
	// file says later. What is taken from memory becomes the picture's.
	pixels func(data []byte, canvas image.Rectangle, o raster.Orientation, memory *loan) (*raster.Image, error)
	// orientation tells how the stored pixels must be turned.
	orientation func(data []byte) raster.Orientation
	// pixelShare divides Limits.Pixels where the decoder needs much memory for each pixel; 0 means 1.
	pixelShare int64
}

var codecs = map[Format]codec{
	JPEG: {size: jpegSize, pixels: jpegPixels, orientation: jpegOrientation},
	PNG:  {size: pngSize, pixels: pngPixels, orientation: pngOrientation},
	WebP: {size: webpSize, pixels: webpPixels, orientation: webpOrientation},
	TIFF: {size: tiffSize, pixels: tiffPixels, orientation: tiffOrientation, pixelShare: 3},
	GIF:  {size: gifSize, pixels: gifPixels, orientation: upright},
	BMP:  {size: bmpSize, pixels: bmpPixels, orientation: upright},
}

// contained reads a picture and turns a panic of the decoder into an error.
func (c codec) contained(data []byte, limits Limits, memory *loan) (img *raster.Image, err error) {
	defer func() {
		if r := recover(); r != nil {
			img, err = nil, fmt.Errorf("the decoder failed: %v", r)
		}
	}()
	limits.Pixels /= max(1, c.pixelShare)
	header, err := c.size(data)
	if err != nil {
		return nil, fmt.Errorf("reading the header: %w", err)
	}
	if err := limits.checkSize(header.Width, header.Height); err != nil {
		return nil, err
	}
	img, err = c.pixels(data, image.Rect(0, 0, header.Width, header.Height), c.orientation(data), memory)
	if err != nil {
		return nil, fmt.Errorf("reading the pixels: %w", err)
	}
	return img, nil
}
