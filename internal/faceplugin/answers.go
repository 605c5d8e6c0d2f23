package faceplugin

import (
	"bytes"
	"encoding/json"

	"github.com/bonafide-pad/bonafide"
)

// The results of this API beyond those of bonafide.Judge.
const (
	failedToOpen = "Failed to open file"
	notActivated = "Not activated"
)

// float is a JSON number with a decimal point or an exponent: clients in typed languages tell it from an integer.
type float float64

func (f float) MarshalJSON() ([]byte, error) {
	text, err := json.Marshal(float64(f))
	if err == nil && !bytes.ContainsAny(text, ".e") {
		text = append(text, ".0"...)
	}
	return text, err
}

// detection is the answer of the two detection routes.
type detection struct {
	FaceState faceState `json:"face_state"`
	Faces     []face    `json:"faces"`
}

type faceState struct {
	IsNotFront     *bool                    `json:"is_not_front"`
	IsOccluded     *bool                    `json:"is_occluded"`
	EyeClosed      *bool                    `json:"eye_closed"`
	MouthOpened    *bool                    `json:"mouth_opened"`
	IsBoundaryFace *bool                    `json:"is_boundary_face"`
	IsSmall        *bool                    `json:"is_small"`
	Quality        *bonafide.QualityLevel   `json:"quality"`
	Luminance      *bonafide.LuminanceLevel `json:"luminance"`
	Result         string                   `json:"result"`
	LivenessScore  *float                   `json:"liveness_score"`
}

type face struct {
	X1             int     `json:"x1"`
	Y1             int     `json:"y1"`
	X2             int     `json:"x2"`
	Y2             int     `json:"y2"`
	Liveness       float   `json:"liveness"`
	Yaw            float   `json:"yaw"`
	Roll           float   `json:"roll"`
	Pitch          float   `json:"pitch"`
	FaceQuality    float   `json:"face_quality"`
	FaceLuminance  float   `json:"face_luminance"`
	EyeDist        float   `json:"eye_dist"`
	LeftEyeClosed  float   `json:"left_eye_closed"`
	RightEyeClosed float   `json:"right_eye_closed"`
	FaceOcclusion  float   `json:"face_occlusion"`
	MouthOpened    float   `json:"mouth_opened"`
	Landmark68     []point `json:"landmark_68"`
}

type point struct {
	X float `json:"x"`
	Y float `json:"y"`
}

// withoutFaces is the answer when no face was measured.
func withoutFaces(result string) detection {
	return detection{FaceState: faceState{Result: result}, Faces: []face{}}
}

func newDetection(r bonafide.Report, v bonafide.Verdict) detection {
	d := withoutFaces(string(v.Result))
	for _, f := range r.Faces {
		d.Faces = append(d.Faces, newFace(f))
	}
	if s := v.State; s != nil {
		score := float(s.Liveness)
		d.FaceState = faceState{
			IsNotFront: &s.NotFront, IsOccluded: &s.Occluded, EyeClosed: &s.EyeClosed, MouthOpened: &s.MouthOpened,
			IsBoundaryFace: &s.BoundaryFace, IsSmall: &s.Small, Quality: &s.Quality, Luminance: &s.Luminance,
			Result: string(v.Result), LivenessScore: &score,
		}
	}
	return d
}

func newFace(f bonafide.Face) face {
	points := make([]point, len(f.Landmarks))
	for i, p := range f.Landmarks {
		points[i] = point{float(p.X), float(p.Y)}
	}
	return face{
		X1: f.Box.X1, Y1: f.Box.Y1, X2: f.Box.X2, Y2: f.Box.Y2,
		Liveness: float(f.Liveness),
		Yaw:      float(f.Pose.Yaw), Roll: float(f.Pose.Roll), Pitch: float(f.Pose.Pitch),
		FaceQuality: float(f.Quality.Score), FaceLuminance: float(f.Luminance), EyeDist: float(f.EyeDistance),
		LeftEyeClosed: float(f.LeftEyeClosed), RightEyeClosed: float(f.RightEyeClosed),
		FaceOcclusion: float(f.Occlusion), MouthOpened: float(f.MouthOpened),
		Landmark68: points,
	}
}
