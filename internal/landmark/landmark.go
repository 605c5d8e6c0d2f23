// Package landmark places the 68 landmarks of iBUG's scheme on a face and knows which of them belong to what.
//
// Left and right are the picture's, as in the reference system: points 36–41 are the "left" eye (the one further left in
// an unmirrored picture, the person's own right), points 42–47 the "right" eye.
package landmark

import (
	"math"

	"github.com/bonafide-pad/bonafide/internal/raster"
)

// Count is the number of landmarks.
const Count = 68

// Points are the landmarks in pixels of the upright picture, in iBUG order: jaw 0–16, brows 17–26, nose 27–35, eyes
// 36–47, outer lips 48–59, inner lips 60–67.
type Points [Count]raster.Point

// LeftEye are points 36–41.
func (p *Points) LeftEye() []raster.Point { return p[36:42] }

// RightEye are points 42–47.
func (p *Points) RightEye() []raster.Point { return p[42:48] }

// Chin is point 8.
func (p *Points) Chin() raster.Point { return p[8] }

// LeftEyeCenter is the mean of points 36–41.
func (p *Points) LeftEyeCenter() raster.Point { return mean(p.LeftEye()) }

// RightEyeCenter is the mean of points 42–47.
func (p *Points) RightEyeCenter() raster.Point { return mean(p.RightEye()) }

// EyeDistance is the distance of the eyes' centres in pixels.
func (p *Points) EyeDistance() float64 {
	return raster.Distance(p.LeftEyeCenter(), p.RightEyeCenter())
}

// Roll is the direction from the left eye to the right one in radians, positive clockwise as seen.
func (p *Points) Roll() float64 {
	l, r := p.LeftEyeCenter(), p.RightEyeCenter()
	return math.Atan2(r.Y-l.Y, r.X-l.X)
}

// UprightSquare is a square round the face as it stands when the eyes are level: its side is scale × the longer side of the
// points' bounds there, its centre is moved up from theirs by up × that side. Turned by roll radians round its own
// centre it lies on the face.
func (p *Points) UprightSquare(scale, up float64) (square raster.Rect, roll float64) {
	roll = p.Roll()
	about := p.Bounds().Center()
	level := *p
	for i := range level {
		level[i] = level[i].Turn(about, -roll)
	}
	bounds := level.Bounds()
	side := max(bounds.Width(), bounds.Height())
	center := bounds.Center()
	center.Y -= up * side
	return raster.SquareAround(center.Turn(about, roll), scale*side), roll
}

// Bounds is the smallest rectangle round all points.
func (p *Points) Bounds() raster.Rect { return raster.BoundingBox(p[:]) }

func mean(points []raster.Point) raster.Point {
	var c raster.Point
	for _, p := range points {
		c.X += p.X / float64(len(points))
		c.Y += p.Y / float64(len(points))
	}
	return c
}
