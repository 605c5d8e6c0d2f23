package landmark

import (
	"context"
	"fmt"
	"math"

	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/raster"
	"github.com/bonafide-pad/bonafide/internal/scratch"
)

// Net64 is the 68-point network fr_landmark.onnx of npm faceplugin-face-recognition-js 0.0.1 (MIT).
//
// Input: 1×1×64×64, grey / 256. Crop: the square whose side is the longer side of the face box, moved down by 0.03 of its
// side. Output: 136 values, x and y of each point in 0..1 of the crop, iBUG order.
//
// The network is run on a crop and on its mirror image: their mean is symmetric. The crop is that of the box where the head is upright in it; a
// turned head is cropped once more, upright and by the points found.
type Net64 struct{ session infer.Session }

const (
	net64Side = 64
	// firstDown is how far the crop of the box is moved down.
	firstDown = 0.03
	// uprightRoll is the roll in radians, 6°, up to which a head counts as upright: on landmarks/ a second crop brings nothing there.
	uprightRoll = 0.1
	// secondScale and secondUp make the second crop, see [Points.UprightSquare]: the middle of the flat range 1.1–1.3, 0.05–0.1
	// over which the error on landmarks/ hardly changes.
	secondScale = 1.2
	secondUp    = 0.07
)

// NewNet64 loads the network.
func NewNet64(b infer.Backend, model []byte) (*Net64, error) {
	s, err := b.Load(infer.Network{Name: "fr_landmark", Model: model, Input: "input", Outputs: []string{"output"}})
	if err != nil {
		return nil, err
	}
	return &Net64{session: s}, nil
}

// Close releases the network.
func (n *Net64) Close() error { return n.session.Close() }

// Locate places the landmarks of the face in box.
func (n *Net64) Locate(ctx context.Context, im *raster.Image, box raster.Rect) (Fit, error) {
	square := box.Square(1)
	crop := raster.Stretch(square.Shift(0, firstDown*square.Height()), net64Side, net64Side)
	points, err := n.run(ctx, im, crop)
	if err != nil {
		return Fit{}, err
	}
	if math.Abs(points.Roll()) > uprightRoll {
		var roll float64
		square, roll = points.UprightSquare(secondScale, secondUp)
		crop = raster.Turned(square, net64Side, roll)
		if points, err = n.run(ctx, im, crop); err != nil {
			return Fit{}, err
		}
	}
	mirrored, err := n.run(ctx, im, crop.Mirrored(net64Side))
	if err != nil {
		return Fit{}, err
	}
	// Either crop is about secondScale times as wide as the points.
	return merge(&points, mirrored.mirror(), square.Width()/secondScale), nil
}

// run gives the points that the network finds in one crop.
func (n *Net64) run(ctx context.Context, im *raster.Image, toPicture raster.Transform) (Points, error) {
	input := scratch.Borrow(net64Side * net64Side)
	defer input.Return()
	format := raster.Format{Order: raster.Grey, Deviation: [3]float32{256}}
	if err := im.Sample(input.Values, net64Side, net64Side, toPicture, raster.Replicate, format); err != nil {
		return Points{}, err
	}
	out, err := n.session.Run(ctx, infer.Tensor{Shape: []int{1, 1, net64Side, net64Side}, Data: input.Values})
	if err != nil {
		return Points{}, err
	}
	if err := out[0].Expect(1, 2*Count); err != nil {
		return Points{}, fmt.Errorf("fr_landmark: %w", err)
	}
	var points Points
	for i := range points {
		points[i] = toPicture.Apply(raster.Point{
			X: float64(out[0].Data[2*i]) * net64Side,
			Y: float64(out[0].Data[2*i+1]) * net64Side,
		})
	}
	return points, nil
}
