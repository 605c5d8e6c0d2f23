package detect_test

import (
	"testing"

	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/decode/decodetest"
	"github.com/bonafide-pad/bonafide/internal/detect"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

func open(t testing.TB) *detect.UltraLight {
	t.Helper()
	d, err := detect.NewUltraLight(catalogtest.Backend(t), catalogtest.Network(t, catalog.UltraLightDetector))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// portraitBox is the face of astronaut.jpg, forehead to chin, marked by hand; boxes agree with it at IoU 0.75.
var portraitBox = raster.Rect{X0: 178, Y0: 60, X1: 270, Y1: 178}

const portraitIoU = 0.75

func TestDetectFindsTheSameFaceInEveryView(t *testing.T) {
	d, im := open(t), decodetest.Photograph(t, "astronaut.jpg")
	for name, view := range map[string]raster.Rect{
		"whole":    im.Bounds(),
		"padded":   detect.Padded(im.Bounds()),
		"closeup":  detect.Closeup(detect.Candidate{Box: portraitBox, View: im.Bounds()}, 2.5),
		"off edge": {X0: -300, Y0: -200, X1: 400, Y1: 325},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := d.Detect(t.Context(), im, view, detect.UltraLightScore)
			if err != nil {
				t.Fatal(err)
			}
			if len(found) != 1 || found[0].Score < 0.95 || found[0].Box.IoU(portraitBox) < portraitIoU {
				t.Errorf("found %v, want one surely at %v", found, portraitBox)
			}
		})
	}
}

func TestDetectBesideThePicture(t *testing.T) {
	d, im := open(t), decodetest.Photograph(t, "astronaut.jpg")
	found, err := d.Detect(t.Context(), im, raster.Rect{X0: 2000, Y0: 0, X1: 2400, Y1: 300}, detect.UltraLightScore)
	if err != nil || len(found) > 0 {
		t.Errorf("found %v, %v in a view that shows nothing of the picture", found, err)
	}
}

func BenchmarkDetect(b *testing.B) {
	d, im := open(b), decodetest.Photograph(b, "astronaut.jpg")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Detect(b.Context(), im, detect.Padded(im.Bounds()), detect.UltraLightScore); err != nil {
			b.Fatal(err)
		}
	}
}
