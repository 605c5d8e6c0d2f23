// Package spoof tells a bona fide presentation from an attack presentation (a print, a screen, a mask) on one face.
//
// Each network gives cues: live logits, ln(p/(1−p)) of the bona fide class, for one crop each. How they
// are fused is a matter of the calibration.
package spoof

import (
	"math"
)

// Cue is what one network says of one crop.
type Cue struct {
	// Network and Crop name the source, for people.
	Network, Crop string
	// Logit is ln(p/(1−p)) with p the probability of a bona fide presentation: positive for live, negative for an attack.
	Logit float64
}

// Probability turns a live logit into 0..1.
func Probability(logit float64) float64 { return 1 / (1 + math.Exp(-logit)) }

// liveLogit is the logit of class live against the sum of the others.
func liveLogit(logits []float32, live int) float64 {
	top := math.Inf(-1)
	for i, v := range logits {
		if i != live {
			top = max(top, float64(v))
		}
	}
	var sum float64
	for i, v := range logits {
		if i != live {
			sum += math.Exp(float64(v) - top)
		}
	}
	return float64(logits[live]) - top - math.Log(sum)
}
