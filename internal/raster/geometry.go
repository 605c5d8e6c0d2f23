package raster

import "math"

// Point is a place in the upright picture, in pixels.
type Point struct{ X, Y float64 }

// Rect is an upright rectangle in pixels, X1 and Y1 exclusive. It may reach beyond the picture.
type Rect struct{ X0, Y0, X1, Y1 float64 }

// Width is X1−X0.
func (r Rect) Width() float64 { return r.X1 - r.X0 }

// Height is Y1−Y0.
func (r Rect) Height() float64 { return r.Y1 - r.Y0 }

// Area is width × height, 0 for an empty rectangle.
func (r Rect) Area() float64 { return max(0, r.Width()) * max(0, r.Height()) }

// Center is the middle of the rectangle.
func (r Rect) Center() Point { return Point{(r.X0 + r.X1) / 2, (r.Y0 + r.Y1) / 2} }

// Square is the square round the same centre whose side is scale × the longer side of r.
func (r Rect) Square(scale float64) Rect {
	return SquareAround(r.Center(), scale*max(r.Width(), r.Height()))
}

// SquareAround is the square of the given side round c.
func SquareAround(c Point, side float64) Rect {
	return Rect{c.X - side/2, c.Y - side/2, c.X + side/2, c.Y + side/2}
}

// Shift moves the rectangle by (dx, dy) pixels.
func (r Rect) Shift(dx, dy float64) Rect {
	return Rect{r.X0 + dx, r.Y0 + dy, r.X1 + dx, r.Y1 + dy}
}

// Intersect is the part that r and o share; it is empty (area 0) when they share none.
func (r Rect) Intersect(o Rect) Rect {
	return Rect{max(r.X0, o.X0), max(r.Y0, o.Y0), min(r.X1, o.X1), min(r.Y1, o.Y1)}
}

// IoU is intersection over union, 0..1.
func (r Rect) IoU(o Rect) float64 {
	shared := r.Intersect(o).Area()
	union := r.Area() + o.Area() - shared
	if union <= 0 {
		return 0
	}
	return shared / union
}

// BoundingBox is the smallest rectangle round the points; it is empty when there are none.
func BoundingBox(points []Point) Rect {
	if len(points) == 0 {
		return Rect{}
	}
	r := Rect{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
	for _, p := range points {
		r = Rect{min(r.X0, p.X), min(r.Y0, p.Y), max(r.X1, p.X), max(r.Y1, p.Y)}
	}
	return r
}

// Distance is the Euclidean distance of two points.
func Distance(a, b Point) float64 { return math.Hypot(a.X-b.X, a.Y-b.Y) }

// Midpoint is the point halfway between a and b.
func Midpoint(a, b Point) Point { return Point{(a.X + b.X) / 2, (a.Y + b.Y) / 2} }

// Turn turns p round c by angle radians, clockwise as seen.
func (p Point) Turn(c Point, angle float64) Point {
	sin, cos := math.Sincos(angle)
	x, y := p.X-c.X, p.Y-c.Y
	return Point{c.X + cos*x - sin*y, c.Y + sin*x + cos*y}
}

// Transform maps a place in a sampled patch to a place in the picture:
// x = XX·u + XY·v + X0 and y = YX·u + YY·v + Y0, both with pixel centres at halves.
type Transform struct{ XX, XY, X0, YX, YY, Y0 float64 }

// Stretch maps a patch of width×height pixels onto r, sides stretched independently.
func Stretch(r Rect, width, height int) Transform {
	return Transform{XX: r.Width() / float64(width), X0: r.X0, YY: r.Height() / float64(height), Y0: r.Y0}
}

// Turned maps a side×side patch onto the square r turned by angle radians (clockwise as seen) round its centre:
// a face whose roll is angle stands upright in the patch.
func Turned(r Rect, side int, angle float64) Transform {
	sin, cos := math.Sincos(angle)
	c, half, scale := r.Center(), float64(side)/2, r.Width()/float64(side)
	xx, yx := scale*cos, scale*sin
	return Transform{
		XX: xx, XY: -yx, X0: c.X - xx*half + yx*half,
		YX: yx, YY: xx, Y0: c.Y - yx*half - xx*half,
	}
}

// Mirrored is the same map seen in a mirror: the patch, width pixels wide, comes out flipped left to right.
func (t Transform) Mirrored(width int) Transform {
	w := float64(width)
	return Transform{-t.XX, t.XY, t.X0 + t.XX*w, -t.YX, t.YY, t.Y0 + t.YX*w}
}

// Apply maps one place of the patch to the picture.
func (t Transform) Apply(p Point) Point {
	return Point{t.XX*p.X + t.XY*p.Y + t.X0, t.YX*p.X + t.YY*p.Y + t.Y0}
}
