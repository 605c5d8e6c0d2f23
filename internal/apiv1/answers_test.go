package apiv1_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/apiv1"
	"github.com/bonafide-pad/bonafide/internal/audit"
	"github.com/bonafide-pad/bonafide/internal/decode/decodetest"
	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/raster"
	"github.com/bonafide-pad/bonafide/internal/sequence"
)

// measured is a report of two faces, the larger one first, in which no two numbers are the same.
func measured() bonafide.Report {
	faces := make([]bonafide.Face, 2)
	for i := range faces {
		n := float64(i) / 100
		f := bonafide.Face{
			Box:        bonafide.Box{X1: 100 + 400*i, Y1: 120 + i, X2: 300 + 350*i, Y2: 340 - 50*i},
			Confidence: 0.981 - n, Pose: bonafide.Pose{Yaw: 1.5 + n, Pitch: -2.5 + n, Roll: 3.5 + n},
			LeftEyeClosed: 0.11 + n, RightEyeClosed: 0.21 + n, MouthOpened: 0.31 + n, Occlusion: 0.41 + n,
			EyeDistance: 88 + n, Luminance: 140 + n, Liveness: 0.91 + n,
			Quality: bonafide.Quality{Score: 0.71 + n, Measures: bonafide.QualityMeasures{
				Sharpness: 0.51 + n, Noise: 0.52 + n, Compression: 0.53 + n, Brightness: 0.54 + n, Exposure: 0.55 + n,
				DynamicRange: 0.56 + n, Uniformity: 0.57 + n, Colour: 0.58 + n, Size: 0.59 + n, Pose: 0.6 + n,
			}},
			Cues: []bonafide.Cue{{Network: "liveness", Crop: "1.5", Logit: 2.1 + n}, {Network: "liveness", Crop: "2.7", Logit: -0.4 + n}},
		}
		for p := range f.Landmarks {
			f.Landmarks[p] = bonafide.Point{X: 110 + float64(p) + n, Y: 220 + float64(p) + n}
		}
		faces[i] = f
	}
	return bonafide.Report{
		Format: "webp", Width: 1000, Height: 800, Faces: faces,
		Timings: []bonafide.Timing{{Stage: "decode", Duration: 1500 * time.Microsecond}, {Stage: "liveness", Duration: 4 * time.Millisecond}},
	}
}

// asJSON is a value as a client without types sees it.
func asJSON(t *testing.T, v any) any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func differ(t *testing.T, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(asJSON(t, want), asJSON(t, got), cmpopts.EquateApprox(0, 1e-9)); d != "" {
		t.Errorf("%s differs (- measured, + answered):\n%s", what, d)
	}
}

// differFaces compares the faces of an answer with those of a report, whose JSON has the same names.
func differFaces(t *testing.T, want []bonafide.Face, got any, assessed ...bool) {
	t.Helper()
	faces := asJSON(t, want).([]any)
	for i, f := range faces {
		f.(map[string]any)["assessed"] = i < len(assessed) && assessed[i]
	}
	differ(t, "faces", faces, got)
}

// The native API's answer has every measure under its own name.
func TestAnswersHoldWhatWasMeasured(t *testing.T) {
	r := measured()
	s, _ := startWith(t, func([]byte) (bonafide.Report, error) { return r, nil })
	var quality map[string]any
	s.post(t, "/v1/quality", "image/webp", []byte("any"), &quality)
	differFaces(t, r.Faces, quality["faces"])
	differ(t, "the picture", map[string]any{"format": "webp", "width": 1000, "height": 800}, quality["picture"])
	for faces, assessed := range map[string][]bool{"largest": {true, false}, "all": {true, true}} {
		q := bonafide.DefaultRequirements()
		q.Faces, q.MaxAngle, q.MinEyeDistance = bonafide.FaceChoice(faces), 3, 120
		var got map[string]any
		s.post(t, "/v1/liveness?max_angle=3&min_eye_distance=120&faces="+faces, "image/webp", []byte("any"), &got)
		want := bonafide.Assess(r, q)
		differFaces(t, r.Faces, got["faces"], assessed...)
		differ(t, "the picture", map[string]any{"format": "webp", "width": 1000, "height": 800}, got["picture"])
		differ(t, "the decision", []any{want.Decision, want.Score, want.Threshold, want.Reasons}, []any{got["decision"], got["score"], got["threshold"], got["reasons"]})
		differ(t, "the times", map[string]float64{"decode": 1.5, "liveness": 4}, got["evidence"].(map[string]any)["timings_ms"])
	}
}

// decisions are what an API told of.
type decisions struct {
	mu   sync.Mutex
	told []audit.Decision
}

func (d *decisions) add(_ context.Context, one audit.Decision) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.told = append(d.told, one)
}

func (d *decisions) last(t *testing.T) audit.Decision {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.told) == 0 {
		t.Fatal("no decision was told of")
	}
	return d.told[len(d.told)-1]
}

// What is recorded of a decision is what was answered, whichever route it came by.
func TestDecisionsAreRecordedAsTheyAreAnswered(t *testing.T) {
	var told decisions
	one, better := measured(), measured()
	better.Faces[0].Quality.Score, better.Faces[0].Liveness = 0.99, 0.6
	s := start(t, func(api *apiv1.API) {
		a := analysis(func(picture []byte) (bonafide.Report, error) {
			if string(picture) == "better" {
				return better, nil
			}
			return one, nil
		})
		api.Analyzer, api.Single, api.Decided = a, a, told.add
		api.Policies = policies(apiv1.DefaultPolicy, "door")
	})
	q := bonafide.DefaultRequirements()
	q.Faces = bonafide.LargestFace
	stages := func(times float64) []audit.Stage {
		return []audit.Stage{{Stage: "decode", Milliseconds: 1.5 * times}, {Stage: "liveness", Milliseconds: 4 * times}}
	}
	single := func(decision bonafide.Decision, score *float64, reasons []bonafide.Reason) audit.Decision {
		d := audit.Decision{Outcome: string(decision), Score: score, Threshold: q.Liveness, Reasons: []string{}, Policy: "door", Stages: stages(1)}
		for _, r := range reasons {
			d.Reasons = append(d.Reasons, string(r.Code))
		}
		return d
	}
	const query = "?faces=largest&policy=door"

	spoof := bonafide.Assess(better, q)
	s.post(t, "/v1/liveness"+query, "image/webp", []byte("better"), nil)
	differ(t, "the record", single(spoof.Decision, spoof.Score, spoof.Reasons), told.last(t))
	if spoof.Decision != bonafide.Attack {
		t.Errorf("the picture is %s", spoof.Decision)
	}

	contentType, body := formOf(t, []byte("one"))
	s.batchTo(t, "/v1/batch"+query, contentType, bytes.NewReader(body))
	live := bonafide.Assess(one, q)
	differ(t, "the record of a batch", single(live.Decision, live.Score, live.Reasons), told.last(t))

	contentType, body = formOf(t, []byte("one"), []byte("better"), []byte("one"))
	var got apiv1.FramesAnswer
	s.post(t, "/v1/liveness/frames?detail=brief&"+query[1:], contentType, body, &got)
	all := bonafide.AssessFrames(bonafide.CompareFrames([]bonafide.Report{one, better, one}), q)
	frames := single(all.Decision, all.Score, all.Reasons)
	frames.Stages = stages(3)
	differ(t, "the record of frames", frames, told.last(t))
	if got.Best != 1 || got.Policy != "door" || got.Frames[1].Decision != "spoof" || got.Frames[2].Decision != "live" || got.Evidence != nil || got.Frames[0].Faces != nil {
		t.Errorf("the answer to frames is %+v", got)
	}
	differ(t, "the answer to frames", []any{all.Decision, all.Score, all.Reasons}, []any{got.Decision, got.Score, got.Reasons})
}

// seen is a report with the fingerprint of a capture's frame, as a capture of that photograph has it.
func seen(t *testing.T, photograph string) bonafide.Report {
	t.Helper()
	var points landmark.Points
	for i := range points {
		sin, cos := math.Sincos(float64(i))
		points[i] = raster.Point{X: 225 + 45*cos, Y: 120 + 55*sin}
	}
	r := measured()
	var err error
	if r.Fingerprint, err = sequence.Take(decodetest.Photograph(t, photograph), &points); err != nil {
		t.Fatal(err)
	}
	return r
}

// The answer to frames has the faces of each and the times of all, and says which frames are one still and which shows somebody else.
func TestFramesAreAnsweredOneByOne(t *testing.T) {
	reports := map[string]bonafide.Report{"first": seen(t, "astronaut.jpg"), "again": seen(t, "astronaut.jpg"), "other": seen(t, "noface.jpg")}
	s, _ := startWith(t, func(picture []byte) (bonafide.Report, error) { return reports[string(picture)], nil })
	contentType, body := formOf(t, []byte("first"), []byte("again"), []byte("other"))
	var got map[string]any
	s.post(t, "/v1/liveness/frames?faces=largest", contentType, body, &got)
	differ(t, "what is still", [][]int{{0, 1}}, got["identical"])
	differ(t, "what changed", []int{2}, got["changed"])
	differ(t, "the times", map[string]float64{"decode": 4.5, "liveness": 12}, got["evidence"].(map[string]any)["timings_ms"])
	for i, frame := range got["frames"].([]any) {
		frame := frame.(map[string]any)
		differFaces(t, measured().Faces, frame["faces"], true, false)
		differ(t, fmt.Sprintf("the picture of frame %d", i), map[string]any{"format": "webp", "width": 1000, "height": 800}, frame["picture"])
	}
}
