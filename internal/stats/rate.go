package stats

import (
	"math"
	"strconv"
)

// Interval is a range that holds the true value with 95 % confidence.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// z95 is the 97.5 % point of the normal distribution: 2.5 % stay outside on either side.
const z95 = 1.959963984540054

// Wilson is the 95 % score interval of a share p seen in n independent trials (Wilson, 1927). Where p is 0 or 1 the far end
// is the rule of three, 3/n away. It is [0, 1] when n is 0.
func Wilson(p, n float64) Interval {
	switch {
	case n <= 0:
		return Interval{0, 1}
	case p <= 0:
		return Interval{0, min(1, 3/n)}
	case p >= 1:
		return Interval{max(0, 1-3/n), 1}
	}
	z2 := z95 * z95
	center := (p + z2/(2*n)) / (1 + z2/n)
	half := z95 / (1 + z2/n) * math.Sqrt(p*(1-p)/n+z2/(4*n*n))
	return Interval{max(0, center-half), min(1, center+half)}
}

// Trial is one yes-or-no observation. Trials of one group (frames of a clip, pictures of a person) are not independent.
type Trial struct {
	Yes bool
	// Group is "" for a trial that is independent of all others.
	Group string
}

// Rate is the share of trials that were a yes.
type Rate struct {
	// Count of the Of trials, which fall in Groups groups, were a yes.
	Count  int `json:"count"`
	Of     int `json:"of"`
	Groups int `json:"groups"`
	// Value is Count/Of, 0 when there were no trials.
	Value    float64  `json:"value"`
	Interval Interval `json:"interval"`
}

// NewRate counts trials. The interval of trials that each stand alone is Wilson's, that of grouped ones Clopper and Pearson's for as many
// independent trials as the groups are worth (effectiveTrials). Where every trial agrees the groups themselves are counted.
func NewRate(trials []Trial) Rate {
	var groups []tally // in the order of the trials, so that sums over them come out the same each time
	numbers := map[string]int32{}
	r := Rate{Of: len(trials)}
	for i, t := range trials {
		g := number(numbers, groupName(t.Group, i))
		if int(g) == len(groups) {
			groups = append(groups, tally{})
		}
		groups[g].of++
		if t.Yes {
			groups[g].count++
			r.Count++
		}
	}
	r.Groups = len(groups)
	if r.Of > 0 {
		r.Value = float64(r.Count) / float64(r.Of)
	}
	if r.Groups == r.Of || r.Count == 0 || r.Count == r.Of {
		r.Interval = Wilson(r.Value, float64(r.Groups))
	} else {
		r.Interval = clopperPearson(r.Value, effectiveTrials(r.Value, groups))
	}
	return r
}

type tally struct{ count, of int }

// groupName gives what has no group one of its own.
func groupName(group string, i int) string {
	if group == "" {
		return "\x00" + strconv.Itoa(i)
	}
	return group
}
