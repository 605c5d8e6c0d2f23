package decode

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

func pngSize(data []byte) (image.Config, error) { return png.DecodeConfig(bytes.NewReader(data)) }

func pngPixels(data []byte, o raster.Orientation) (*raster.Image, error) {
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return fromImage(img, o)
}

// bmpSize also refuses a header that promises more pixels than the file holds: the decoder takes no compressed ones.
func bmpSize(data []byte) (image.Config, error) {
	c, err := bmp.DecodeConfig(bytes.NewReader(data))
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

func bmpPixels(data []byte, o raster.Orientation) (*raster.Image, error) {
	img, err := bmp.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if p, ok := img.(*image.NRGBA); ok {
		ignoreEmptyAlpha(p)
	}
	return fromImage(img, o)
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

func tiffSize(data []byte) (image.Config, error) {
	return tiff.DecodeConfig(newTIFFReader(data))
}

func tiffPixels(data []byte, o raster.Orientation) (*raster.Image, error) {
	img, err := tiff.Decode(newTIFFReader(data))
	if err != nil {
		return nil, err
	}
	return fromImage(img, o)
}

// tiffReader bounds the work that a TIFF can ask for: its strips may all point to the same bytes, and each costs a
// decompressor. An honest file is read once, in pieces of some size.
type tiffReader struct {
	*bytes.Reader
	bytesLeft int64
	readsLeft int
}

var errTIFFWork = errors.New("strips or tiles that overlap or are too many")

func newTIFFReader(data []byte) *tiffReader {
	const maxStrips, leastPiece = 1 << 16, 1 << 12
	return &tiffReader{
		Reader:    bytes.NewReader(data),
		bytesLeft: 2*int64(len(data)) + 1<<20,
		readsLeft: maxStrips + len(data)/leastPiece,
	}
}

func (r *tiffReader) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.Reader.ReadAt(p, off)
	r.bytesLeft -= int64(n)
	r.readsLeft--
	if r.bytesLeft < 0 || r.readsLeft < 0 {
		return 0, errTIFFWork
	}
	return n, err
}
