package bonafide_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/bonafide-pad/bonafide"
)

// Example decides on one picture.
func Example() {
	analyzer, err := bonafide.Open(bonafide.Config{})
	if err != nil {
		panic(err)
	}
	defer analyzer.Close()
	picture, err := os.ReadFile("testdata/astronaut.jpg")
	if err != nil {
		panic(err)
	}
	report, err := analyzer.Analyze(context.Background(), picture)
	if err != nil {
		panic(err)
	}
	assessment := bonafide.Assess(report, bonafide.DefaultRequirements())
	fmt.Println(assessment.Decision)
	// Output: live
}

// Errors have a code, by which a program tells a bad picture from a fault.
func ExampleCodeOf() {
	analyzer, err := bonafide.Open(bonafide.Config{Limits: bonafide.Limits{Bytes: 1 << 20}})
	if err != nil {
		panic(err)
	}
	defer analyzer.Close()
	_, err = analyzer.Analyze(context.Background(), []byte("no picture"))
	switch bonafide.CodeOf(err) {
	case bonafide.CodeBadImage, bonafide.CodeTooLarge:
		fmt.Println("send another picture")
	default:
		fmt.Println("it is not the picture:", err)
	}

	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = analyzer.Analyze(canceled, nil)
	fmt.Println(errors.Is(err, context.Canceled))
	// Output:
	// send another picture
	// true
}

// Reasons say what a stricter application misses in a picture, and what to do.
func ExampleAssess() {
	requirements := bonafide.DefaultRequirements()
	requirements.MinEyeDistance = 60
	report := bonafide.Report{Width: 512, Height: 512, Faces: []bonafide.Face{{
		Box: bonafide.Box{X1: 177, Y1: 64, X2: 271, Y2: 173}, EyeDistance: 43, Luminance: 173, Liveness: 0.97,
		Quality: bonafide.Quality{Score: 0.75, Measures: bonafide.QualityMeasures{Sharpness: 0.9}},
	}}}
	assessment := bonafide.Assess(report, requirements)
	fmt.Println(assessment.Decision)
	for _, reason := range assessment.Reasons {
		fmt.Println(reason.Code, "-", reason.Hint)
	}
	// Output:
	// cannot_assess
	// FACE_TOO_SMALL - Move closer to the camera.
}

// Frames of one capture are compared as well: twice the same still is no camera's.
func ExampleAssessFrames() {
	analyzer, err := bonafide.Open(bonafide.Config{})
	if err != nil {
		panic(err)
	}
	defer analyzer.Close()
	picture, err := os.ReadFile("testdata/astronaut.jpg")
	if err != nil {
		panic(err)
	}
	report, err := analyzer.AnalyzeFrames(context.Background(), [][]byte{picture, picture})
	if err != nil {
		panic(err)
	}
	assessment := bonafide.AssessFrames(report, bonafide.DefaultRequirements())
	fmt.Println(assessment.Decision, assessment.Reasons[0].Code)
	// Output: cannot_assess FRAMES_IDENTICAL
}
