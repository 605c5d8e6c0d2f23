package rewrite

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/bonafide-pad/bonafide/internal/onnx/onnxpb"
)

// Cut ends a network at the named float32 tensors, which become its outputs, and drops what they don't need. It fails when the content
// is no ONNX model or computes no such tensor.
func Cut(model []byte, outputs ...string) ([]byte, error) {
	return rewritten(model, func(g *graph) error {
		g.Output = nil
		for _, name := range outputs {
			g.Output = append(g.Output, floatOutput(name))
		}
		return g.dropUnusedNodes()
	})
}

// floatOutput describes an output whose shape is left to the runtime.
func floatOutput(name string) *onnxpb.ValueInfoProto {
	tensor := &onnxpb.TypeProto_Tensor{ElemType: proto.Int32(int32(onnxpb.TensorProto_FLOAT))}
	return &onnxpb.ValueInfoProto{Name: proto.String(name), Type: &onnxpb.TypeProto{Value: &onnxpb.TypeProto_TensorType{TensorType: tensor}}}
}

// dropUnusedNodes keeps the nodes that the outputs need. Every node of a graph comes after those that it needs.
func (g *graph) dropUnusedNodes() error {
	needed := map[string]bool{}
	for _, out := range g.GetOutput() {
		needed[out.GetName()] = true
	}
	computed := map[string]bool{}
	kept := make([]bool, len(g.Node))
	for i := len(g.Node) - 1; i >= 0; i-- {
		for _, out := range g.Node[i].GetOutput() {
			computed[out] = true
			kept[i] = kept[i] || needed[out]
		}
		for _, in := range g.Node[i].GetInput() {
			needed[in] = needed[in] || kept[i]
		}
	}
	for _, out := range g.GetOutput() {
		if !computed[out.GetName()] {
			return fmt.Errorf("cutting a network: it computes no %q", out.GetName())
		}
	}
	var nodes []*onnxpb.NodeProto
	for i, n := range g.Node {
		if kept[i] {
			nodes = append(nodes, n)
		}
	}
	g.Node = nodes
	return nil
}
