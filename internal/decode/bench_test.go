//go:build cgo && !nojpegturbo

package decode

import (
	"bytes"
	"image"
	"image/draw"
	"image/jpeg"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/decode/jpegturbo/bare"
)

// twelveMegapixels is the portrait tiled to 4096×3072, a JPEG in 4:2:0 of quality 90.
func twelveMegapixels(b *testing.B) []byte {
	b.Helper()
	tile, err := jpeg.Decode(bytes.NewReader(read(b, "../../testdata/astronaut.jpg")))
	if err != nil {
		b.Fatal(err)
	}
	wall := image.NewYCbCr(image.Rect(0, 0, 4096, 3072), image.YCbCrSubsampleRatio420)
	picture := image.NewRGBA(wall.Rect)
	for y := 0; y < 3072; y += 512 {
		for x := 0; x < 4096; x += 512 {
			draw.Draw(picture, image.Rect(x, y, x+512, y+512), tile, image.Point{}, draw.Src)
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, picture, &jpeg.Options{Quality: 90}); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

// BenchmarkJPEG12MP puts the whole of Decode beside libjpeg-turbo alone, turn by turn in one loop: the ratio is what is to be read.
func BenchmarkJPEG12MP(b *testing.B) {
	data := twelveMegapixels(b)
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Decode(data, DefaultLimits()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			if err := bare.Decode(data, 1); err != nil {
				b.Fatal(err)
			}
		}
	})
}
