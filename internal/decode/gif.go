package decode

import (
	"bytes"
	"image"
	"image/gif"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

func gifSize(data []byte) (image.Config, error) { return gif.DecodeConfig(bytes.NewReader(data)) }

// gifPixels decodes the first frame and lays it on the canvas, which is white where the frame doesn't reach.
func gifPixels(data []byte, canvas image.Rectangle, o raster.Orientation, _ *loan) (*raster.Image, error) {
	img, err := gif.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return fromImage(onCanvas(img, canvas, img.Bounds().Min), canvas, o)
}
