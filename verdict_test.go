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
		"limits that pass": {changed(func(f *Face) {
			f.Occlusion, f.LeftEyeClosed, f.RightEyeClosed, f.MouthOpened = 0.9, 0.8, 0.8, 0.5
			f.EyeDistance, f.Quality.Score, f.Luminance = 100, 0.7, 50
		}), Real, &good},
		"just below Light and High": {changed(func(f *Face) { f.Quality.Score, f.Luminance = 0.69, 199 }), Real, with(func(s *FaceState) { s.Quality = QualityMedium })},
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

func TestDefaultPolicyHasTheReferencesThresholds(t *testing.T) {
	want := Policy{
		Liveness: 0.7, FrontAngle: 10, Occlusion: 0.9, EyeClosed: 0.8, MouthOpened: 0.5, Border: 0.05,
		SmallEyeDistance: 100, QualityMedium: 0.3, QualityHigh: 0.7, LuminanceNormal: 50, LuminanceLight: 200,
	}
	if diff := cmp.Diff(want, DefaultPolicy()); diff != "" {
		t.Error(diff)
	}
}

// validates tells of each setting that its whole range is allowed, and nothing beyond.
func validates[T interface{ Validate() error }](t *testing.T, defaults func() T, settings map[string]struct {
	of   func(*T) *float64
	most float64
}) {
	t.Helper()
	for name, setting := range settings {
		for _, value := range []float64{0, setting.most, -0.001, setting.most * 1.001, math.NaN(), math.Inf(1), math.Inf(-1)} {
			thresholds := defaults()
			*setting.of(&thresholds) = value
			err := thresholds.Validate()
			switch allowed := value == 0 || value == setting.most; {
			case allowed && err != nil:
				t.Errorf("%s of %g: %v", name, value, err)
			case !allowed && (CodeOf(err) != CodeConfig || !strings.Contains(err.Error(), " "+name+" is ")):
				t.Errorf("%s of %g is not refused by its name: %v", name, value, err)
			}
		}
	}
}

func TestPolicyValidateKnowsEveryRange(t *testing.T) {
	validates(t, func() Policy {
		p := DefaultPolicy()
		p.QualityMedium, p.LuminanceNormal = 0, 0
		return p
	}, map[string]struct {
		of   func(*Policy) *float64
		most float64
	}{
		"liveness":           {func(p *Policy) *float64 { return &p.Liveness }, 1},
		"front_angle":        {func(p *Policy) *float64 { return &p.FrontAngle }, 180},
		"occlusion":          {func(p *Policy) *float64 { return &p.Occlusion }, 1},
		"eye_closed":         {func(p *Policy) *float64 { return &p.EyeClosed }, 1},
		"mouth_opened":       {func(p *Policy) *float64 { return &p.MouthOpened }, 1},
		"border":             {func(p *Policy) *float64 { return &p.Border }, 0.5},
		"small_eye_distance": {func(p *Policy) *float64 { return &p.SmallEyeDistance }, math.MaxInt32},
		"quality_high":       {func(p *Policy) *float64 { return &p.QualityHigh }, 1},
		"quality_medium":     {func(p *Policy) *float64 { return &p.QualityMedium }, DefaultPolicy().QualityHigh},
		"luminance_light":    {func(p *Policy) *float64 { return &p.LuminanceLight }, 255},
		"luminance_normal":   {func(p *Policy) *float64 { return &p.LuminanceNormal }, DefaultPolicy().LuminanceLight},
	})
}
