package bench

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"

	"github.com/bonafide-pad/bonafide/internal/decode"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

// noise is the deviation of the noise added to a scaled picture, in levels of 255: without it an enlarged picture decodes faster than
// what a camera takes.
const noise = 2

// Scale makes a JPEG (4:2:0, quality 90) of about so many megapixels, 4:3, of the upper part of a picture.
func Scale(picture []byte, megapixels float64) ([]byte, error) {
	decoded, err := decode.Decode(picture, decode.DefaultLimits())
	if err != nil {
		return nil, fmt.Errorf("reading the picture to measure with: %w", err)
	}
	defer decoded.Release()
	im := decoded.Image
	height := 8 * int(math.Round(math.Sqrt(megapixels*1e6*3/4)/8))
	width := height * 4 / 3
	from := raster.Rect{X1: min(float64(im.Width()), float64(im.Height())*4/3)}
	from.Y1 = from.X1 * 3 / 4
	planes := make([]float32, 3*width*height)
	if err := im.Sample(planes, width, height, raster.Stretch(from, width, height), raster.Replicate, raster.Format{}); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = jpeg.Encode(&out, grainy(planes, width, height), &jpeg.Options{Quality: 90})
	return out.Bytes(), err
}

// grainy makes a picture of planes RGB, with the same noise every time.
func grainy(planes []float32, width, height int) image.Image {
	random := rand.New(rand.NewPCG(1, 2))
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	n := width * height
	for i := range n {
		grain := float32(random.NormFloat64() * noise)
		for c := range 3 {
			img.Pix[4*i+c] = uint8(min(255, max(0, planes[c*n+i]+grain)))
		}
		img.Pix[4*i+3] = 255
	}
	return img
}
