package rewrite

import (
	"fmt"

	"github.com/bonafide-pad/bonafide/internal/onnx/onnxpb"
)

// Resize gives the named input of a network another shape, and leaves all other shapes to the runtime. Whether the network can be computed at
// that size shows when it is loaded. It fails when the content is no ONNX model or has no such input.
func Resize(model []byte, input string, shape ...int) ([]byte, error) {
	return rewritten(model, func(g *graph) error {
		for _, in := range g.GetInput() {
			if in.GetName() != input {
				continue
			}
			tensor := in.GetType().GetTensorType()
			if tensor == nil {
				return fmt.Errorf("resizing a network: its input %q is no tensor", input)
			}
			tensor.Shape = shapeOf(shape)
			g.ValueInfo = nil
			for _, out := range g.GetOutput() {
				if t := out.GetType().GetTensorType(); t != nil {
					t.Shape = nil
				}
			}
			return nil
		}
		return fmt.Errorf("resizing a network: it has no input %q", input)
	})
}

func shapeOf(sides []int) *onnxpb.TensorShapeProto {
	s := &onnxpb.TensorShapeProto{}
	for _, side := range sides {
		value := &onnxpb.TensorShapeProto_Dimension_DimValue{DimValue: int64(side)}
		s.Dim = append(s.Dim, &onnxpb.TensorShapeProto_Dimension{Value: value})
	}
	return s
}
