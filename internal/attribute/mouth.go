package attribute

import (
	"math"

	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

// MouthOpened says how open the mouth is, 0 (closed) to 1 (wide open): the gap between the inner lips (points 61–63 and
// 65–67) in proportion to the mouth's inner width (60 to 64), through a logistic curve that is at 0.5 where the gap is
// a quarter of the width.
func MouthOpened(points *landmark.Points) float64 {
	width := raster.Distance(points[60], points[64])
	if width == 0 {
		return 0
	}
	gap := (raster.Distance(points[61], points[67]) + raster.Distance(points[62], points[66]) + raster.Distance(points[63], points[65])) / 3
	return 1 / (1 + math.Exp((0.25-gap/width)/0.05))
}
