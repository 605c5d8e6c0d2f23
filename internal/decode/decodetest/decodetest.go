// Package decodetest gives tests the committed photographs, and pictures made of them.
package decodetest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/decode"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

// Photograph decodes a picture of the module's testdata folder.
func Photograph(t testing.TB, name string) *raster.Image {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(catalogtest.Root(t), "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	p, err := decode.Decode(data, decode.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return p.Image
}

// Warp makes a picture of width×height pixels whose pixel (u, v) shows im at toPicture(u, v); outside of im it is grey.
func Warp(t testing.TB, im *raster.Image, width, height int, toPicture raster.Transform) *raster.Image {
	t.Helper()
	n := width * height
	planes := make([]float32, 3*n)
	if err := im.Sample(planes, width, height, toPicture, raster.Replicate, raster.Format{Order: raster.RGB}); err != nil {
		t.Fatal(err)
	}
	pix := make([]byte, 3*n)
	for i := range n {
		at := toPicture.Apply(raster.Point{X: float64(i%width) + 0.5, Y: float64(i/width) + 0.5})
		inside := at.X >= 0 && at.Y >= 0 && at.X < float64(im.Width()) && at.Y < float64(im.Height())
		for c := range 3 {
			pix[3*i+c] = 127
			if inside {
				pix[3*i+c] = byte(planes[c*n+i] + 0.5)
			}
		}
	}
	out, err := raster.FromRGB(pix, width, height, 3*width, raster.Upright)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
