package bonafide

import (
	"fmt"
	"math"
	"slices"
)

// FaceChoice says which faces of a picture are assessed.
type FaceChoice string

// The choices of faces.
const (
	// RejectMany assesses the only face and refuses pictures with several.
	RejectMany FaceChoice = "reject"
	// LargestFace assesses the largest face.
	LargestFace FaceChoice = "largest"
	// CentralFace assesses the face nearest to the picture's centre.
	CentralFace FaceChoice = "central"
	// AllFaces assesses every face of the report, at most Config.MaxFaces; the picture is live when all are.
	AllFaces FaceChoice = "all"
)

// FaceChoices are all choices of faces.
func FaceChoices() []FaceChoice { return []FaceChoice{RejectMany, LargestFace, CentralFace, AllFaces} }

// Requirements say what a picture must be like for Assess to decide, and from which score it is live. Change those of DefaultRequirements: by the
// zero Requirements every face is live.
type Requirements struct {
	// Liveness: above it a face is live, 0..1.
	Liveness float64 `json:"liveness" yaml:"liveness"`
	// Faces says which faces are assessed.
	Faces FaceChoice `json:"faces" yaml:"faces"`
	// MinEyeDistance in pixels; MaxFaceShare is the face's longer side in proportion to the picture's longer side, 0..1.
	MinEyeDistance float64 `json:"min_eye_distance" yaml:"min_eye_distance"`
	MaxFaceShare   float64 `json:"max_face_share" yaml:"max_face_share"`
	// MinBorder is the least distance of the box to an edge as a share of the picture's side, 0..0.5; MaxCropped the largest
	// share of the landmarks that may lie outside of the picture, 0..1.
	MinBorder  float64 `json:"min_border" yaml:"min_border"`
	MaxCropped float64 `json:"max_cropped" yaml:"max_cropped"`
	// MaxAngle bounds |yaw|, |pitch| and |roll|, in degrees.
	MaxAngle float64 `json:"max_angle" yaml:"max_angle"`
	// MaxOcclusion, MaxEyeClosed and MaxMouthOpened are 0..1.
	MaxOcclusion   float64 `json:"max_occlusion" yaml:"max_occlusion"`
	MaxEyeClosed   float64 `json:"max_eye_closed" yaml:"max_eye_closed"`
	MaxMouthOpened float64 `json:"max_mouth_opened" yaml:"max_mouth_opened"`
	// MinLuminance and MaxLuminance bound the face's mean, 0..255.
	MinLuminance float64 `json:"min_luminance" yaml:"min_luminance"`
	MaxLuminance float64 `json:"max_luminance" yaml:"max_luminance"`
	// MinSharpness and MinQuality are 0..1.
	MinSharpness float64 `json:"min_sharpness" yaml:"min_sharpness"`
	MinQuality   float64 `json:"min_quality" yaml:"min_quality"`
	// Required are the checks that a picture must pass to be assessed at all; a failed check that is not required is a
	// reason beside the decision. FACE_NOT_FOUND and TOO_MANY_FACES are always required.
	Required []ReasonCode `json:"required" yaml:"required"`
}

// DefaultRequirements are lenient: they refuse only what the networks cannot judge, and hint at the rest. The limits of
// products of this field are stricter (eyes 50 to 120 pixels apart, angles of 20 to 30 degrees) and can be set.
func DefaultRequirements() Requirements {
	return Requirements{
		Liveness: 0.7, Faces: RejectMany,
		MinEyeDistance: 24, MaxFaceShare: 0.9, MinBorder: 0.01, MaxCropped: 0.15, MaxAngle: 40,
		MaxOcclusion: 0.9, MaxEyeClosed: 0.8, MaxMouthOpened: 0.5,
		MinLuminance: 30, MaxLuminance: 230, MinSharpness: 0.1, MinQuality: 0.1,
		Required: []ReasonCode{FaceTooSmall, FaceCropped, FaceAngleTooLarge, FaceIsOccluded, TooDark, TooBright},
	}
}

// Validate returns an error with CodeConfig that names the first setting out of its range.
func (q Requirements) Validate() error {
	if !slices.Contains(FaceChoices(), q.Faces) {
		return coded(CodeConfig, "requirements: faces is %q, allowed are %q", q.Faces, FaceChoices())
	}
	for _, code := range q.Required {
		if !slices.Contains(CheckCodes(), code) {
			return coded(CodeConfig, "requirements: required has %q, allowed are %q", code, CheckCodes())
		}
	}
	return ranges("requirements", []setting{
		{"liveness", q.Liveness, 1}, {"min_eye_distance", q.MinEyeDistance, math.MaxInt32}, {"max_face_share", q.MaxFaceShare, 1},
		{"min_border", q.MinBorder, 0.5}, {"max_cropped", q.MaxCropped, 1}, {"max_angle", q.MaxAngle, 180},
		{"max_occlusion", q.MaxOcclusion, 1}, {"max_eye_closed", q.MaxEyeClosed, 1}, {"max_mouth_opened", q.MaxMouthOpened, 1},
		{"max_luminance", q.MaxLuminance, 255}, {"min_luminance", q.MinLuminance, q.MaxLuminance},
		{"min_sharpness", q.MinSharpness, 1}, {"min_quality", q.MinQuality, 1},
	})
}

// setting is a number that must lie in 0..most.
type setting struct {
	name        string
	value, most float64
}

func ranges(what string, settings []setting) error {
	for _, s := range settings {
		if !(s.value >= 0 && s.value <= s.most) { // not written the other way round: NaN must fail
			return coded(CodeConfig, "%s: %s is %g, allowed is 0 to %g", what, s.name, s.value, s.most)
		}
	}
	return nil
}

// choose returns the indexes of the faces to assess, or the reason why there is none.
func (q Requirements) choose(r Report) ([]int, *Reason) {
	switch {
	case len(r.Faces) == 0:
		return nil, &Reason{
			Code: FaceNotFound, Blocking: true, Message: "There is no face in the picture.",
			Hint: "Look into the camera so that the whole face is in the picture.",
		}
	case len(r.Faces) == 1 || q.Faces == LargestFace:
		return []int{0}, nil
	case q.Faces == AllFaces:
		all := make([]int, len(r.Faces))
		for i := range all {
			all[i] = i
		}
		return all, nil
	case q.Faces == CentralFace:
		return []int{central(r)}, nil
	default:
		return nil, &Reason{
			Code: TooManyFaces, Blocking: true, Value: float64(len(r.Faces)), Limit: 1,
			Message: fmt.Sprintf("There are %d faces in the picture.", len(r.Faces)),
			Hint:    "Make sure that only one person is in the picture.",
		}
	}
}

// central is the index of the face nearest to the picture's centre.
func central(r Report) int {
	best, nearest := 0, math.Inf(1)
	for i, f := range r.Faces {
		dx := float64(f.Box.X1+f.Box.X2-r.Width) / 2
		dy := float64(f.Box.Y1+f.Box.Y2-r.Height) / 2
		if d := math.Hypot(dx, dy); d < nearest {
			best, nearest = i, d
		}
	}
	return best
}
