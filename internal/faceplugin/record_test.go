package faceplugin_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/audit"
	"github.com/bonafide-pad/bonafide/internal/faceplugin"
)

// sees is an analyzer that sees the same in every picture.
type sees bonafide.Report

func (s sees) Analyze(context.Context, []byte) (bonafide.Report, error) {
	return bonafide.Report(s), nil
}

// What these routes decide is recorded in the words of bonafide's own API, and only a face that was judged has a score.
func TestVerdictsAreRecorded(t *testing.T) {
	const genuine, attack = 0.91, 0.12
	policy := bonafide.DefaultPolicy()
	policy.Liveness = 0.8
	score := func(v float64) *float64 { return &v }
	for name, c := range map[string]struct {
		scores []float64
		want   audit.Decision
	}{
		"real":      {[]float64{genuine}, audit.Decision{Outcome: "live", Score: score(genuine)}},
		"spoof":     {[]float64{attack}, audit.Decision{Outcome: "spoof", Score: score(attack), Reasons: []string{"ATTACK_SUSPECTED"}}},
		"no face":   {nil, audit.Decision{Outcome: "cannot_assess", Reasons: []string{"FACE_NOT_FOUND"}}},
		"two faces": {[]float64{genuine, genuine}, audit.Decision{Outcome: "cannot_assess", Reasons: []string{"TOO_MANY_FACES"}}},
	} {
		t.Run(name, func(t *testing.T) {
			report := bonafide.Report{Format: "jpeg", Width: 640, Height: 480, Timings: []bonafide.Timing{{Stage: "decode", Duration: 1500 * time.Microsecond}}}
			for _, s := range c.scores {
				report.Faces = append(report.Faces, bonafide.Face{Box: bonafide.Box{X1: 200, Y1: 100, X2: 400, Y2: 340}, Liveness: s, EyeDistance: 90})
			}
			var told []audit.Decision
			address := serve(t, func(a *faceplugin.API) {
				a.Analyzer, a.Policy = sees(report), func() bonafide.Policy { return policy }
				a.Decided = func(_ context.Context, d audit.Decision) { told = append(told, d) }
			})
			if r := postFile(t, address, []byte("any")); r.status != http.StatusOK {
				t.Fatalf("status %d: %s", r.status, r.body)
			}
			c.want.Threshold, c.want.Policy, c.want.Stages = 0.8, "default", []audit.Stage{{Stage: "decode", Milliseconds: 1.5}}
			if d := cmp.Diff([]audit.Decision{c.want}, told); d != "" {
				t.Errorf("the record differs (- wanted, + got):\n%s", d)
			}
		})
	}
}
