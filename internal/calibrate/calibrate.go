// Package calibrate fits the map from live logits to the liveness score, so that the threshold of the verdict misses a
// target share of the bona fide presentations, and reports what the map does on pictures that it was not fitted on.
//
// Pictures of one group (a clip, a person) are not independent, and those of one source (a camera, a collection) resemble each other. So
// sources count the same whatever the number of their pictures, from ten on, and what is held out to report on is held out by whole
// sources, those that share a group together, or by whole groups where either class has fewer than three.
package calibrate

import (
	"errors"
	"fmt"
	"math"

	"github.com/bonafide-pad/bonafide/internal/pad"
	"github.com/bonafide-pad/bonafide/internal/profile"
)

// Observation is one labelled face.
type Observation struct {
	// Logit is its fused live logit.
	Logit  float64
	Attack bool
	// Species is the kind of attack.
	Species string
	// Group names a clip or a person, Source a camera or a collection; "" where not known.
	Group, Source string
}

// Options say what to fit.
type Options struct {
	// Threshold is the score that the operating point gets, above 0 and below 1.
	Threshold float64
	// TargetBPCER is the share of bona fide presentations that may fall below it, above 0 and below 0.5.
	TargetBPCER float64
}

// Validate names the first option that nothing can be fitted to.
func (o Options) Validate() error {
	if !(o.Threshold > 0 && o.Threshold < 1) {
		return fmt.Errorf("threshold is %g, allowed is above 0 and below 1", o.Threshold)
	}
	if !(o.TargetBPCER > 0 && o.TargetBPCER < 0.5) {
		return fmt.Errorf("target BPCER is %g, allowed is above 0 and below 0.5", o.TargetBPCER)
	}
	return nil
}

// Fit is a map with what it was fitted on and how it does on what it did not see.
type Fit struct {
	Slope, Intercept float64
	Operation        profile.Operation
	Sample           profile.Sample
	HeldOut          profile.HeldOut
	// Measures are those of the held-out scores at the threshold.
	Measures pad.Measures
}

// ErrTooLittle is wrapped by the error about too few pictures.
var ErrTooLittle = errors.New("too little data to calibrate")

// leastAttackGroups is how many independent attacks a fit needs: the slope comes from both classes.
const leastAttackGroups = 10

// leastBonaFideGroups is how many independent bona fide presentations a target needs: two that may be missed, so that the
// operating point lies between observations even when half of them are held out.
func leastBonaFideGroups(target float64) float64 { return math.Ceil(2 / target) }

// Run fits and reports. It fails with ErrTooLittle below 2/target independent groups of bona fide presentations (40 at 5 %) or 10 of
// attacks.
func Run(all []Observation, o Options) (Fit, error) {
	if err := o.Validate(); err != nil {
		return Fit{}, err
	}
	sample := describe(all)
	if err := enough(sample, o.TargetBPCER); err != nil {
		return Fit{}, err
	}
	f := Fit{Sample: sample}
	f.Slope, f.Operation = fit(all, o)
	f.Intercept = logOdds(o.Threshold) - f.Slope*f.Operation.Logit
	f.report(all, o)
	return f, nil
}

func enough(s profile.Sample, target float64) error {
	if need := leastBonaFideGroups(target); float64(s.BonaFideGroups) < need {
		return fmt.Errorf("%w: a target BPCER of %g needs bona fide presentations of %g independent groups (2 / target), there are %d",
			ErrTooLittle, target, need, s.BonaFideGroups)
	}
	if s.AttackGroups < leastAttackGroups {
		return fmt.Errorf("%w: it needs attacks of %d independent groups, there are %d", ErrTooLittle, leastAttackGroups, s.AttackGroups)
	}
	return nil
}

// fit chooses the operating point and the slope.
func fit(all []Observation, o Options) (slope float64, op profile.Operation) {
	weights := weigh(all)
	at := operatingLogit(all, weights, o.TargetBPCER)
	return slopeThrough(all, weights, at, logOdds(o.Threshold)), profile.Operation{Threshold: o.Threshold, TargetBPCER: o.TargetBPCER, Logit: at}
}

// Bounds of the slope: a map flatter or steeper than this says that the classes are not apart, or wholly so.
const (
	leastSlope = 0.05
	mostSlope  = 5
)

// slopeThrough is the slope of the likeliest logistic curve (both classes weighing the same) among those that have the given log odds
// at the operating logit. The likelihood is concave in the slope: its derivative is brought to 0 by bisection.
func slopeThrough(all []Observation, weights []float64, at, odds float64) float64 {
	rising := func(slope float64) bool {
		var d float64
		for i, ob := range all {
			x := ob.Logit - at
			p := 1 / (1 + math.Exp(-(slope*x + odds)))
			if ob.Attack {
				d -= weights[i] * p * x
			} else {
				d += weights[i] * (1 - p) * x
			}
		}
		return d > 0
	}
	low, high := leastSlope, float64(mostSlope)
	for range 60 {
		if middle := (low + high) / 2; rising(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return (low + high) / 2
}

// logOdds is ln(p/(1−p)).
func logOdds(p float64) float64 { return math.Log(p / (1 - p)) }
