package bonafide

import (
	"time"

	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/sequence"
)

// Report is what was measured on one picture.
type Report struct {
	// Format is the kind of file, found from its bytes: "jpeg", "png", "webp", "gif", "bmp" or "tiff".
	Format string `json:"format"`
	// Width and Height are those of the upright picture, in pixels.
	Width  int `json:"width"`
	Height int `json:"height"`
	// Faces are the faces found, largest first, at most Config.MaxFaces: where there are so many, the picture may have more.
	Faces []Face `json:"faces"`
	// ProfileSHA256 identifies the profile that scored liveness, see Profile.SHA256; empty without one.
	ProfileSHA256 string `json:"profile_sha256"`
	// Timings say how long each stage took. On an idle core liveness runs beside the stages before it: the sum is more than the whole then.
	Timings []Timing `json:"timings"`
	// Fingerprint lets CompareFrames compare the picture with others of the same capture, where it was analysed ForComparison. It is a few
	// thousand grey levels, and never part of an answer.
	Fingerprint Fingerprint `json:"-"`
}

// Fingerprint is what is kept of a picture for comparing it with others of the same capture.
type Fingerprint = sequence.Fingerprint

// Face is one face with all its measures. "Left" is what is further left in an unmirrored picture: landmarks 36–41
// belong to the left eye (the person's own right), 42–47 to the right eye.
type Face struct {
	Box Box `json:"box"`
	// Confidence is the detector's, 0..1.
	Confidence float64 `json:"confidence"`
	// Landmarks are 68 points in pixels, in iBUG order.
	Landmarks Landmarks `json:"landmarks"`
	Pose      Pose      `json:"pose"`
	// LeftEyeClosed, RightEyeClosed, MouthOpened and Occlusion are 0 (not at all) to 1.
	LeftEyeClosed  float64 `json:"left_eye_closed"`
	RightEyeClosed float64 `json:"right_eye_closed"`
	MouthOpened    float64 `json:"mouth_opened"`
	Occlusion      float64 `json:"occlusion"`
	// EyeDistance is the distance of the eyes' centres in pixels.
	EyeDistance float64 `json:"eye_distance"`
	// Luminance is the mean inside the face's outline (jaw and brows), 0 (black) to 255 (white).
	Luminance float64 `json:"luminance"`
	Quality   Quality `json:"quality"`
	// Liveness is 0 (attack) to 1 (bona fide), of the fused Cues.
	Liveness float64 `json:"liveness"`
	Cues     []Cue   `json:"cues"`
}

// Box is a face's box in whole pixels of the upright picture, inside of it; X2 and Y2 are exclusive.
type Box struct {
	X1 int `json:"x1"`
	Y1 int `json:"y1"`
	X2 int `json:"x2"`
	Y2 int `json:"y2"`
}

// Point is a place in the upright picture, in pixels.
type Point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// Landmarks are the 68 points of iBUG's scheme: jaw 0–16, brows 17–26, nose 27–35, eyes 36–47, lips 48–67.
type Landmarks [landmark.Count]Point

// Pose is a head's direction in degrees: Yaw positive with the nose to the picture's left, Pitch positive upwards, Roll
// positive clockwise as seen.
type Pose struct {
	Yaw   float64 `json:"yaw"`
	Pitch float64 `json:"pitch"`
	Roll  float64 `json:"roll"`
}

// Quality is how usable the face is, 0..1, with the measures that it is made of.
type Quality struct {
	Score    float64         `json:"score"`
	Measures QualityMeasures `json:"measures"`
}

// QualityMeasures are 0 (unusable) to 1 (nothing to object to) each, after ISO/IEC 29794-5. Score is their weighted product.
type QualityMeasures struct {
	// Sharpness is fine detail in proportion to coarse detail and to the size of the face; noise does not count as detail.
	Sharpness float64 `json:"sharpness"`
	// Noise is 1 up to a standard deviation of 2 levels of 255, 0.5 at 9.
	Noise float64 `json:"noise"`
	// Compression is 1 without, 0.5 at steps of 3 levels of 255 between a JPEG's blocks.
	Compression float64 `json:"compression"`
	// Brightness judges the mean luminance, Exposure is the share of the face that is neither nearly black nor nearly white.
	Brightness float64 `json:"brightness"`
	Exposure   float64 `json:"exposure"`
	// DynamicRange is the entropy of the luminance, 1 from 7 bits up.
	DynamicRange float64 `json:"dynamic_range"`
	// Uniformity says how alike the light on the face's two halves is.
	Uniformity float64 `json:"uniformity"`
	// Colour says how near the mean colour is to that of skin; 1 for a picture without colour.
	Colour float64 `json:"colour"`
	// Size judges the distance of the eyes: 0.63 at 40 pixels, 0.98 at 80.
	Size float64 `json:"size"`
	// Pose is cos² of yaw, pitch and roll, multiplied.
	Pose float64 `json:"pose"`
}

// Cue is what one network says of one crop of a face.
type Cue struct {
	Network string `json:"network"`
	Crop    string `json:"crop"`
	// Logit is ln(p/(1−p)) of a bona fide presentation.
	Logit float64 `json:"logit"`
}

// Timing is the time that one stage took for the whole picture.
type Timing struct {
	Stage    string        `json:"stage"`
	Duration time.Duration `json:"nanoseconds"`
}
