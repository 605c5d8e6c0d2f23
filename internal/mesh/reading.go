package mesh

import "math"

// Points of the mesh by what they mark. Left and right are the picture's.
const (
	forehead      = 10
	chin          = 152
	leftEyeOuter  = 33
	rightEyeOuter = 263
)

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
