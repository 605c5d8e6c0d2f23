package decode

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"

	"golang.org/x/image/bmp"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

// bmpSize also refuses a header that promises more pixels than the file holds: the decoder takes no compressed ones.
func bmpSize(data []byte) (image.Config, error) {
	c, err := bmp.DecodeConfig(bytes.NewReader(data))
	if errors.Is(err, bmp.ErrUnsupported) {
		return c, fmt.Errorf("%w (taken is BMP uncompressed, with 1, 2, 4, 8, 24 or 32 bits a pixel)", err)
	}
	if err != nil {
		return c, err
	}
	bits := int64(24)
	if p, ok := c.ColorModel.(color.Palette); ok {
		bits = 1
		if len(p) > 16 {
			bits = 8
		}
	}
	if c.Height > 0 && int64(c.Width)*bits/8 > int64(len(data)/c.Height) {
		return c, errTruncated
	}
	return c, nil
}

func bmpPixels(data []byte, canvas image.Rectangle, o raster.Orientation, _ *loan) (*raster.Image, error) {
	img, err := bmp.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if p, ok := img.(*image.NRGBA); ok {
		ignoreEmptyAlpha(p)
	}
	return fromImage(img, canvas, o)
}

// ignoreEmptyAlpha makes a picture opaque whose alpha is zero everywhere: many programs leave a BMP's fourth byte empty.
func ignoreEmptyAlpha(p *image.NRGBA) {
	for i := 3; i < len(p.Pix); i += 4 {
		if p.Pix[i] != 0 {
			return
		}
	}
	for i := 3; i < len(p.Pix); i += 4 {
		p.Pix[i] = 255
	}
}
