package bonafide

import "math"

// Result is the outcome of a picture, in the reference system's words.
type Result string

// The results of Judge.
const (
	Real          Result = "Real"
	Spoof         Result = "Spoof"
	NoFace        Result = "No face"
	MultipleFaces Result = "Multiple face"
)

// QualityLevel grades the quality score.
type QualityLevel string

// The grades of quality.
const (
	QualityLow    QualityLevel = "Low"
	QualityMedium QualityLevel = "Medium"
	QualityHigh   QualityLevel = "High"
)

// LuminanceLevel grades the mean luminance.
type LuminanceLevel string

// The grades of luminance.
const (
	LuminanceDark   LuminanceLevel = "Dark"
	LuminanceNormal LuminanceLevel = "Normal"
	LuminanceLight  LuminanceLevel = "Light"
)

// Verdict is what a Policy makes of a Report.
type Verdict struct {
	Result Result `json:"result"`
	// State is nil unless there is exactly one face.
	State *FaceState `json:"state"`
}

// FaceState holds the single judgements on the only face.
type FaceState struct {
	NotFront     bool           `json:"not_front"`
	Occluded     bool           `json:"occluded"`
	EyeClosed    bool           `json:"eye_closed"`
	MouthOpened  bool           `json:"mouth_opened"`
	BoundaryFace bool           `json:"boundary_face"`
	Small        bool           `json:"small"`
	Quality      QualityLevel   `json:"quality"`
	Luminance    LuminanceLevel `json:"luminance"`
	Liveness     float64        `json:"liveness"`
}

// Judge applies a policy to a report. It is a pure function.
func Judge(r Report, p Policy) Verdict {
	switch len(r.Faces) {
	case 0:
		return Verdict{Result: NoFace}
	case 1:
		return judgeFace(r, r.Faces[0], p)
	default:
		return Verdict{Result: MultipleFaces}
	}
}

func judgeFace(r Report, f Face, p Policy) Verdict {
	v := Verdict{Result: Spoof, State: &FaceState{
		NotFront:     max(math.Abs(f.Pose.Yaw), math.Abs(f.Pose.Pitch), math.Abs(f.Pose.Roll)) >= p.FrontAngle,
		Occluded:     f.Occlusion > p.Occlusion,
		EyeClosed:    max(f.LeftEyeClosed, f.RightEyeClosed) > p.EyeClosed,
		MouthOpened:  f.MouthOpened > p.MouthOpened,
		BoundaryFace: nearEdge(f.Box, r.Width, r.Height, p.Border),
		Small:        f.EyeDistance < p.SmallEyeDistance,
		Quality:      p.qualityLevel(f.Quality.Score),
		Luminance:    p.luminanceLevel(f.Luminance),
		Liveness:     f.Liveness,
	}}
	if f.Liveness > p.Liveness {
		v.Result = Real
	}
	return v
}

// nearEdge tells whether the box comes within the share border of the picture's sides of any edge.
func nearEdge(b Box, width, height int, border float64) bool {
	dx, dy := border*float64(width), border*float64(height)
	return float64(b.X1) < dx || float64(b.Y1) < dy || float64(width-b.X2) < dx || float64(height-b.Y2) < dy
}

func (p Policy) qualityLevel(score float64) QualityLevel {
	switch {
	case score < p.QualityMedium:
		return QualityLow
	case score < p.QualityHigh:
		return QualityMedium
	default:
		return QualityHigh
	}
}

func (p Policy) luminanceLevel(mean float64) LuminanceLevel {
	switch {
	case mean < p.LuminanceNormal:
		return LuminanceDark
	case mean < p.LuminanceLight:
		return LuminanceNormal
	default:
		return LuminanceLight
	}
}
