package attribute

import (
	"math"
	"testing"
)

func TestSeenDoubtsWhatIsHidden(t *testing.T) {
	closed := Eyes{Left: 1, Right: 1}
	tests := []struct {
		name        string
		covered     Covered
		yaw         float64
		left, right float64
	}{
		{"frontal, nothing hidden", Covered{}, 0, 1, 1},
		{"dark glasses", Covered{LeftEye: 0.95, RightEye: 0.9}, 0, 0.05, 0.1},
		{"a mask hides no eye", Covered{Nose: 1, Mouth: 1}, 0, 1, 1},
		{"a little to the left", Covered{}, 20, 1, 1},
		{"half profile to the left", Covered{}, 45, 0.5, 1},
		{"profile to the left", Covered{}, 65, 0, 0.5},
		{"profile to the right", Covered{}, -65, 0.5, 0},
		{"turned away", Covered{}, 90, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := closed.Seen(tt.covered, Pose{Yaw: tt.yaw})
			if math.Abs(got.Left-tt.left) > 1e-9 || math.Abs(got.Right-tt.right) > 1e-9 {
				t.Errorf("got %+v, want left %v, right %v", got, tt.left, tt.right)
			}
		})
	}
}
