package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/stats"
)

const tolerance = 1e-9

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s is %.6f, want %.6f", what, got, want)
	}
}

// The first three rows are cases of Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I, method 3.
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		name         string
		p, n         float64
		low, high    float64
		withinDigits float64
	}{
		{"Newcombe 81/263", 81. / 263, 263, .2553, .3662, 5e-5},
		{"Newcombe 15/148", 15. / 148, 148, .0624, .1605, 5e-5},
		{"Newcombe 1/29", 1. / 29, 29, .0061, .1718, 5e-5},
		{"rule of three, 0 of 150", 0, 150, 0, .02, tolerance},
		{"rule of three, 150 of 150", 1, 150, .98, 1, tolerance},
		{"0 of 2", 0, 2, 0, 1, tolerance},
		{"nothing seen", 0, 0, 0, 1, tolerance},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := stats.Wilson(c.p, c.n)
			near(t, "low", got.Low, c.low, c.withinDigits)
			near(t, "high", got.High, c.high, c.withinDigits)
		})
	}
}

func TestRateOfGroups(t *testing.T) {
	var independent, clips []stats.Trial
	for g := range 10 {
		for range 10 { // three of ten clips fail in every frame
			clips = append(clips, stats.Trial{Yes: g < 3, Group: string(rune('a' + g))})
			independent = append(independent, stats.Trial{Yes: g < 3})
		}
	}
	free, bound := stats.NewRate(independent), stats.NewRate(clips)
	near(t, "rate", bound.Value, .3, tolerance)
	if bound.Groups != 10 || bound.Count != 30 || bound.Of != 100 || free.Groups != 100 {
		t.Errorf("counted %+v and %+v", bound, free)
	}
	// The frames of a clip agree, so that 100 of them are worth the clips: Clopper and Pearson's limits of 3 in 10.
	near(t, "low", bound.Interval.Low, .0667, 5e-5)
	near(t, "high", bound.Interval.High, .6525, 5e-5)
	want := stats.Wilson(.3, 100)
	near(t, "low of independent trials", free.Interval.Low, want.Low, tolerance)
}

// One group says nothing of how groups differ; groups that differ less than chance would have it are worth no more than their trials, and fewer for
// as few as show it. Limits by the beta distribution of SciPy: of a share of 1, 2, 2 and 40·(1.960/3.182)² trials.
func TestRateOfFewAndOfEvenGroups(t *testing.T) {
	for _, c := range []struct {
		name      string
		yes       []int // of ten, by group
		low, high float64
	}{
		{"one group", []int{3}, 0.0000023, 0.9961533},
		{"two groups", []int{8, 2}, .0125791, .9874209},
		{"two opposite groups", []int{10, 0}, .0125791, .9874209},
		{"even groups", []int{5, 5, 5, 5}, .2401602, .7598398},
	} {
		t.Run(c.name, func(t *testing.T) {
			var trials []stats.Trial
			for g, yes := range c.yes {
				for i := range 10 {
					trials = append(trials, stats.Trial{Yes: i < yes, Group: string(rune('a' + g))})
				}
			}
			got := stats.NewRate(trials)
			near(t, "low", got.Interval.Low, c.low, 1e-6)
			near(t, "high", got.Interval.High, c.high, 1e-6)
		})
	}
}

func TestRateOfAgreeingGroupsCountsGroups(t *testing.T) {
	var trials []stats.Trial
	for i := range 60 {
		trials = append(trials, stats.Trial{Group: string(rune('a' + i%6))})
	}
	near(t, "upper end of 0 in 6 clips", stats.NewRate(trials).Interval.High, .5, tolerance)
}

// Results of two runs over the same pictures are compared as files: not a last digit may come from the order of a map.
func TestRateIsTheSameEachTime(t *testing.T) {
	var trials []stats.Trial
	for i := range 500 {
		clip := i * i % 83
		trials = append(trials, stats.Trial{Yes: i%7 == 0 || clip%5 == 0, Group: string(rune('a' + clip))})
	}
	first := stats.NewRate(trials)
	for range 100 {
		if again := stats.NewRate(trials); again != first {
			t.Fatalf("%+v, then %+v", first, again)
		}
	}
}

func samples(positive, negative []float64) []stats.Sample {
	var all []stats.Sample
	for _, s := range positive {
		all = append(all, stats.Sample{Score: s, Positive: true})
	}
	for _, s := range negative {
		all = append(all, stats.Sample{Score: s})
	}
	return all
}

func TestMeasures(t *testing.T) {
	for _, c := range []struct {
		name               string
		positive, negative []float64
		auc, eer           float64
	}{
		{"separated", []float64{.7, .8, .9}, []float64{.1, .2}, 1, 0},
		{"reversed", []float64{.1, .2}, []float64{.7, .8}, 0, 1},
		{"all tied", []float64{.5, .5}, []float64{.5, .5, .5}, .5, .5},
		// 1>0, 2>0, 2>1 and half of 1=1: 3.5 of 4 pairs. From (FP .5, FN .0) at 0 to (0, .5) at 1 the errors meet at .25.
		{"one tie", []float64{1, 2}, []float64{0, 1}, .875, .25},
		// scikit-learn's example of roc_auc_score: y = 0 0 1 1, scores .1 .4 .35 .8.
		{"scikit-learn", []float64{.35, .8}, []float64{.1, .4}, .75, .5},
		// At 2 FP is .4 and FN .25, at 3, a tie of two and two, 0 and .75: a sixth of the way both are a third. 15 of 20 pairs.
		{"between two thresholds", []float64{1, 3, 3, 5}, []float64{0, 0, 2, 3, 3}, .75, 1. / 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := stats.NewROC(samples(c.positive, c.negative))
			near(t, "AUC", r.AUC(), c.auc, tolerance)
			near(t, "EER", r.EER(), c.eer, tolerance)
		})
	}
}

// Of stratum a one of two negatives is above 1, of stratum b none of four: the worst counts, not the sixth of all.
func TestWorstStratumCounts(t *testing.T) {
	all := samples([]float64{1, 3}, nil)
	for _, s := range []float64{0, 2} {
		all = append(all, stats.Sample{Score: s, Stratum: "a"})
	}
	for _, s := range []float64{0, 0, 0, 1} {
		all = append(all, stats.Sample{Score: s, Stratum: "b"})
	}
	got := stats.NewROC(all).At(1)
	near(t, "false positives", got.FalsePositive, .5, tolerance)
	near(t, "false negatives", got.FalseNegative, .5, tolerance)
	near(t, "AUC", stats.NewROC(all).AUC(), (4.5+6)/12, tolerance)
}

func TestOneClassHasNoMeasure(t *testing.T) {
	r := stats.NewROC(samples([]float64{1, 2}, nil))
	if !math.IsNaN(r.AUC()) || !math.IsNaN(r.EER()) || r.Complete() {
		t.Error("a single class got an AUC or an EER")
	}
}

func TestCurveAgreesWithAt(t *testing.T) {
	r := stats.NewROC(randomSamples(rand.New(rand.NewPCG(1, 2)), 200))
	for _, p := range r.Curve() {
		at := r.At(p.Threshold)
		near(t, "false positives", p.FalsePositive, at.FalsePositive, tolerance)
		near(t, "false negatives", p.FalseNegative, at.FalseNegative, tolerance)
	}
}

func randomSamples(rng *rand.Rand, n int) []stats.Sample {
	all := make([]stats.Sample, n)
	for i := range all {
		positive := i%2 == 0
		score := rng.NormFloat64()
		if positive {
			score++
		}
		all[i] = stats.Sample{Score: math.Round(score*10) / 10, Positive: positive}
	}
	return all
}

func TestWeightIsRepetition(t *testing.T) {
	all := randomSamples(rand.New(rand.NewPCG(3, 4)), 60)
	repeated := all
	for i := range all {
		times := 1 + i%3
		for range times - 1 {
			repeated = append(repeated[:len(repeated):len(repeated)], all[i])
		}
	}
	weighted := append([]stats.Sample(nil), all...)
	for i := range weighted {
		weighted[i].Weight = float64(1 + i%3)
	}
	a, b := stats.NewROC(repeated), stats.NewROC(weighted)
	near(t, "AUC", b.AUC(), a.AUC(), tolerance)
	near(t, "EER", b.EER(), a.EER(), tolerance)
}

func TestLowestFalseNegative(t *testing.T) {
	positive := []float64{1, 2, 3, 4}
	negative := []float64{0, 0, 0, 0, 0, 0, 0, 0, 2.5, 5}
	curve := stats.NewROC(samples(positive, negative)).Curve()
	for _, c := range []struct{ limit, want, threshold float64 }{{.2, 0, 0}, {.1, .5, 2.5}, {.05, 1, 5}} {
		got := stats.LowestFalseNegative(curve, c.limit)
		near(t, "threshold", got.Threshold, c.threshold, 0)
		near(t, "false negatives", got.FalseNegative, c.want, tolerance)
	}
}

// With a binormal score the AUC is Φ(1/√2) = 0.7602; the interval must hold it and be about as wide as theory says (Hanley and McNeil: ±0.033 for 400 + 400).
func TestBootstrap(t *testing.T) {
	r := stats.NewROC(randomSamples(rand.New(rand.NewPCG(5, 6)), 800))
	got := r.Bootstrap(func(r *stats.ROC) []float64 { return []float64{r.AUC()} })[0]
	if got.Interval.Low > .7602 || got.Interval.High < .7602 {
		t.Errorf("interval %+v misses 0.7602", got.Interval)
	}
	near(t, "width", got.Interval.High-got.Interval.Low, .066, .01)
}

func TestBootstrapDrawsGroups(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	var clips, frames []stats.Sample
	for g := range 20 {
		s := stats.Sample{Score: rng.NormFloat64(), Positive: g%2 == 0}
		for range 25 {
			frames = append(frames, s)
			s.Group = string(rune('a' + g))
			clips = append(clips, s)
			s.Group = ""
		}
	}
	auc := func(r *stats.ROC) []float64 { return []float64{r.AUC()} }
	bound, free := stats.NewROC(clips).Bootstrap(auc)[0], stats.NewROC(frames).Bootstrap(auc)[0]
	wide, narrow := bound.Interval.High-bound.Interval.Low, free.Interval.High-free.Interval.Low
	if wide < 3*narrow {
		t.Errorf("clips give an interval of %.3f, their frames of %.3f: groups were not kept together", wide, narrow)
	}
}

func TestBootstrapOfPerfectSeparationIsHumble(t *testing.T) {
	r := stats.NewROC(samples([]float64{5, 6, 7, 8, 9, 10}, []float64{1, 2, 3, 4}))
	got := r.Bootstrap(func(r *stats.ROC) []float64 { return []float64{r.AUC(), r.EER()} })
	near(t, "lower end of AUC", got[0].Interval.Low, .25, tolerance)
	near(t, "upper end of EER", got[1].Interval.High, .75, tolerance)
}

func TestPairedDifference(t *testing.T) {
	a := randomSamples(rand.New(rand.NewPCG(9, 10)), 300)
	b := append([]stats.Sample(nil), a...)
	for i := range b {
		if b[i].Positive {
			b[i].Score += .5
		}
	}
	d := stats.PairedDifference(a, b, (*stats.ROC).AUC)
	if d.Value <= 0 || d.Interval.Low <= 0 {
		t.Errorf("better by %.3f, interval %+v: the gain isn't seen", d.Value, d.Interval)
	}
	same := stats.PairedDifference(a, a, (*stats.ROC).AUC)
	if i := same.Interval; same.Value != 0 || i.Low >= 0 || i.High <= 0 || i.High > 0.05 {
		t.Errorf("a run differs from itself: %+v", same)
	}
	passed := func(r *stats.ROC) float64 { return r.At(9).FalsePositive }
	negatives := samples(nil, []float64{1, 2, 3, 4, 5, 6})
	near(t, "reach of six negatives alone", stats.PairedDifference(negatives, negatives, passed).Interval.High, .5, tolerance)
	one := []stats.Sample{{Score: 0.9}, {Score: 0.8, Positive: true}}
	other := []stats.Sample{{Score: 0.1}, {Score: 0.8, Positive: true}}
	if d := stats.PairedDifference(one, other, (*stats.ROC).AUC); d.Value != 1 || d.Interval.Low > 0 {
		t.Errorf("one changed picture shows a gain: %+v", d)
	}
}

func TestProbit(t *testing.T) {
	for p, want := range map[float64]float64{.5: 0, .975: 1.959964, .01: -2.326348} {
		near(t, "probit", stats.Probit(p), want, 1e-6)
	}
}

func TestAUCOfWhatIsNoNumberEnds(t *testing.T) {
	samples := []stats.Sample{{Score: math.NaN()}, {Score: 0.5, Positive: true}, {Score: math.NaN(), Positive: true}, {Score: 0.2}}
	if area := stats.NewROC(samples).AUC(); area < 0 || area > 1 {
		t.Errorf("the area is %v", area)
	}
}
