package decode

import (
	"bytes"
	"image"
	"image/png"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

func pngSize(data []byte) (image.Config, error) { return png.DecodeConfig(bytes.NewReader(data)) }

func pngPixels(data []byte, canvas image.Rectangle, o raster.Orientation, _ *loan) (*raster.Image, error) {
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return fromImage(img, canvas, o)
}
