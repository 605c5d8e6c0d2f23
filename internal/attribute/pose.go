// Package attribute measures one face: head pose, eyes, mouth, occlusion, luminance and quality, one file each.
package attribute

import (
	"context"
	"fmt"
	"math"

	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

// Pose is the direction of a head in degrees, each −99..99: Yaw is positive with the nose to the picture's left, Pitch
// positive upwards, Roll positive clockwise as seen.
type Pose struct{ Yaw, Pitch, Roll float64 }

// PoseNet is the head pose network fr_pose.onnx (Hopenet-lite) of npm faceplugin-face-recognition-js 0.0.1 (MIT).
//
// Input: 1×3×224×224, planes RGB, ImageNet mean and deviation. Crop: the square of the face box's longer side. Outputs:
// three rows of 66 logits, "output" yaw, "617" pitch, "618" roll; the angle is Σ softmax(row)ᵢ·3i − 99 degrees.
type PoseNet struct{ session infer.Session }

const (
	poseSide = 224
	poseBins = 66
)

// NewPoseNet loads the network.
func NewPoseNet(b infer.Backend, model []byte) (*PoseNet, error) {
	s, err := b.Load(infer.Network{Name: "fr_pose", Model: model, Input: "input", Outputs: []string{"output", "617", "618"}})
	if err != nil {
		return nil, err
	}
	return &PoseNet{session: s}, nil
}

// Close releases the network.
func (n *PoseNet) Close() error { return n.session.Close() }

// Measure estimates the pose of the face in box.
func (n *PoseNet) Measure(ctx context.Context, im *raster.Image, box raster.Rect) (Pose, error) {
	data := make([]float32, 3*poseSide*poseSide)
	format := raster.Format{
		Order:     raster.RGB,
		Mean:      [3]float32{0.485 * 255, 0.456 * 255, 0.406 * 255},
		Deviation: [3]float32{0.229 * 255, 0.224 * 255, 0.225 * 255},
	}
	t := raster.Stretch(box.Square(1), poseSide, poseSide)
	if err := im.Sample(data, poseSide, poseSide, t, raster.Replicate, format); err != nil {
		return Pose{}, err
	}
	out, err := n.session.Run(ctx, infer.Tensor{Shape: []int{1, 3, poseSide, poseSide}, Data: data})
	if err != nil {
		return Pose{}, err
	}
	var angles [3]float64
	for i, row := range out {
		if err := row.Expect(1, poseBins); err != nil {
			return Pose{}, fmt.Errorf("fr_pose: %w", err)
		}
		angles[i] = expectedAngle(row.Data)
	}
	return Pose{Yaw: angles[0], Pitch: angles[1], Roll: angles[2]}, nil
}

// expectedAngle is the mean angle of a row of logits over bins of 3 degrees from −99.
func expectedAngle(logits []float32) float64 {
	p := softmax(logits)
	var angle float64
	for i, v := range p {
		angle += v * 3 * float64(i)
	}
	return angle - 99
}

func softmax(logits []float32) []float64 {
	top := math.Inf(-1)
	for _, v := range logits {
		top = max(top, float64(v))
	}
	p, sum := make([]float64, len(logits)), 0.0
	for i, v := range logits {
		p[i] = math.Exp(float64(v) - top)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}
