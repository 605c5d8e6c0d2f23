package attribute

import (
	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

const (
	// mouthHalf is the gap in proportion to the width at which a mouth counts as half open: broad smiles that show the teeth
	// reach 0.3, yawns mostly exceed 0.5.
	mouthHalf = 0.3
	// mouthSlope is the width of the logistic curve.
	mouthSlope = 0.05
)

// MouthOpened says how open the mouth is, 0 (closed) to 1 (wide open): the gap between the inner lips (points 61–63 and
// 65–67) in proportion to the mouth's inner width (60 to 64), through a logistic curve.
func MouthOpened(points *landmark.Points) float64 {
	width := raster.Distance(points[60], points[64])
	if width == 0 {
		return 0
	}
	gap := (raster.Distance(points[61], points[67]) + raster.Distance(points[62], points[66]) + raster.Distance(points[63], points[65])) / 3
	return sigmoid((gap/width - mouthHalf) / mouthSlope)
}
