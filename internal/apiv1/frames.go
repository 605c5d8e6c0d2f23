package apiv1

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/answer"
	"github.com/bonafide-pad/bonafide/internal/faults"
	"github.com/bonafide-pad/bonafide/internal/retain"
	"github.com/bonafide-pad/bonafide/internal/server"
	"github.com/bonafide-pad/bonafide/internal/upload"
)

// FramesAnswer is what several frames are answered with.
type FramesAnswer struct {
	RequestID string        `json:"request_id" doc:"The one in the header X-Request-Id and in the server's log."`
	Decision  string        `json:"decision" enum:"live,spoof,cannot_assess" doc:"On the capture as a whole."`
	Score     *float64      `json:"score" minimum:"0" maximum:"1" doc:"The logistic of the mean of the assessed frames' logits; null when no frame was assessed."`
	Threshold float64       `json:"threshold" minimum:"0" maximum:"1" doc:"Live above this score."`
	Policy    string        `json:"policy" doc:"The requirements that were applied."`
	Profile   string        `json:"profile" doc:"The calibration that scored liveness."`
	Reasons   []Reason      `json:"reasons" doc:"Those of the capture as a whole, then, where fewer than two frames were assessed, those of the first one that was not, then those of the best frame."`
	Best      int           `json:"best" minimum:"-1" doc:"The frame of the highest quality, from 0; -1 when none was assessed."`
	Identical [][]int       `json:"identical" doc:"Pairs of frames that show the same still."`
	Changed   []int         `json:"changed" doc:"Frames whose face looks unlike that of most frames; faces turned by more than 20° are not compared."`
	Frames    []FrameAnswer `json:"frames" doc:"One answer for each frame, in their order."`
	Evidence  *Origin       `json:"evidence,omitempty" doc:"What the answer was made with, the timings of all frames together; left out with detail=brief."`
}

// FrameAnswer is what one frame is answered with.
type FrameAnswer struct {
	Decision string   `json:"decision" enum:"live,spoof,cannot_assess" doc:"On this frame alone."`
	Score    *float64 `json:"score" minimum:"0" maximum:"1" doc:"The lowest liveness of the frame's assessed faces; null when no face was assessed."`
	Reasons  []Reason `json:"reasons" doc:"Those of this frame, the ones that prevent a decision first."`
	Picture  Picture  `json:"picture"`
	Faces    []Face   `json:"faces,omitzero" doc:"Left out with detail=brief."`
}

type framesOutput struct{ Body FramesAnswer }

func framesBody() *huma.RequestBody {
	return &huma.RequestBody{
		Required: true,
		Description: "2 to 30 frames of one person, taken shortly after one another, in their order: each a part \"file\", or all in one animated file (GIF, " +
			"WebP, APNG), as the only part or as the body.",
		Content: map[string]*huma.MediaType{
			"multipart/form-data": {Schema: form(fileList())}, "image/*": {Schema: binary()}, "application/octet-stream": {Schema: binary()},
		},
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
	reports, err := a.measureFrames(ctx, in.TimeoutInput)
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
	if in.full() {
		out.Evidence = a.origin(reports...)
	}
	return &framesOutput{out}, nil
}

// measureFrames analyses every frame as it arrives.
func (a *API) measureFrames(ctx context.Context, timeout TimeoutInput) ([]bonafide.Report, error) {
	if err := a.Permit(); err != nil {
		return nil, err
	}
	r := requestOf(ctx)
	c := capture{api: a, ctx: bonafide.ForComparison(ctx), timeout: timeout}
	defer c.release()
	if err := c.read(r); err != nil {
		return nil, err
	}
	if c.first != nil {
		if err := c.inTime(c.animation); err != nil {
			return nil, err
		}
	}
	return c.reports, bonafide.CheckFrames(len(c.reports))
}

// capture is the frames of one request. The first file is kept until a second one comes, for alone it is an animation; otherwise no more
// than one is held.
type capture struct {
	api     *API
	ctx     context.Context
	timeout TimeoutInput
	spent   time.Duration // of the request's own time
	first   *upload.Picture
	count   int
	reports []bonafide.Report
}

func (c *capture) release() {
	if c.first != nil {
		c.first.Release()
		c.first = nil
	}
}

// read takes the files of a request in whichever form they come.
func (c *capture) read(r *http.Request) error {
	switch upload.Kind(r) {
	case upload.Multipart:
		return c.api.Uploads.Each(r, filePart, bonafide.MostFrames+1, c.take)
	case upload.Raw:
		picture, err := c.api.Uploads.Body(r)
		if err != nil {
			return err
		}
		return c.take(upload.Item{Picture: picture})
	default:
		return answer.Faultf(http.StatusUnsupportedMediaType, upload.CodeMediaType,
			"the Content-Type is %q, allowed are multipart/form-data, image/* and application/octet-stream", r.Header.Get("Content-Type"))
	}
}

// take takes the next file.
func (c *capture) take(item upload.Item) error {
	if c.count++; item.Fault != nil {
		return inFrame(c.count, item.Fault)
	}
	if c.count == 1 {
		c.first = item.Picture
		return nil
	}
	defer item.Picture.Release()
	if c.first != nil {
		err := c.still(c.first)
		c.release()
		if err != nil {
			return err
		}
	}
	if c.count > bonafide.MostFrames {
		return bonafide.CheckFrames(c.count)
	}
	return c.still(item.Picture)
}

// inTime works in what is left of the request's own time, which passes only meanwhile: how long the frames take to arrive is the client's affair.
func (c *capture) inTime(work func(context.Context) error) error {
	ctx, cancel := c.timeout.bound(c.ctx, c.spent)
	defer cancel()
	began := time.Now()
	defer func() { c.spent += time.Since(began) }()
	return work(ctx)
}

// still measures a frame that is a file of its own.
func (c *capture) still(picture *upload.Picture) error {
	return c.inTime(func(ctx context.Context) error { return c.analyze(ctx, picture.Bytes) })
}

// analyze measures the next frame.
func (c *capture) analyze(ctx context.Context, picture []byte) error {
	r, err := c.api.Analyzer.Analyze(ctx, picture)
	if err != nil {
		return inFrame(len(c.reports)+1, err)
	}
	c.reports = append(c.reports, r)
	return nil
}

// bytesEach is what an animation takes for a pixel of its canvas while its frames are made: the canvas (4 bytes), what was before (4), a frame of 16
// bits (8) and the picture that is analysed (3, and as much again while it grows).
const bytesEach = 24

// animation measures the frames of the only file. Each is made in a turn of its own: the many frames of a small file take as long as analyses.
func (c *capture) animation(ctx context.Context) error {
	var animation *bonafide.Animation
	err := c.api.Turn(ctx, func(context.Context) (err error) {
		animation, err = bonafide.OpenAnimation(c.first.Bytes, c.api.Limits)
		return err
	})
	if err != nil {
		return err
	}
	free, err := c.api.Uploads.Memory.Hold(ctx, int64(animation.Width)*int64(animation.Height)*bytesEach)
	if err != nil {
		return err
	}
	defer free()
	ctx = retain.From(ctx, c.first.Bytes)
	next, stop := iter.Pull2(animation.Pictures())
	defer stop()
	for range animation.Frames {
		var picture []byte
		err := c.api.Turn(ctx, func(context.Context) (err error) {
			picture, err, _ = next()
			return err
		})
		if err != nil {
			return err
		}
		if err := c.analyze(ctx, picture); err != nil {
			return err
		}
		c.reports[len(c.reports)-1].Format = animation.Format
	}
	return nil
}

// inFrame says in which frame something was wrong, counted from 1.
func inFrame(frame int, err error) error {
	f := faults.Of(err)
	return &answer.Fault{
		Status: f.Status, Code: f.Code, Message: fmt.Sprintf("frame %d: %s", frame, f.Message), RetryAfter: f.RetryAfter,
		Cause: fmt.Errorf("frame %d: %w", frame, err),
	}
}
