package bonafide

import (
	"context"
	"math"
	"runtime"
	"slices"
	"time"

	"github.com/bonafide-pad/bonafide/internal/attribute"
	"github.com/bonafide-pad/bonafide/internal/decode"
	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/locate"
	"github.com/bonafide-pad/bonafide/internal/quality"
	"github.com/bonafide-pad/bonafide/internal/raster"
	"github.com/bonafide-pad/bonafide/internal/trace"
)

// Analyze measures every face of a picture given as the bytes of its file. A picture without a face is no error. Errors carry
// CodeBadImage, CodeTooLarge, CodeCanceled or CodeInternal; after Close they are ErrClosed.
func (a *Analyzer) Analyze(ctx context.Context, picture []byte) (Report, error) {
	if err := infer.Over(ctx); err != nil { // decoding doesn't look at it
		return Report{}, stageError(ctx, "decode", err)
	}
	leave, err := a.enter()
	if err != nil {
		return Report{}, err
	}
	defer leave()
	watch := newStopwatch(ctx)
	decoded, err := decode.Decode(picture, a.config.Limits)
	if err != nil {
		return Report{}, decodeError(err)
	}
	defer decoded.Release()
	watch.lap("decode")
	found, err := a.findFaces(ctx, decoded.Image)
	if err != nil {
		return Report{}, stageError(ctx, "detect", err)
	}
	watch.lap("detect")
	report := Report{Format: string(decoded.Format), Width: decoded.Image.Width(), Height: decoded.Image.Height(), Faces: []Face{}}
	for _, f := range found {
		face, err := a.measure(ctx, decoded.Image, f, watch)
		if err != nil {
			return Report{}, err
		}
		report.Faces = append(report.Faces, face)
	}
	if comparing(ctx) {
		if report.Fingerprint, err = fingerprint(decoded.Image, found, report.Faces); err != nil {
			return Report{}, stageError(ctx, "fingerprint", err)
		}
		watch.lap("fingerprint")
	}
	report.Timings, report.ProfileSHA256 = watch.timings, a.profileDigest(ctx)
	return report, nil
}

// findFaces returns the largest faces of a picture, largest first.
func (a *Analyzer) findFaces(ctx context.Context, im *raster.Image) ([]locate.Face, error) {
	faces, err := a.faces.Find(ctx, im)
	if err != nil {
		return nil, err
	}
	return faces[:min(len(faces), a.config.MaxFaces)], nil
}

// measure runs every stage on one face.
func (a *Analyzer) measure(ctx context.Context, im *raster.Image, f locate.Face, watch *stopwatch) (Face, error) {
	liveness := a.judgeAside(ctx, im, f.Box)
	defer liveness.end()
	face := Face{Box: wholePixels(f.Box, im), Confidence: f.Score, Landmarks: toLandmarks(f.Points), EyeDistance: f.Points.EyeDistance()}

	pose, err := attribute.MeasurePose(ctx, a.mesh, im, &f.Points)
	if err != nil {
		return Face{}, stageError(ctx, "pose", err)
	}
	face.Pose = Pose(pose)
	watch.lap("pose")

	covered, err := a.occlusion.Measure(ctx, im, &f.Points)
	if err != nil {
		return Face{}, stageError(ctx, "occlusion", err)
	}
	face.Occlusion = covered.Occlusion(pose)
	watch.lap("occlusion")

	eyes, err := a.eyes.Measure(ctx, im, &f.Points)
	if err != nil {
		return Face{}, stageError(ctx, "eyes", err)
	}
	eyes = eyes.Seen(covered, pose)
	face.LeftEyeClosed, face.RightEyeClosed = eyes.Left, eyes.Right
	watch.lap("eyes")

	face.MouthOpened = attribute.MouthOpened(&f.Points)
	watch.lap("mouth")

	judged, err := quality.Measure(im, &f.Points, quality.Angles(pose))
	if err != nil {
		return Face{}, stageError(ctx, "quality", err)
	}
	face.Quality = Quality{Score: judged.Score, Measures: QualityMeasures(judged.Measures)}
	face.Luminance = judged.Luminance
	watch.lap("quality")

	cues, took, err := liveness.result()
	if err != nil {
		return Face{}, stageError(ctx, "liveness", err)
	}
	if face.Liveness, err = a.score(ctx, cues); err != nil {
		return Face{}, stageError(ctx, "liveness", err)
	}
	for _, c := range cues {
		face.Cues = append(face.Cues, Cue(c))
	}
	watch.stage("liveness", took)
	return face, nil
}

// wholePixels is the smallest whole-pixel box round r, inside the picture.
func wholePixels(r raster.Rect, im *raster.Image) Box {
	r = r.Intersect(im.Bounds())
	return Box{
		X1: int(math.Floor(r.X0)), Y1: int(math.Floor(r.Y0)),
		X2: int(math.Ceil(r.X1)), Y2: int(math.Ceil(r.Y1)),
	}
}

func toLandmarks(points landmark.Points) Landmarks {
	var l Landmarks
	for i, p := range points {
		l[i] = Point(p)
	}
	return l
}

// stageError says which stage failed, and tells a cancelled context from a fault.
func stageError(ctx context.Context, stage string, err error) error {
	if over := infer.Over(ctx); over != nil {
		return coded(CodeCanceled, "%s: %w", stage, over)
	}
	return coded(CodeInternal, "%s: %w", stage, err)
}

// stopwatch adds up the time of stages: that between laps, but for what was timed by itself.
type stopwatch struct {
	last    time.Time
	paused  time.Time
	timings []Timing
	trace   trace.Trace
}

func newStopwatch(ctx context.Context) *stopwatch {
	now := time.Now()
	return &stopwatch{last: now, paused: now, trace: trace.From(ctx)}
}

// pauseAfter is how long an analysis runs before it pauses at the end of a stage.
const pauseAfter = 4 * time.Millisecond

// pause lets the scheduler see that the goroutine is not stuck. One that goes from call to call of C for over 10 ms has its processor
// taken away at each, by a watcher that then wakes every 20 µs (runtime.retake), which costs over 1 ms of CPU time for a picture.
func (w *stopwatch) pause(now time.Time) {
	if now.Sub(w.paused) >= pauseAfter {
		runtime.Gosched()
		w.paused = now
	}
}

// lap gives the time since the last lap to a stage.
func (w *stopwatch) lap(stage string) {
	w.stage(stage, time.Since(w.last))
}

// stage gives a stage the time that it took; the next lap begins now.
func (w *stopwatch) stage(stage string, elapsed time.Duration) {
	w.last = time.Now()
	w.trace.Stage(stage, elapsed)
	w.pause(w.last)
	i := slices.IndexFunc(w.timings, func(t Timing) bool { return t.Stage == stage })
	if i < 0 {
		w.timings = append(w.timings, Timing{Stage: stage, Duration: elapsed})
		return
	}
	w.timings[i].Duration += elapsed
}
