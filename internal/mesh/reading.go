package mesh

import (
	"math"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

// Points of the mesh by what they mark. Left and right are the picture's.
const (
	forehead        = 10
	chin            = 152
	leftEyeOuter    = 33
	rightEyeOuter   = 263
	lipUpperInner   = 13
	lipLowerInner   = 14
	mouthLeftInner  = 78
	mouthRightInner = 308
)

// ibug are the points of the mesh nearest to iBUG's 68 landmarks, in their order.
var ibug = [68]int{
	162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389, // jaw
	71, 63, 105, 66, 107, 336, 296, 334, 293, 301, // brows
	168, 197, 5, 4, 75, 97, 2, 326, 305, // nose
	33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380, // eyes
	61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, // outer lips
	78, 82, 13, 312, 308, 317, 14, 87, // inner lips
}

// Landmarks68 are the points nearest to iBUG's landmarks. On the jaw the two schemes differ: iBUG's points slide along
// the visible outline, the mesh's stay where they are on the head.
func (m *Mesh) Landmarks68() [68]raster.Point {
	var out [68]raster.Point
	for i, k := range ibug {
		out[i] = m.Points[k].At()
	}
	return out
}

// Disagreement is the mean distance between other landmarks in iBUG's order and the mesh's own over the points from
// first to last, inclusive, in units of the distance unit. Two networks that see the same face agree; what hides a part
// of it makes each guess in its own way. On the nose (27 to 35) it separates masked from bare faces with an AUC of 0.93.
func (m *Mesh) Disagreement(other *[68]raster.Point, first, last int, unit float64) float64 {
	var sum float64
	for i := first; i <= last; i++ {
		sum += raster.Distance(other[i], m.Points[ibug[i]].At())
	}
	return sum / float64(last-first+1) / unit
}

// MouthOpening is the inner lips' distance over the inner mouth's width: about 0 closed, 0.3 and more open.
func (m *Mesh) MouthOpening() float64 {
	opening := raster.Distance(m.Points[lipUpperInner].At(), m.Points[lipLowerInner].At())
	width := raster.Distance(m.Points[mouthLeftInner].At(), m.Points[mouthRightInner].At())
	if width == 0 {
		return 0
	}
	return opening / width
}

// Pose is the direction of the head in degrees: yaw is positive with the nose to the picture's left, pitch positive
// upwards, roll positive clockwise as seen.
//
// The head's horizontal axis runs through the outer corners of the eyes, its vertical one from the forehead to the chin,
// made orthogonal to the first; the face looks along the third.
func (m *Mesh) Pose() (yaw, pitch, roll float64) {
	x := m.Points[rightEyeOuter].minus(m.Points[leftEyeOuter]).unit()
	y := m.Points[chin].minus(m.Points[forehead])
	y = y.minus(x.times(x.dot(y))).unit()
	front := y.cross(x)
	return degrees(math.Atan2(-front.X, -front.Z)),
		degrees(math.Atan2(-front.Y, math.Hypot(front.X, front.Z))),
		degrees(math.Atan2(x.Y, x.X))
}

func degrees(radians float64) float64 { return radians * 180 / math.Pi }

func (p Point) minus(o Point) Point   { return Point{p.X - o.X, p.Y - o.Y, p.Z - o.Z} }
func (p Point) times(k float64) Point { return Point{k * p.X, k * p.Y, k * p.Z} }
func (p Point) dot(o Point) float64   { return p.X*o.X + p.Y*o.Y + p.Z*o.Z }
func (p Point) cross(o Point) (c Point) {
	return Point{p.Y*o.Z - p.Z*o.Y, p.Z*o.X - p.X*o.Z, p.X*o.Y - p.Y*o.X}
}

// unit is the vector of length 1; the zero vector stays.
func (p Point) unit() Point {
	length := math.Sqrt(p.dot(p))
	if length == 0 {
		return p
	}
	return p.times(1 / length)
}
