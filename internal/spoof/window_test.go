package spoof

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

// The windows are those that the published crop cuts out, from the pixel of the upper left corner to that of the lower right one inclusive.
func TestWindowAround(t *testing.T) {
	picture := raster.Rect{X1: 400, Y1: 300}
	for _, tt := range []struct {
		name  string
		box   raster.Rect
		scale float64
		want  raster.Rect
	}{
		{"inside", raster.Rect{X0: 150, Y0: 120, X1: 190, Y1: 180}, 2, raster.Rect{X0: 130, Y0: 90, X1: 211, Y1: 211}},
		{"at the left edge", raster.Rect{X0: 10, Y0: 120, X1: 50, Y1: 180}, 2, raster.Rect{X0: 0, Y0: 90, X1: 81, Y1: 211}},
		{"at the upper edge", raster.Rect{X0: 150, Y0: 5, X1: 190, Y1: 65}, 2, raster.Rect{X0: 130, Y0: 0, X1: 211, Y1: 121}},
		{"at the right edge", raster.Rect{X0: 350, Y0: 120, X1: 390, Y1: 180}, 2, raster.Rect{X0: 319, Y0: 90, X1: 400, Y1: 211}},
		{"at the lower edge", raster.Rect{X0: 150, Y0: 230, X1: 190, Y1: 290}, 2, raster.Rect{X0: 130, Y0: 179, X1: 211, Y1: 300}},
		{"in a corner, beyond it", raster.Rect{X0: 380, Y0: 270, X1: 420, Y1: 330}, 2, raster.Rect{X0: 319, Y0: 179, X1: 400, Y1: 300}},
		{"as high as the picture", raster.Rect{X0: 150, Y0: 50, X1: 250, Y1: 250}, 2.7, raster.Rect{X0: 125.25, Y0: 0, X1: 275.75, Y1: 300}},
		{"as wide as the picture", raster.Rect{X0: 100, Y0: 100, X1: 300, Y1: 200}, 4, raster.Rect{X0: 0, Y0: 50.25, X1: 400, Y1: 250.75}},
		{"larger than the picture", raster.Rect{X0: -50, Y0: -10, X1: 450, Y1: 590}, 2.7, raster.Rect{X0: 75.4166667, Y0: 0, X1: 325.5833333, Y1: 300}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := windowAround(tt.box, tt.scale, picture); !alike(got, tt.want) {
				t.Errorf("the window is %v, want %v", got, tt.want)
			}
		})
	}
}

// A face may reach beyond the picture or be larger than it: no pixel that isn't there must come into the window.
func TestWindowsLieInThePicture(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		side := rapid.Float64Range(32, 4000)
		picture := raster.Rect{X1: math.Ceil(side.Draw(t, "width")), Y1: math.Ceil(side.Draw(t, "height"))}
		at := raster.Point{X: picture.X1 * rapid.Float64Range(-0.2, 1.2).Draw(t, "x"), Y: picture.Y1 * rapid.Float64Range(-0.2, 1.2).Draw(t, "y")}
		w, h := side.Draw(t, "box width"), side.Draw(t, "box height")
		box := raster.Rect{X0: at.X - w/2, Y0: at.Y - h/2, X1: at.X + w/2, Y1: at.Y + h/2}
		window := retinaWindow(box, picture, rapid.SampledFrom([]float64{2.7, 4}).Draw(t, "scale"))
		if shared := window.Intersect(picture); !alike(shared, window) {
			t.Errorf("the window %v reaches beyond the picture %v", window, picture)
		}
		wide, high := window.Width()-1, window.Height()-1
		if want := w / 0.875 / (h / 1.14); !(math.Abs(wide/high/want-1) <= 1e-6) {
			t.Errorf("the window's proportions are %v, the box's %v", wide/high, want)
		}
	})
}

// The published box is of a RetinaFace: narrower than ours, and lower by a share of its height.
func TestRetinaBox(t *testing.T) {
	want := raster.Rect{X0: 93.75, Y0: 213.612, X1: 193.75, Y1: 313.612}
	if got := retinaBox(raster.Rect{X0: 100, Y0: 200, X1: 187.5, Y1: 314}); !alike(got, want) {
		t.Errorf("the box is %v, want %v", got, want)
	}
}

func TestNearAndWide(t *testing.T) {
	box, picture := raster.Rect{X0: 400, Y0: 300, X1: 487.5, Y1: 414}, raster.Rect{X1: 1000, Y1: 1000}
	want := []view{
		{"1.5", raster.Rect{X0: 358.25, Y0: 271.5, X1: 529.25, Y1: 442.5}},
		{"2.7", raster.Rect{X0: 308.75, Y0: 228.612, X1: 579.75, Y1: 499.612}},
	}
	got := nearAndWide(box, picture)
	if len(got) != len(want) {
		t.Fatalf("%d crops, want %d", len(got), len(want))
	}
	for i, v := range got {
		if v.name != want[i].name || !alike(v.rect, want[i].rect) {
			t.Errorf("crop %+v, want %+v", v, want[i])
		}
	}
}

func alike(a, b raster.Rect) bool {
	return max(math.Abs(a.X0-b.X0), math.Abs(a.Y0-b.Y0), math.Abs(a.X1-b.X1), math.Abs(a.Y1-b.Y1)) < 1e-6
}
