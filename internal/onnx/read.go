package onnx

import (
	"encoding/binary"
	"fmt"
	"math"

	"google.golang.org/protobuf/proto"

	"github.com/bonafide-pad/bonafide/internal/onnx/onnxpb"
)

// Read parses the content of an ONNX file. It fails when the content is no ONNX model or holds no graph.
func Read(data []byte) (*onnxpb.ModelProto, error) {
	model := &onnxpb.ModelProto{}
	if err := proto.Unmarshal(data, model); err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	if len(model.GetGraph().GetNode()) == 0 {
		return nil, fmt.Errorf("onnx: the model holds no graph")
	}
	return model, nil
}

// Floats returns the values of a float32 constant in row-major order, and its shape.
func Floats(t *onnxpb.TensorProto) (values []float32, shape []int, err error) {
	if got := t.GetDataType(); got != int32(onnxpb.TensorProto_FLOAT) {
		return nil, nil, fmt.Errorf("onnx: constant %q holds %v, not FLOAT", t.GetName(), onnxpb.TensorProto_DataType(got))
	}
	n := int64(1)
	for _, side := range t.GetDims() {
		if side < 0 || side > math.MaxInt32 || n*side > math.MaxInt32 {
			return nil, nil, fmt.Errorf("onnx: constant %q has shape %v", t.GetName(), t.GetDims())
		}
		n *= side
		shape = append(shape, int(side))
	}
	values = t.GetFloatData()
	if raw := t.GetRawData(); len(raw) > 0 {
		values = make([]float32, len(raw)/4)
		for i := range values {
			values[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
	}
	if int64(len(values)) != n {
		return nil, nil, fmt.Errorf("onnx: constant %q has %d values for shape %v", t.GetName(), len(values), shape)
	}
	return values, shape, nil
}

// Int64Values returns the values of an int64 constant in row-major order.
func Int64Values(t *onnxpb.TensorProto) ([]int64, error) {
	if got := t.GetDataType(); got != int32(onnxpb.TensorProto_INT64) {
		return nil, fmt.Errorf("onnx: constant %q holds %v, not INT64", t.GetName(), onnxpb.TensorProto_DataType(got))
	}
	raw := t.GetRawData()
	if len(raw) == 0 {
		return t.GetInt64Data(), nil
	}
	values := make([]int64, len(raw)/8)
	for i := range values {
		values[i] = int64(binary.LittleEndian.Uint64(raw[8*i:]))
	}
	return values, nil
}

// Attribute is the attribute of a node by name, nil when the node lacks it. The getters of nil give zero values.
func Attribute(n *onnxpb.NodeProto, name string) *onnxpb.AttributeProto {
	for _, a := range n.GetAttribute() {
		if a.GetName() == name {
			return a
		}
	}
	return nil
}
