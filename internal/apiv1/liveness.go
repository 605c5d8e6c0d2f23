package apiv1

import (
	"context"
	"errors"
	"net/http"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/answer"
	"github.com/bonafide-pad/bonafide/internal/server"
)

type livenessInput struct {
	DetailInput
	PolicyInput
	TimeoutInput
}

type livenessOutput struct{ Body Answer }

// checkLiveness answers POST /v1/liveness.
func (a *API) checkLiveness(ctx context.Context, in *livenessInput) (*livenessOutput, error) {
	q, err := a.requirements(in.PolicyInput)
	if err != nil {
		return nil, err
	}
	report, err := a.measure(ctx, in.TimeoutInput)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	assessment := bonafide.Assess(report, q)
	a.record(ctx, in.Policy, report, assessment)
	return &livenessOutput{a.answer(server.RequestID(ctx), in, report, assessment)}, nil
}

func (in DetailInput) full() bool { return in.Detail != "brief" }

// measure reads and analyses the picture of a request.
func (a *API) measure(ctx context.Context, timeout TimeoutInput) (bonafide.Report, error) {
	picture, err := a.readPicture(ctx)
	if err != nil {
		return bonafide.Report{}, err
	}
	defer picture.Release()
	ctx, cancel := timeout.bound(ctx, 0)
	defer cancel()
	return a.Single.Analyze(ctx, picture.Bytes)
}

// problem is the answer to an error; the cause of what is our fault is logged, with where it happened in pairs as slog has them.
func (a *API) problem(ctx context.Context, err error, where ...any) *Problem {
	p := problemOf(err)
	if p.Status == http.StatusInternalServerError {
		var fault *answer.Fault
		if errors.As(err, &fault) && fault.Cause != nil {
			err = fault.Cause
		}
		a.Log.Error("an analysis failed", append([]any{"id", server.RequestID(ctx), "error", err}, where...)...)
	}
	return p
}

type qualityInput struct {
	ProfileInput
	TimeoutInput
}

type qualityOutput struct{ Body QualityAnswer }

// QualityAnswer is a picture's measures without a decision.
type QualityAnswer struct {
	RequestID string  `json:"request_id" doc:"The one in the header X-Request-Id and in the server's log."`
	Picture   Picture `json:"picture"`
	Faces     []Face  `json:"faces" doc:"Every face, largest first."`
	Evidence  *Origin `json:"evidence"`
}

// measureQuality answers POST /v1/quality.
func (a *API) measureQuality(ctx context.Context, in *qualityInput) (*qualityOutput, error) {
	report, err := a.measure(ctx, in.TimeoutInput)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	return &qualityOutput{QualityAnswer{
		RequestID: server.RequestID(ctx), Picture: Picture{Format: report.Format, Width: report.Width, Height: report.Height},
		Faces: a.faces(report), Evidence: a.origin(report),
	}}, nil
}
