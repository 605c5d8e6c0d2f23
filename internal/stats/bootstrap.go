package stats

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Estimate is a measure with its 95 % interval.
type Estimate struct {
	Value    float64  `json:"value"`
	Interval Interval `json:"interval"`
}

// replicates is how often a bootstrap draws. A thousand leaves the ends of a 95 % interval within some thousandths.
const replicates = 1000

// bootstrapSeed makes intervals repeatable: the same samples give the same interval.
const bootstrapSeed = 30107

// Bootstrap estimates measures of the samples with percentile intervals (Efron). Whole groups are drawn with
// replacement, positives and each stratum of negatives apart: a group that holds both classes counts once in each. measure returns the same
// number of values each time, NaN where there is none. Resampling can't tell how far a measure of exactly 0 or 1 may be
// off: where all draws agree on one, the far end is the rule of three over the groups of the smallest pool.
func (r *ROC) Bootstrap(measure func(*ROC) []float64) []Estimate {
	values := measure(r)
	draws := make([][]float64, len(values))
	pools := drawable(r.samples, len(r.neg))
	rng := rand.New(rand.NewPCG(bootstrapSeed, 0))
	for range replicates {
		for i, v := range measure(r.resample(rng, pools)) {
			if !math.IsNaN(v) {
				draws[i] = append(draws[i], v)
			}
		}
	}
	estimates := make([]Estimate, len(values))
	for i, v := range values {
		estimates[i] = Estimate{Value: v, Interval: percentiles(draws[i])}
		if i := &estimates[i].Interval; i.Low == i.High {
			*i = Wilson(i.Low, float64(fewest(pools)))
		}
	}
	return estimates
}

// fewest is the number of groups in the smallest pool.
func fewest(pools [][][]int) int {
	least := math.MaxInt
	for _, groups := range pools {
		least = min(least, len(groups))
	}
	return least
}

// percentiles are the 2.5 % and 97.5 % points of the draws; [0, 1] when there are none.
func percentiles(draws []float64) Interval {
	if len(draws) == 0 {
		return Interval{0, 1}
	}
	slices.Sort(draws)
	at := func(q float64) float64 { return draws[int(math.Round(q*float64(len(draws)-1)))] }
	return Interval{at(0.025), at(0.975)}
}

// drawable returns the groups to draw from, as indexes of their samples: first the strata of the negatives, then the
// positives, each drawn by itself so that none vanishes. A class without samples has no pool.
func drawable(samples []ranked, strata int) [][][]int {
	pools := make([][][]int, strata+1)
	index := make([]map[int32]int, len(pools))
	for i, s := range samples {
		pool := int(s.stratum)
		if s.positive {
			pool = strata
		}
		if index[pool] == nil {
			index[pool] = map[int32]int{}
		}
		g, ok := index[pool][s.group]
		if !ok {
			g = len(pools[pool])
			index[pool][s.group] = g
			pools[pool] = append(pools[pool], nil)
		}
		pools[pool][g] = append(pools[pool][g], i)
	}
	return slices.DeleteFunc(pools, func(groups [][]int) bool { return len(groups) == 0 })
}

// resample draws as many groups of each pool as there are. Samples keep their order, so nothing is sorted again.
func (r *ROC) resample(rng *rand.Rand, pools [][][]int) *ROC {
	times := make([]float64, len(r.samples))
	for _, groups := range pools {
		for range groups {
			for _, i := range groups[rng.IntN(len(groups))] {
				times[i]++
			}
		}
	}
	drawn := &ROC{samples: make([]ranked, 0, len(r.samples))}
	for i, s := range r.samples {
		if times[i] > 0 {
			s.weight *= times[i]
			drawn.samples = append(drawn.samples, s)
		}
	}
	drawn.sum(len(r.neg))
	return drawn
}

// PairedDifference estimates measure(b) − measure(a), measures of 0 to 1, where a[i] and b[i] score the same picture: each draw takes the same
// groups of both. The slices have equal lengths, classes, strata and groups. Where all draws agree, resampling can't tell how far off they may be:
// then the interval reaches to both sides by the rule of three over the groups of the smallest pool. A measure that looks at one class or stratum
// alone is therefore given that alone.
func PairedDifference(a, b []Sample, measure func(*ROC) float64) Estimate {
	first, second := NewROC(a), NewROC(b)
	value := measure(second) - measure(first)
	pools := drawable(rank(a))
	rng := rand.New(rand.NewPCG(bootstrapSeed, 1))
	var draws []float64
	for range replicates {
		var drawnA, drawnB []Sample
		for _, groups := range pools {
			for range groups {
				for _, i := range groups[rng.IntN(len(groups))] {
					drawnA, drawnB = append(drawnA, a[i]), append(drawnB, b[i])
				}
			}
		}
		if d := measure(NewROC(drawnB)) - measure(NewROC(drawnA)); !math.IsNaN(d) {
			draws = append(draws, d)
		}
	}
	interval := percentiles(draws)
	if interval.Low == interval.High {
		reach := 3 / float64(fewest(pools))
		interval = Interval{max(-1, interval.Low-reach), min(1, interval.High+reach)}
	}
	return Estimate{Value: value, Interval: interval}
}
