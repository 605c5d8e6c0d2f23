package rewrite

import (
	"slices"

	"github.com/bonafide-pad/bonafide/internal/onnx"
	"github.com/bonafide-pad/bonafide/internal/onnx/onnxpb"
)

// convolvePads replaces each Pad that only appends channels of zero by a 1×1 convolution with the identity, which stays in
// the blocked layout and may itself be widened.
func (g *graph) convolvePads() error {
	b, err := g.bundle()
	if err != nil {
		return err
	}
	for i, n := range g.GetNode() {
		added, err := g.appendedChannels(n)
		if err != nil {
			return err
		}
		if added == 0 {
			continue
		}
		x := n.GetInput()[0]
		channels, known := b.channels[b.root(x)]
		if !known || channels*(channels+added) > maxIdentity {
			continue
		}
		identity := make([]float32, (channels+added)*channels)
		for c := range channels {
			identity[c*channels+c] = 1
		}
		out := n.GetOutput()[0]
		conv := node("Conv", out, x, g.constant(out, identity, channels+added, channels, 1, 1))
		conv.Attribute = []*onnxpb.AttributeProto{onnx.Ints("kernel_shape", 1, 1), onnx.Int("group", 1)}
		g.Node[i] = conv
	}
	return nil
}

// maxIdentity bounds the weights of one such convolution.
const maxIdentity = 1 << 20

// appendedChannels is how many channels of zero a node appends, 0 where it does anything else.
func (g *graph) appendedChannels(n *onnxpb.NodeProto) (int, error) {
	if n.GetOpType() != "Pad" || len(n.GetInput()) != 2 || len(n.GetOutput()) != 1 || onnx.Attribute(n, "mode") != nil {
		return 0, nil
	}
	t, ok := g.constants[n.GetInput()[1]]
	if !ok {
		return 0, nil
	}
	pads, err := onnx.Int64Values(t)
	if err != nil {
		return 0, err
	}
	// Before and then after each of N, C, H, W.
	if len(pads) != 8 || pads[5] < 1 || pads[5] > maxIdentity {
		return 0, nil
	}
	if others := slices.Delete(slices.Clone(pads), 5, 6); slices.ContainsFunc(others, func(p int64) bool { return p != 0 }) {
		return 0, nil
	}
	return int(pads[5]), nil
}
