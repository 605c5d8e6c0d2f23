package bonafide

import (
	"context"
	"math"
	"slices"

	"github.com/bonafide-pad/bonafide/internal/locate"
	"github.com/bonafide-pad/bonafide/internal/raster"
	"github.com/bonafide-pad/bonafide/internal/sequence"
)

// MinFrames and MostFrames bound what AnalyzeFrames takes.
const (
	MinFrames  = 2
	MostFrames = 30
)

// FramesReport is what was measured on the frames of one capture.
type FramesReport struct {
	// Frames are the single reports, in the order of the frames.
	Frames []Report `json:"frames"`
	// Identical are pairs of frames, as indexes, that show the same still.
	Identical [][2]int `json:"identical"`
	// Changed are the indexes of frames whose face looks unlike that of most frames. Turned faces are not compared.
	Changed []int `json:"changed"`
}

type comparingKey struct{}

// ForComparison returns a context in which Analyze takes the Fingerprint that CompareFrames needs. A picture alone does without.
func ForComparison(ctx context.Context) context.Context {
	return context.WithValue(ctx, comparingKey{}, true)
}

func comparing(ctx context.Context) bool { return ctx.Value(comparingKey{}) != nil }

// CheckFrames returns an error with CodeTooFewFrames or CodeTooManyFrames where a capture can't have so many frames.
func CheckFrames(count int) error {
	switch {
	case count < MinFrames:
		return coded(CodeTooFewFrames, "too few frames: %d, allowed are %d to %d", count, MinFrames, MostFrames)
	case count > MostFrames:
		return coded(CodeTooManyFrames, "too many frames: %d, allowed are %d to %d", count, MinFrames, MostFrames)
	default:
		return nil
	}
}

// AnalyzeFrames measures 2 to 30 frames of one person, taken shortly after one another. A single file is one that is animated
// (GIF, WebP, APNG), whose frames are meant. Its errors are those of Analyze, which name the frame, and those of CheckFrames.
func (a *Analyzer) AnalyzeFrames(ctx context.Context, frames [][]byte) (FramesReport, error) {
	ctx = ForComparison(ctx)
	if len(frames) == 1 {
		return a.analyzeAnimation(ctx, frames[0])
	}
	if err := CheckFrames(len(frames)); err != nil {
		return FramesReport{}, err
	}
	reports := make([]Report, len(frames))
	for i, frame := range frames {
		var err error
		if reports[i], err = a.Analyze(ctx, frame); err != nil {
			return FramesReport{}, coded(CodeOf(err), "frame %d: %w", i+1, err)
		}
	}
	return CompareFrames(reports), nil
}

// fingerprint of a frame, with its face when there is exactly one that looks ahead.
func fingerprint(im *raster.Image, found []locate.Face, measured []Face) (sequence.Fingerprint, error) {
	if len(found) != 1 || math.Abs(measured[0].Pose.Yaw) > sequence.MostYaw {
		return sequence.Take(im, nil)
	}
	return sequence.Take(im, &found[0].Points)
}

// CompareFrames adds to the reports of one capture's frames, in their order, what the frames say of each other. Of frames that were not
// analysed ForComparison nothing is said.
func CompareFrames(frames []Report) FramesReport {
	r := FramesReport{Frames: frames, Identical: [][2]int{}}
	prints := make([]sequence.Fingerprint, len(frames))
	for i, frame := range frames {
		prints[i] = frame.Fingerprint
		for j := range i {
			if sequence.Still(prints[j], prints[i]) {
				r.Identical = append(r.Identical, [2]int{j, i})
			}
		}
	}
	r.Changed = sequence.Strangers(prints, func(i, j int) bool { return apart(frames[i], frames[j]) })
	return r
}

// apart tells whether the only faces of two frames do not overlap.
func apart(a, b Report) bool {
	if len(a.Faces) != 1 || len(b.Faces) != 1 {
		return false
	}
	return a.Faces[0].Box.rect().IoU(b.Faces[0].Box.rect()) == 0
}

func (b Box) rect() raster.Rect {
	return raster.Rect{X0: float64(b.X1), Y0: float64(b.Y1), X1: float64(b.X2), Y1: float64(b.Y2)}
}

// FramesAssessment is an explained decision on several frames of one person.
type FramesAssessment struct {
	Decision Decision `json:"decision"`
	// Score is fused of the frames that could be assessed: the logistic of the mean of their logits; nil when there are none.
	Score     *float64 `json:"score"`
	Threshold float64  `json:"threshold"`
	// Reasons are those of the capture as a whole, then, where fewer than MinFrames could be assessed, those of the first one that could not,
	// then those of the best frame.
	Reasons []Reason `json:"reasons"`
	// Best is the index of the frame of the highest quality among the assessed ones; −1 when there are none.
	Best int `json:"best"`
	// Frames are the single assessments.
	Frames []Assessment `json:"frames"`
}

// AssessFrames decides on several frames of one person. Frames that could not be assessed don't count; identical frames, a changed face and
// fewer than MinFrames that count prevent Live: what the score calls an attack stays Spoof, the rest cannot be assessed. A frame that isn't
// there counts as one without a face. It is a pure function.
func AssessFrames(r FramesReport, q Requirements) FramesAssessment {
	a := FramesAssessment{Decision: CannotAssess, Threshold: q.Liveness, Reasons: []Reason{}, Best: -1, Frames: []Assessment{}}
	var logits []float64
	bestQuality := math.Inf(-1)
	for i, frame := range r.Frames {
		single := Assess(frame, q)
		a.Frames = append(a.Frames, single)
		if single.Decision == CannotAssess {
			continue
		}
		logits = append(logits, logit(*single.Score))
		if quality := frame.Faces[single.Subjects[0].Face].Quality.Score; quality > bestQuality {
			a.Best, bestQuality = i, quality
		}
	}
	a.Reasons = append(a.Reasons, r.reasons()...)
	if len(logits) < MinFrames { // a picture beside which nothing can be compared is no capture
		a.Reasons = append(a.Reasons, a.unassessed(q)...)
	}
	if a.Best >= 0 {
		a.Score = fuse(logits)
		a.decide()
	}
	return a
}

// unassessed are the reasons of the first frame that could not be assessed, or of one that isn't there.
func (a *FramesAssessment) unassessed(q Requirements) []Reason {
	for _, frame := range a.Frames {
		if frame.Decision == CannotAssess {
			return frame.Reasons
		}
	}
	return Assess(Report{}, q).Reasons
}

// decide sets the decision from score and reasons, and adds the reasons of the best frame that are not there yet, but for its own attack
// reason.
func (a *FramesAssessment) decide() {
	blocked := len(a.Reasons) > 0
	for _, reason := range a.Frames[a.Best].Reasons {
		if reason.Code != AttackSuspected && !slices.ContainsFunc(a.Reasons, func(r Reason) bool { return r.Code == reason.Code }) {
			a.Reasons = append(a.Reasons, reason)
		}
	}
	switch {
	case !(*a.Score > a.Threshold): // not written the other way round: NaN must not be live
		a.Decision = Attack
		a.Reasons = append(a.Reasons, attackSuspected(*a.Score, a.Threshold))
	case !blocked:
		a.Decision = Live
	}
}

// reasons are those of the capture as a whole: each prevents a live decision.
func (r FramesReport) reasons() []Reason {
	var reasons []Reason
	if n := len(r.Identical); n > 0 {
		reasons = append(reasons, Reason{
			Code: FramesIdentical, Blocking: true, Value: float64(n),
			Message: "Frames show the same still, as a replayed file does and a camera never.", Hint: "Record the frames anew with a camera.",
		})
	}
	if n := len(r.Changed); n > 0 {
		reasons = append(reasons, Reason{
			Code: FaceChanged, Blocking: true, Value: float64(n),
			Message: "The face is not the same throughout the frames.", Hint: "Stay alone before the camera until the capture ends.",
		})
	}
	return reasons
}

// fuse is the logistic of the mean of logits.
func fuse(logits []float64) *float64 {
	var sum float64
	for _, l := range logits {
		sum += l
	}
	score := 1 / (1 + math.Exp(-sum/float64(len(logits))))
	return &score
}

// logit is the inverse of the logistic, bounded so that a score of exactly 0 or 1 stays finite.
func logit(score float64) float64 {
	const edge = 1e-9
	score = min(max(score, edge), 1-edge)
	return math.Log(score / (1 - score))
}
