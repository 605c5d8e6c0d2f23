// Package quality measures how usable the picture of a face is, after the pixel and landmark measures of ISO/IEC 29794-5.
//
// Every measure is 0 (unusable) to 1 (nothing to object to) and is about one thing only; Fuse makes one score of them. Light is
// measured on the upright face at 64×64, sharpness and noise on the inner face, brows to lower lip, at its own resolution, reduced to
// at most 160 pixels (what is finer than that tells nothing about a face), compression in the picture's own pixels.
package quality

import (
	"math"

	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

// Measures are 0 (unusable) to 1 (nothing to object to) each.
type Measures struct {
	// Sharpness is fine detail in proportion to coarse detail and to the size of the face, with the part that is noise taken off.
	Sharpness float64
	// Noise is 1 up to a standard deviation of 2 levels of 255, 0.5 at 9.
	Noise float64
	// Compression is 1 without, 0.5 at steps of 3 levels of 255 between the blocks of a JPEG.
	Compression float64
	// Brightness judges the mean luminance: too dark and too bright are 0.
	Brightness float64
	// Exposure is the share of the face that is neither nearly black (≤ 25) nor nearly white (≥ 247).
	Exposure float64
	// DynamicRange is the entropy of the luminance's histogram, 1 from 7 bits up.
	DynamicRange float64
	// Uniformity says how alike the light on the face's two halves is.
	Uniformity float64
	// Colour says how near the mean colour is to that of skin; 1 for a picture without colour.
	Colour float64
	// Size judges the distance of the eyes: 0.63 at 40 pixels, 0.98 at 80.
	Size float64
	// Pose is cos² of yaw, pitch and roll, multiplied.
	Pose float64
}

// Angles are a head's in degrees.
type Angles struct{ Yaw, Pitch, Roll float64 }

// Result is what Measure found.
type Result struct {
	Measures Measures
	// Score is Fuse of the measures, 0..1.
	Score float64
	// Luminance is the mean of the pixels inside the outline of the face (jaw and brows), 0..255.
	Luminance float64
}

// Measure judges one face of a picture.
func Measure(im *raster.Image, points *landmark.Points, pose Angles) (Result, error) {
	light, err := measureLight(im, points)
	if err != nil {
		return Result{}, err
	}
	detail, err := measureDetail(im, points)
	if err != nil {
		return Result{}, err
	}
	m := Measures{
		Sharpness:    detail.sharpness(),
		Noise:        detail.noiselessness(),
		Compression:  detail.compression(),
		Brightness:   light.brightness(),
		Exposure:     light.exposure(),
		DynamicRange: min(1, light.entropy()/7),
		Uniformity:   light.uniformity(),
		Colour:       light.naturalColour(),
		Size:         sizeOf(points.EyeDistance()),
		Pose:         pose.frontal(),
	}
	return Result{Measures: m, Score: Fuse(m), Luminance: light.mean()}, nil
}

// sizeOf judges the distance of the eyes in pixels.
func sizeOf(eyeDistance float64) float64 { return 1 - math.Exp(-math.Pow(eyeDistance/40, 2)) }

// frontal is the head pose measure of ISO/IEC 29794-5, max(0, cos)² of each angle, multiplied.
func (a Angles) frontal() float64 {
	f := 1.0
	for _, degrees := range []float64{a.Yaw, a.Pitch, a.Roll} {
		f *= math.Pow(max(0, math.Cos(degrees*math.Pi/180)), 2)
	}
	return f
}
