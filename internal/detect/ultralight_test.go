package detect_test

import (
	"context"
	"math"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/decode/decodetest"
	"github.com/bonafide-pad/bonafide/internal/detect"
	"github.com/bonafide-pad/bonafide/internal/infer"
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

// TestBoxesAreThosePublished compares with the scores and boxes that the network as published works out for every anchor.
func TestBoxesAreThosePublished(t *testing.T) {
	d, im := open(t), decodetest.Photograph(t, "astronaut.jpg")
	published, err := catalogtest.Backend(t).Load(infer.Network{
		Name: "published", Model: catalogtest.Network(t, catalog.UltraLightDetector), Input: "input", Outputs: []string{"scores", "boxes"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := published.Close(); err != nil {
			t.Error(err)
		}
	})
	const least = 0.3 // most anchors that show nothing have 0.05
	views := []raster.Rect{im.Bounds(), detect.Padded(im.Bounds()), {X1: 340, Y1: 255}, {X0: 150, Y0: 30, X1: 300, Y1: 200}, {X0: -900, Y0: -900, X1: 1400, Y1: 1000}}
	for _, view := range views {
		input := infer.Tensor{Shape: []int{1, 3, 240, 320}, Data: make([]float32, 3*240*320)}
		if err := detect.UltraLightInput(raster.Canvas{Values: input.Data, Width: 320, Height: 240}, im, view); err != nil {
			t.Fatal(err)
		}
		out, err := published.Run(t.Context(), input)
		if err != nil {
			t.Fatal(err)
		}
		want := detect.Suppress(ofPublished(out[0].Data, out[1].Data, view, least))
		got, err := d.Detect(t.Context(), im, view, least)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) || len(got) == 0 {
			t.Fatalf("in %v: %d candidates, want %d, at least one", view, len(got), len(want))
		}
		for i := range want {
			if !(math.Abs(got[i].Score-want[i].Score) <= 1e-5) || got[i].Box.IoU(want[i].Box) < 0.9999 {
				t.Errorf("in %v: candidate %v, published %v", view, got[i], want[i])
			}
		}
	}
}

func ofPublished(scores, boxes []float32, view raster.Rect, least float64) (found []detect.Candidate) {
	for i := range len(boxes) / 4 {
		b, score := boxes[4*i:4*i+4], float64(scores[2*i+1])
		if score < least {
			continue
		}
		found = append(found, detect.Candidate{Score: score, View: view, Box: raster.Rect{
			X0: view.X0 + float64(b[0])*view.Width(), Y0: view.Y0 + float64(b[1])*view.Height(),
			X1: view.X0 + float64(b[2])*view.Width(), Y1: view.Y0 + float64(b[3])*view.Height(),
		}})
	}
	return found
}

// bothLooks is what a glance at a view finds and what a whole look finds.
func bothLooks(t *testing.T, d *detect.UltraLight, im *raster.Image, view raster.Rect) (glance, whole []detect.Candidate) {
	t.Helper()
	whole, err := d.Detect(t.Context(), im, view, detect.UltraLightScore)
	if err != nil {
		t.Fatal(err)
	}
	if glance, err = d.Glance(t.Context(), im, view, detect.UltraLightScore); err != nil {
		t.Fatal(err)
	}
	return glance, whole
}

func TestAGlanceFindsTheFaceThatDetectFinds(t *testing.T) {
	d, im := open(t), decodetest.Photograph(t, "astronaut.jpg")
	for name, view := range map[string]raster.Rect{
		"whole": im.Bounds(), "half": {X0: 64, Y0: 0, X1: 384, Y1: 320}, "near": {X0: 120, Y0: 20, X1: 340, Y1: 240}, "low": {X0: 100, Y0: -220, X1: 420, Y1: 200},
	} {
		got, want := bothLooks(t, d, im, view)
		if len(got) != 1 || len(want) != 1 || got[0].Box.IoU(want[0].Box) < 0.8 || got[0].Score < 0.95 {
			t.Errorf("%s: a glance finds %v, a whole look %v", name, got, want)
		}
	}
}

// TestAGlanceMovesNoBox takes the mean over views in which the face has 0.4 to 0.6 of the height, where the anchors of the coarser maps
// count: one box alone differs by as much from what Detect gives as these anchors can be wrong.
func TestAGlanceMovesNoBox(t *testing.T) {
	d, im := open(t), decodetest.Photograph(t, "astronaut.jpg")
	var x, y, n float64
	for side := 200.0; side <= 320; side += 5 {
		view := raster.SquareAround(portraitBox.Center(), side)
		got, want := bothLooks(t, d, im, view)
		if len(want) == 0 || len(got) == 0 {
			t.Fatalf("side %v: a glance finds %v, a whole look %v", side, got, want)
		}
		at, from := got[0].Box.Center(), want[0].Box.Center()
		x, y, n = x+(at.X-from.X)/want[0].Box.Width(), y+(at.Y-from.Y)/want[0].Box.Height(), n+1
	}
	if max(math.Abs(x/n), math.Abs(y/n)) > 0.05 {
		t.Errorf("boxes are off by %.3f of their width and %.3f of their height on the mean", x/n, y/n)
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
	for _, bench := range []struct {
		name   string
		detect func(context.Context, *raster.Image, raster.Rect, float64) ([]detect.Candidate, error)
	}{{"whole", d.Detect}, {"glance", d.Glance}} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := bench.detect(b.Context(), im, im.Bounds(), detect.UltraLightScore); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
