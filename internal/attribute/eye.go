package attribute

import (
	"context"
	"fmt"

	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

// EyeNet is the eye state network fr_eye.onnx of npm faceplugin-face-recognition-js 0.0.1 (MIT).
//
// Input: 1×1×24×24, grey / 255. Crop: the square round the eye's centre with a side of 1.6 × the eye's width. Output: 2
// logits, the first for a closed eye.
type EyeNet struct{ session infer.Session }

const (
	eyeSide  = 24
	eyeScale = 1.6
)

// NewEyeNet loads the network.
func NewEyeNet(b infer.Backend, model []byte) (*EyeNet, error) {
	s, err := b.Load(infer.Network{Name: "fr_eye", Model: model, Input: "input", Outputs: []string{"output"}})
	if err != nil {
		return nil, err
	}
	return &EyeNet{session: s}, nil
}

// Close releases the network.
func (n *EyeNet) Close() error { return n.session.Close() }

// Eyes says how closed each eye is, 0 (open) to 1 (closed).
type Eyes struct{ Left, Right float64 }

// Measure judges both eyes of a face.
func (n *EyeNet) Measure(ctx context.Context, im *raster.Image, points *landmark.Points) (Eyes, error) {
	left, err := n.closed(ctx, im, points.LeftEye())
	if err != nil {
		return Eyes{}, err
	}
	right, err := n.closed(ctx, im, points.RightEye())
	return Eyes{Left: left, Right: right}, err
}

func (n *EyeNet) closed(ctx context.Context, im *raster.Image, eye []raster.Point) (float64, error) {
	box := raster.BoundingBox(eye)
	crop := raster.SquareAround(box.Center(), eyeScale*box.Width())
	data := make([]float32, eyeSide*eyeSide)
	format := raster.Format{Order: raster.Grey, Deviation: [3]float32{255}}
	if err := im.Sample(data, eyeSide, eyeSide, raster.Stretch(crop, eyeSide, eyeSide), raster.Replicate, format); err != nil {
		return 0, err
	}
	out, err := n.session.Run(ctx, infer.Tensor{Shape: []int{1, 1, eyeSide, eyeSide}, Data: data})
	if err != nil {
		return 0, err
	}
	if err := out[0].Expect(1, 2); err != nil {
		return 0, fmt.Errorf("fr_eye: %w", err)
	}
	return softmax(out[0].Data)[0], nil
}
