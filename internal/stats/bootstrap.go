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

// Bootstrap estimates measures of the samples, each of 0 to 1, with percentile intervals (Efron). Whole groups are drawn with
// replacement, positives and each stratum of negatives apart: a group that holds both classes counts once in each. measure returns the same
// number of values each time, NaN where there is none, and doesn't keep the samples. Resampling can't tell how far a measure of exactly 0 or 1 may be
// off: where all draws agree on one, the far end is the rule of three over the groups of the smallest pool.
//
// Percentiles of few groups are too narrow, since no draw is outside of what the groups hold. Where samples share groups, the interval is therefore
// at least that of a share of as many trials as give the variance of the draws, by the rule of effectiveTrials.
func (r *ROC) Bootstrap(measure func(*ROC) []float64) []Estimate {
	values := measure(r)
	draws := make([][]float64, len(values))
	pools := drawable(r.samples, len(r.neg))
	rng := rand.New(rand.NewPCG(bootstrapSeed, 0))
	drawn := &ROC{}
	for range replicates {
		pools.draw(rng)
		pools.take(r, drawn)
		for i, v := range measure(drawn) {
			if !math.IsNaN(v) {
				draws[i] = append(draws[i], v)
			}
		}
	}
	estimates := make([]Estimate, len(values))
	for i, v := range values {
		estimates[i] = Estimate{Value: v, Interval: pools.interval(v, draws[i])}
	}
	return estimates
}

// interval is that of a measure of 0 to 1.
func (p pools) interval(value float64, draws []float64) Interval {
	interval := percentiles(draws)
	worth, shared := p.worth()
	switch {
	case interval.Low == interval.High:
		return Wilson(interval.Low, float64(p.fewest()))
	case !shared || math.IsNaN(value):
		return interval
	case value <= 0 || value >= 1:
		return interval.and(Wilson(value, worth))
	}
	return interval.and(clopperPearson(value, value*(1-value)/betweenDraws(draws, worth)*shrink(worth)))
}

// and is the least interval that holds both.
func (i Interval) and(other Interval) Interval {
	return Interval{min(i.Low, other.Low), max(i.High, other.High)}
}

// betweenDraws is the variance of the draws, as it is without the bias of resampling so many groups.
func betweenDraws(draws []float64, groups float64) float64 {
	var mean, squares float64
	for _, d := range draws {
		mean += d / float64(len(draws))
	}
	for _, d := range draws {
		squares += (d - mean) * (d - mean)
	}
	return squares / float64(len(draws)) * groups / (groups - 1)
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

// pools are the groups to draw from: first the strata of the negatives, then the positives, each drawn by itself so that none vanishes.
type pools []pool

// pool has the groups of a stratum or class, none where it has no samples.
type pool struct {
	numbers []int32   // of its groups
	sizes   []float64 // the weights of its groups
	samples int
	times   []float64 // how often each group of all was drawn
}

func drawable(samples []ranked, strata int) pools {
	groups := int32(0)
	for _, s := range samples {
		groups = max(groups, s.group+1)
	}
	all := make(pools, strata+1)
	places := make([]map[int32]int, len(all))
	for i := range all {
		all[i].times, places[i] = make([]float64, groups), map[int32]int{}
	}
	for _, s := range samples {
		i := s.pool(strata)
		p := &all[i]
		place, ok := places[i][s.group]
		if !ok {
			place = len(p.numbers)
			places[i][s.group] = place
			p.numbers, p.sizes = append(p.numbers, s.group), append(p.sizes, 0)
		}
		p.sizes[place] += s.weight
		p.samples++
	}
	return all
}

// pool is the number of the sample's pool.
func (s ranked) pool(strata int) int {
	if s.positive {
		return strata
	}
	return int(s.stratum)
}

// fewest is the number of groups in the smallest pool.
func (p pools) fewest() int {
	least := math.MaxInt
	for _, one := range p {
		if one.samples > 0 {
			least = min(least, len(one.numbers))
		}
	}
	return least
}

// worth is how many groups of one size the least pool is worth of those in which samples share groups.
func (p pools) worth() (groups float64, shared bool) {
	groups = math.Inf(1)
	for _, one := range p {
		if len(one.numbers) < one.samples {
			groups, shared = min(groups, effectiveGroups(one.sizes)), true
		}
	}
	return groups, shared
}

// draw draws as many groups of each pool as there are.
func (p pools) draw(rng *rand.Rand) {
	for _, one := range p {
		for _, number := range one.numbers {
			one.times[number] = 0
		}
		for range one.numbers {
			one.times[one.numbers[rng.IntN(len(one.numbers))]]++
		}
	}
}

// take makes drawn the samples of r that were drawn, in the room that it has. They keep their order, so nothing is sorted again.
func (p pools) take(r, drawn *ROC) {
	drawn.samples = slices.Grow(drawn.samples[:0], len(r.samples))
	for _, s := range r.samples {
		if times := p[s.pool(len(r.neg))].times[s.group]; times > 0 {
			s.weight *= times
			drawn.samples = append(drawn.samples, s)
		}
	}
	drawn.sum(len(r.neg))
}

// PairedDifference estimates measure(b) − measure(a), measures of 0 to 1, where a[i] and b[i] score the same picture: each draw takes the same
// groups of both. The slices have equal lengths, classes, strata and groups. Where all draws agree, resampling can't tell how far off they may be:
// then the interval reaches to both sides by the rule of three over the groups of the smallest pool. A measure that looks at one class or stratum
// alone is therefore given that alone. Where samples share groups, the interval is at least Student's for the variance of the draws, by the reason
// given at Bootstrap.
func PairedDifference(a, b []Sample, measure func(*ROC) float64) Estimate {
	first, second := NewROC(a), NewROC(b)
	value := measure(second) - measure(first)
	pools := drawable(rank(a))
	rng := rand.New(rand.NewPCG(bootstrapSeed, 1))
	drawnA, drawnB := &ROC{}, &ROC{}
	var draws []float64
	for range replicates {
		pools.draw(rng)
		pools.take(first, drawnA)
		pools.take(second, drawnB)
		if d := measure(drawnB) - measure(drawnA); !math.IsNaN(d) {
			draws = append(draws, d)
		}
	}
	return Estimate{Value: value, Interval: pools.difference(value, draws)}
}

// difference is the interval of a difference of measures of 0 to 1.
func (p pools) difference(value float64, draws []float64) Interval {
	interval := percentiles(draws)
	if interval.Low == interval.High {
		reach := 3 / float64(p.fewest())
		interval = Interval{interval.Low - reach, interval.High + reach}
	} else if worth, shared := p.worth(); shared && !math.IsNaN(value) {
		reach := student(worth) * math.Sqrt(betweenDraws(draws, worth))
		interval = interval.and(Interval{value - reach, value + reach})
	}
	return Interval{max(-1, interval.Low), min(1, interval.High)}
}
