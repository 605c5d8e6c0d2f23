// Package stats estimates error rates of a score that separates two classes, with 95 % intervals that respect groups of
// dependent samples. It knows nothing of faces.
//
// A sample is called positive when its score is above a threshold: samples that score exactly the threshold are negative.
package stats

import (
	"cmp"
	"math"
	"slices"
)

// Sample is one scored sample.
type Sample struct {
	Score    float64
	Positive bool
	// Group names what the sample shares with others; samples of different groups are independent. "" is a group of its own.
	Group string
	// Stratum names the kind of a negative: false positives are counted kind by kind and the worst kind is the one that
	// counts. Left empty everywhere, all negatives are one kind. AUC doesn't look at it.
	Stratum string
	// Weight is how much the sample counts; 0 means 1.
	Weight float64
}

// Operation is what happens at one threshold.
type Operation struct {
	Threshold float64
	// FalsePositive is the share of negatives above the threshold, in the stratum where it is highest; FalseNegative is
	// the share of positives not above it.
	FalsePositive, FalseNegative float64
}

// ROC holds samples in the order of their scores. It is read-only and safe for concurrent use.
type ROC struct {
	samples []ranked  // by score
	pos     float64   // sum of weights
	neg     []float64 // sums of weights by stratum
}

// ranked is a sample with its weight filled in, its group and its stratum numbered. It is small since a bootstrap copies it often.
type ranked struct {
	score, weight  float64
	group, stratum int32
	positive       bool
}

// NewROC sorts a copy of the samples.
func NewROC(samples []Sample) *ROC {
	ranked, strata := rank(samples)
	slices.SortStableFunc(ranked, byScore)
	r := &ROC{samples: ranked}
	r.sum(strata)
	return r
}

func byScore(a, b ranked) int { return cmp.Compare(a.score, b.score) }

// rank numbers groups and the strata of the negatives.
func rank(samples []Sample) (out []ranked, strata int) {
	out = make([]ranked, len(samples))
	strataByName, groups := map[string]int32{}, map[string]int32{}
	for i, s := range samples {
		if s.Weight == 0 {
			s.Weight = 1
		}
		r := ranked{score: s.Score, weight: s.Weight, positive: s.Positive, group: number(groups, groupName(s.Group, i))}
		if !s.Positive {
			r.stratum = number(strataByName, s.Stratum)
		}
		out[i] = r
	}
	return out, len(strataByName)
}

// number gives each name the next number.
func number(known map[string]int32, name string) int32 {
	n, ok := known[name]
	if !ok {
		n = int32(len(known))
		known[name] = n
	}
	return n
}

func (r *ROC) sum(strata int) {
	r.pos, r.neg = 0, slices.Grow(r.neg[:0], strata)[:strata]
	clear(r.neg)
	for _, s := range r.samples {
		if s.positive {
			r.pos += s.weight
		} else {
			r.neg[s.stratum] += s.weight
		}
	}
}

// negatives is the weight of all of them.
func (r *ROC) negatives() float64 {
	var sum float64
	for _, n := range r.neg {
		sum += n
	}
	return sum
}

// Complete tells whether both classes are there; without it every measure is NaN.
func (r *ROC) Complete() bool { return r.pos > 0 && r.negatives() > 0 }

// Curve returns the operation below the lowest score and at every distinct score, by rising threshold.
func (r *ROC) Curve() []Operation {
	count := newErrorCount(r)
	points := make([]Operation, 1, len(r.samples)+1)
	points[0] = count.at(math.Inf(-1))
	for i, s := range r.samples {
		count.pass(s)
		if i+1 == len(r.samples) || r.samples[i+1].score != s.score {
			points = append(points, count.at(s.score))
		}
	}
	return points
}

// At returns the operation at a threshold.
func (r *ROC) At(threshold float64) Operation {
	count := newErrorCount(r)
	for _, s := range r.samples {
		if s.score > threshold {
			break
		}
		count.pass(s)
	}
	return count.at(threshold)
}

// errorCount keeps the weights of the positives not above, and of the negatives above, a rising threshold.
type errorCount struct {
	roc   *ROC
	below float64
	above []float64
}

func newErrorCount(r *ROC) *errorCount { return &errorCount{roc: r, above: slices.Clone(r.neg)} }

// pass lifts the threshold over one sample.
func (c *errorCount) pass(s ranked) {
	if s.positive {
		c.below += s.weight
	} else {
		c.above[s.stratum] -= s.weight
	}
}

func (c *errorCount) at(threshold float64) Operation {
	worst := math.NaN()
	for i, above := range c.above {
		if c.roc.neg[i] > 0 {
			share := min(1, max(0, above/c.roc.neg[i]))
			if math.IsNaN(worst) || share > worst {
				worst = share
			}
		}
	}
	return Operation{threshold, worst, c.below / c.roc.pos}
}

// AUC is the probability that a positive scores above a negative, ties counting half (Mann and Whitney).
func (r *ROC) AUC() float64 {
	if !r.Complete() {
		return math.NaN()
	}
	var area, negBelow float64
	for i := 0; i < len(r.samples); {
		var pos, neg float64
		score, first := r.samples[i].score, i
		for ; i < len(r.samples) && (i == first || r.samples[i].score == score); i++ { // first: NaN isn't even itself
			if r.samples[i].positive {
				pos += r.samples[i].weight
			} else {
				neg += r.samples[i].weight
			}
		}
		area += pos * (negBelow + neg/2)
		negBelow += neg
	}
	return area / (r.pos * r.negatives())
}

// EER is the error rate where false positives and false negatives are as frequent, interpolated between the two
// thresholds round the crossing.
func (r *ROC) EER() float64 {
	if !r.Complete() {
		return math.NaN()
	}
	return EqualError(r.Curve())
}

// EqualError is the rate at which the two errors of a curve, given by rising threshold, meet.
func EqualError(curve []Operation) float64 {
	for i, p := range curve {
		d := p.FalseNegative - p.FalsePositive
		if d < 0 {
			continue
		}
		if d == 0 || i == 0 {
			return (p.FalseNegative + p.FalsePositive) / 2
		}
		q := curve[i-1]
		before := q.FalsePositive - q.FalseNegative
		t := before / (before + d)
		return q.FalseNegative + t*(p.FalseNegative-q.FalseNegative)
	}
	return math.NaN()
}

// LowestFalseNegative is the operation with the fewest lost positives among those of a curve, given by rising threshold,
// whose false positive rate is at most limit: the one with the lowest threshold.
func LowestFalseNegative(curve []Operation, limit float64) Operation {
	for _, p := range curve {
		if p.FalsePositive <= limit+rounding {
			return p
		}
	}
	return Operation{math.Inf(1), 0, 1}
}

// rounding keeps sums of weights such as 0.1 from missing a limit that they reach exactly.
const rounding = 1e-12
