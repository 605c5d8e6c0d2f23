//go:build cgo && !nojpegturbo

package decode

import (
	"errors"
	"fmt"
	"image"

	"github.com/bonafide-pad/bonafide/internal/decode/jpegturbo"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

// JPEGDecoder names the JPEG decoder that was built in.
func JPEGDecoder() string { return jpegturbo.Version() }

func jpegSize(data []byte) (image.Config, error) {
	h, err := jpegturbo.ReadHeader(data)
	return image.Config{Width: h.Width, Height: h.Height}, err
}

func jpegPixels(data []byte, canvas image.Rectangle, o raster.Orientation, memory *loan) (*raster.Image, error) {
	h, err := jpegturbo.ReadHeader(data)
	if err != nil {
		return nil, err
	}
	if err := checkAnnounced(image.Pt(h.Width, h.Height), canvas.Size()); err != nil {
		return nil, err
	}
	p, err := jpegturbo.Decode(data, h, memory.take(h.Memory()), maxJPEGScans)
	switch {
	case errors.Is(err, jpegturbo.ErrDamaged):
		return nil, fmt.Errorf("%w (%w)", errTruncated, err)
	case err != nil:
		return nil, err
	case p.Gray != nil:
		return raster.FromGray(p.Gray, o), nil
	case p.YCC != nil:
		return raster.FromYCC(*p.YCC, o), nil
	default:
		return raster.FromRGB(p.RGB, h.Width, h.Height, 3*h.Width, o)
	}
}
