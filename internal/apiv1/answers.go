package apiv1

import (
	"github.com/bonafide-pad/bonafide"
)

// Answer is what a picture is answered with.
type Answer struct {
	RequestID string   `json:"request_id" doc:"The one in the header X-Request-Id and in the server's log."`
	Decision  string   `json:"decision" enum:"live,spoof,cannot_assess" doc:"live: a real, present face. spoof: a print, a screen or a mask. cannot_assess: the picture does not allow a decision; the reasons say why."`
	Score     *float64 `json:"score" minimum:"0" maximum:"1" doc:"The calibrated liveness; null when no face was assessed."`
	Threshold float64  `json:"threshold" minimum:"0" maximum:"1" doc:"Live above this score."`
	Policy    string   `json:"policy" doc:"The requirements that were applied."`
	Profile   string   `json:"profile" doc:"The calibration that scored liveness."`
	Reasons   []Reason `json:"reasons" doc:"What explains the decision and what to do, those that prevent a decision first."`
	Picture   Picture  `json:"picture"`
	Faces     []Face   `json:"faces,omitzero" doc:"Every face, largest first; left out with detail=brief."`
	Evidence  *Origin  `json:"evidence,omitempty" doc:"What the answer was made with; left out with detail=brief."`
}

// Reason is one reason.
type Reason struct {
	Code     string  `json:"code" doc:"Stable, such as FACE_TOO_SMALL."`
	Message  string  `json:"message" doc:"A sentence for people, with figures."`
	Hint     string  `json:"hint" doc:"What the person before the camera can do."`
	Blocking bool    `json:"blocking" doc:"Whether the reason prevents a decision."`
	Value    float64 `json:"value" doc:"What was measured, in unit."`
	Limit    float64 `json:"limit" doc:"What is allowed, in unit."`
	Unit     string  `json:"unit" enum:"px,°," doc:"px, degrees, or empty for a plain number."`
}

// Picture is the picture itself.
type Picture struct {
	Format string `json:"format" doc:"The kind of file, found from its bytes."`
	Width  int    `json:"width" minimum:"1" doc:"In pixels, upright."`
	Height int    `json:"height" minimum:"1" doc:"In pixels, upright."`
}

// Face is one face with all its measures.
type Face struct {
	Box        Box     `json:"box"`
	Assessed   bool    `json:"assessed" doc:"Whether the decision rests on this face."`
	Confidence float64 `json:"confidence" minimum:"0" maximum:"1" doc:"The detector's."`
	Liveness   float64 `json:"liveness" minimum:"0" maximum:"1" doc:"The calibrated score."`
	Cues       []Cue   `json:"cues" doc:"What each network says of each crop of the face."`
	Pose       Pose    `json:"pose"`
	LeftEye    float64 `json:"left_eye_closed" minimum:"0" maximum:"1" doc:"0 open, 1 closed. Left is further left in an unmirrored picture: landmarks 36 to 41."`
	RightEye   float64 `json:"right_eye_closed" minimum:"0" maximum:"1" doc:"Landmarks 42 to 47."`
	Mouth      float64 `json:"mouth_opened" minimum:"0" maximum:"1" doc:"0 closed, 1 wide open."`
	Occlusion  float64 `json:"occlusion" minimum:"0" maximum:"1" doc:"1: mouth, nose or eyes are covered."`
	EyeDist    float64 `json:"eye_distance" minimum:"0" doc:"Between the eyes' centres, in pixels."`
	Luminance  float64 `json:"luminance" minimum:"0" maximum:"255" doc:"The face's mean: 0 black, 255 white."`
	Quality    Quality `json:"quality"`
	Landmarks  []Point `json:"landmarks" minItems:"68" maxItems:"68" doc:"68 points in pixels, in iBUG order."`
}

// Box is a face's box.
type Box struct {
	X1 int `json:"x1" minimum:"0" doc:"Left edge, in whole pixels of the upright picture."`
	Y1 int `json:"y1" minimum:"0" doc:"Upper edge, in whole pixels."`
	X2 int `json:"x2" minimum:"0" doc:"Right edge, in whole pixels, exclusive."`
	Y2 int `json:"y2" minimum:"0" doc:"Lower edge, in whole pixels, exclusive."`
}

// Cue is what one network says of one crop.
type Cue struct {
	Network string  `json:"network" doc:"The network's file."`
	Crop    string  `json:"crop" doc:"What the network saw of the face."`
	Logit   float64 `json:"logit" doc:"ln(p/(1-p)) of a bona fide presentation: positive for live."`
}

// Pose is a head's direction.
type Pose struct {
	Yaw   float64 `json:"yaw" minimum:"-99" maximum:"99" doc:"Degrees, positive with the nose to the picture's left."`
	Pitch float64 `json:"pitch" minimum:"-99" maximum:"99" doc:"Degrees, positive upwards."`
	Roll  float64 `json:"roll" minimum:"-99" maximum:"99" doc:"Degrees, positive clockwise as seen."`
}

// Quality is how usable a face is.
type Quality struct {
	Score    float64         `json:"score" minimum:"0" maximum:"1" doc:"The weighted product of the measures: 1 where there is nothing to object to."`
	Measures QualityMeasures `json:"measures"`
}

// QualityMeasures are the parts of a quality score, each 1 where there is nothing to object to.
type QualityMeasures struct {
	Sharpness    float64 `json:"sharpness" minimum:"0" maximum:"1" doc:"Fine detail in proportion to coarse detail, without noise."`
	Noise        float64 `json:"noise" minimum:"0" maximum:"1" doc:"1 without noise."`
	Compression  float64 `json:"compression" minimum:"0" maximum:"1" doc:"1 without traces of JPEG's blocks."`
	Brightness   float64 `json:"brightness" minimum:"0" maximum:"1" doc:"Whether the mean luminance is neither dark nor bright."`
	Exposure     float64 `json:"exposure" minimum:"0" maximum:"1" doc:"The share of the face that is neither black nor white."`
	DynamicRange float64 `json:"dynamic_range" minimum:"0" maximum:"1" doc:"Entropy of the luminance, 1 from 7 bits up."`
	Uniformity   float64 `json:"uniformity" minimum:"0" maximum:"1" doc:"How alike the light on the two halves is."`
	Colour       float64 `json:"colour" minimum:"0" maximum:"1" doc:"How near the mean colour is to skin's."`
	Size         float64 `json:"size" minimum:"0" maximum:"1" doc:"From the distance of the eyes."`
	Pose         float64 `json:"pose" minimum:"0" maximum:"1" doc:"cos² of yaw, pitch and roll."`
}

// Point is a place in the picture.
type Point struct {
	X float64 `json:"x" doc:"In pixels of the upright picture, from its left edge; a point may lie outside."`
	Y float64 `json:"y" doc:"In pixels, from the upper edge."`
}

// Origin is what an answer was made with.
type Origin struct {
	Version       string             `json:"version" doc:"bonafide's."`
	ProfileSHA256 string             `json:"profile_sha256,omitempty" pattern:"^[0-9a-f]{64}$" doc:"Of the calibration that scored liveness: another value, another calibration, whatever its name."`
	Models        []Model            `json:"models" doc:"The networks in use."`
	Timings       map[string]float64 `json:"timings_ms" doc:"Milliseconds by stage."`
}

// Model is a network in use.
type Model struct {
	Name    string `json:"name" doc:"Its file."`
	Purpose string `json:"purpose" doc:"What it measures, such as liveness."`
	SHA256  string `json:"sha256" pattern:"^[0-9a-f]{64}$" doc:"The digest of its file, in hexadecimal."`
}

func (a *API) answer(id string, in *livenessInput, r bonafide.Report, s bonafide.Assessment) Answer {
	out := Answer{
		RequestID: id, Decision: string(s.Decision), Score: s.Score, Threshold: s.Threshold, Policy: in.Policy, Profile: in.Profile,
		Reasons: reasons(s.Reasons), Picture: Picture{Format: r.Format, Width: r.Width, Height: r.Height},
	}
	if in.full() {
		out.Faces = a.faces(r)
		for _, subject := range s.Subjects {
			if subject.Face < len(out.Faces) {
				out.Faces[subject.Face].Assessed = true
			}
		}
		out.Evidence = a.origin(r)
	}
	return out
}

// origin is what the reports of one request, of which there is at least one, were made with.
func (a *API) origin(reports ...bonafide.Report) *Origin {
	o := &Origin{Version: a.Version, ProfileSHA256: reports[0].ProfileSHA256, Models: []Model{}, Timings: map[string]float64{}}
	for _, m := range a.Models {
		o.Models = append(o.Models, Model{Name: m.File, Purpose: m.Purpose, SHA256: m.SHA256})
	}
	for _, r := range reports {
		for _, t := range r.Timings {
			o.Timings[t.Stage] += float64(t.Duration.Microseconds()) / 1000
		}
	}
	return o
}

func reasons(list []bonafide.Reason) []Reason {
	out := []Reason{}
	for _, r := range list {
		out = append(out, Reason{
			Code: string(r.Code), Message: r.Message, Hint: r.Hint, Blocking: r.Blocking, Value: r.Value, Limit: r.Limit, Unit: r.Unit,
		})
	}
	return out
}

// faces are those that the licence lets the answer hold.
func (a *API) faces(r bonafide.Report) []Face {
	out := []Face{}
	for _, f := range r.Faces[:a.Reported(len(r.Faces))] {
		face := Face{
			Box: Box(f.Box), Confidence: f.Confidence, Liveness: f.Liveness, Cues: []Cue{}, Pose: Pose(f.Pose),
			LeftEye: f.LeftEyeClosed, RightEye: f.RightEyeClosed, Mouth: f.MouthOpened, Occlusion: f.Occlusion,
			EyeDist: f.EyeDistance, Luminance: f.Luminance,
			Quality: Quality{Score: f.Quality.Score, Measures: QualityMeasures(f.Quality.Measures)},
		}
		for _, c := range f.Cues {
			face.Cues = append(face.Cues, Cue(c))
		}
		for _, p := range f.Landmarks {
			face.Landmarks = append(face.Landmarks, Point(p))
		}
		out = append(out, face)
	}
	return out
}
