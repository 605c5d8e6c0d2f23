package attribute

import (
	"math"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

// lips draws inner lips 40 pixels wide with the given gap, turned and scaled.
func lips(gap, turn, scale float64) *landmark.Points {
	var p landmark.Points
	sin, cos := math.Sincos(turn)
	for i, at := range []raster.Point{{X: -20}, {X: -10, Y: -gap / 2}, {Y: -gap / 2}, {X: 10, Y: -gap / 2}, {X: 20}, {X: 10, Y: gap / 2}, {Y: gap / 2}, {X: -10, Y: gap / 2}} {
		p[60+i] = raster.Point{X: 100 + scale*(cos*at.X-sin*at.Y), Y: 100 + scale*(sin*at.X+cos*at.Y)}
	}
	return &p
}

func TestMouthOpened(t *testing.T) {
	for _, tt := range []struct {
		name      string
		points    *landmark.Points
		low, high float64
	}{
		{"closed", lips(0, 0, 1), 0, 0.01},
		{"smile", lips(8, 0, 1), 0, 0.2},
		{"on the verge", lips(12, 0, 1), 0.49, 0.51},
		{"on the verge, turned and larger", lips(12, 0.6, 3), 0.49, 0.51},
		{"open", lips(20, 0, 1), 0.9, 1},
		{"yawn", lips(45, -0.3, 0.5), 0.99, 1},
		{"no width", &landmark.Points{}, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := MouthOpened(tt.points); !(got >= tt.low && got <= tt.high) {
				t.Errorf("got %.3f, want %.2f to %.2f", got, tt.low, tt.high)
			}
		})
	}
}
