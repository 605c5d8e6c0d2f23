package landmark_test

import (
	"math"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/decode/decodetest"
	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

func open(t testing.TB) *landmark.Net64 {
	t.Helper()
	n, err := landmark.NewNet64(catalogtest.Backend(t), catalogtest.Network(t, catalog.Landmarks68))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return n
}

// portraitBox is the face of astronaut.jpg.
var portraitBox = raster.Rect{X0: 178, Y0: 60, X1: 270, Y1: 178}

func locate(t testing.TB, n *landmark.Net64, im *raster.Image, box raster.Rect) landmark.Fit {
	t.Helper()
	fit, err := n.Locate(t.Context(), im, box)
	if err != nil {
		t.Fatal(err)
	}
	return fit
}

// apart is the mean distance of two placements over the eyes' distance.
func apart(a, b *landmark.Points) float64 {
	var sum float64
	for i := range a {
		sum += raster.Distance(a[i], b[i])
	}
	return sum / landmark.Count / b.EyeDistance()
}

// TestLocatePortrait holds points marked by hand against those found; they agree within 5 pixels on a face of 118.
func TestLocatePortrait(t *testing.T) {
	fit := locate(t, open(t), decodetest.Photograph(t, "astronaut.jpg"), portraitBox)
	for _, want := range []struct {
		name  string
		point int
		at    raster.Point
	}{
		{"left eye, outer corner", 36, raster.Point{X: 193, Y: 101}},
		{"right eye, outer corner", 45, raster.Point{X: 259, Y: 104}},
		{"tip of the nose", 30, raster.Point{X: 224, Y: 126}},
		{"left corner of the mouth", 48, raster.Point{X: 203, Y: 140}},
		{"right corner of the mouth", 54, raster.Point{X: 246, Y: 140}},
		{"chin", 8, raster.Point{X: 224, Y: 178}},
	} {
		if d := raster.Distance(fit.Points[want.point], want.at); d > 5 {
			t.Errorf("%s at %v, %.1f pixels from %v", want.name, fit.Points[want.point], d, want.at)
		}
	}
	if fit.Disagreement > 0.02 {
		t.Errorf("disagreement %.3f on a clear face", fit.Disagreement)
	}
}

func TestLocateHardlyDependsOnTheBox(t *testing.T) {
	n, im := open(t), decodetest.Photograph(t, "astronaut.jpg")
	want := locate(t, n, im, portraitBox).Points
	side := portraitBox.Height()
	for name, box := range map[string]raster.Rect{
		"left":    portraitBox.Shift(-0.1*side, 0),
		"down":    portraitBox.Shift(0, 0.1*side),
		"larger":  raster.SquareAround(portraitBox.Center(), 1.2*side),
		"smaller": raster.SquareAround(portraitBox.Center(), 0.9*side),
	} {
		t.Run(name, func(t *testing.T) {
			got := locate(t, n, im, box).Points
			if d := apart(&got, &want); d > 0.05 {
				t.Errorf("the points moved by %.3f of the eyes' distance", d)
			}
		})
	}
}

// TestLocateInAMirror wants the mirror's points to be the picture's, but for sampling.
func TestLocateInAMirror(t *testing.T) {
	n, im := open(t), decodetest.Photograph(t, "astronaut.jpg")
	w := im.Width()
	mirror := decodetest.Warp(t, im, w, im.Height(), raster.Transform{XX: -1, X0: float64(w), YY: 1})
	want := locate(t, n, im, portraitBox).Points
	seen := locate(t, n, mirror, raster.Rect{X0: float64(w) - portraitBox.X1, Y0: portraitBox.Y0, X1: float64(w) - portraitBox.X0, Y1: portraitBox.Y1}).Points
	var got landmark.Points
	for i, p := range seen {
		got[landmark.Opposite(i)] = raster.Point{X: float64(w) - p.X, Y: p.Y}
	}
	if d := apart(&got, &want); d > 0.02 {
		t.Errorf("the points differ by %.3f of the eyes' distance", d)
	}
}

// TestLocateFollowsATurn turns the picture round the face.
func TestLocateFollowsATurn(t *testing.T) {
	n, im := open(t), decodetest.Photograph(t, "astronaut.jpg")
	want := locate(t, n, im, portraitBox).Points
	for _, degrees := range []float64{-60, -30, -15, 15, 30, 60} {
		angle := degrees * math.Pi / 180
		c := portraitBox.Center()
		crop := raster.SquareAround(c, 320)
		toPicture := raster.Turned(crop, 320, -angle)
		turned := decodetest.Warp(t, im, 320, 320, toPicture)
		box := raster.SquareAround(raster.Point{X: 160, Y: 160}, portraitBox.Height())
		got := locate(t, n, turned, box).Points
		for i := range got {
			got[i] = toPicture.Apply(got[i])
		}
		if d := apart(&got, &want); d > 0.05 {
			t.Errorf("turned by %v degrees the points differ by %.3f of the eyes' distance", degrees, d)
		}
	}
}

func TestOppositeIsItsOwnInverse(t *testing.T) {
	for i := range landmark.Count {
		if back := landmark.Opposite(landmark.Opposite(i)); back != i {
			t.Errorf("the opposite of %d's opposite is %d", i, back)
		}
	}
}

func BenchmarkLocate(b *testing.B) {
	n, im := open(b), decodetest.Photograph(b, "astronaut.jpg")
	b.ReportAllocs()
	for b.Loop() {
		locate(b, n, im, portraitBox)
	}
}
