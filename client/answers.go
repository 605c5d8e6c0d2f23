package client

// Decision says what a picture shows.
type Decision string

// The decisions.
const (
	// Live is a real, present face.
	Live Decision = "live"
	// Spoof is a print, a screen or a mask.
	Spoof Decision = "spoof"
	// CannotAssess is a picture that allows no decision; the reasons say why.
	CannotAssess Decision = "cannot_assess"
)

// Answer is what one picture is answered with.
type Answer struct {
	RequestID string   `json:"request_id"`
	Decision  Decision `json:"decision"`
	// Score is the calibrated liveness, 0..1; nil when no face was assessed. Live is what is above Threshold.
	Score     *float64 `json:"score"`
	Threshold float64  `json:"threshold"`
	Policy    string   `json:"policy"`
	Profile   string   `json:"profile"`
	// Reasons explain the decision, those that prevent one first.
	Reasons []Reason `json:"reasons"`
	Picture Picture  `json:"picture"`
	// Faces and Evidence are absent with Brief.
	Faces    []Face    `json:"faces"`
	Evidence *Evidence `json:"evidence"`
}

// Reason is one reason, with what the person before the camera can do.
type Reason struct {
	Code     string  `json:"code"` // stable, such as FACE_TOO_SMALL
	Message  string  `json:"message"`
	Hint     string  `json:"hint"`
	Blocking bool    `json:"blocking"` // it prevents a decision
	Value    float64 `json:"value"`
	Limit    float64 `json:"limit"`
	Unit     string  `json:"unit"` // of value and limit: "px", "°" or ""
}

// Picture is the picture itself, upright, in pixels.
type Picture struct {
	Format string `json:"format"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// Face is one face with its measures; what has no unit is 0..1.
type Face struct {
	Box           Box     `json:"box"`
	Assessed      bool    `json:"assessed"`
	Confidence    float64 `json:"confidence"`
	Liveness      float64 `json:"liveness"`
	Cues          []Cue   `json:"cues"`
	Pose          Pose    `json:"pose"`
	LeftEyeClosed float64 `json:"left_eye_closed"`
	// RightEyeClosed is that of the eye further right in an unmirrored picture.
	RightEyeClosed float64 `json:"right_eye_closed"`
	MouthOpened    float64 `json:"mouth_opened"`
	Occlusion      float64 `json:"occlusion"`
	EyeDistance    float64 `json:"eye_distance"` // pixels
	Luminance      float64 `json:"luminance"`    // 0..255
	Quality        Quality `json:"quality"`
	Landmarks      []Point `json:"landmarks"` // 68 in iBUG's order, pixels
}

// Box is in whole pixels; X2 and Y2 are exclusive.
type Box struct {
	X1 int `json:"x1"`
	Y1 int `json:"y1"`
	X2 int `json:"x2"`
	Y2 int `json:"y2"`
}

// Cue is what one network says of one crop: a logit, positive for live.
type Cue struct {
	Network string  `json:"network"`
	Crop    string  `json:"crop"`
	Logit   float64 `json:"logit"`
}

// Pose is in degrees: yaw positive with the nose to the picture's left, pitch upwards, roll clockwise as seen.
type Pose struct {
	Yaw   float64 `json:"yaw"`
	Pitch float64 `json:"pitch"`
	Roll  float64 `json:"roll"`
}

// Quality is how usable a face is, 0..1, with its parts by name.
type Quality struct {
	Score    float64            `json:"score"`
	Measures map[string]float64 `json:"measures"`
}

// Point is a place in the picture, in pixels.
type Point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// Evidence is what an answer was made with.
type Evidence struct {
	Version string `json:"version"`
	// ProfileSHA256 identifies the calibration that scored liveness.
	ProfileSHA256 string             `json:"profile_sha256"`
	Models        []Model            `json:"models"`
	Timings       map[string]float64 `json:"timings_ms"`
}

// Model is a network in use.
type Model struct {
	Name    string `json:"name"`
	Purpose string `json:"purpose"`
	SHA256  string `json:"sha256"`
}

// QualityAnswer is what Quality is answered with.
type QualityAnswer struct {
	RequestID string    `json:"request_id"`
	Picture   Picture   `json:"picture"`
	Faces     []Face    `json:"faces"`
	Evidence  *Evidence `json:"evidence"`
}

// FramesAnswer is what several frames are answered with.
type FramesAnswer struct {
	RequestID string   `json:"request_id"`
	Decision  Decision `json:"decision"`
	Score     *float64 `json:"score"`
	Threshold float64  `json:"threshold"`
	Policy    string   `json:"policy"`
	Profile   string   `json:"profile"`
	Reasons   []Reason `json:"reasons"`
	// Best is the frame of the highest quality, −1 when none was assessed.
	Best int `json:"best"`
	// Identical are pairs of frames that show the same still; Changed are frames whose face looks unlike that of most.
	Identical [][2]int      `json:"identical"`
	Changed   []int         `json:"changed"`
	Frames    []FrameAnswer `json:"frames"`
	// Evidence is absent with Brief.
	Evidence *Evidence `json:"evidence"`
}

// FrameAnswer is what one frame is answered with.
type FrameAnswer struct {
	Decision Decision `json:"decision"`
	Score    *float64 `json:"score"`
	Reasons  []Reason `json:"reasons"`
	Picture  Picture  `json:"picture"`
	Faces    []Face   `json:"faces"`
}
