package bonafide

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// goodFace is a face that passes every check, in a picture of 1000×800.
func goodFace() Face {
	f := Face{
		Box: Box{X1: 400, Y1: 250, X2: 600, Y2: 510}, Confidence: 1, EyeDistance: 110, Luminance: 130, Liveness: 0.95,
		Quality: Quality{Score: 0.8, Measures: QualityMeasures{Sharpness: 0.9}},
	}
	for i := range f.Landmarks {
		f.Landmarks[i] = Point{X: 500, Y: 400}
	}
	return f
}

func pictureOf(faces ...Face) Report {
	return Report{Format: "jpeg", Width: 1000, Height: 800, Faces: faces}
}

// changed is goodFace with one change.
func changed(change func(*Face)) Face {
	f := goodFace()
	change(&f)
	return f
}

func TestJudgeThresholds(t *testing.T) {
	good := FaceState{Quality: QualityHigh, Luminance: LuminanceNormal, Liveness: 0.95}
	with := func(change func(*FaceState)) *FaceState {
		s := good
		change(&s)
		return &s
	}
	tests := map[string]struct {
		face   Face
		result Result
		want   *FaceState
	}{
		"good":             {goodFace(), Real, &good},
		"at the threshold": {changed(func(f *Face) { f.Liveness = 0.7 }), Spoof, with(func(s *FaceState) { s.Liveness = 0.7 })},
		"yaw 10":           {changed(func(f *Face) { f.Pose.Yaw = -10 }), Real, with(func(s *FaceState) { s.NotFront = true })},
		"yaw 9.9":          {changed(func(f *Face) { f.Pose.Yaw = -9.9 }), Real, &good},
		"pitch 12":         {changed(func(f *Face) { f.Pose.Pitch = 12 }), Real, with(func(s *FaceState) { s.NotFront = true })},
		"roll 12":          {changed(func(f *Face) { f.Pose.Roll = 12 }), Real, with(func(s *FaceState) { s.NotFront = true })},
		"occluded":         {changed(func(f *Face) { f.Occlusion = 0.91 }), Real, with(func(s *FaceState) { s.Occluded = true })},
		"left eye":         {changed(func(f *Face) { f.LeftEyeClosed = 0.81 }), Real, with(func(s *FaceState) { s.EyeClosed = true })},
		"right eye":        {changed(func(f *Face) { f.RightEyeClosed = 0.81 }), Real, with(func(s *FaceState) { s.EyeClosed = true })},
		"mouth":            {changed(func(f *Face) { f.MouthOpened = 0.51 }), Real, with(func(s *FaceState) { s.MouthOpened = true })},
		"small":            {changed(func(f *Face) { f.EyeDistance = 99 }), Real, with(func(s *FaceState) { s.Small = true })},
		"quality medium":   {changed(func(f *Face) { f.Quality.Score = 0.3 }), Real, with(func(s *FaceState) { s.Quality = QualityMedium })},
		"quality low":      {changed(func(f *Face) { f.Quality.Score = 0.29 }), Real, with(func(s *FaceState) { s.Quality = QualityLow })},
		"dark":             {changed(func(f *Face) { f.Luminance = 49 }), Real, with(func(s *FaceState) { s.Luminance = LuminanceDark })},
		"light":            {changed(func(f *Face) { f.Luminance = 200 }), Real, with(func(s *FaceState) { s.Luminance = LuminanceLight })},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			want := Verdict{Result: test.result, State: test.want}
			if diff := cmp.Diff(want, Judge(pictureOf(test.face), DefaultPolicy())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The reference compares the left edge with both far sides; a face cut off on the right or at the bottom is missed there.
func TestJudgeBoundaryIsAnyEdge(t *testing.T) {
	tests := map[string]struct {
		box  Box
		want bool
	}{
		"inside":                {Box{50, 40, 950, 760}, false},
		"left":                  {Box{49, 300, 300, 500}, true},
		"top":                   {Box{300, 39, 500, 300}, true},
		"right":                 {Box{700, 300, 951, 500}, true},
		"bottom":                {Box{300, 500, 500, 761}, true},
		"x beyond the height":   {Box{790, 300, 940, 500}, false},
		"reaching every corner": {Box{0, 0, 1000, 800}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			v := Judge(pictureOf(changed(func(f *Face) { f.Box = test.box })), DefaultPolicy())
			if v.State.BoundaryFace != test.want {
				t.Errorf("boundary is %v for %+v", v.State.BoundaryFace, test.box)
			}
		})
	}
}

func TestJudgeNeedsExactlyOneFace(t *testing.T) {
	for want, r := range map[Result]Report{NoFace: pictureOf(), MultipleFaces: pictureOf(goodFace(), goodFace())} {
		if diff := cmp.Diff(Verdict{Result: want}, Judge(r, DefaultPolicy())); diff != "" {
			t.Error(diff)
		}
	}
}

func TestPolicyValidateNamesTheSetting(t *testing.T) {
	if err := DefaultPolicy().Validate(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Policy){
		"liveness":         func(p *Policy) { p.Liveness = 1.1 },
		"occlusion":        func(p *Policy) { p.Occlusion = math.NaN() },
		"border":           func(p *Policy) { p.Border = 0.6 },
		"quality_medium":   func(p *Policy) { p.QualityMedium = 0.8 },
		"luminance_normal": func(p *Policy) { p.LuminanceNormal = -1 },
	} {
		p := DefaultPolicy()
		change(&p)
		if err := p.Validate(); CodeOf(err) != CodeConfig || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
