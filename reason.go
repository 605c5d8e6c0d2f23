package bonafide

import (
	"fmt"
	"math"
	"slices"
)

// ReasonCode is a stable name for one reason.
type ReasonCode string

// The codes of the reasons.
const (
	FaceNotFound      ReasonCode = "FACE_NOT_FOUND"
	TooManyFaces      ReasonCode = "TOO_MANY_FACES"
	FaceTooSmall      ReasonCode = "FACE_TOO_SMALL"
	FaceTooClose      ReasonCode = "FACE_TOO_CLOSE"
	FaceCloseToBorder ReasonCode = "FACE_CLOSE_TO_BORDER"
	FaceCropped       ReasonCode = "FACE_CROPPED"
	FaceAngleTooLarge ReasonCode = "FACE_ANGLE_TOO_LARGE"
	FaceIsOccluded    ReasonCode = "FACE_IS_OCCLUDED"
	EyesClosed        ReasonCode = "EYES_CLOSED"
	MouthOpen         ReasonCode = "MOUTH_OPEN"
	TooDark           ReasonCode = "TOO_DARK"
	TooBright         ReasonCode = "TOO_BRIGHT"
	Blurred           ReasonCode = "BLURRED"
	LowQuality        ReasonCode = "LOW_QUALITY"
	AttackSuspected   ReasonCode = "ATTACK_SUSPECTED"
	FramesIdentical   ReasonCode = "FRAMES_IDENTICAL"
	FaceChanged       ReasonCode = "FACE_CHANGED"
)

// Reason says why a decision is what it is, and what the person before the camera can do.
type Reason struct {
	Code ReasonCode `json:"code"`
	// Message is a sentence on what was found, Hint one on what to do.
	Message string `json:"message"`
	Hint    string `json:"hint"`
	// Blocking: the reason prevents a decision.
	Blocking bool `json:"blocking"`
	// Value was measured where Limit is allowed, both in Unit ("px", "°", "" for a plain number).
	Value float64 `json:"value"`
	Limit float64 `json:"limit"`
	Unit  string  `json:"unit"`
}

// check compares one measure of a face with one requirement.
type check struct {
	code    ReasonCode
	unit    string
	measure func(Report, Face) float64
	limit   func(Requirements) float64
	// tooMuch: the measure must not be above the limit; otherwise not below it.
	tooMuch bool
	// message gets the value and the limit as %[1]s and %[2]s.
	message, hint string
}

// checks are the checks of one face, in the order in which a person would mend them.
var checks = []check{
	{
		FaceTooSmall, "px", func(_ Report, f Face) float64 { return f.EyeDistance },
		func(q Requirements) float64 { return q.MinEyeDistance }, false,
		"The face is too small: the eyes are %[1]s apart, %[2]s are needed.", "Move closer to the camera.",
	},
	{
		FaceTooClose, "", faceShare, func(q Requirements) float64 { return q.MaxFaceShare }, true,
		"The face fills too much of the picture: %[1]s of its length, at most %[2]s is allowed.", "Move away from the camera.",
	},
	{
		FaceCropped, "", croppedShare, func(q Requirements) float64 { return q.MaxCropped }, true,
		"A part of the face is outside of the picture: %[1]s of its landmarks, at most %[2]s is allowed.", "Bring the whole face into the picture.",
	},
	{
		FaceCloseToBorder, "", borderShare, func(q Requirements) float64 { return q.MinBorder }, false,
		"The face is too near to the picture's edge: %[1]s of its side, %[2]s is needed.", "Move to the middle of the picture.",
	},
	{
		FaceAngleTooLarge, "°", largestAngle, func(q Requirements) float64 { return q.MaxAngle }, true,
		"The head is turned or tilted by %[1]s, at most %[2]s is allowed.", "Look straight into the camera and hold the head upright.",
	},
	{
		FaceIsOccluded, "", func(_ Report, f Face) float64 { return f.Occlusion },
		func(q Requirements) float64 { return q.MaxOcclusion }, true,
		"Something covers the face: occlusion is %[1]s, at most %[2]s is allowed.", "Take off mask, scarf or dark glasses, and keep hands off the face.",
	},
	{
		EyesClosed, "", func(_ Report, f Face) float64 { return max(f.LeftEyeClosed, f.RightEyeClosed) },
		func(q Requirements) float64 { return q.MaxEyeClosed }, true,
		"An eye is closed: %[1]s, at most %[2]s is allowed.", "Open your eyes.",
	},
	{
		MouthOpen, "", func(_ Report, f Face) float64 { return f.MouthOpened },
		func(q Requirements) float64 { return q.MaxMouthOpened }, true,
		"The mouth is open: %[1]s, at most %[2]s is allowed.", "Close your mouth.",
	},
	{
		TooDark, "", func(_ Report, f Face) float64 { return f.Luminance },
		func(q Requirements) float64 { return q.MinLuminance }, false,
		"The face is too dark: %[1]s of 255, %[2]s is needed.", "Turn towards the light.",
	},
	{
		TooBright, "", func(_ Report, f Face) float64 { return f.Luminance },
		func(q Requirements) float64 { return q.MaxLuminance }, true,
		"The face is too bright: %[1]s of 255, at most %[2]s is allowed.", "Turn away from the bright light.",
	},
	{
		Blurred, "", func(_ Report, f Face) float64 { return f.Quality.Measures.Sharpness },
		func(q Requirements) float64 { return q.MinSharpness }, false,
		"The face is blurred: sharpness is %[1]s, %[2]s is needed.", "Hold still and clean the lens.",
	},
	{
		LowQuality, "", func(_ Report, f Face) float64 { return f.Quality.Score },
		func(q Requirements) float64 { return q.MinQuality }, false,
		"The picture's quality is too low: %[1]s, %[2]s is needed.", "Take the picture again in good, even light.",
	},
}

// CheckCodes are the codes of the checks that Requirements.Required may name.
func CheckCodes() []ReasonCode {
	codes := make([]ReasonCode, len(checks))
	for i, c := range checks {
		codes[i] = c.code
	}
	return codes
}

// apply returns the reason when the face fails the check.
func (c check) apply(r Report, f Face, q Requirements) (Reason, bool) {
	value, limit := c.measure(r, f), c.limit(q)
	if c.tooMuch && value <= limit || !c.tooMuch && value >= limit {
		return Reason{}, false
	}
	return Reason{
		Code: c.code, Hint: c.hint, Blocking: slices.Contains(q.Required, c.code), Value: value, Limit: limit, Unit: c.unit,
		Message: fmt.Sprintf(c.message, quantity(value, c.unit), quantity(limit, c.unit)),
	}, true
}

// quantity writes a number for people: whole pixels, degrees and levels, shares with two digits.
func quantity(v float64, unit string) string {
	switch {
	case unit == "px":
		return fmt.Sprintf("%.0f px", v)
	case unit != "":
		return fmt.Sprintf("%.0f%s", v, unit)
	case v > 1:
		return fmt.Sprintf("%.0f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}

func attackSuspected(score, threshold float64) Reason {
	return Reason{
		Code: AttackSuspected, Value: score, Limit: threshold,
		Message: fmt.Sprintf("The picture looks like a print, a screen or a mask: its score is %.2f, more than %.2f is needed.", score, threshold),
		Hint:    "Show your own face to the camera, in even light and without glare.",
	}
}

// faceShare is the longer side of the face's box in proportion to the picture's longer side.
func faceShare(r Report, f Face) float64 {
	return float64(max(f.Box.X2-f.Box.X1, f.Box.Y2-f.Box.Y1)) / float64(max(r.Width, r.Height))
}

// croppedShare is the share of the landmarks that lie outside of the picture.
func croppedShare(r Report, f Face) float64 {
	outside := 0
	for _, p := range f.Landmarks {
		if p.X < 0 || p.Y < 0 || p.X >= float64(r.Width) || p.Y >= float64(r.Height) {
			outside++
		}
	}
	return float64(outside) / float64(len(f.Landmarks))
}

// borderShare is the box's least distance to an edge as a share of the picture's side across it.
func borderShare(r Report, f Face) float64 {
	w, h := float64(r.Width), float64(r.Height)
	return min(float64(f.Box.X1)/w, float64(f.Box.Y1)/h, float64(r.Width-f.Box.X2)/w, float64(r.Height-f.Box.Y2)/h)
}

// largestAngle is the largest of |yaw|, |pitch| and |roll|.
func largestAngle(_ Report, f Face) float64 {
	return max(math.Abs(f.Pose.Yaw), math.Abs(f.Pose.Pitch), math.Abs(f.Pose.Roll))
}
