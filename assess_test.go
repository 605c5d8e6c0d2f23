package bonafide

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func codes(reasons []Reason) []ReasonCode {
	var list []ReasonCode
	for _, r := range reasons {
		list = append(list, r.Code)
	}
	return list
}

func TestAssessOneFace(t *testing.T) {
	tests := map[string]struct {
		face     Face
		decision Decision
		reasons  []ReasonCode
	}{
		"good":         {goodFace(), Live, nil},
		"attack":       {changed(func(f *Face) { f.Liveness = 0.2 }), Attack, []ReasonCode{AttackSuspected}},
		"threshold":    {changed(func(f *Face) { f.Liveness = 0.7 }), Attack, []ReasonCode{AttackSuspected}},
		"small":        {changed(func(f *Face) { f.EyeDistance = 20 }), CannotAssess, []ReasonCode{FaceTooSmall}},
		"small attack": {changed(func(f *Face) { f.EyeDistance, f.Liveness = 20, 0 }), CannotAssess, []ReasonCode{FaceTooSmall}},
		"close":        {changed(func(f *Face) { f.Box = Box{20, 10, 980, 790} }), Live, []ReasonCode{FaceTooClose}},
		"border":       {changed(func(f *Face) { f.Box = Box{9, 300, 200, 500} }), Live, []ReasonCode{FaceCloseToBorder}},
		"cropped": {changed(func(f *Face) {
			for i := range 20 {
				f.Landmarks[i].X = -1
			}
		}), CannotAssess, []ReasonCode{FaceCropped}},
		"turned":                      {changed(func(f *Face) { f.Pose.Roll = -41 }), CannotAssess, []ReasonCode{FaceAngleTooLarge}},
		"occluded":                    {changed(func(f *Face) { f.Occlusion = 0.95 }), CannotAssess, []ReasonCode{FaceIsOccluded}},
		"eyes":                        {changed(func(f *Face) { f.RightEyeClosed = 0.9 }), Live, []ReasonCode{EyesClosed}},
		"mouth":                       {changed(func(f *Face) { f.MouthOpened = 0.9 }), Live, []ReasonCode{MouthOpen}},
		"dark":                        {changed(func(f *Face) { f.Luminance = 29 }), CannotAssess, []ReasonCode{TooDark}},
		"bright":                      {changed(func(f *Face) { f.Luminance = 231 }), CannotAssess, []ReasonCode{TooBright}},
		"blurred":                     {changed(func(f *Face) { f.Quality.Measures.Sharpness = 0.05 }), Live, []ReasonCode{Blurred}},
		"poor":                        {changed(func(f *Face) { f.Quality.Score = 0.05 }), Live, []ReasonCode{LowQuality}},
		"blocking reasons come first": {changed(func(f *Face) { f.RightEyeClosed, f.Luminance = 0.9, 10 }), CannotAssess, []ReasonCode{TooDark, EyesClosed}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a := Assess(pictureOf(test.face), DefaultRequirements())
			if a.Decision != test.decision {
				t.Errorf("decision %s, want %s", a.Decision, test.decision)
			}
			if diff := cmp.Diff(test.reasons, codes(a.Reasons)); diff != "" {
				t.Error(diff)
			}
			if a.Score == nil || *a.Score != test.face.Liveness {
				t.Errorf("score %v", a.Score)
			}
			for _, r := range a.Reasons {
				if r.Message == "" || r.Hint == "" || strings.Contains(r.Message, "%!") {
					t.Errorf("reason without words: %+v", r)
				}
			}
		})
	}
}

func TestAssessSaysFiguresInTheMessage(t *testing.T) {
	a := Assess(pictureOf(changed(func(f *Face) { f.EyeDistance = 20.4 })), DefaultRequirements())
	if got, want := a.Reasons[0].Message, "The face is too small: the eyes are 20 px apart, 24 px are needed."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAssessRequiredIsThePolicysChoice(t *testing.T) {
	blurred := pictureOf(changed(func(f *Face) { f.Quality.Measures.Sharpness = 0.05 }))
	q := DefaultRequirements()
	q.Required = []ReasonCode{Blurred}
	if a := Assess(blurred, q); a.Decision != CannotAssess || !a.Reasons[0].Blocking {
		t.Errorf("required check did not block: %+v", a)
	}
}

func TestAssessFaceChoice(t *testing.T) {
	corner := changed(func(f *Face) { f.Box = Box{20, 20, 400, 500}; f.Liveness = 0.1 })
	several := pictureOf(corner, goodFace()) // largest first
	tests := map[FaceChoice]struct {
		decision Decision
		faces    []int
		reasons  []ReasonCode
	}{
		RejectMany:  {CannotAssess, nil, []ReasonCode{TooManyFaces}},
		LargestFace: {Attack, []int{0}, []ReasonCode{AttackSuspected}},
		CentralFace: {Live, []int{1}, nil},
		AllFaces:    {Attack, []int{0, 1}, []ReasonCode{AttackSuspected}},
	}
	for choice, test := range tests {
		q := DefaultRequirements()
		q.Faces = choice
		a := Assess(several, q)
		var faces []int
		for _, s := range a.Subjects {
			faces = append(faces, s.Face)
		}
		if a.Decision != test.decision || !cmp.Equal(faces, test.faces) || !cmp.Equal(codes(a.Reasons), test.reasons) {
			t.Errorf("%s: %s, faces %v, reasons %v", choice, a.Decision, faces, codes(a.Reasons))
		}
	}
}

func TestAssessNoFace(t *testing.T) {
	a := Assess(pictureOf(), DefaultRequirements())
	if a.Decision != CannotAssess || a.Score != nil || !cmp.Equal(codes(a.Reasons), []ReasonCode{FaceNotFound}) {
		t.Errorf("got %+v", a)
	}
}

func TestRequirementsValidateNamesTheSetting(t *testing.T) {
	if err := DefaultRequirements().Validate(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Requirements){
		"faces":         func(q *Requirements) { q.Faces = "some" },
		"required":      func(q *Requirements) { q.Required = []ReasonCode{"NOSE"} },
		"max_angle":     func(q *Requirements) { q.MaxAngle = math.NaN() },
		"min_luminance": func(q *Requirements) { q.MinLuminance = 240 },
	} {
		q := DefaultRequirements()
		change(&q)
		if err := q.Validate(); CodeOf(err) != CodeConfig || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
