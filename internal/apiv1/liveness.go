package apiv1

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/answer"
	"github.com/bonafide-pad/bonafide/internal/faults"
	"github.com/bonafide-pad/bonafide/internal/server"
	"github.com/bonafide-pad/bonafide/internal/upload"
)

type livenessInput struct {
	DetailInput
	PolicyInput
}

type livenessOutput struct{ Body Answer }

// checkLiveness answers POST /v1/liveness.
func (a *API) checkLiveness(ctx context.Context, in *livenessInput) (*livenessOutput, error) {
	q, err := a.requirements(in.PolicyInput)
	if err != nil {
		return nil, err
	}
	report, err := a.measure(ctx)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	assessment := bonafide.Assess(report, q)
	a.record(ctx, in.Policy, report, assessment)
	return &livenessOutput{a.answer(server.RequestID(ctx), in, report, assessment)}, nil
}

func (in DetailInput) full() bool { return in.Detail != "brief" }

// measure reads and analyses the picture of a request.
func (a *API) measure(ctx context.Context) (bonafide.Report, error) {
	picture, err := a.readPicture(ctx)
	if err != nil {
		return bonafide.Report{}, err
	}
	defer picture.Release()
	return a.Single.Analyze(ctx, picture.Bytes)
}

// problem is the answer to an error; what is our fault is logged as well.
func (a *API) problem(ctx context.Context, err error) error {
	p := problemOf(err)
	if p.Status == http.StatusInternalServerError {
		a.Log.Error("an analysis failed", "id", server.RequestID(ctx), "error", err)
	}
	return p
}

type qualityInput struct{}

type qualityOutput struct{ Body QualityAnswer }

// QualityAnswer is a picture's measures without a decision.
type QualityAnswer struct {
	RequestID string  `json:"request_id"`
	Picture   Picture `json:"picture"`
	Faces     []Face  `json:"faces" doc:"Every face, largest first."`
	Evidence  *Origin `json:"evidence"`
}

// measureQuality answers POST /v1/quality.
func (a *API) measureQuality(ctx context.Context, _ *qualityInput) (*qualityOutput, error) {
	report, err := a.measure(ctx)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	return &qualityOutput{QualityAnswer{
		RequestID: server.RequestID(ctx), Picture: Picture{Format: report.Format, Width: report.Width, Height: report.Height},
		Faces: a.faces(report), Evidence: a.origin(report),
	}}, nil
}

// FramesAnswer is what several frames are answered with.
type FramesAnswer struct {
	RequestID string        `json:"request_id"`
	Decision  string        `json:"decision" enum:"live,spoof,cannot_assess"`
	Score     *float64      `json:"score" minimum:"0" maximum:"1" doc:"The logistic of the mean of the assessed frames' logits; null when no frame was assessed."`
	Threshold float64       `json:"threshold" minimum:"0" maximum:"1"`
	Policy    string        `json:"policy"`
	Profile   string        `json:"profile"`
	Reasons   []Reason      `json:"reasons" doc:"Those of the capture as a whole, then those of the best frame."`
	Best      int           `json:"best" minimum:"-1" doc:"The frame of the highest quality, from 0; -1 when none was assessed."`
	Identical [][]int       `json:"identical" doc:"Pairs of frames that show the same still."`
	Changed   []int         `json:"changed" doc:"Frames whose face looks unlike that of the frame before."`
	Frames    []FrameAnswer `json:"frames"`
}

// FrameAnswer is what one frame is answered with.
type FrameAnswer struct {
	Decision string   `json:"decision" enum:"live,spoof,cannot_assess"`
	Score    *float64 `json:"score" minimum:"0" maximum:"1"`
	Reasons  []Reason `json:"reasons"`
	Picture  Picture  `json:"picture"`
	Faces    []Face   `json:"faces,omitempty" doc:"Left out with detail=brief."`
}

type framesOutput struct{ Body FramesAnswer }

func framesBody() *huma.RequestBody {
	return &huma.RequestBody{
		Required: true, Description: "2 to 30 frames of one person, taken shortly after one another, in their order.",
		Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: form(fileList())}},
	}
}

// fileList is the schema of a part that may come several times.
func fileList() *huma.Schema {
	return &huma.Schema{Type: huma.TypeArray, Items: binary(), Description: "One part for each picture."}
}

// checkFrames answers POST /v1/liveness/frames.
func (a *API) checkFrames(ctx context.Context, in *livenessInput) (*framesOutput, error) {
	q, err := a.requirements(in.PolicyInput)
	if err != nil {
		return nil, err
	}
	reports, err := a.measureFrames(ctx)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	compared := bonafide.CompareFrames(reports)
	s := bonafide.AssessFrames(compared, q)
	a.recordFrames(ctx, in.Policy, reports, s)
	out := FramesAnswer{
		RequestID: server.RequestID(ctx), Decision: string(s.Decision), Score: s.Score, Threshold: s.Threshold, Policy: in.Policy, Profile: in.Profile,
		Reasons: reasons(s.Reasons), Best: s.Best, Identical: [][]int{}, Changed: compared.Changed,
	}
	for _, pair := range compared.Identical {
		out.Identical = append(out.Identical, pair[:])
	}
	for i, frame := range s.Frames {
		single := a.answer("", in, reports[i], frame)
		out.Frames = append(out.Frames, FrameAnswer{
			Decision: single.Decision, Score: single.Score, Reasons: single.Reasons, Picture: single.Picture, Faces: single.Faces,
		})
	}
	return &framesOutput{out}, nil
}

// measureFrames analyses every frame as it arrives, so that no more than one is held.
func (a *API) measureFrames(ctx context.Context) ([]bonafide.Report, error) {
	if err := a.Permit(); err != nil {
		return nil, err
	}
	var reports []bonafide.Report
	err := a.Uploads.Each(requestOf(ctx), filePart, bonafide.MostFrames, func(item upload.Item) error {
		if item.Fault != nil {
			return item.Fault
		}
		defer item.Picture.Release()
		r, err := a.Analyzer.Analyze(ctx, item.Picture.Bytes)
		if err != nil {
			f := faults.Of(err)
			return &answer.Fault{Status: f.Status, Code: f.Code, Message: fmt.Sprintf("frame %d: %s", len(reports)+1, f.Message), RetryAfter: f.RetryAfter}
		}
		reports = append(reports, r)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(reports) < bonafide.MinFrames {
		return nil, answer.Faultf(http.StatusUnprocessableEntity, "too_few_frames", "%d frames came as parts %q, allowed are %d to %d",
			len(reports), filePart, bonafide.MinFrames, bonafide.MostFrames)
	}
	return reports, nil
}
