package calibrate

import (
	"strconv"

	"github.com/bonafide-pad/bonafide/internal/profile"
)

// fullSource is the number of pictures from which a source counts fully: a single picture says less of a camera than a clip.
const fullSource = 10

// unit is a source, group or class of observations.
type unit struct {
	attack bool
	name   string
}

// groupOf names what ob depends on; an observation without a group is one by itself.
func groupOf(ob Observation, i int) string {
	if ob.Group == "" {
		return "\x00" + strconv.Itoa(i)
	}
	return ob.Group
}

// hasSources tells whether observations come from more than one source.
func hasSources(all []Observation) bool {
	for _, ob := range all {
		if ob.Source != all[0].Source {
			return true
		}
	}
	return false
}

// weigh gives each class a weight of 1. In it the sources count the same (with fewer than ten pictures, in proportion to them), in a source its groups,
// in a group its pictures.
func weigh(all []Observation) []float64 {
	pictures, groups, inGroup := map[unit]int{}, map[unit]int{}, map[unit]int{}
	sourced := hasSources(all)
	for i, ob := range all {
		source, group := unit{ob.Attack, ob.Source}, unit{ob.Attack, ob.Source + "\x00" + groupOf(ob, i)}
		pictures[source]++
		if inGroup[group]++; inGroup[group] == 1 {
			groups[source]++
		}
	}
	weights, sum := make([]float64, len(all)), map[bool]float64{}
	for i, ob := range all {
		source, group := unit{ob.Attack, ob.Source}, unit{ob.Attack, ob.Source + "\x00" + groupOf(ob, i)}
		weights[i] = 1 / float64(groups[source]*inGroup[group])
		if sourced {
			weights[i] *= min(1, float64(pictures[source])/fullSource)
		}
		sum[ob.Attack] += weights[i]
	}
	for i, ob := range all {
		weights[i] /= sum[ob.Attack]
	}
	return weights
}

// describe counts pictures, groups and sources of each class.
func describe(all []Observation) profile.Sample {
	groups, sources := map[unit]bool{}, map[unit]bool{}
	var s profile.Sample
	for i, ob := range all {
		if ob.Attack {
			s.Attacks++
		} else {
			s.BonaFide++
		}
		groups[unit{ob.Attack, groupOf(ob, i)}] = true
		sources[unit{ob.Attack, ob.Source}] = true
	}
	for g := range groups {
		if g.attack {
			s.AttackGroups++
		} else {
			s.BonaFideGroups++
		}
	}
	for g := range sources {
		if g.attack {
			s.AttackSources++
		} else {
			s.BonaFideSources++
		}
	}
	return s
}
