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
			if !(math.Abs(got.Left-tt.left) <= 1e-9 && math.Abs(got.Right-tt.right) <= 1e-9) {
				t.Errorf("got %+v, want left %v, right %v", got, tt.left, tt.right)
			}
		})
	}
}

// The reference system's 0.8 lies at a difference of the logits of 2.5, on the mean over the patch and its mirror image.
func TestClosed(t *testing.T) {
	for _, tt := range []struct {
		name   string
		logits [4]float32
		want   float64
	}{
		{"undecided", [4]float32{3, 3, -1, -1}, 0.2497},
		{"on the verge", [4]float32{2.5, 0, 2.5, 0}, 0.8022},
		{"on the verge, unlike in the mirror", [4]float32{5, 0, 0, 0}, 0.8022},
		{"on the verge, the other way round", [4]float32{0, 0, 4, -1}, 0.8022},
		{"open", [4]float32{0, 2.5, 0, 2.5}, 0.0266},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := closed(tt.logits[:]); !(math.Abs(got-tt.want) <= 1e-4) {
				t.Errorf("got %.4f, want %.4f", got, tt.want)
			}
		})
	}
}

func TestOcclusionLeavesOutTheEyeBehindTheNose(t *testing.T) {
	tests := []struct {
		name    string
		covered Covered
		yaw     float64
		want    float64
	}{
		{"nothing", Covered{}, 0, 0},
		{"a mask", Covered{LeftEye: 0.1, Nose: 0.7, Mouth: 0.95}, 0, 0.95},
		{"something before the nose", Covered{Nose: 0.8}, 0, 0.8},
		{"a mask in profile", Covered{Mouth: 0.95}, 70, 0.95},
		{"dark glasses", Covered{LeftEye: 0.9, RightEye: 0.8}, 20, 0.9},
		{"the far eye in profile", Covered{LeftEye: 0.9}, 55, 0},
		{"the far eye in profile, other side", Covered{RightEye: 0.9}, -60, 0},
		{"dark glasses in half profile", Covered{LeftEye: 0.9, RightEye: 0.8}, 55, 0.8},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.covered.Occlusion(Pose{Yaw: tt.yaw}); !(math.Abs(got-tt.want) <= 1e-9) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
