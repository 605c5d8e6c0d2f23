package stats_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/bonafide-pad/bonafide/internal/stats"
)

// sizes are how many trials the i-th group has.
var sizes = map[string]func(i int) int{
	"even":   func(int) int { return 10 },
	"uneven": func(i int) int { return []int{30, 1, 2, 4, 8}[i%5] },
}

// trials are beta-binomial: groups differ in their rates, so that two trials of one have the given correlation.
func trials(rng *rand.Rand, rate, correlation float64, groups int, size func(int) int) []stats.Trial {
	var all []stats.Trial
	for g := range groups {
		own := rate
		switch spread := (1 - correlation) / correlation; correlation {
		case 0:
		case 1:
			own = distuv.Bernoulli{P: rate, Src: rng}.Rand()
		default:
			own = distuv.Beta{Alpha: rate * spread, Beta: (1 - rate) * spread, Src: rng}.Rand()
		}
		for range size(g) {
			all = append(all, stats.Trial{Yes: rng.Float64() < own, Group: strconv.Itoa(g)})
		}
	}
	return all
}

func holds(i stats.Interval, truth float64) int {
	if i.Low <= truth && truth <= i.High {
		return 1
	}
	return 0
}

// If 94 % of all intervals hold the true rate, 364 or more of 400 do so but for one time in a hundred. With Wilson's limits and the variance seen
// between the groups alone it was fewer in 31 of these cases, 191 in the worst.
func TestRatesOfGroupsHoldTheTruth(t *testing.T) {
	const draws, least = 400, 364
	for name, size := range sizes {
		for _, rate := range []float64{.05, .3} {
			for _, correlation := range []float64{0, .1, .3, 1} {
				for _, groups := range []int{2, 3, 5, 10, 20} {
					t.Run(fmt.Sprintf("%s %g %g %d", name, rate, correlation, groups), func(t *testing.T) {
						rng := rand.New(rand.NewPCG(11, 12))
						held := 0
						for range draws {
							held += holds(stats.NewRate(trials(rng, rate, correlation, groups, size)).Interval, rate)
						}
						if held < least {
							t.Errorf("%d of %d intervals hold the rate", held, draws)
						}
					})
				}
			}
		}
	}
}

// Intervals of grouped trials may not be so wide that they say nothing, once there are some groups: a half more than if all trials stood alone.
func TestRatesOfIndependentGroupsAreNotMuchWider(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	var bound, free float64
	for range 200 {
		grouped := trials(rng, .1, 0, 20, sizes["even"])
		i := stats.NewRate(grouped).Interval
		bound += i.High - i.Low
		for j := range grouped {
			grouped[j].Group = ""
		}
		i = stats.NewRate(grouped).Interval
		free += i.High - i.Low
	}
	if bound < free || bound > 1.5*free {
		t.Errorf("intervals of groups are %.2f times as wide", bound/free)
	}
}

func TestRatesOfTrialsThatStandAloneAreWilsons(t *testing.T) {
	for _, n := range []int{2, 3, 10, 100} {
		for yes := range n + 1 {
			var named []stats.Trial
			for i := range n {
				named = append(named, stats.Trial{Yes: i < yes, Group: strconv.Itoa(i)})
			}
			if got, want := stats.NewRate(named).Interval, stats.Wilson(float64(yes)/float64(n), float64(n)); got != want {
				t.Errorf("%d of %d: %+v, want %+v", yes, n, got, want)
			}
		}
	}
}

// One group of many trials says next to nothing, whatever their share.
func TestRateOfOneGroup(t *testing.T) {
	var all []stats.Trial
	for i := range 100 {
		all = append(all, stats.Trial{Yes: i%2 == 0, Group: "clip"})
	}
	if i := stats.NewRate(all).Interval; i.Low > .05 || i.High < .95 {
		t.Errorf("one clip gives %+v", i)
	}
}

// clips are samples of groups whose scores share half of their variance, with the given distance of the two classes.
func clips(rng *rand.Rand, groups int, distance float64) []stats.Sample {
	var all []stats.Sample
	for g := range 2 * groups {
		positive := g < groups
		center := math.Sqrt(.5) * rng.NormFloat64()
		if positive {
			center += distance
		}
		for range 5 {
			all = append(all, stats.Sample{Score: center + math.Sqrt(.5)*rng.NormFloat64(), Positive: positive, Group: strconv.Itoa(g)})
		}
	}
	return all
}

// Percentiles alone held the AUC 64 to 67 times.
func TestBootstrapsOfFewGroupsHoldTheTruth(t *testing.T) {
	const draws, least = 80, 70
	const distance = 1.5
	area := func(r *stats.ROC) []float64 { return []float64{r.AUC()} }
	truth := distuv.UnitNormal.CDF(distance / math.Sqrt2)
	for _, groups := range []int{2, 3, 5} {
		rng := rand.New(rand.NewPCG(15, 16))
		held := 0
		for range draws {
			held += holds(stats.NewROC(clips(rng, groups, distance)).Bootstrap(area)[0].Interval, truth)
		}
		if held < least {
			t.Errorf("%d groups: %d of %d intervals hold the AUC", groups, held, draws)
		}
	}
}

// Two runs that are equally good on average, over clips of which each suits one or the other. Percentiles alone held the truth 52 to 69 times.
func TestDifferencesOfFewGroupsHoldTheTruth(t *testing.T) {
	const draws, least = 80, 72
	lost := func(r *stats.ROC) float64 { return r.At(0).FalseNegative }
	for _, groups := range []int{2, 3, 5} {
		rng := rand.New(rand.NewPCG(17, 18))
		held := 0
		for range draws {
			a := clips(rng, groups, .5)[:5*groups]
			b := append([]stats.Sample(nil), a...)
			for i, s := range clips(rng, groups, .5)[:5*groups] {
				b[i].Score = s.Score
			}
			held += holds(stats.PairedDifference(a, b, lost).Interval, 0)
		}
		if held < least {
			t.Errorf("%d groups: %d of %d intervals hold no difference", groups, held, draws)
		}
	}
}
