package decode

import (
	"bytes"
	"errors"
	"fmt"
	"image"

	"golang.org/x/image/tiff"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

func tiffSize(data []byte) (image.Config, error) {
	c, err := tiff.DecodeConfig(newTIFFReader(data))
	return c, tiffError(err)
}

func tiffPixels(data []byte, canvas image.Rectangle, o raster.Orientation, _ *loan) (*raster.Image, error) {
	img, err := tiff.Decode(newTIFFReader(data))
	if err != nil {
		return nil, tiffError(err)
	}
	return fromImage(img, canvas, o)
}

// tiffError adds what is taken to an error about something that is not.
func tiffError(err error) error {
	var unsupported tiff.UnsupportedError
	if !errors.As(err, &unsupported) {
		return err
	}
	return fmt.Errorf("%w (taken is TIFF in grey, palette, RGB or RGBA with 8 or 16 bits or bilevel, "+
		"uncompressed or by LZW, Deflate, PackBits or CCITT)", err)
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
	const maxStrips, leastPiece = 1 << 16, 1 << 10
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
