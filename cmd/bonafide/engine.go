package main

import "github.com/bonafide-pad/bonafide"

// engineFlags say how the analyser is opened: shared by every command that analyses.
type engineFlags struct {
	Models    string `help:"Folder with the networks and ONNX Runtime (default: models, here or beside the program, or in /usr/local/share/bonafide)." env:"BONAFIDE_MODELS" placeholder:"DIR" group:"Engine"`
	MaxBytes  int64  `help:"Largest file, in bytes." env:"BONAFIDE_MAX_BYTES" default:"20971520" group:"Engine"`
	MaxPixels int64  `help:"Largest picture, in pixels." env:"BONAFIDE_MAX_PIXELS" default:"50000000" group:"Engine"`
	MaxSide   int    `help:"Longest side, in pixels." env:"BONAFIDE_MAX_SIDE" default:"16000" group:"Engine"`
	MaxFaces  int    `help:"Most faces measured in a picture, the largest ones, 2 to 10: a second one must be known of to be refused." env:"BONAFIDE_MAX_FACES" default:"10" group:"Engine"`
}

func (f engineFlags) config() bonafide.Config {
	return bonafide.Config{
		Models:   f.Models,
		Limits:   bonafide.Limits{Bytes: f.MaxBytes, Pixels: f.MaxPixels, Side: f.MaxSide},
		MaxFaces: f.MaxFaces,
	}
}

// policyFlags are the thresholds of the verdict.
type policyFlags struct {
	Liveness         float64 `help:"Live above this score, 0 to 1." env:"LIVENESS" default:"0.7" group:"Policy"`
	FrontAngle       float64 `help:"Looks ahead with yaw, pitch and roll below this, in degrees." env:"FRONT_ANGLE" default:"10" group:"Policy"`
	Occlusion        float64 `help:"Occluded above this, 0 to 1." env:"OCCLUSION" default:"0.9" group:"Policy"`
	EyeClosed        float64 `help:"Eye closed above this, 0 to 1." env:"EYE_CLOSED" default:"0.8" group:"Policy"`
	MouthOpened      float64 `help:"Mouth open above this, 0 to 1." env:"MOUTH_OPENED" default:"0.5" group:"Policy"`
	Border           float64 `help:"At the boundary when nearer to an edge than this share of the side, 0 to 0.5." env:"BORDER" default:"0.05" group:"Policy"`
	SmallEyeDistance float64 `help:"Small when the eyes are nearer than this, in pixels." env:"SMALL_EYE_DISTANCE" default:"100" group:"Policy"`
	QualityMedium    float64 `help:"Quality is medium from here, 0 to 1." env:"QUALITY_MEDIUM" default:"0.3" group:"Policy"`
	QualityHigh      float64 `help:"Quality is high from here, 0 to 1." env:"QUALITY_HIGH" default:"0.7" group:"Policy"`
	LuminanceNormal  float64 `help:"Luminance is normal from here, 0 to 255." env:"LUMINANCE_NORMAL" default:"50" group:"Policy"`
	LuminanceLight   float64 `help:"Luminance is light from here, 0 to 255." env:"LUMINANCE_LIGHT" default:"200" group:"Policy"`
}

func (f policyFlags) policy() (bonafide.Policy, error) {
	p := bonafide.Policy(f)
	return p, p.Validate()
}

// requirements are the native API's defaults with the policy's thresholds where the two mean the same.
func requirements(p bonafide.Policy) bonafide.Requirements {
	q := bonafide.DefaultRequirements()
	q.Liveness, q.MaxOcclusion, q.MaxEyeClosed, q.MaxMouthOpened = p.Liveness, p.Occlusion, p.EyeClosed, p.MouthOpened
	return q
}
