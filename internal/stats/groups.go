package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// clopperPearson is the 95 % interval of a share p, not 0 or 1, seen in n independent trials, which needn't be a whole number (Clopper and
// Pearson, 1934). It is [0, 1] when n is next to nothing.
func clopperPearson(p, n float64) Interval {
	const nothing = 0.01
	if !(n > nothing) {
		return Interval{0, 1}
	}
	yes, no := p*n, (1-p)*n
	return Interval{distuv.Beta{Alpha: yes, Beta: no + 1}.Quantile(0.025), distuv.Beta{Alpha: yes + 1, Beta: no}.Quantile(0.975)}
}

// effectiveTrials is how many independent trials would be as informative as the grouped ones, of which the share p, not 0 or 1, was a yes: with
// that many Clopper and Pearson's interval keeps its 95 % from few groups as well (Korn and Graubard, "Confidence intervals for proportions with
// small expected number of positive counts estimated from survey data", 1998; compared with others by Franco, Little, Louis and Slud, 2019).
//
// It is n divided by the design effect (Kish, 1965) and shrunk for as few degrees of freedom as that is known with. The design effect is the
// largest of three, for each misses what another sees: 1 (grouping never helps), that of the variance seen between the groups, and that of the
// correlation within groups, estimated after Fleiss and Cuzick (1979), which sees that one group is large though nothing has happened in it. As
// the correlation is 1 at most, the groups themselves, or as many as those of uneven sizes are worth, are the least.
func effectiveTrials(p float64, groups []tally) float64 {
	m := float64(len(groups))
	var n, squares, between, within float64
	for _, g := range groups {
		of, count := float64(g.of), float64(g.count)
		n += of
		squares += of * of
		between += (count - p*of) * (count - p*of)
		within += count * (of - count) / of
	}
	worth := n * n / squares
	if m < 2 {
		return worth
	}
	independent := p * (1 - p) / n
	seen := m / (m - 1) * between / (n * n)
	correlation := 1 - within/((n-m)*p*(1-p))
	modelled := independent * (1 + correlation*(squares/n-1))
	return max(worth, p*(1-p)/max(independent, seen, modelled)*shrink(worth))
}

// effectiveGroups is how many groups of one size would be worth as much as groups of these sizes (Kish, 1965).
func effectiveGroups(sizes []float64) float64 {
	var sum, squares float64
	for _, size := range sizes {
		sum += size
		squares += size * size
	}
	return sum * sum / squares
}

// shrink is the factor by which fewer trials count when their variance was estimated from groups: a deviate of Student's distribution takes the
// place of the normal one.
func shrink(groups float64) float64 {
	t := z95 / student(groups)
	return t * t
}

// student is the 97.5 % point of Student's distribution with one degree of freedom less than there are groups; infinite for one group.
func student(groups float64) float64 {
	const least = 0.1 // below it the point is past 1e12
	if groups-1 < least {
		return math.Inf(1)
	}
	return distuv.StudentsT{Sigma: 1, Nu: groups - 1}.Quantile(0.975)
}
