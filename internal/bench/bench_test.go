package bench

import (
	"slices"
	"testing"
)

// TestInputLike: a network of a file runs on what the product's network of its name ran on.
func TestInputLike(t *testing.T) {
	b := Bench{inputs: map[string][]float32{"fr_detect_small": {1}, "fr_landmark": {2}, "liveness": {3}}}
	for name, want := range map[string][]float32{"fr_detect": {1}, "fr_landmark": {2}, "fr_liveness": {3}, "fr_pose": nil} {
		if got := b.inputLike(name); !slices.Equal(got, want) {
			t.Errorf("%s runs on %v, want %v", name, got, want)
		}
	}
}
