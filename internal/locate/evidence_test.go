package locate

import "testing"

// A box is a face by both looks together, and less so the more the landmarks disagree in the mirror.
func TestEvidence(t *testing.T) {
	for _, test := range []struct {
		name                       string
		score, again, disagreement float64
		isFace                     bool
	}{
		{"sure both times", 0.95, 0.95, 0.1, true},
		{"found again, less surely", 0.7, 0.5, 0.04, true},
		{"not found again", 0.95, 0, 0, false},
		{"found again, landmarks apart", 0.9, 0.9, 0.25, false},
		{"hardly found again", 0.6, 0.3, 0.02, false},
	} {
		if got := evidence(test.score, test.again, test.disagreement) >= leastEvidence; got != test.isFace {
			t.Errorf("%s: it is a face: %v", test.name, got)
		}
	}
}
