package calibrate

import (
	"cmp"
	"maps"
	"slices"

	"github.com/bonafide-pad/bonafide/internal/pad"
	"github.com/bonafide-pad/bonafide/internal/spoof"
	"github.com/bonafide-pad/bonafide/internal/stats"
)

// mostFolds is how many times at most a fit is repeated to report on what was left out.
const mostFolds = 10

// report scores each observation by a map fitted without its fold and measures the scores.
func (f *Fit) report(all []Observation, o Options) {
	fold, folds, by := deal(all)
	presentations := make([]pad.Presentation, len(all))
	for k := range folds {
		var rest []Observation
		for i, ob := range all {
			if fold[i] != k {
				rest = append(rest, ob)
			}
		}
		slope, op := fit(rest, o)
		for i, ob := range all {
			if fold[i] == k {
				score := spoof.Probability(slope*(ob.Logit-op.Logit) + logOdds(o.Threshold))
				presentations[i] = pad.Presentation{Attack: ob.Attack, Species: ob.Species, Group: ob.Group, Answered: true, Score: score}
			}
		}
	}
	f.Measures = pad.Measure(presentations, o.Threshold)
	f.HeldOut.By, f.HeldOut.Folds, f.HeldOut.BPCER = by, folds, f.Measures.BPCER
	f.HeldOut.APCER = map[string]stats.Rate{}
	for _, s := range f.Measures.Species {
		f.HeldOut.APCER[s.Name] = s.APCER
	}
	if by == "source" {
		mean := meanBPCER(all, presentations, o.Threshold)
		f.HeldOut.MeanBPCER = &mean
	}
}

// deal puts whole sources (those that share a group as one), or whole groups where there are not three of these of each class, into folds: in turn, those with bona
// fide presentations first and the large before the small, so that what a fold leaves over has both classes, but for data whose
// attacks are all in every mostFolds-th unit.
func deal(all []Observation) (fold []int, folds int, by string) {
	by = "group"
	name := func(i int) string { return groupOf(all[i], i) }
	if joined, enough := joinSources(all); enough {
		by, name = "source", func(i int) string { return joined[all[i].Source] }
	}
	members, live := map[string][]int{}, map[string]int{}
	for i, ob := range all {
		members[name(i)] = append(members[name(i)], i)
		if !ob.Attack {
			live[name(i)] = 1
		}
	}
	units := slices.SortedFunc(maps.Keys(members), func(a, b string) int {
		return cmp.Or(cmp.Compare(live[b], live[a]), cmp.Compare(len(members[b]), len(members[a])), cmp.Compare(a, b))
	})
	folds = min(mostFolds, len(units))
	fold = make([]int, len(all))
	for k, u := range units {
		for _, i := range members[u] {
			fold[i] = k % folds
		}
	}
	return fold, folds, by
}

// joinSources gives each source the name of those that it is held out with: sources that have a group in common, one person before two cameras,
// have one name, since the fit would otherwise have seen who it is judged on. It tells whether there are three names or more in each class.
func joinSources(all []Observation) (names map[string]string, enough bool) {
	names = map[string]string{}
	sourceOf := map[string]string{}
	for _, ob := range all {
		names[ob.Source] = ob.Source
		if ob.Group != "" {
			sourceOf[ob.Group] = ob.Source
		}
	}
	for _, ob := range all {
		if ob.Group == "" || names[ob.Source] == names[sourceOf[ob.Group]] {
			continue
		}
		old, joint := names[ob.Source], names[sourceOf[ob.Group]]
		for source, name := range names {
			if name == old {
				names[source] = joint
			}
		}
	}
	classes := map[bool]map[string]bool{true: {}, false: {}}
	for _, ob := range all {
		classes[ob.Attack][names[ob.Source]] = true
	}
	return names, min(len(classes[true]), len(classes[false])) > 2
}

// meanBPCER is the mean of the sources' shares of missed bona fide presentations.
func meanBPCER(all []Observation, presentations []pad.Presentation, threshold float64) float64 {
	missed, of := map[string]float64{}, map[string]float64{}
	for i, ob := range all {
		if ob.Attack {
			continue
		}
		of[ob.Source]++
		if presentations[i].Score <= threshold {
			missed[ob.Source]++
		}
	}
	var sum float64
	for _, source := range slices.Sorted(maps.Keys(of)) { // in one order, so that the sum is the same each time
		sum += missed[source] / of[source]
	}
	return sum / float64(len(of))
}
