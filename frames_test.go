package bonafide

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/decode/decodetest"
	"github.com/bonafide-pad/bonafide/internal/locate"
	"github.com/bonafide-pad/bonafide/internal/raster"
	"github.com/bonafide-pad/bonafide/internal/sequence"
)

func framesOf(scores ...float64) FramesReport {
	var r FramesReport
	for _, score := range scores {
		r.Frames = append(r.Frames, pictureOf(changed(func(f *Face) { f.Liveness = score })))
	}
	return r
}

func TestAssessFrames(t *testing.T) {
	dark := pictureOf(changed(func(f *Face) { f.Luminance = 5 }))
	oneOfTwo, oneBlurred, oneAttack := framesOf(0.9), framesOf(0.9), framesOf(0.1)
	oneOfTwo.Frames = append(oneOfTwo.Frames, pictureOf())
	oneBlurred.Frames[0].Faces[0].Quality.Measures.Sharpness = 0
	oneBlurred.Frames = append(oneBlurred.Frames, pictureOf(changed(func(f *Face) { f.Luminance, f.Quality.Measures.Sharpness = 5, 0 })))
	oneAttack.Frames = append(oneAttack.Frames, pictureOf())
	withDark := framesOf(0.9, 0.9)
	withDark.Frames = append(withDark.Frames, dark)
	identical, changedFace, identicalAttack := framesOf(0.9, 0.9), framesOf(0.9, 0.9), framesOf(0.1, 0.1)
	identical.Identical = [][2]int{{0, 1}}
	identicalAttack.Identical = [][2]int{{0, 1}}
	changedFace.Changed = []int{1}
	blinking := framesOf(0.9, 0.6)
	for i := range blinking.Frames {
		blinking.Frames[i].Faces[0].RightEyeClosed = 0.9
	}
	blinking.Frames[1].Faces[0].Quality.Score = 0.99
	tests := map[string]struct {
		report   FramesReport
		decision Decision
		score    float64
		reasons  []ReasonCode
	}{
		"live":                      {framesOf(0.9, 0.9), Live, 0.9, nil},
		"mean of logits":            {framesOf(0.9, 0.1), Attack, 0.5, []ReasonCode{AttackSuspected}},
		"one doubtful frame":        {framesOf(0.95, 0.6, 0.95), Live, 0.891, nil},
		"frames that don't count":   {withDark, Live, 0.9, nil},
		"certain frames":            {framesOf(1, 0.7), Live, 1, nil},
		"certain attacks":           {framesOf(0, 0), Attack, 0, []ReasonCode{AttackSuspected}},
		"certain of both":           {framesOf(1, 0), Attack, 0.5, []ReasonCode{AttackSuspected}},
		"the best frame's hints":    {blinking, Live, 0.786, []ReasonCode{EyesClosed}},
		"identical":                 {identical, CannotAssess, 0.9, []ReasonCode{FramesIdentical}},
		"changed":                   {changedFace, CannotAssess, 0.9, []ReasonCode{FaceChanged}},
		"one that counts":           {oneOfTwo, CannotAssess, 0.9, []ReasonCode{FaceNotFound}},
		"one alone":                 {framesOf(0.9), CannotAssess, 0.9, []ReasonCode{FaceNotFound}},
		"the same reason once":      {oneBlurred, CannotAssess, 0.9, []ReasonCode{TooDark, Blurred}},
		"one that is an attack":     {oneAttack, Attack, 0.1, []ReasonCode{FaceNotFound, AttackSuspected}},
		"an attack stays an attack": {identicalAttack, Attack, 0.1, []ReasonCode{FramesIdentical, AttackSuspected}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a := AssessFrames(test.report, DefaultRequirements())
			if a.Decision != test.decision || a.Score == nil || !(math.Abs(*a.Score-test.score) <= 0.001) {
				t.Errorf("%s with score %v, want %s with %g", a.Decision, a.Score, test.decision, test.score)
			}
			if diff := cmp.Diff(test.reasons, codes(a.Reasons)); diff != "" {
				t.Error(diff)
			}
			if n := len(a.Reasons); a.Decision == Attack && (a.Reasons[n-1].Value != *a.Score || a.Reasons[n-1].Limit != 0.7) {
				t.Errorf("the attack's score and threshold are told as %+v", a.Reasons[n-1])
			}
		})
	}
}

// The fused score of ½ and ½ is exactly ½: what is not above the threshold is an attack.
func TestAssessFramesAtTheThreshold(t *testing.T) {
	q := DefaultRequirements()
	q.Liveness = 0.5
	a := AssessFrames(framesOf(0.5, 0.5), q)
	if a.Decision != Attack || len(a.Reasons) != 1 || !strings.Contains(a.Reasons[0].Message, "score is 0.50, more than 0.50") {
		t.Errorf("%s: %+v", a.Decision, a.Reasons)
	}
}

func TestAssessFramesNoneAssessable(t *testing.T) {
	a := AssessFrames(FramesReport{Frames: []Report{pictureOf(), pictureOf()}}, DefaultRequirements())
	if a.Decision != CannotAssess || a.Score != nil || a.Best != -1 || !cmp.Equal(codes(a.Reasons), []ReasonCode{FaceNotFound}) {
		t.Errorf("got %+v", a)
	}
}

func TestAssessFramesOfNone(t *testing.T) {
	a := AssessFrames(FramesReport{}, DefaultRequirements())
	if a.Decision != CannotAssess || a.Score != nil || a.Best != -1 || len(a.Frames) != 0 || !cmp.Equal(codes(a.Reasons), []ReasonCode{FaceNotFound}) {
		t.Errorf("got %+v", a)
	}
}

func TestAssessFramesBestIsTheHighestQuality(t *testing.T) {
	r := framesOf(0.9, 0.9, 0.9)
	r.Frames[1].Faces[0].Quality.Score = 0.99
	if a := AssessFrames(r, DefaultRequirements()); a.Best != 1 {
		t.Errorf("best is %d", a.Best)
	}
	if a := AssessFrames(framesOf(0.9, 0.9), DefaultRequirements()); a.Best != 0 {
		t.Errorf("of equal ones the best is %d", a.Best)
	}
}

func openAnalyzer(t testing.TB) *Analyzer {
	t.Helper()
	a, err := Open(Config{Models: catalogtest.Dir(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func astronaut(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/astronaut.jpg")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// cut is the picture without its first columns and rows, coded anew: the scene as a moved camera sees it.
func cut(t *testing.T, picture []byte, dx, dy, quality int) []byte {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	r := img.Bounds()
	r.Min = r.Min.Add(image.Pt(dx, dy))
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img.(*image.YCbCr).SubImage(r), &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestAnalyzeFramesFindsAReplayedStill(t *testing.T) {
	a, picture := openAnalyzer(t), astronaut(t)
	r, err := a.AnalyzeFrames(context.Background(), [][]byte{picture, cut(t, picture, 16, 8, 90), cut(t, picture, 0, 0, 85)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][2]int{{0, 2}}, r.Identical); diff != "" {
		t.Errorf("a still that was coded anew, and a moved one: %s", diff)
	}
	if len(r.Changed) != 0 {
		t.Errorf("the same face counts as changed: %v", r.Changed)
	}
}

func TestAnalyzeFramesNamesTheFrame(t *testing.T) {
	a, picture := openAnalyzer(t), astronaut(t)
	_, err := a.AnalyzeFrames(context.Background(), [][]byte{picture, []byte("no picture")})
	if CodeOf(err) != CodeBadImage || !bytes.HasPrefix([]byte(err.Error()), []byte("frame 2: ")) {
		t.Errorf("got %v", err)
	}
	for n, code := range map[int]Code{0: CodeTooFewFrames, 31: CodeTooManyFrames} {
		if _, err := a.AnalyzeFrames(context.Background(), make([][]byte, n)); CodeOf(err) != code {
			t.Errorf("%d frames: %v", n, err)
		}
	}
	if _, err := a.AnalyzeFrames(context.Background(), [][]byte{picture}); CodeOf(err) != CodeTooFewFrames || !bytes.Contains([]byte(err.Error()), []byte("1, allowed are 2 to 30")) {
		t.Errorf("one still: %v", err)
	}
}

// An animation is measured as its frames are, one after the other.
func TestAnalyzeFramesOfAnAnimation(t *testing.T) {
	a, picture := openAnalyzer(t), astronaut(t)
	img, err := jpeg.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	frame := func(dx, dy int) image.Image {
		out := image.NewRGBA(image.Rect(0, 0, 448, 448))
		draw.Draw(out, out.Rect, img, image.Pt(dx, dy), draw.Src)
		out.Set(0, 0, color.White) // decodetest.APNG lets white shine through that pixel
		return out
	}
	frames := []image.Image{frame(0, 0), frame(16, 8), frame(30, 12)}
	var parts []decodetest.Frame
	var files [][]byte
	for _, f := range frames {
		parts = append(parts, decodetest.Frame{Picture: f})
		var file bytes.Buffer
		if err := png.Encode(&file, f); err != nil {
			t.Fatal(err)
		}
		files = append(files, file.Bytes())
	}
	animation, err := a.AnalyzeFrames(t.Context(), [][]byte{decodetest.APNG(t, parts...)})
	if err != nil {
		t.Fatal(err)
	}
	separate, err := a.AnalyzeFrames(t.Context(), files)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(separate, animation, cmpopts.IgnoreFields(Report{}, "Timings")); diff != "" {
		t.Errorf("an animation is measured otherwise than its frames: %s", diff)
	}
	if s := AssessFrames(animation, DefaultRequirements()); s.Decision != Live {
		t.Errorf("%s: %+v", s.Decision, s.Reasons)
	}
	tooMany := make([]decodetest.Frame, MostFrames+1)
	for i := range tooMany {
		tooMany[i] = decodetest.Frame{Picture: image.NewRGBA(image.Rect(0, 0, 9, 9))}
	}
	if _, err := a.AnalyzeFrames(t.Context(), [][]byte{decodetest.APNG(t, tooMany...)}); CodeOf(err) != CodeTooManyFrames {
		t.Errorf("too many: %v", err)
	}
}

// Only the face of a frame that has one, and that looks ahead, is compared.
func TestFingerprintHasTheFaceThatLooksAhead(t *testing.T) {
	photo := decodetest.Photograph(t, "astronaut.jpg")
	var face locate.Face
	for i := range face.Points {
		sin, cos := math.Sincos(float64(i))
		face.Points[i] = raster.Point{X: 225 + 45*cos, Y: 120 + 55*sin}
	}
	for name, test := range map[string]struct {
		yaws []float64
		want bool
	}{
		"ahead":               {[]float64{0}, true},
		"a little to a side":  {[]float64{19}, true},
		"a little, the other": {[]float64{-19}, true},
		"turned":              {[]float64{21}, false},
		"turned, the other":   {[]float64{-21}, false},
		"two":                 {[]float64{0, 0}, false},
		"none":                {nil, false},
	} {
		var found []locate.Face
		var measured []Face
		for _, yaw := range test.yaws {
			found, measured = append(found, face), append(measured, Face{Pose: Pose{Yaw: yaw}})
		}
		f, err := fingerprint(photo, found, measured)
		if err != nil {
			t.Fatal(err)
		}
		if _, got := sequence.Likeness(f, f); got != test.want {
			t.Errorf("%s: it has a face to compare: %v", name, got)
		}
		if !sequence.Still(f, f) {
			t.Errorf("%s: it has no scene", name)
		}
	}
}

// Only faces that are alone in their frames, and have no pixel in common, are apart.
func TestApart(t *testing.T) {
	at := func(boxes ...Box) Report {
		var r Report
		for _, b := range boxes {
			r.Faces = append(r.Faces, Face{Box: b})
		}
		return r
	}
	left := Box{0, 0, 100, 100}
	for name, test := range map[string]struct {
		a, b Report
		want bool
	}{
		"the same place":       {at(left), at(left), false},
		"a corner in common":   {at(left), at(Box{99, 99, 300, 300}), false},
		"side by side":         {at(left), at(Box{100, 0, 200, 100}), true},
		"far from another":     {at(left), at(Box{300, 300, 400, 400}), true},
		"two in the first":     {at(left, left), at(Box{300, 300, 400, 400}), false},
		"two in the second":    {at(left), at(Box{300, 300, 400, 400}, left), false},
		"none in one of them":  {at(left), at(), false},
		"none in the other":    {at(), at(left), false},
		"none in both of them": {at(), at(), false},
	} {
		if got := apart(test.a, test.b); got != test.want {
			t.Errorf("%s: apart is %v", name, got)
		}
	}
}
