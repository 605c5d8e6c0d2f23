package attribute

import (
	"context"
	"fmt"
	"math"

	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/landmark"
	"github.com/bonafide-pad/bonafide/internal/raster"
	"github.com/bonafide-pad/bonafide/internal/scratch"
)

// EyeNet is the eye state network fr_eye.onnx of npm faceplugin-face-recognition-js 0.0.1 (MIT).
//
// Input: 1×1×24×24, grey, brought to mean 126 and standard deviation 33, cut to 0..255, divided by 255. Crop: the square
// round the eye's centre with a side of 1.6 × the distance of its corners, turned by the tilt of the face. Output: 2 logits, the
// first for a closed eye. The mean over the patch and its mirror image counts: both are the same eye to it, and its errors on the
// two differ.
type EyeNet struct{ session infer.Session }

const (
	eyeSide      = 24
	eyeScale     = 1.6
	eyeMean      = 126
	eyeDeviation = 33
	// eyeOffset moves the difference of the logits so that 0.8, the reference system's threshold, lies at a difference of 2.5: at
	// the network's own 0.5 one open eye of faces/ in twenty is called closed. `make accuracy` prints how many are at 0.8.
	eyeOffset = 1.1
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

// Measure judges both eyes of a face, as if both could be seen.
func (n *EyeNet) Measure(ctx context.Context, im *raster.Image, points *landmark.Points) (Eyes, error) {
	left, err := n.closed(ctx, im, points.LeftEye(), points.Tilt())
	if err != nil {
		return Eyes{}, err
	}
	right, err := n.closed(ctx, im, points.RightEye(), points.Tilt())
	return Eyes{Left: left, Right: right}, err
}

func (n *EyeNet) closed(ctx context.Context, im *raster.Image, eye []raster.Point, tilt float64) (float64, error) {
	corners := raster.Distance(eye[0], eye[3])
	crop := raster.SquareAround(raster.BoundingBox(eye).Center(), eyeScale*corners)
	toPicture := raster.Turned(crop, eyeSide, tilt)
	var difference float64
	for _, t := range []raster.Transform{toPicture, toPicture.Mirrored(eyeSide)} {
		d, err := n.difference(ctx, im, t)
		if err != nil {
			return 0, err
		}
		difference += d / 2
	}
	return sigmoid(difference - eyeOffset), nil
}

// difference is the logit of closed less that of open for one patch.
func (n *EyeNet) difference(ctx context.Context, im *raster.Image, t raster.Transform) (float64, error) {
	patch := scratch.Borrow(eyeSide * eyeSide)
	defer patch.Return()
	data := patch.Values
	if err := im.Sample(data, eyeSide, eyeSide, t, raster.Replicate, raster.Format{Order: raster.Grey}); err != nil {
		return 0, err
	}
	mean, deviation := moments(data)
	gain := eyeDeviation / max(deviation, 1)
	for i, v := range data {
		data[i] = min(255, max(0, (v-mean)*gain+eyeMean)) / 255
	}
	out, err := n.session.Run(ctx, infer.Tensor{Shape: []int{1, 1, eyeSide, eyeSide}, Data: data})
	if err != nil {
		return 0, err
	}
	if err := out[0].Expect(1, 2); err != nil {
		return 0, fmt.Errorf("fr_eye: %w", err)
	}
	return float64(out[0].Data[0] - out[0].Data[1]), nil
}

// moments returns mean and standard deviation.
func moments(data []float32) (mean, deviation float32) {
	var sum, squares float64
	for _, v := range data {
		sum += float64(v)
		squares += float64(v) * float64(v)
	}
	n := float64(len(data))
	m := sum / n
	return float32(m), float32(math.Sqrt(max(0, squares/n-m*m)))
}

// Seen lowers each eye's score by how likely the eye cannot be seen: covered, by dark glasses for instance, or on the far side of
// a turned head. What is not seen is not called closed.
func (e Eyes) Seen(c Covered, p Pose) Eyes {
	return Eyes{
		Left:  e.Left * (1 - c.LeftEye) * facing(p.Yaw),
		Right: e.Right * (1 - c.RightEye) * facing(-p.Yaw),
	}
}

// facing is 1 while an eye looks at the camera, 0 when it is hidden behind the nose; away is the angle by which its side of the
// head is turned away, in degrees. The near eye, with a negative angle, is seen up to profile.
func facing(away float64) float64 {
	const full, none = 35.0, 55.0
	if away < 0 {
		away = max(0, -away-20)
	}
	return min(1, max(0, (none-away)/(none-full)))
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
