package spoof

import (
	"context"
	"fmt"
	"strconv"

	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

// MiniFASNet80 is a network of the silent-face pack (package silentface): MiniFASNetV2 or MiniFASNetV1SE of
// Silent-Face-Anti-Spoofing (Apache-2.0).
//
// Input: "input" 1×3×80×80, planes BGR, 0–255. Crop: the window of scale × the RetinaFace box, 2.7 for V2 and 4.0 for
// V1SE, which keeps the box's proportions and is moved inside the picture. Output: "logits" 1×3, index 1 for a bona fide
// presentation.
type MiniFASNet80 struct {
	session infer.Session
	name    string
	scale   float64
}

const (
	fas80Side = 80
	fas80Live = 1
)

// NewMiniFASNet80 loads one of the networks; scale is the side of its crop as a multiple of the face box.
func NewMiniFASNet80(b infer.Backend, model []byte, name string, scale float64) (*MiniFASNet80, error) {
	s, err := b.Load(infer.Network{Name: name, Model: model, Input: "input", Outputs: []string{"logits"}})
	if err != nil {
		return nil, err
	}
	return &MiniFASNet80{session: s, name: name, scale: scale}, nil
}

// Close releases the network.
func (n *MiniFASNet80) Close() error { return n.session.Close() }

// Judge returns one cue for the face in box, a box from forehead to chin.
func (n *MiniFASNet80) Judge(ctx context.Context, im *raster.Image, box raster.Rect) ([]Cue, error) {
	data := make([]float32, 3*fas80Side*fas80Side)
	t := raster.Stretch(retinaWindow(box, im.Bounds(), n.scale), fas80Side, fas80Side)
	if err := im.Sample(data, fas80Side, fas80Side, t, raster.Reflect, raster.Format{Order: raster.BGR}); err != nil {
		return nil, err
	}
	out, err := n.session.Run(ctx, infer.Tensor{Shape: []int{1, 3, fas80Side, fas80Side}, Data: data})
	if err != nil {
		return nil, err
	}
	if err := out[0].Expect(1, 3); err != nil {
		return nil, fmt.Errorf("%s: %w", n.name, err)
	}
	crop := strconv.FormatFloat(n.scale, 'f', 1, 64)
	return []Cue{{Network: n.name, Crop: crop, Logit: liveLogit(out[0].Data, fas80Live)}}, nil
}
