package faceplugin

import (
	"context"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/audit"
)

// policyName is the name of the only policy that these routes know.
const policyName = "default"

// record tells Decided of a verdict, in the words of bonafide's own API.
func (a *API) record(ctx context.Context, r bonafide.Report, v bonafide.Verdict, p bonafide.Policy) {
	if a.Decided == nil {
		return
	}
	d := audit.Decision{Threshold: p.Liveness, Policy: policyName, Stages: audit.StagesOf(r)}
	switch v.Result {
	case bonafide.Real:
		d.Outcome = string(bonafide.Live)
	case bonafide.Spoof:
		d.Outcome, d.Reasons = string(bonafide.Attack), []string{string(bonafide.AttackSuspected)}
	case bonafide.MultipleFaces:
		d.Outcome, d.Reasons = string(bonafide.CannotAssess), []string{string(bonafide.TooManyFaces)}
	default:
		d.Outcome, d.Reasons = string(bonafide.CannotAssess), []string{string(bonafide.FaceNotFound)}
	}
	if v.State != nil {
		d.Score = &v.State.Liveness
	}
	a.Decided(ctx, d)
}
