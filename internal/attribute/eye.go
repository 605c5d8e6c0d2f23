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
// Input: 4×1×24×24, grey, brought to mean 126 and standard deviation 33, cut to 0..255, divided by 255. Crop: the square
// round the eye's centre with a side of 1.6 × the distance of its corners, turned by the tilt of the face. Output: 4×2 logits, the
// first for a closed eye. The mean over the patch and its mirror image counts: both are the same eye to it, and its errors on the
// two differ.
type EyeNet struct{ session infer.Session }

const (
	eyeSide      = 24
	eyePatches   = 4 // both eyes, each with its mirror image
	eyeScale     = 1.6
	eyeMean      = 126
	eyeDeviation = 33
	// eyeOffset moves the difference of the logits so that 0.8, the reference system's threshold, lies at a difference of 2.5: at
	// the network's own 0.5 one open eye of faces/ in twenty is called closed. `make accuracy` prints how many are at 0.8.
	eyeOffset = 1.1
)

// NewEyeNet loads the network.
func NewEyeNet(b infer.Backend, model []byte) (*EyeNet, error) {
	s, err := b.Load(infer.Network{Name: "fr_eye", Model: model, Input: "input", InputShape: []int{eyePatches, 1, eyeSide, eyeSide}, Outputs: []string{"output"}})
	if err != nil {
		return nil, err
	}
	return &EyeNet{session: s}, nil
}

// Close releases the network.
func (n *EyeNet) Close() error { return n.session.Close() }

// Eyes says how closed each eye is, 0 (open) to 1 (closed).
type Eyes struct{ Left, Right float64 }

// Measure judges both eyes of a face, as if both could be seen. The network is run once, on both and their mirror images.
func (n *EyeNet) Measure(ctx context.Context, im *raster.Image, points *landmark.Points) (Eyes, error) {
	input := scratch.Borrow(eyePatches * eyeSide * eyeSide)
	defer input.Return()
	rest := input.Values
	for _, eye := range [][]raster.Point{points.LeftEye(), points.RightEye()} {
		crop := raster.SquareAround(raster.BoundingBox(eye).Center(), eyeScale*raster.Distance(eye[0], eye[3]))
		toPicture := raster.Turned(crop, eyeSide, points.Roll())
		for _, t := range []raster.Transform{toPicture, toPicture.Mirrored(eyeSide)} {
			if err := sampleEye(rest[:eyeSide*eyeSide], im, t); err != nil {
				return Eyes{}, err
			}
			rest = rest[eyeSide*eyeSide:]
		}
	}
	out, err := n.session.Run(ctx, infer.Tensor{Shape: []int{eyePatches, 1, eyeSide, eyeSide}, Data: input.Values})
	if err != nil {
		return Eyes{}, err
	}
	if err := out[0].Expect(eyePatches, 2); err != nil {
		return Eyes{}, fmt.Errorf("fr_eye: %w", err)
	}
	logits := out[0].Data
	return Eyes{Left: closed(logits[:4]), Right: closed(logits[4:])}, nil
}

// sampleEye fills dst with one patch as the network reads it.
func sampleEye(dst []float32, im *raster.Image, t raster.Transform) error {
	if err := im.Sample(dst, eyeSide, eyeSide, t, raster.Replicate, raster.Format{Order: raster.Grey}); err != nil {
		return err
	}
	mean, deviation := moments(dst)
	gain := eyeDeviation / max(deviation, 1)
	for i, v := range dst {
		dst[i] = min(255, max(0, (v-mean)*gain+eyeMean)) / 255
	}
	return nil
}

// closed is the score of an eye, from the logits of its patch and of that one's mirror image.
func closed(logits []float32) float64 {
	shut, open := logits[0]+logits[2], logits[1]+logits[3]
	return sigmoid(float64(shut-open)/2 - eyeOffset)
}

// moments returns mean and standard deviation.
func moments(data []float32) (mean, deviation float32) {
	var even, odd, evenSquares, oddSquares float64 // two of each, so that not every addition waits for the one before
	for i := 0; i+1 < len(data); i += 2 {
		a, b := float64(data[i]), float64(data[i+1])
		even += a
		odd += b
		evenSquares += a * a
		oddSquares += b * b
	}
	if len(data)%2 != 0 {
		last := float64(data[len(data)-1])
		even += last
		evenSquares += last * last
	}
	n := float64(len(data))
	m := (even + odd) / n
	return float32(m), float32(math.Sqrt(max(0, (evenSquares+oddSquares)/n-m*m)))
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
// head is turned away, in degrees. The near eye, with a negative angle, is seen 20° further.
func facing(away float64) float64 {
	const full, none = 35.0, 55.0
	if away < 0 {
		away = max(0, -away-20)
	}
	return min(1, max(0, (none-away)/(none-full)))
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
