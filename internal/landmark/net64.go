package landmark

import (
	"context"
	"fmt"

	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

// Net64 is the 68-point network fr_landmark.onnx of npm faceplugin-face-recognition-js 0.0.1 (MIT).
//
// Input: 1×1×64×64, grey / 256. Crop: the square whose side is the longer side of the face box, moved down by 0.03 of its
// side. Output: 136 values, x and y of each point in 0..1 of the crop, iBUG order.
type Net64 struct{ session infer.Session }

const (
	net64Side = 64
	net64Down = 0.03
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
func (n *Net64) Locate(ctx context.Context, im *raster.Image, box raster.Rect) (Points, error) {
	crop := box.Square(1)
	crop = crop.Shift(0, net64Down*crop.Height())
	toPicture := raster.Stretch(crop, net64Side, net64Side)
	data := make([]float32, net64Side*net64Side)
	err := im.Sample(data, net64Side, net64Side, toPicture, raster.Replicate, raster.Format{Order: raster.Grey, Deviation: [3]float32{256}})
	if err != nil {
		return Points{}, err
	}
	out, err := n.session.Run(ctx, infer.Tensor{Shape: []int{1, 1, net64Side, net64Side}, Data: data})
	if err != nil {
		return Points{}, err
	}
	return post(out[0], toPicture)
}

func post(out infer.Tensor, toPicture raster.Transform) (Points, error) {
	if err := out.Expect(1, 2*Count); err != nil {
		return Points{}, fmt.Errorf("fr_landmark: %w", err)
	}
	var points Points
	for i := range points {
		points[i] = toPicture.Apply(raster.Point{
			X: float64(out.Data[2*i]) * net64Side,
			Y: float64(out.Data[2*i+1]) * net64Side,
		})
	}
	return points, nil
}
