package detect

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

func box(x, y, w, h float64) raster.Rect { return raster.Rect{X0: x, Y0: y, X1: x + w, Y1: y + h} }

func TestSuppress(t *testing.T) {
	a, overA, inA, far := box(0, 0, 100, 100), box(10, 10, 100, 100), box(20, 20, 30, 30), box(300, 0, 50, 50)
	got := Suppress([]Candidate{{Box: far, Score: 0.7}, {Box: inA, Score: 0.8}, {Box: overA, Score: 0.95}, {Box: a, Score: 0.9}})
	want := []Candidate{{Box: overA, Score: 0.95}, {Box: far, Score: 0.7}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if Suppress(nil) != nil {
		t.Error("nothing became something")
	}
}

// Beside one another boxes are one face by what both cover of their union, one in the other by what is covered of the smaller.
func TestSame(t *testing.T) {
	face := box(0, 0, 100, 100)
	for _, test := range []struct {
		name  string
		other raster.Rect
		want  bool
	}{
		{"a box beside it, 42 % in common", box(41, 0, 100, 100), true},
		{"a box beside it, 38 % in common", box(45, 0, 100, 100), false},
		{"a small box, 75 % inside", box(70, 30, 40, 40), true},
		{"a small box, 65 % inside", box(74, 30, 40, 40), false},
		{"a large box round it", box(-200, -200, 500, 500), true},
		{"a large box, 65 % of it inside", box(35, -200, 500, 500), false},
		{"touching", box(100, 0, 100, 100), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Same(face, test.other); got != test.want {
				t.Errorf("Same = %v", got)
			}
			if got := Same(test.other, face); got != test.want {
				t.Errorf("the other way round Same = %v", got)
			}
		})
	}
}

func TestCutOff(t *testing.T) {
	picture := box(0, 0, 900, 900)
	tile := box(300, 0, 600, 600)
	for _, test := range []struct {
		name string
		box  raster.Rect
		want bool
	}{
		{"inside", box(400, 100, 100, 100), false},
		{"at the tile's left edge, within the picture", box(301, 100, 100, 100), true},
		{"at the tile's lower edge, within the picture", box(400, 500, 100, 100), true},
		{"at the picture's upper edge", box(400, -5, 100, 100), false},
		{"at the picture's right edge", box(850, 100, 60, 60), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := CutOff(test.box, tile, picture); got != test.want {
				t.Errorf("CutOff = %v", got)
			}
		})
	}
}

// TestCloseup wants the box in the middle, the view 2.5 times as high, under the stretch of the view where it was found.
func TestCloseup(t *testing.T) {
	for _, test := range []struct {
		name      string
		box, view raster.Rect
		want      raster.Rect
	}{
		{"high face, 4:3", box(100, 100, 80, 100), box(0, 0, 800, 600), raster.Rect{X0: 140 - 500.0/3, Y0: 25, X1: 140 + 500.0/3, Y1: 275}},
		{"square view", box(100, 100, 60, 100), box(0, 0, 720, 720), raster.Rect{X0: 5, Y0: 25, X1: 255, Y1: 275}},
		{"wide face, square view", box(100, 100, 90, 60), box(0, 0, 720, 720), raster.Rect{X0: -5, Y0: -20, X1: 295, Y1: 280}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := Closeup(Candidate{Box: test.box, View: test.view}, 2.5)
			if got.IoU(test.want) < 1-1e-9 {
				t.Errorf("Closeup = %v, want %v", got, test.want)
			}
		})
	}
}

func drawPicture(t *rapid.T) raster.Rect {
	return raster.Rect{X1: rapid.Float64Range(1, 16000).Draw(t, "width"), Y1: rapid.Float64Range(1, 16000).Draw(t, "height")}
}

func TestPaddedHoldsThePictureInTheDetectorsAspect(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		picture := drawPicture(t)
		view := Padded(picture)
		if got := view.Width() / view.Height(); !(math.Abs(got-aspect) <= 1e-9) {
			t.Errorf("aspect %v", got)
		}
		if room := view.Width() / picture.Width(); room < padding-1e-9 {
			t.Errorf("the view is %v of the picture's width", room)
		}
		if room := view.Height() / picture.Height(); room < padding-1e-9 {
			t.Errorf("the view is %v of the picture's height", room)
		}
	})
}

func TestTilesCoverThePicture(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		picture := drawPicture(t)
		tiles := Tiles(picture)
		p := raster.Point{
			X: rapid.Float64Range(0, picture.X1).Draw(t, "x"),
			Y: rapid.Float64Range(0, picture.Y1).Draw(t, "y"),
		}
		// A face smaller than what tiles share is whole in one of them.
		side := 0.99 * overlap * min(tiles[0].Width(), tiles[0].Height())
		face := raster.SquareAround(p, side).Intersect(picture)
		whole := false
		for _, tile := range tiles {
			if d := tile.Intersect(picture).Area() - tile.Area(); !(math.Abs(d) <= 1e-6*tile.Area()) {
				t.Errorf("tile %v reaches beyond the picture", tile)
			}
			whole = whole || face.Intersect(tile).Area() >= face.Area()*(1-1e-9)
		}
		if !whole {
			t.Errorf("face %v is whole in none of %v", face, tiles)
		}
	})
}
