package bonafide

import "math"

// Policy holds the thresholds of a verdict. Change those of DefaultPolicy: by the zero Policy every face is real.
type Policy struct {
	// Liveness: above it a face is bona fide, 0..1.
	Liveness float64 `json:"liveness" yaml:"liveness"`
	// FrontAngle: a face looks ahead when |yaw|, |pitch| and |roll| are each below it, in degrees.
	FrontAngle float64 `json:"front_angle" yaml:"front_angle"`
	// Occlusion: above it a face is occluded, 0..1.
	Occlusion float64 `json:"occlusion" yaml:"occlusion"`
	// EyeClosed: above it an eye is closed, 0..1.
	EyeClosed float64 `json:"eye_closed" yaml:"eye_closed"`
	// MouthOpened: above it the mouth is open, 0..1.
	MouthOpened float64 `json:"mouth_opened" yaml:"mouth_opened"`
	// Border: a box nearer to an edge than this share of the side is at the boundary, 0..0.5.
	Border float64 `json:"border" yaml:"border"`
	// SmallEyeDistance: below it a face is small, in pixels.
	SmallEyeDistance float64 `json:"small_eye_distance" yaml:"small_eye_distance"`
	// QualityMedium and QualityHigh are where Medium and High begin, 0..1.
	QualityMedium float64 `json:"quality_medium" yaml:"quality_medium"`
	QualityHigh   float64 `json:"quality_high" yaml:"quality_high"`
	// LuminanceNormal and LuminanceLight are where Normal and Light begin, 0..255.
	LuminanceNormal float64 `json:"luminance_normal" yaml:"luminance_normal"`
	LuminanceLight  float64 `json:"luminance_light" yaml:"luminance_light"`
}

// DefaultPolicy has the reference system's thresholds.
func DefaultPolicy() Policy {
	return Policy{
		Liveness: 0.7, FrontAngle: 10, Occlusion: 0.9, EyeClosed: 0.8, MouthOpened: 0.5, Border: 0.05,
		SmallEyeDistance: 100, QualityMedium: 0.3, QualityHigh: 0.7, LuminanceNormal: 50, LuminanceLight: 200,
	}
}

// Validate returns an error with CodeConfig that names the first threshold out of its range.
func (p Policy) Validate() error {
	return ranges("policy", []setting{
		{"liveness", p.Liveness, 1},
		{"front_angle", p.FrontAngle, 180},
		{"occlusion", p.Occlusion, 1},
		{"eye_closed", p.EyeClosed, 1},
		{"mouth_opened", p.MouthOpened, 1},
		{"border", p.Border, 0.5},
		{"small_eye_distance", p.SmallEyeDistance, math.MaxInt32},
		{"quality_high", p.QualityHigh, 1},
		{"quality_medium", p.QualityMedium, p.QualityHigh},
		{"luminance_light", p.LuminanceLight, 255},
		{"luminance_normal", p.LuminanceNormal, p.LuminanceLight},
	})
}
