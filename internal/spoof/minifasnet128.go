package spoof

import (
	"context"
	"fmt"

	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/raster"
)

// MiniFASNet128 is fr_liveness.onnx of npm faceplugin-face-recognition-js 0.0.1 (MIT).
//
// Input: 1×3×128×128, planes BGR, 0–255. Output: 3 logits, the first for a bona fide presentation. Two crops are judged: the
// square of 1.5 × the box's longer side, filled by reflection outside the picture, and the window of 2.7 × the box that
// the MiniFASNets use, which keeps the box's proportions and is moved inside the picture.
type MiniFASNet128 struct{ session infer.Session }

const fas128Side = 128

// NewMiniFASNet128 loads the network.
func NewMiniFASNet128(b infer.Backend, model []byte) (*MiniFASNet128, error) {
	s, err := b.Load(infer.Network{Name: "fr_liveness", Model: model, Input: "input", Outputs: []string{"output"}})
	if err != nil {
		return nil, err
	}
	return &MiniFASNet128{session: s}, nil
}

// Close releases the network.
func (n *MiniFASNet128) Close() error { return n.session.Close() }

// Judge returns one cue a crop for the face in box, a box from forehead to chin.
func (n *MiniFASNet128) Judge(ctx context.Context, im *raster.Image, box raster.Rect) ([]Cue, error) {
	var cues []Cue
	for _, c := range nearAndWide(box, im.Bounds()) {
		logit, err := n.logit(ctx, im, c.rect)
		if err != nil {
			return nil, err
		}
		cues = append(cues, Cue{Network: "fr_liveness", Crop: c.name, Logit: logit})
	}
	return cues, nil
}

func (n *MiniFASNet128) logit(ctx context.Context, im *raster.Image, crop raster.Rect) (float64, error) {
	data := make([]float32, 3*fas128Side*fas128Side)
	t := raster.Stretch(crop, fas128Side, fas128Side)
	if err := im.Sample(data, fas128Side, fas128Side, t, raster.Reflect, raster.Format{Order: raster.BGR}); err != nil {
		return 0, err
	}
	out, err := n.session.Run(ctx, infer.Tensor{Shape: []int{1, 3, fas128Side, fas128Side}, Data: data})
	if err != nil {
		return 0, err
	}
	if err := out[0].Expect(1, 3); err != nil {
		return 0, fmt.Errorf("fr_liveness: %w", err)
	}
	return liveLogit(out[0].Data, 0), nil
}

// view is a named part of the picture.
type view struct {
	name string
	rect raster.Rect
}

// nearAndWide are the two crops of a face that networks of 128×128 judge: near is the square of 1.5 × the box's longer side,
// wide the MiniFASNets' window of 2.7 × the box.
func nearAndWide(box, picture raster.Rect) []view {
	return []view{{"1.5", box.Square(1.5)}, {"2.7", retinaWindow(box, picture, 2.7)}}
}

// retinaWindow is the window of scale × the box that the MiniFASNets judge.
func retinaWindow(box, picture raster.Rect, scale float64) raster.Rect {
	return windowAround(retinaBox(box), scale, picture)
}

// retinaBox turns a box from forehead to chin into the box that a RetinaFace, which cropped the MiniFASNets' training pictures, would give.
func retinaBox(box raster.Rect) raster.Rect {
	c, w, h := box.Center(), box.Width()/0.875, box.Height()/1.14
	c.Y += 0.058 * box.Height()
	return raster.Rect{X0: c.X - w/2, Y0: c.Y - h/2, X1: c.X + w/2, Y1: c.Y + h/2}
}

// windowAround is the box scaled round its centre by at most scale, so that it fits the picture, and moved inside it. As published, it reaches from
// the pixel of its upper left corner to that of its lower right one inclusive, one pixel more than the corners are apart.
func windowAround(box raster.Rect, scale float64, picture raster.Rect) raster.Rect {
	scale = min(scale, (picture.Height()-1)/box.Height(), (picture.Width()-1)/box.Width())
	c, w, h := box.Center(), box.Width()*scale, box.Height()*scale
	window := raster.Rect{X0: c.X - w/2, Y0: c.Y - h/2, X1: c.X + w/2 + 1, Y1: c.Y + h/2 + 1}
	dx := max(0, -window.X0) + min(0, picture.X1-window.X1)
	dy := max(0, -window.Y0) + min(0, picture.Y1-window.Y1)
	return window.Shift(dx, dy)
}
