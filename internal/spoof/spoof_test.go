package spoof

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Against the two other classes: e² of e² + e⁰ + e¹.
func TestLiveLogit(t *testing.T) {
	for live, want := range []float64{
		2 - math.Log(1+math.E), 0 - math.Log(math.Exp(2)+math.E), 1 - math.Log(math.Exp(2)+1),
	} {
		if got := liveLogit([]float32{2, 0, 1}, live); !(math.Abs(got-want) <= 1e-9) {
			t.Errorf("class %d: %v, want %v", live, got, want)
		}
	}
	if got := liveLogit([]float32{900, -900, -900}, 0); !(math.Abs(got-1800+math.Ln2) <= 1e-6) {
		t.Errorf("far apart: %v, want 1800 less ln 2", got)
	}
}

// A view that is surer than its training went says no more than that, either way: it must not outvote the others.
func TestSurerThanTrainedCountsAsTheSurest(t *testing.T) {
	got := cuesOf([]float32{60, 0, 0, 60, 0, 0, 0, 7, 0})
	want := []Cue{{"liveness", "1.5", 8}, {"liveness", "2.7", -8}, {"liveness", "4.0", 7 - math.Ln2}}
	if d := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-6)); d != "" {
		t.Errorf("(- wanted, + got):\n%s", d)
	}
}
