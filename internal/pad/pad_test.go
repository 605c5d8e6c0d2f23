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
