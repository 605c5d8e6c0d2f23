package rewrite

import (
	"slices"

	"github.com/bonafide-pad/bonafide/internal/onnx"
	"github.com/bonafide-pad/bonafide/internal/onnx/onnxpb"
)

// splitPReLUs replaces each PRelu that has one constant slope a channel.
func (g *graph) splitPReLUs() error {
	var nodes []*onnxpb.NodeProto
	for _, n := range g.GetNode() {
		split, err := g.splitPReLU(n)
		if err != nil {
			return err
		}
		nodes = append(nodes, split...)
	}
	g.Node = nodes
	return nil
}

// splitPReLU returns the nodes that take the place of n: itself where it is no such PRelu.
func (g *graph) splitPReLU(n *onnxpb.NodeProto) ([]*onnxpb.NodeProto, error) {
	same := []*onnxpb.NodeProto{n}
	if n.GetOpType() != "PRelu" || len(n.GetInput()) != 2 || len(n.GetOutput()) != 1 {
		return same, nil
	}
	slopes, shape, ok, err := g.floats(n.GetInput()[1])
	if err != nil {
		return nil, err
	}
	// Slopes of a channel each have the shape (C, 1, 1) or (1, C, 1, 1).
	if !ok || len(shape) < 3 || shape[len(shape)-3] != len(slopes) {
		return same, nil
	}
	rest := make([]float32, len(slopes))
	for i, a := range slopes {
		rest[i] = 1 - a
	}
	x, out := n.GetInput()[0], n.GetOutput()[0]
	positive, above, below := g.fresh(out), g.fresh(out), g.fresh(out)
	return []*onnxpb.NodeProto{
		node("Relu", positive, x),
		g.channelScale(above, positive, rest),
		g.channelScale(below, x, slopes),
		node("Add", out, above, below),
	}, nil
}

// channelScale multiplies each channel of x by its scale, as a depthwise convolution.
func (g *graph) channelScale(out, x string, scales []float32) *onnxpb.NodeProto {
	n := node("Conv", out, x, g.constant(out, scales, len(scales), 1, 1, 1))
	n.Attribute = []*onnxpb.AttributeProto{onnx.Ints("kernel_shape", 1, 1), onnx.Int("group", len(scales))}
	return n
}

// scaleBeforeReLUs scales channels before what is below zero is cut off instead of after it, where no scale is below zero: ONNX Runtime
// computes a ReLU within the convolution before it, and by itself as slowly as another convolution.
func (g *graph) scaleBeforeReLUs() error {
	var nodes []*onnxpb.NodeProto
	after := map[*onnxpb.NodeProto]*onnxpb.NodeProto{} // the ReLU that follows a convolution
	for _, n := range g.GetNode() {
		scale, err := g.scaleOf(n)
		if err != nil {
			return err
		}
		if scale != nil {
			after[scale] = n
			continue
		}
		nodes = append(nodes, n)
		if relu := after[n]; relu != nil {
			out := n.GetOutput()[0]
			n.Input[0] = relu.GetInput()[0]
			n.Output[0] = g.fresh(out)
			relu.Input[0], relu.Output[0] = n.GetOutput()[0], out
			nodes = append(nodes, relu)
		}
	}
	g.Node = nodes
	return nil
}

// scaleOf returns the depthwise 1×1 convolution with scales of zero or more that alone reads what a ReLU gives, nil where there is none.
func (g *graph) scaleOf(relu *onnxpb.NodeProto) (*onnxpb.NodeProto, error) {
	if relu.GetOpType() != "Relu" || len(relu.GetInput()) != 1 || len(relu.GetOutput()) != 1 {
		return nil, nil
	}
	n := g.only(relu.GetOutput()[0])
	if n == nil || len(n.GetInput()) != 2 || n.GetInput()[0] != relu.GetOutput()[0] {
		return nil, nil
	}
	k, shape, err := g.convolution(n)
	if err != nil || k != depthwise || shape[2] != 1 || shape[3] != 1 {
		return nil, err
	}
	if a := onnx.Attribute(n, "pads"); a != nil && slices.ContainsFunc(a.GetInts(), func(p int64) bool { return p != 0 }) {
		return nil, nil
	}
	scales, _, _, err := g.floats(n.GetInput()[1])
	if err != nil || slices.ContainsFunc(scales, func(v float32) bool { return !(v >= 0) }) {
		return nil, err
	}
	return n, nil
}
