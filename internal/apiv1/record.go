package apiv1

import (
	"context"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/audit"
)

// record tells Decided of the decision on a picture.
func (a *API) record(ctx context.Context, policy string, r bonafide.Report, s bonafide.Assessment) {
	if a.Decided == nil {
		return
	}
	a.Decided(ctx, audit.Decision{
		Outcome: string(s.Decision), Score: s.Score, Threshold: s.Threshold, Reasons: reasonCodes(s.Reasons), Policy: policy,
		Stages: audit.StagesOf(r),
	})
}

// recordFrames tells Decided of the decision on a capture: one decision, with the stages' times of all frames.
func (a *API) recordFrames(ctx context.Context, policy string, frames []bonafide.Report, s bonafide.FramesAssessment) {
	if a.Decided == nil {
		return
	}
	a.Decided(ctx, audit.Decision{
		Outcome: string(s.Decision), Score: s.Score, Threshold: s.Threshold, Reasons: reasonCodes(s.Reasons), Policy: policy,
		Stages: audit.StagesOf(frames...),
	})
}

func reasonCodes(reasons []bonafide.Reason) []string {
	codes := make([]string, len(reasons))
	for i, r := range reasons {
		codes[i] = string(r.Code)
	}
	return codes
}
