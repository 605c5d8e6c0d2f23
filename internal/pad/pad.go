// Package pad holds the measures by which ISO/IEC 30107-3 judges presentation attack detection (PAD).
//
// A presentation is bona fide (a real, present face) or an attack of some species (a kind of attack instrument: printed
// photo, phone replay, paper mask, …). A presentation is classed bona fide when its score is above the threshold.
//
// Presentations that got no answer (no face found, refused) count in the non-response rates APNRR and BPNRR alone; all
// other measures are over those that got one. Attacks of different species are never pooled into one APCER: "max APCER"
// is the highest of the species. AUC and EER, which the standard doesn't rest on, are over all attacks as well as for each species.
// Every figure has a 95 % interval that respects groups: frames of a clip or pictures of a person are not independent.
package pad

import (
	"cmp"
	"maps"
	"slices"

	"github.com/bonafide-pad/bonafide/internal/stats"
)

// Presentation is one picture shown to the system and what the system made of it.
type Presentation struct {
	Attack bool
	// Species is the kind of attack instrument; it is not looked at for a bona fide presentation.
	Species string
	// Group names what the presentation shares with others (a clip, a person); "" for one that stands alone.
	Group string
	// Answered is false when the system gave no score; Score is then meaningless.
	Answered bool
	// Score rises with the belief in a bona fide presentation.
	Score float64
}

// Species are the measures of one kind of attack.
type Species struct {
	Name string `json:"species"`
	// APCER is the share of the answered attacks classed bona fide.
	APCER stats.Rate `json:"apcer"`
	// APNRR is the share of the attacks that got no answer.
	APNRR stats.Rate `json:"apnrr"`
	// AUC and EER set this species against all bona fide presentations.
	AUC *stats.Estimate `json:"auc"`
	EER *stats.Estimate `json:"eer"`
}

// Fixed is BPCER at the threshold where the maximum APCER over the species is at most Limit.
type Fixed struct {
	Name      string         `json:"name"`
	Limit     float64        `json:"max_apcer"`
	Threshold float64        `json:"threshold"`
	BPCER     stats.Estimate `json:"bpcer"`
}

// Measures are all figures of one set of presentations at one threshold. Where one of the classes is missing, what needs
// both of them is nil.
type Measures struct {
	Threshold float64 `json:"threshold"`
	// BPCER is the share of the answered bona fide presentations classed as attacks.
	BPCER stats.Rate `json:"bpcer"`
	// BPNRR is the share of the bona fide presentations that got no answer.
	BPNRR stats.Rate `json:"bpnrr"`
	// Species are sorted by name.
	Species []Species `json:"species"`
	// MaxAPCER is the highest APCER, that of species Worst; nil without answered attacks.
	MaxAPCER *stats.Rate `json:"max_apcer"`
	Worst    string      `json:"worst_species"`
	// MaxAPNRR is the highest APNRR of the species; nil without attacks.
	MaxAPNRR *stats.Rate `json:"max_apnrr"`
	// ACER is the mean of MaxAPCER and BPCER: a side figure.
	ACER *float64 `json:"acer"`
	// AUC and EER are over all attacks.
	AUC *stats.Estimate `json:"auc"`
	EER *stats.Estimate `json:"eer"`
	// Fixed are BPCER10, BPCER20 and BPCER100.
	Fixed []Fixed `json:"fixed"`
	// DET are the error rates at every score that occurs, rising, APCER being the maximum over the species.
	DET []Point `json:"det"`
}

// Point is one point of a DET curve.
type Point struct {
	Threshold float64 `json:"threshold"`
	APCER     float64 `json:"apcer"`
	BPCER     float64 `json:"bpcer"`
}

// Measure judges presentations at a threshold.
func Measure(presentations []Presentation, threshold float64) Measures {
	bonaFide, bySpecies := split(presentations)
	m := Measures{Threshold: threshold, BPNRR: nonResponse(bonaFide)}
	m.BPCER = rate(bonaFide, func(p Presentation) bool { return p.Score <= threshold })
	for _, name := range slices.Sorted(maps.Keys(bySpecies)) {
		m.addSpecies(name, bySpecies[name], bonaFide)
	}
	if m.MaxAPCER != nil && m.BPCER.Of > 0 {
		acer := (m.MaxAPCER.Value + m.BPCER.Value) / 2
		m.ACER = &acer
	}
	m.addCurves(samples(presentations))
	return m
}

func split(presentations []Presentation) (bonaFide []Presentation, bySpecies map[string][]Presentation) {
	bySpecies = map[string][]Presentation{}
	for _, p := range presentations {
		if p.Attack {
			bySpecies[p.Species] = append(bySpecies[p.Species], p)
		} else {
			bonaFide = append(bonaFide, p)
		}
	}
	return bonaFide, bySpecies
}

func (m *Measures) addSpecies(name string, attacks, bonaFide []Presentation) {
	s := Species{
		Name:  name,
		APCER: rate(attacks, func(p Presentation) bool { return p.Score > m.Threshold }),
		APNRR: nonResponse(attacks),
	}
	both := stats.NewROC(samples(slices.Concat(bonaFide, attacks)))
	if both.Complete() {
		e := both.Bootstrap(areaAndEqualError)
		s.AUC, s.EER = &e[0], &e[1]
	}
	m.Species = append(m.Species, s)
	if s.APCER.Of > 0 && (m.MaxAPCER == nil || worse(s.APCER, *m.MaxAPCER)) {
		m.MaxAPCER, m.Worst = &s.APCER, name
	}
	if m.MaxAPNRR == nil || worse(s.APNRR, *m.MaxAPNRR) {
		m.MaxAPNRR = &s.APNRR
	}
}

// worse compares the rates of two species: of two that are alike the one that may be higher, by its interval, is the worse.
func worse(a, b stats.Rate) bool {
	return cmp.Or(cmp.Compare(a.Value, b.Value), cmp.Compare(a.Interval.High, b.Interval.High)) > 0
}

// rate is the share of the answered presentations for which is holds.
func rate(presentations []Presentation, is func(Presentation) bool) stats.Rate {
	var trials []stats.Trial
	for _, p := range presentations {
		if p.Answered {
			trials = append(trials, stats.Trial{Yes: is(p), Group: p.Group})
		}
	}
	return stats.NewRate(trials)
}

func nonResponse(presentations []Presentation) stats.Rate {
	trials := make([]stats.Trial, len(presentations))
	for i, p := range presentations {
		trials[i] = stats.Trial{Yes: !p.Answered, Group: p.Group}
	}
	return stats.NewRate(trials)
}

// samples are the answered presentations, bona fide as the positive class, species as the strata.
func samples(presentations []Presentation) []stats.Sample {
	var all []stats.Sample
	for _, p := range presentations {
		if p.Answered {
			all = append(all, stats.Sample{Score: p.Score, Positive: !p.Attack, Group: p.Group, Stratum: p.Species})
		}
	}
	return all
}

// Pooled are the same samples with all attacks as one kind.
func Pooled(samples []stats.Sample) []stats.Sample {
	all := slices.Clone(samples)
	for i := range all {
		all[i].Stratum = ""
	}
	return all
}

func areaAndEqualError(r *stats.ROC) []float64 { return []float64{r.AUC(), r.EER()} }

// limits are the APCERs at which the standard asks for BPCER.
var limits = []struct {
	name  string
	apcer float64
}{{"BPCER10", 0.10}, {"BPCER20", 0.05}, {"BPCER100", 0.01}}

// addCurves adds what is measured over all thresholds.
func (m *Measures) addCurves(samples []stats.Sample) {
	all := stats.NewROC(Pooled(samples))
	if !all.Complete() {
		return
	}
	e := all.Bootstrap(areaAndEqualError)
	m.AUC, m.EER = &e[0], &e[1]

	bySpecies := stats.NewROC(samples)
	for _, o := range bySpecies.Curve()[1:] {
		m.DET = append(m.DET, Point{o.Threshold, o.FalsePositive, o.FalseNegative})
	}
	estimates := bySpecies.Bootstrap(func(r *stats.ROC) []float64 {
		curve, values := r.Curve(), make([]float64, len(limits))
		for i, l := range limits {
			values[i] = stats.LowestFalseNegative(curve, l.apcer).FalseNegative
		}
		return values
	})
	for i, l := range limits {
		at := stats.LowestFalseNegative(bySpecies.Curve(), l.apcer)
		m.Fixed = append(m.Fixed, Fixed{Name: l.name, Limit: l.apcer, Threshold: at.Threshold, BPCER: estimates[i]})
	}
}
