package raster

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func near(a, b Point) bool { return Distance(a, b) < 1e-9 }

func TestTransformsMapCorners(t *testing.T) {
	r := Rect{10, 20, 30, 40}
	for _, test := range []struct {
		name           string
		transform      Transform
		topLeft, right Point // where the patch's (0, 0) and (4, 0) lie
		low            Point // where its (0, 4) lies
	}{
		{"stretch", Stretch(Rect{10, 20, 30, 60}, 4, 4), Point{10, 20}, Point{30, 20}, Point{10, 60}},
		{"stretch to another form", Stretch(Rect{10, 20, 30, 60}, 4, 8), Point{10, 20}, Point{30, 20}, Point{10, 40}},
		{"stretch mirrored", Stretch(r, 4, 4).Mirrored(4), Point{30, 20}, Point{10, 20}, Point{30, 40}},
		{"not turned", Turned(r, 4, 0), Point{10, 20}, Point{30, 20}, Point{10, 40}},
		{"turned clockwise", Turned(r, 4, math.Pi/2), Point{30, 20}, Point{30, 40}, Point{10, 20}},
		{"turned anticlockwise", Turned(r, 4, -math.Pi/2), Point{10, 40}, Point{10, 20}, Point{30, 40}},
		{"turned and mirrored", Turned(r, 4, math.Pi/2).Mirrored(4), Point{30, 40}, Point{30, 20}, Point{10, 40}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.transform.Apply(Point{0, 0}); !near(got, test.topLeft) {
				t.Errorf("top left at %v, want %v", got, test.topLeft)
			}
			if got := test.transform.Apply(Point{4, 0}); !near(got, test.right) {
				t.Errorf("top right at %v, want %v", got, test.right)
			}
			if got := test.transform.Apply(Point{0, 4}); !near(got, test.low) {
				t.Errorf("bottom left at %v, want %v", got, test.low)
			}
		})
	}
}

func TestTurnedKeepsCentreAndSize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		side := rapid.IntRange(1, 300).Draw(t, "side")
		c := Point{rapid.Float64Range(-1e3, 1e3).Draw(t, "x"), rapid.Float64Range(-1e3, 1e3).Draw(t, "y")}
		r := SquareAround(c, rapid.Float64Range(1, 1e3).Draw(t, "square"))
		angle := rapid.Float64Range(-math.Pi, math.Pi).Draw(t, "angle")
		m := Turned(r, side, angle)
		half := float64(side) / 2
		if got := m.Apply(Point{half, half}); Distance(got, c) > 1e-6 {
			t.Fatalf("centre at %v, want %v", got, c)
		}
		edge := Distance(m.Apply(Point{0, 0}), m.Apply(Point{float64(side), 0}))
		if !(math.Abs(edge-r.Width()) <= 1e-6) {
			t.Fatalf("edge of %v, want %v", edge, r.Width())
		}
	})
}

func TestMirroredTwiceIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Float64Range(-100, 100)
		m := Transform{v.Draw(t, "xx"), v.Draw(t, "xy"), v.Draw(t, "x0"), v.Draw(t, "yx"), v.Draw(t, "yy"), v.Draw(t, "y0")}
		width := rapid.IntRange(1, 300).Draw(t, "width")
		p := Point{v.Draw(t, "u"), v.Draw(t, "v")}
		if got, want := m.Mirrored(width).Apply(p), m.Apply(Point{float64(width) - p.X, p.Y}); Distance(got, want) > 1e-6 {
			t.Fatalf("mirrored %v, want %v", got, want)
		}
		if got, want := m.Mirrored(width).Mirrored(width).Apply(p), m.Apply(p); Distance(got, want) > 1e-6 {
			t.Fatalf("mirrored twice %v, want %v", got, want)
		}
	})
}

func TestRects(t *testing.T) {
	a, b, apart := Rect{0, 0, 4, 4}, Rect{2, 2, 6, 4}, Rect{5, 5, 7, 9}
	for _, test := range []struct {
		name      string
		got, want float64
	}{
		{"IoU of one", a.IoU(a), 1},
		{"IoU", a.IoU(b), 4.0 / 20},
		{"IoU the other way", b.IoU(a), 4.0 / 20},
		{"IoU apart", a.IoU(apart), 0},
		{"IoU of nothing", Rect{}.IoU(Rect{}), 0},
		{"area", b.Area(), 8},
		{"area inside out", Rect{4, 4, 0, 0}.Area(), 0},
		{"square's side", b.Square(1.5).Width(), 6},
		{"square's height", b.Square(1.5).Height(), 6},
	} {
		if !(math.Abs(test.got-test.want) <= 1e-12) { // not written the other way round: NaN must fail
			t.Errorf("%s is %v, want %v", test.name, test.got, test.want)
		}
	}
	if got := b.Square(2).Center(); got != b.Center() {
		t.Errorf("square round %v, want %v", got, b.Center())
	}
	if got, want := b.Shift(1, -1), (Rect{3, 1, 7, 3}); got != want {
		t.Errorf("shifted to %v, want %v", got, want)
	}
	if got, want := BoundingBox([]Point{{3, 1}, {-1, 5}, {0, 0}}), (Rect{-1, 0, 3, 5}); got != want {
		t.Errorf("bounding box %v, want %v", got, want)
	}
	if got := BoundingBox(nil); got != (Rect{}) {
		t.Errorf("bounding box of nothing %v", got)
	}
	if got, want := (Point{3, 2}).Turn(Point{1, 2}, math.Pi/2), (Point{1, 4}); !near(got, want) {
		t.Errorf("turned clockwise to %v, want %v", got, want)
	}
	if got := Midpoint(Point{1, 2}, Point{3, 6}); got != (Point{2, 4}) {
		t.Errorf("midpoint %v", got)
	}
}
