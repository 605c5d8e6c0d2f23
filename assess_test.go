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
	for want, face := range map[string]Face{
		"The face is too small: the eyes are 20 px apart, 24 px are needed.":                               changed(func(f *Face) { f.EyeDistance = 20.4 }),
		"The head is turned or tilted by 52°, at most 40° is allowed.":                                     changed(func(f *Face) { f.Pose.Yaw = -51.7 }),
		"The face is too dark: 12 of 255, 30 is needed.":                                                   changed(func(f *Face) { f.Luminance = 12.3 }),
		"Something covers the face: occlusion is 1.00, at most 0.90 is allowed.":                           changed(func(f *Face) { f.Occlusion = 1 }),
		"The picture looks like a print, a screen or a mask: its score is 0.23, more than 0.70 is needed.": changed(func(f *Face) { f.Liveness = 0.234 }),
	} {
		a := Assess(pictureOf(face), DefaultRequirements())
		if len(a.Reasons) != 1 || a.Reasons[0].Message != want {
			t.Errorf("got %+v, want %q", a.Reasons, want)
		}
	}
}

// A measure that is exactly at its limit passes; the least bit beyond it does not.
func TestAssessLimitsAreInclusive(t *testing.T) {
	landmarks := func(outside int, at Point) func(*Face) {
		return func(f *Face) {
			for i := range outside {
				f.Landmarks[i] = at
			}
		}
	}
	box := func(x1, y1, x2, y2 int) func(*Face) { return func(f *Face) { f.Box = Box{x1, y1, x2, y2} } }
	for name, test := range map[string]struct {
		code           ReasonCode
		passes, passed func(*Face)
	}{
		"eyes 24 px apart":      {FaceTooSmall, func(f *Face) { f.EyeDistance = 24 }, func(f *Face) { f.EyeDistance = 23.9 }},
		"nine tenths wide":      {FaceTooClose, box(50, 300, 950, 500), box(50, 300, 951, 500)},
		"as high":               {FaceTooClose, box(300, 20, 700, 780), nil},
		"border on the left":    {FaceCloseToBorder, box(10, 300, 200, 500), box(9, 300, 200, 500)},
		"border at the top":     {FaceCloseToBorder, box(300, 8, 500, 200), box(300, 7, 500, 200)},
		"border on the right":   {FaceCloseToBorder, box(800, 300, 990, 500), box(800, 300, 991, 500)},
		"border at the bottom":  {FaceCloseToBorder, box(300, 600, 500, 792), box(300, 600, 500, 793)},
		"ten landmarks outside": {FaceCropped, landmarks(10, Point{-1, 400}), landmarks(11, Point{-1, 400})},
		"above":                 {FaceCropped, landmarks(68, Point{500, 0}), landmarks(68, Point{500, -0.01})},
		"to the left":           {FaceCropped, landmarks(68, Point{0, 400}), landmarks(68, Point{-0.01, 400})},
		"to the right":          {FaceCropped, landmarks(68, Point{999.9, 400}), landmarks(68, Point{1000, 400})},
		"below":                 {FaceCropped, landmarks(68, Point{500, 799.9}), landmarks(68, Point{500, 800})},
		"40 degrees":            {FaceAngleTooLarge, func(f *Face) { f.Pose.Pitch = -40 }, func(f *Face) { f.Pose.Pitch = -40.1 }},
		"occlusion":             {FaceIsOccluded, func(f *Face) { f.Occlusion = 0.9 }, func(f *Face) { f.Occlusion = 0.901 }},
		"left eye":              {EyesClosed, func(f *Face) { f.LeftEyeClosed = 0.8 }, func(f *Face) { f.LeftEyeClosed = 0.801 }},
		"mouth":                 {MouthOpen, func(f *Face) { f.MouthOpened = 0.5 }, func(f *Face) { f.MouthOpened = 0.501 }},
		"dark":                  {TooDark, func(f *Face) { f.Luminance = 30 }, func(f *Face) { f.Luminance = 29.9 }},
		"bright":                {TooBright, func(f *Face) { f.Luminance = 230 }, func(f *Face) { f.Luminance = 230.1 }},
		"sharpness":             {Blurred, func(f *Face) { f.Quality.Measures.Sharpness = 0.1 }, func(f *Face) { f.Quality.Measures.Sharpness = 0.099 }},
		"quality":               {LowQuality, func(f *Face) { f.Quality.Score = 0.1 }, func(f *Face) { f.Quality.Score = 0.099 }},
	} {
		if a := Assess(pictureOf(changed(test.passes)), DefaultRequirements()); a.Decision != Live || len(a.Reasons) != 0 {
			t.Errorf("%s, at the limit: %s, %v", name, a.Decision, codes(a.Reasons))
		}
		if test.passed == nil {
			continue
		}
		a := Assess(pictureOf(changed(test.passed)), DefaultRequirements())
		if !cmp.Equal(codes(a.Reasons), []ReasonCode{test.code}) {
			t.Errorf("%s, beyond the limit: %v, want %s", name, codes(a.Reasons), test.code)
		}
	}
}

// What is no number is not above the threshold: neither a picture nor a capture is live by it.
func TestAssessAScoreThatIsNoNumberIsNotLive(t *testing.T) {
	broken := pictureOf(changed(func(f *Face) { f.Liveness = math.NaN() }))
	if a := Assess(broken, DefaultRequirements()); a.Decision != Attack {
		t.Errorf("a picture is %s", a.Decision)
	}
	if a := AssessFrames(FramesReport{Frames: []Report{broken, broken}}, DefaultRequirements()); a.Decision != Attack {
		t.Errorf("frames are %s", a.Decision)
	}
	if v := Judge(broken, DefaultPolicy()); v.Result != Spoof {
		t.Errorf("the drop-in verdict is %s", v.Result)
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

func TestAssessCentralFaceWhereverItStands(t *testing.T) {
	at := func(x1, y1, x2, y2 int) Face { return changed(func(f *Face) { f.Box = Box{x1, y1, x2, y2} }) }
	q := DefaultRequirements()
	q.Faces = CentralFace
	for name, test := range map[string]struct {
		faces []Face
		want  int
	}{
		"the first":            {[]Face{at(450, 350, 550, 450), at(100, 350, 300, 450)}, 0},
		"the second of three":  {[]Face{at(100, 350, 300, 450), at(550, 350, 650, 450), at(800, 350, 900, 450)}, 1},
		"nearer by height":     {[]Face{at(450, 20, 550, 120), at(450, 250, 550, 350)}, 1},
		"nearer across":        {[]Face{at(450, 500, 550, 600), at(550, 350, 650, 450)}, 1},
		"nearer upright":       {[]Face{at(600, 350, 700, 450), at(450, 450, 550, 550)}, 1},
		"though wider":         {[]Face{at(100, 350, 200, 450), at(350, 350, 650, 450)}, 1},
		"though higher":        {[]Face{at(450, 50, 550, 150), at(450, 250, 550, 550)}, 1},
		"as near as the first": {[]Face{at(250, 350, 350, 450), at(650, 350, 750, 450)}, 0},
	} {
		a := Assess(pictureOf(test.faces...), q)
		if len(a.Subjects) != 1 || a.Subjects[0].Face != test.want {
			t.Errorf("%s: assessed %+v, want face %d", name, a.Subjects, test.want)
		}
	}
}

// Of all faces the lowest score counts, wherever it stands, and each reason is told once, by the face that it was first found on.
func TestAssessAllFaces(t *testing.T) {
	q := DefaultRequirements()
	q.Faces = AllFaces
	blinking := func(liveness, luminance float64) Face {
		return changed(func(f *Face) { f.Liveness, f.RightEyeClosed, f.Luminance = liveness, 0.9, luminance })
	}
	for name, test := range map[string]struct {
		faces    []Face
		decision Decision
		score    float64
		reasons  []ReasonCode
	}{
		"the first is the lowest":          {[]Face{blinking(0.75, 130), blinking(0.9, 130)}, Live, 0.75, []ReasonCode{EyesClosed}},
		"the last is the lowest":           {[]Face{blinking(0.9, 130), blinking(0.75, 130)}, Live, 0.75, []ReasonCode{EyesClosed}},
		"the last can't be assessed":       {[]Face{blinking(0.9, 130), blinking(0.95, 10)}, CannotAssess, 0.9, []ReasonCode{TooDark, EyesClosed}},
		"an attack beside one that can't":  {[]Face{blinking(0.95, 10), blinking(0.2, 130)}, Attack, 0.2, []ReasonCode{TooDark, EyesClosed, AttackSuspected}},
		"the order doesn't matter to that": {[]Face{blinking(0.2, 130), blinking(0.95, 10)}, Attack, 0.2, []ReasonCode{TooDark, EyesClosed, AttackSuspected}},
		"one that can't before the others": {[]Face{blinking(0.95, 10), blinking(0.9, 130)}, CannotAssess, 0.9, []ReasonCode{TooDark, EyesClosed}},
	} {
		a := Assess(pictureOf(test.faces...), q)
		if a.Decision != test.decision || a.Score == nil || *a.Score != test.score {
			t.Errorf("%s: %s with score %v, want %s with %g", name, a.Decision, *a.Score, test.decision, test.score)
		}
		if diff := cmp.Diff(test.reasons, codes(a.Reasons)); diff != "" {
			t.Errorf("%s: %s", name, diff)
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
	for name, change := range map[string]func(*Requirements){
		"faces":    func(q *Requirements) { q.Faces = "some" },
		"required": func(q *Requirements) { q.Required = []ReasonCode{"NOSE"} },
	} {
		q := DefaultRequirements()
		change(&q)
		if err := q.Validate(); CodeOf(err) != CodeConfig || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestRequirementsValidateKnowsEveryRange(t *testing.T) {
	validates(t, func() Requirements {
		q := DefaultRequirements()
		q.MinLuminance = 0
		return q
	}, map[string]struct {
		of   func(*Requirements) *float64
		most float64
	}{
		"liveness":         {func(q *Requirements) *float64 { return &q.Liveness }, 1},
		"min_eye_distance": {func(q *Requirements) *float64 { return &q.MinEyeDistance }, math.MaxInt32},
		"max_face_share":   {func(q *Requirements) *float64 { return &q.MaxFaceShare }, 1},
		"min_border":       {func(q *Requirements) *float64 { return &q.MinBorder }, 0.5},
		"max_cropped":      {func(q *Requirements) *float64 { return &q.MaxCropped }, 1},
		"max_angle":        {func(q *Requirements) *float64 { return &q.MaxAngle }, 180},
		"max_occlusion":    {func(q *Requirements) *float64 { return &q.MaxOcclusion }, 1},
		"max_eye_closed":   {func(q *Requirements) *float64 { return &q.MaxEyeClosed }, 1},
		"max_mouth_opened": {func(q *Requirements) *float64 { return &q.MaxMouthOpened }, 1},
		"max_luminance":    {func(q *Requirements) *float64 { return &q.MaxLuminance }, 255},
		"min_luminance":    {func(q *Requirements) *float64 { return &q.MinLuminance }, DefaultRequirements().MaxLuminance},
		"min_sharpness":    {func(q *Requirements) *float64 { return &q.MinSharpness }, 1},
		"min_quality":      {func(q *Requirements) *float64 { return &q.MinQuality }, 1},
	})
}
