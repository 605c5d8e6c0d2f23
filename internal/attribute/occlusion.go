package attribute

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

// OcclusionModel is the file of OcclusionNet. It was trained by training/occlusion; its README is the network's card.
//
//go:embed occlusion.onnx
var OcclusionModel []byte

// OcclusionNet is the project's own network for what hides a face (Apache-2.0, recipe and card in training/occlusion).
//
// Input: 1×3×64×64, planes RGB of the upright face (OcclusionPatch) less the mean of all its values, divided by their standard
// deviation. Output: 4 logits, for the left eye, the right eye, the tip of the nose and the mouth being covered.
type OcclusionNet struct{ session infer.Session }

const (
	// OcclusionSide is the side of the patch that the network sees, in pixels.
	OcclusionSide = 64
	// occlusionReach is the side of the patch in spreads of the landmarks: the face's outline nearly fills it.
	occlusionReach = 3.0
	// occlusionDeviation is the least that a patch is divided by, so that a black picture's noise is not blown up.
	occlusionDeviation = 4
)

// NewOcclusionNet loads the embedded network.
func NewOcclusionNet(b infer.Backend) (*OcclusionNet, error) {
	s, err := b.Load(infer.Network{Name: "occlusion", Model: OcclusionModel, Input: "patch", Outputs: []string{"covered"}})
	if err != nil {
		return nil, err
	}
	return &OcclusionNet{session: s}, nil
}

// Close releases the network.
func (n *OcclusionNet) Close() error { return n.session.Close() }

// Covered says of parts of a face how likely each is hidden, 0..1. Left is the picture's left.
type Covered struct{ LeftEye, RightEye, Nose, Mouth float64 }

// Occlusion is how likely something hides part of the face, 0..1: the largest of the four, where an eye counts as far as the turn
// of the head lets it be seen. The network takes an eye that the nose hides for a covered one.
func (c Covered) Occlusion(p Pose) float64 {
	return max(c.LeftEye*facing(p.Yaw), c.RightEye*facing(-p.Yaw), c.Nose, c.Mouth)
}

// Measure judges one face.
func (n *OcclusionNet) Measure(ctx context.Context, im *raster.Image, points *landmark.Points) (Covered, error) {
	patch, err := OcclusionPatch(im, points)
	if err != nil {
		return Covered{}, err
	}
	mean, deviation := moments(patch)
	gain := 1 / max(deviation, occlusionDeviation)
	for i, v := range patch {
		patch[i] = (v - mean) * gain
	}
	out, err := n.session.Run(ctx, infer.Tensor{Shape: []int{1, 3, OcclusionSide, OcclusionSide}, Data: patch})
	if err != nil {
		return Covered{}, err
	}
	if err := out[0].Expect(1, 4); err != nil {
		return Covered{}, fmt.Errorf("occlusion: %w", err)
	}
	p := func(i int) float64 { return sigmoid(float64(out[0].Data[i])) }
	return Covered{LeftEye: p(0), RightEye: p(1), Nose: p(2), Mouth: p(3)}, nil
}

// OcclusionPatch samples the upright face: OcclusionSide² pixels, planes RGB, 0..255. The training reads the same.
func OcclusionPatch(im *raster.Image, points *landmark.Points) ([]float32, error) {
	patch := make([]float32, 3*OcclusionSide*OcclusionSide)
	toPicture := points.Upright(OcclusionSide, occlusionReach)
	err := im.Sample(patch, OcclusionSide, OcclusionSide, toPicture, raster.Replicate, raster.Format{Order: raster.RGB})
	return patch, err
}
