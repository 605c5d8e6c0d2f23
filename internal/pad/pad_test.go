package pad_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/pad"
)

// worked is a case counted by hand: 10 bona fide, 5 prints and 4 masks, one of each without an answer, at threshold 0.7.
func worked() []pad.Presentation {
	var all []pad.Presentation
	add := func(attack bool, species string, scores ...float64) {
		for _, s := range scores {
			all = append(all, pad.Presentation{Attack: attack, Species: species, Answered: s >= 0, Score: s})
		}
	}
	const unanswered = -1
	add(false, "", .95, .9, .9, .85, .8, .8, .75, .7, .4, unanswered)
	add(true, "print", .1, .2, .75, .3, unanswered)
	add(true, "mask", .72, .9, .6, unanswered)
	return all
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) < 1e-9) {
		t.Errorf("%s is %.6f, want %.6f", what, got, want)
	}
}

func TestMeasureByHand(t *testing.T) {
	m := pad.Measure(worked(), .7)
	near(t, "BPCER (0.7 itself is not above 0.7)", m.BPCER.Value, 2./9)
	near(t, "BPNRR", m.BPNRR.Value, .1)
	if len(m.Species) != 2 || m.Species[0].Name != "mask" || m.Species[1].Name != "print" {
		t.Fatalf("species are %+v", m.Species)
	}
	near(t, "APCER of masks", m.Species[0].APCER.Value, 2./3)
	near(t, "APCER of prints", m.Species[1].APCER.Value, 1./4)
	near(t, "APNRR of prints", m.Species[1].APNRR.Value, 1./5)
	near(t, "APNRR of masks", m.Species[0].APNRR.Value, 1./4)
	near(t, "max APCER", m.MaxAPCER.Value, 2./3)
	near(t, "max APNRR", m.MaxAPNRR.Value, 1./4)
	if m.Worst != "mask" {
		t.Errorf("worst species is %q", m.Worst)
	}
	near(t, "ACER", *m.ACER, (2./3+2./9)/2)
	// Prints: pairs lost 3·0 (.1 .2 .3) and .75 against .75 (½), .7, .4: 33.5 of 36.
	near(t, "AUC of prints", m.Species[1].AUC.Value, 33.5/36)
	// Masks: .72 loses to .7 .4; .9 to .85 .8 .8 .75 .7 .4 and half of .9 .9; .6 to .4: 27 − 2 − 7 − 1 = 17.
	near(t, "AUC of masks", m.Species[0].AUC.Value, 17./27)
	near(t, "AUC", m.AUC.Value, (33.5+17)/63)
	// Of all attacks alike, from .72 (2/9 lost, 2/7 pass) to .75 (3/9 and 1/7): the lines meet at a quarter. Masks alone have 1/3.
	near(t, "EER", m.EER.Value, .25)
}

// At APCER ≤ 10 % no mask may pass, so that the threshold is .9, where all but .95 of the bona fide are lost.
func TestFixedOperatingPointsUseWorstSpecies(t *testing.T) {
	m := pad.Measure(worked(), .7)
	for i, name := range []string{"BPCER10", "BPCER20", "BPCER100"} {
		f := m.Fixed[i]
		if f.Name != name {
			t.Errorf("point %d is %s, want %s", i, f.Name, name)
		}
		near(t, name, f.BPCER.Value, 8./9)
		near(t, "threshold", f.Threshold, .9)
	}
	last := m.DET[len(m.DET)-1]
	if last.APCER != 0 || last.BPCER != 1 || last.Threshold != .95 {
		t.Errorf("the DET curve ends at %+v", last)
	}
}

// Each operating point has an APCER of its own: of 1000 attacks 100, 50 and 10 may pass.
func TestFixedOperatingPointsAreAtTheirLimits(t *testing.T) {
	var all []pad.Presentation
	for i := range 1000 {
		score := float64(i) / 1000
		all = append(all, pad.Presentation{Attack: true, Species: "print", Answered: true, Score: score})
		all = append(all, pad.Presentation{Answered: true, Score: score})
	}
	m := pad.Measure(all, .5)
	for i, want := range []struct{ limit, threshold float64 }{{.1, .899}, {.05, .949}, {.01, .989}} {
		f := m.Fixed[i]
		near(t, f.Name+"'s limit", f.Limit, want.limit)
		near(t, f.Name+"'s threshold", f.Threshold, want.threshold)
		near(t, f.Name, f.BPCER.Value, want.threshold+.001)
	}
	near(t, "the DET curve's first threshold", m.DET[0].Threshold, 0)
}

// A score at the threshold itself is an attack's, whoever it is of.
func TestTheThresholdItselfIsNotAboveIt(t *testing.T) {
	m := pad.Measure([]pad.Presentation{{Answered: true, Score: .7}, {Attack: true, Species: "print", Answered: true, Score: .7}}, .7)
	near(t, "BPCER", m.BPCER.Value, 1)
	near(t, "APCER", m.MaxAPCER.Value, 0)
	near(t, "ACER", *m.ACER, .5)
}

// The rates of classes that are there but never got an answer are not 0: there are none.
func TestClassesWithoutAnAnswerHaveNoErrorRates(t *testing.T) {
	silent := pad.Measure([]pad.Presentation{{Answered: true, Score: .9}, {Attack: true, Species: "mask"}}, .7)
	if silent.MaxAPCER != nil || silent.Worst != "" || silent.ACER != nil || silent.AUC != nil || silent.Species[0].AUC != nil {
		t.Errorf("attacks without an answer: %+v", silent)
	}
	near(t, "max APNRR", silent.MaxAPNRR.Value, 1)
	attacks := pad.Measure([]pad.Presentation{{}, {Attack: true, Species: "mask", Answered: true, Score: .9}}, .7)
	if attacks.ACER != nil || attacks.AUC != nil || attacks.BPCER.Of != 0 {
		t.Errorf("bona fide presentations without an answer: %+v", attacks)
	}
	near(t, "max APCER", attacks.MaxAPCER.Value, 1)
	near(t, "BPNRR", attacks.BPNRR.Value, 1)
}

func TestMeasuresOfOneClassOmitWhatNeedsBoth(t *testing.T) {
	var live []pad.Presentation
	for _, p := range worked() {
		if !p.Attack {
			live = append(live, p)
		}
	}
	m := pad.Measure(live, .7)
	if m.AUC != nil || m.EER != nil || m.MaxAPCER != nil || m.ACER != nil || m.Fixed != nil {
		t.Errorf("measured without attacks: %+v", m)
	}
	near(t, "BPCER", m.BPCER.Value, 2./9)
	if _, err := json.Marshal(m); err != nil {
		t.Error(err)
	}
	if _, err := json.Marshal(pad.Measure(nil, .7)); err != nil {
		t.Errorf("nothing measured: %v", err)
	}
}

func TestMeasuresAreJSON(t *testing.T) {
	if _, err := json.Marshal(pad.Measure(worked(), .7)); err != nil {
		t.Error(err)
	}
}

func TestOfEqualSpeciesTheLessCertainIsTheWorst(t *testing.T) {
	var all []pad.Presentation
	for range 1000 {
		all = append(all, pad.Presentation{Attack: true, Species: "a print", Answered: true})
	}
	for range 3 {
		all = append(all, pad.Presentation{Attack: true, Species: "mask", Answered: true})
	}
	m := pad.Measure(all, 0.5)
	if m.Worst != "mask" || m.MaxAPCER.Of != 3 || m.MaxAPNRR.Of != 3 {
		t.Errorf("the worst species is %q, APCER %+v, APNRR %+v", m.Worst, m.MaxAPCER, m.MaxAPNRR)
	}
}
