package spoof

import (
	"context"
	_ "embed" // the network
	"fmt"
	"strconv"

	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/raster"
	"github.com/bonafide-pad/bonafide/internal/scratch"
)

// Own is the file of ThreeView, which the program carries in itself.
//
//go:embed liveness.onnx
var Own []byte

// ThreeView is bonafide's own liveness network, liveness.onnx (Apache-2.0; its card is in docs/models.md, its recipe in training).
//
// Input: 1×87552, three views one after the other, each in planes BGR, 0–255: near, 128×128, the square of 1.5 × the box's longer side;
// wide and far, 80×80, the windows of 2.7 and 4 × the box that the MiniFASNets use; all filled by reflection outside the picture. Output:
// 3×3, a row of class logits for each view.
type ThreeView struct{ session infer.Session }

// branch is how one view is cropped, which of its logits is the bona fide class, and what share it has in the network's live logit.
type branch struct {
	scale      float64
	side, live int
	crop       func(box, picture raster.Rect, scale float64) raster.Rect
	share      float64
}

// branches: the shares were chosen on the choosing half of pad/ (training/README.md). The near view's is one step of 0.05 over the smallest with which
// web photographs, which the other two judge poorly, have an AUC of .99 there.
var branches = [...]branch{
	{1.5, 128, 0, func(box, _ raster.Rect, scale float64) raster.Rect { return box.Square(scale) }, 0.45},
	{2.7, 80, 1, retinaWindow, 0.275},
	{4.0, 80, 1, retinaWindow, 0.275},
}

// ownName is the name of the network's cues.
const ownName = "liveness"

func (b branch) name() string { return strconv.FormatFloat(b.scale, 'f', 1, 64) }

// IsOwn tells whether a cue is of bonafide's own network.
func IsOwn(network string) bool { return network == ownName }

// Share is how much a crop counts among those of its network, of which there are so many.
func Share(network, crop string, crops int) float64 {
	if network == ownName {
		for _, b := range branches {
			if b.name() == crop {
				return b.share
			}
		}
	}
	return 1 / float64(crops)
}

// surest is the live logit beyond which a view's says no more, either way: its training went no further.
const surest = 8

// threeViewClasses are those of each branch.
const threeViewClasses = 3

// NewThreeView loads the network.
func NewThreeView(b infer.Backend, model []byte) (*ThreeView, error) {
	s, err := b.Load(infer.Network{Name: ownName, Model: model, Input: "views", Outputs: []string{"logits"}})
	if err != nil {
		return nil, err
	}
	return &ThreeView{session: s}, nil
}

// Close releases the network.
func (n *ThreeView) Close() error { return n.session.Close() }

// Judge returns one cue a view for the face in box, a box from forehead to chin.
func (n *ThreeView) Judge(ctx context.Context, im *raster.Image, box raster.Rect) ([]Cue, error) {
	values := 0
	for _, b := range branches {
		values += 3 * b.side * b.side
	}
	input := scratch.Borrow(values)
	defer input.Return()
	rest := input.Values
	for _, b := range branches {
		size := 3 * b.side * b.side
		t := raster.Stretch(b.crop(box, im.Bounds(), b.scale), b.side, b.side)
		if err := im.Sample(rest[:size], b.side, b.side, t, raster.Reflect, raster.Format{Order: raster.BGR}); err != nil {
			return nil, err
		}
		rest = rest[size:]
	}
	out, err := n.session.Run(ctx, infer.Tensor{Shape: []int{1, values}, Data: input.Values})
	if err != nil {
		return nil, err
	}
	if err := out[0].Expect(len(branches), threeViewClasses); err != nil {
		return nil, fmt.Errorf("liveness: %w", err)
	}
	return cuesOf(out[0].Data), nil
}

// cuesOf reads the network's output.
func cuesOf(logits []float32) []Cue {
	var cues []Cue
	for i, b := range branches {
		view := logits[i*threeViewClasses : (i+1)*threeViewClasses]
		logit := min(surest, max(-surest, liveLogit(view, b.live)))
		cues = append(cues, Cue{Network: ownName, Crop: b.name(), Logit: logit})
	}
	return cues
}
