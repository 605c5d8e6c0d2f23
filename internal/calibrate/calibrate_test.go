package calibrate_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/calibrate"
	"github.com/bonafide-pad/bonafide/internal/spoof"
)

var reference = calibrate.Options{Threshold: 0.7, TargetBPCER: 0.05}

// people are n bona fide presentations and n attacks of different people, their logits normal round +2 and −2.
func people(n int, seed uint64) []calibrate.Observation {
	rng := rand.New(rand.NewPCG(seed, 0))
	var all []calibrate.Observation
	for i := range 2 * n {
		ob := calibrate.Observation{Attack: i%2 == 1, Species: "print", Logit: 2 + 1.5*rng.NormFloat64()}
		if ob.Attack {
			ob.Logit -= 4
		}
		all = append(all, ob)
	}
	return all
}

func score(f calibrate.Fit, logit float64) float64 {
	return spoof.Probability(f.Slope*logit + f.Intercept)
}

func TestThresholdMissesTargetShare(t *testing.T) {
	all := people(1000, 1)
	f, err := calibrate.Run(all, reference)
	if err != nil {
		t.Fatal(err)
	}
	missed := 0
	for _, ob := range all {
		if !ob.Attack && score(f, ob.Logit) <= .7 {
			missed++
		}
	}
	if missed < 47 || missed > 53 {
		t.Errorf("%d of 1000 are missed, want 50 ± 3", missed)
	}
	// The 5 % point of the distribution that the logits were drawn from is 2 − 1.645·1.5.
	if want := 2 - 1.645*1.5; !(math.Abs(f.Operation.Logit-want) <= .3) {
		t.Errorf("operating logit is %.2f, want %.2f ± 0.3", f.Operation.Logit, want)
	}
	if got := score(f, f.Operation.Logit); !(math.Abs(got-.7) <= 1e-9) {
		t.Errorf("score at the operating logit is %.6f", got)
	}
	if r := f.HeldOut.BPCER; !(math.Abs(r.Value-.05) <= .01) || r.Of != 1000 || f.HeldOut.By != "group" || f.HeldOut.Folds != 10 {
		t.Errorf("held out: %+v", f.HeldOut)
	}
}

// Drawn from a logistic model whose log odds are 0.5·x + 1, the slope is found again: the operating point lies on the curve.
func TestSlopeIsTheLikeliest(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 0))
	var all []calibrate.Observation
	for range 8000 {
		x := 12*rng.Float64() - 6
		live := rng.Float64() < spoof.Probability(.5*x)
		all = append(all, calibrate.Observation{Logit: x, Attack: !live})
	}
	var missed, live float64
	const at = .5 // where log odds are 0.25
	for _, ob := range all {
		if !ob.Attack {
			live++
			if ob.Logit <= at {
				missed++
			}
		}
	}
	f, err := calibrate.Run(all, calibrate.Options{Threshold: spoof.Probability(.25), TargetBPCER: missed / live})
	if err != nil {
		t.Fatal(err)
	}
	if !(math.Abs(f.Slope-.5) <= .04) || !(math.Abs(f.Operation.Logit-at) <= .01) {
		t.Errorf("slope %.3f through %.3f, want 0.5 through 0.5", f.Slope, f.Operation.Logit)
	}
}

// Forty frames of which the lowest lies apart: the operating point does not jump into the gap's middle but follows the frames' own spread.
func TestFewFramesAreSmoothed(t *testing.T) {
	var all []calibrate.Observation
	for i := range 40 {
		all = append(all, calibrate.Observation{Logit: 5 + float64(i)/10}, calibrate.Observation{Attack: true, Logit: -5})
	}
	f, err := calibrate.Run(all, reference)
	if err != nil {
		t.Fatal(err)
	}
	all[0].Logit = -20
	apart, err := calibrate.Run(all, reference)
	if err != nil {
		t.Fatal(err)
	}
	if moved := f.Operation.Logit - apart.Operation.Logit; moved < 0 || moved > 1.5 {
		t.Errorf("one frame of forty moved the operating point by %.2f", moved)
	}
}

// A source with a hundred times the pictures does not outweigh the others.
func TestSourcesCountTheSame(t *testing.T) {
	var all []calibrate.Observation
	add := func(source string, n int, logit float64) {
		for i := range n {
			all = append(all,
				calibrate.Observation{Source: source, Logit: logit + float64(i)/float64(n)},
				calibrate.Observation{Source: source, Attack: true, Logit: -9})
		}
	}
	add("web", 1000, 5)
	for i := range 9 {
		add(fmt.Sprint("phone", i), 10, float64(i))
	}
	f, err := calibrate.Run(all, reference)
	if err != nil {
		t.Fatal(err)
	}
	// Ten sources: 5 % of the weight is half of the lowest source, whose logits are 0, 0.1 … 0.9.
	if f.Operation.Logit < .4 || f.Operation.Logit > .6 {
		t.Errorf("operating logit is %.2f, want about 0.5", f.Operation.Logit)
	}
	if f.HeldOut.By != "source" || f.HeldOut.Folds != 10 {
		t.Errorf("held out by %s in %d folds", f.HeldOut.By, f.HeldOut.Folds)
	}
	// With the lowest source left out the threshold is in the next one: all of the lowest and none of the rest are missed.
	if got := *f.HeldOut.MeanBPCER; !(math.Abs(got-.1) <= .05) {
		t.Errorf("mean BPCER of unseen sources is %.3f, want about 0.1", got)
	}
}

// Who was before two cameras must not be fitted at one and judged at the other.
func TestSourcesThatShareAGroupAreHeldOutTogether(t *testing.T) {
	for name, c := range map[string]struct {
		shared []string // sources that ann was before
		by     string
		folds  int
	}{
		"own people":        {nil, "source", 5},
		"one group in two":  {[]string{"a", "c"}, "source", 4},
		"one group in four": {[]string{"e", "c", "a", "b"}, "group", 10},
	} {
		t.Run(name, func(t *testing.T) {
			all := people(100, 7)
			for i := range all {
				all[i].Source = string("abcde"[i/2%5])
			}
			for _, source := range c.shared {
				all = append(all, calibrate.Observation{Source: source, Group: "ann", Logit: 2})
			}
			f, err := calibrate.Run(all, reference)
			if err != nil {
				t.Fatal(err)
			}
			if f.HeldOut.By != c.by || f.HeldOut.Folds != c.folds {
				t.Errorf("held out by %s in %d folds, want %s in %d", f.HeldOut.By, f.HeldOut.Folds, c.by, c.folds)
			}
		})
	}
}

// The digest of a profile is over its figures: the same pictures give the same to the last digit.
func TestTheSameObservationsGiveTheSameFigures(t *testing.T) {
	all := people(300, 8)
	for i := range all {
		all[i].Source = fmt.Sprint("camera", i/2%7)
	}
	first, err := calibrate.Run(all, reference)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		again, err := calibrate.Run(all, reference)
		if err != nil {
			t.Fatal(err)
		}
		if *again.HeldOut.MeanBPCER != *first.HeldOut.MeanBPCER {
			t.Fatalf("the mean BPCER is %v and %v", *first.HeldOut.MeanBPCER, *again.HeldOut.MeanBPCER)
		}
	}
}

func TestTooLittleIsRefused(t *testing.T) {
	clips := people(500, 3)
	for i := range clips {
		clips[i].Group = fmt.Sprint("clip", i%30)
	}
	fewAttacks := people(60, 4)
	for i := range fewAttacks {
		if fewAttacks[i].Attack {
			fewAttacks[i].Group = fmt.Sprint("clip", i%9)
		}
	}
	for name, c := range map[string]struct {
		all  []calibrate.Observation
		o    calibrate.Options
		want string
	}{
		"39 people":            {people(39, 5), reference, "40 independent groups (2 / target), there are 39"},
		"1 % of 100 people":    {people(100, 5), calibrate.Options{Threshold: .7, TargetBPCER: .01}, "200 independent groups"},
		"1000 frames, 15 each": {clips, reference, "there are 15"},
		"9 clips of attacks":   {fewAttacks, reference, "attacks of 10 independent groups, there are"},
		"next to no misses":    {people(100, 5), calibrate.Options{Threshold: .7, TargetBPCER: 1e-19}, "2e+19 independent groups"},
		"nothing":              {nil, reference, "there are 0"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := calibrate.Run(c.all, c.o)
			if !errors.Is(err, calibrate.ErrTooLittle) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want ErrTooLittle with %q", err, c.want)
			}
		})
	}
}

func TestTargetOutOfRange(t *testing.T) {
	for _, threshold := range []float64{0, 1, math.NaN()} {
		if _, err := calibrate.Run(people(100, 6), calibrate.Options{Threshold: threshold, TargetBPCER: .05}); err == nil {
			t.Errorf("a threshold of %g was taken", threshold)
		}
	}
	for _, target := range []float64{0, -1, .5, math.NaN()} {
		if _, err := calibrate.Run(people(100, 6), calibrate.Options{Threshold: .7, TargetBPCER: target}); err == nil {
			t.Errorf("a target of %g was taken", target)
		}
	}
}
