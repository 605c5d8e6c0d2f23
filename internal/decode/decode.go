// Package decode turns the bytes of a picture into a raster.Image.
package decode

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	_ "image/gif"  // registers GIF
	_ "image/jpeg" // registers JPEG
	_ "image/png"  // registers PNG

	"github.com/bonafide-pad/bonafide/internal/raster"
)

// Format is the kind of a picture, found from its bytes.
type Format string

// Limits bound what is decoded.
type Limits struct {
	Bytes  int64 // length of the file
	Pixels int64 // width × height
	Side   int   // longer side
}

// DefaultLimits are 20 MiB, 50 million pixels and sides of 16,000.
func DefaultLimits() Limits { return Limits{Bytes: 20 << 20, Pixels: 50_000_000, Side: 16_000} }

// Picture is a decoded picture.
type Picture struct {
	Image  *raster.Image
	Format Format
}

// TooLargeError says which limit a picture is over.
type TooLargeError struct {
	What       string
	Got, Limit int64
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the picture has %d %s, %d are allowed", e.Got, e.What, e.Limit)
}

// BadImageError says what was found instead of a picture.
type BadImageError struct {
	Found string
	Err   error
}

func (e *BadImageError) Error() string {
	return fmt.Sprintf("not a picture that can be read: %s", e.Found)
}

// Unwrap returns the decoder's error.
func (e *BadImageError) Unwrap() error { return e.Err }

// Decode decodes data within limits.
func Decode(data []byte, limits Limits) (Picture, error) {
	if int64(len(data)) > limits.Bytes {
		return Picture{}, &TooLargeError{"bytes", int64(len(data)), limits.Bytes}
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return Picture{}, &BadImageError{Found: err.Error(), Err: err}
	}
	if n := int64(c.Width) * int64(c.Height); n > limits.Pixels {
		return Picture{}, &TooLargeError{"pixels", n, limits.Pixels}
	}
	img, format, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return Picture{}, &BadImageError{Found: err.Error(), Err: err}
	}
	switch img := img.(type) {
	case *image.YCbCr:
		return Picture{raster.FromYCbCr(img, raster.Upright), Format(format)}, nil
	case *image.Gray:
		return Picture{raster.FromGray(img, raster.Upright), Format(format)}, nil
	}
	b := img.Bounds()
	rgba := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(rgba, rgba.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(rgba, rgba.Rect, img, b.Min, draw.Over)
	rgb := make([]byte, 0, 3*b.Dx()*b.Dy())
	for i := 0; i < len(rgba.Pix); i += 4 {
		rgb = append(rgb, rgba.Pix[i:i+3]...)
	}
	r, err := raster.FromRGB(rgb, b.Dx(), b.Dy(), 3*b.Dx(), raster.Upright)
	if err != nil {
		return Picture{}, &BadImageError{Found: err.Error(), Err: err}
	}
	return Picture{r, Format(format)}, nil
}
