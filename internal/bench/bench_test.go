package bench

import (
	"slices"
	"testing"
)

// TestInputLike: a network of a file runs on what the product's network of its name ran on.
func TestInputLike(t *testing.T) {
	r := round{
		names: []string{"fr_detect_small", "fr_landmark", "liveness"},
		networks: map[string]*networkTime{
			"fr_detect_small": {input: []float32{1}}, "fr_landmark": {input: []float32{2}}, "liveness": {input: []float32{3}},
		},
	}
	for name, want := range map[string][]float32{"fr_detect": {1}, "fr_landmark": {2}, "fr_liveness": {3}, "fr_pose": nil} {
		if got := r.inputLike(name); !slices.Equal(got, want) {
			t.Errorf("%s runs on %v, want %v", name, got, want)
		}
	}
}
