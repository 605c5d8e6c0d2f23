package spoof

import (
	"context"
	_ "embed" // the network
	"fmt"

	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

// Own is the file of TwoView, which the program carries in itself.
//
//go:embed liveness.onnx
var Own []byte

// TwoView is bonafide's own liveness network, liveness.onnx (Apache-2.0, derived from the MIT weights of fr_liveness; its card is in
// docs/models.md, its recipe in training).
//
// Input: 2×3×128×128, planes BGR, 0–255: first the near view, the square of 1.5 × the box's longer side, then the wide one, the
// window of 2.7 × the box that the MiniFASNets use; both filled by reflection outside the picture. Output: 2×1, what each view
// says as a live logit.
type TwoView struct{ session infer.Session }

// NewTwoView loads the network.
func NewTwoView(b infer.Backend, model []byte) (*TwoView, error) {
	s, err := b.Load(infer.Network{Name: "liveness", Model: model, Input: "views", Outputs: []string{"logits"}})
	if err != nil {
		return nil, err
	}
	return &TwoView{session: s}, nil
}

// Close releases the network.
func (n *TwoView) Close() error { return n.session.Close() }

// Judge returns one cue a view for the face in box, a box from forehead to chin.
func (n *TwoView) Judge(ctx context.Context, im *raster.Image, box raster.Rect) ([]Cue, error) {
	views := nearAndWide(box, im.Bounds())
	const size = 3 * fas128Side * fas128Side
	data := make([]float32, len(views)*size)
	for i, v := range views {
		t := raster.Stretch(v.rect, fas128Side, fas128Side)
		err := im.Sample(data[i*size:(i+1)*size], fas128Side, fas128Side, t, raster.Reflect, raster.Format{Order: raster.BGR})
		if err != nil {
			return nil, err
		}
	}
	out, err := n.session.Run(ctx, infer.Tensor{Shape: []int{len(views), 3, fas128Side, fas128Side}, Data: data})
	if err != nil {
		return nil, err
	}
	if err := out[0].Expect(len(views), 1); err != nil {
		return nil, fmt.Errorf("liveness: %w", err)
	}
	var cues []Cue
	for i, v := range views {
		cues = append(cues, Cue{Network: "liveness", Crop: v.name, Logit: float64(out[0].Data[i])})
	}
	return cues, nil
}
