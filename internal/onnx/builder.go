// Package onnx writes and reads ONNX models, on ONNX's own schema (package onnxpb).
//
// A [Builder] assembles a float32 network node by node; it speaks opset 13, IR version 7, which every ONNX Runtime
// that bonafide accepts can run. [Floats] and [Attribute] read what a graph holds.
package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/proto"

	"github.com/bonafide-pad/bonafide/internal/onnx/onnxpb"
)

const (
	irVersion    = 7
	opsetVersion = 13
	producerName = "bonafide"
)

// Builder assembles a model. A value is known by its name: an input's, a constant's or that of a node's output, which
// the builder makes up. Nodes must be applied in an order in which every value is made before it is used.
// Mistakes are kept and returned by Model.
type Builder struct {
	graph  *onnxpb.GraphProto
	known  map[string]bool
	serial int
	err    error
}

// NewBuilder starts a model whose graph has the given name.
func NewBuilder(name string) *Builder {
	return &Builder{graph: &onnxpb.GraphProto{Name: proto.String(name)}, known: map[string]bool{}}
}

// Input declares a float32 input and returns its name.
func (b *Builder) Input(name string, shape ...int) string {
	b.define(name)
	b.graph.Input = append(b.graph.Input, valueInfo(name, shape))
	return name
}

// Output declares that value is an output of the model under the given name.
func (b *Builder) Output(value, name string, shape ...int) {
	b.use(value)
	b.define(name)
	b.graph.Node = append(b.graph.Node, &onnxpb.NodeProto{
		OpType: proto.String("Identity"), Name: proto.String(name), Input: []string{value}, Output: []string{name},
	})
	b.graph.Output = append(b.graph.Output, valueInfo(name, shape))
}

// Floats adds a float32 constant, row-major, and returns its name.
func (b *Builder) Floats(values []float32, shape ...int) string {
	return b.constant(onnxpb.TensorProto_FLOAT, floatBytes(values), len(values), shape)
}

// Int64s adds a list of integers and returns its name.
func (b *Builder) Int64s(values ...int64) string {
	raw := make([]byte, 8*len(values))
	for i, v := range values {
		binary.LittleEndian.PutUint64(raw[8*i:], uint64(v))
	}
	return b.constant(onnxpb.TensorProto_INT64, raw, len(values), []int{len(values)})
}

func (b *Builder) constant(kind onnxpb.TensorProto_DataType, raw []byte, count int, shape []int) string {
	n := 1
	for _, side := range shape {
		n *= side
	}
	name := b.fresh("constant")
	if n != count {
		b.fail("%s: %d values for shape %v", name, count, shape)
	}
	b.graph.Initializer = append(b.graph.Initializer, tensor(name, kind, raw, shape))
	return name
}

// Apply adds a node with one output and returns the output's name. An empty input name stands for one left out.
func (b *Builder) Apply(op string, inputs []string, attributes ...*onnxpb.AttributeProto) string {
	for _, in := range inputs {
		if in != "" {
			b.use(in)
		}
	}
	out := b.fresh(op)
	b.graph.Node = append(b.graph.Node, &onnxpb.NodeProto{
		OpType: proto.String(op), Name: proto.String(out), Input: inputs, Output: []string{out}, Attribute: attributes,
	})
	return out
}

// Model returns the finished model as the content of an ONNX file.
func (b *Builder) Model() ([]byte, error) {
	if b.err == nil && len(b.graph.Output) == 0 {
		b.fail("no output")
	}
	if b.err != nil {
		return nil, b.err
	}
	model := &onnxpb.ModelProto{
		IrVersion:    proto.Int64(irVersion),
		ProducerName: proto.String(producerName),
		OpsetImport:  []*onnxpb.OperatorSetIdProto{{Domain: proto.String(""), Version: proto.Int64(opsetVersion)}},
		Graph:        b.graph,
	}
	// Deterministic: the SHA-256 of a converted network identifies it.
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(model)
	if err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	return data, nil
}

func (b *Builder) fresh(prefix string) string {
	b.serial++
	name := fmt.Sprintf("%s_%d", prefix, b.serial)
	b.define(name)
	return name
}

func (b *Builder) define(name string) {
	if name == "" {
		b.fail("a value without a name")
	}
	if b.known[name] {
		b.fail("%q is defined twice", name)
	}
	b.known[name] = true
}

func (b *Builder) use(name string) {
	if !b.known[name] {
		b.fail("%q is used before it is made", name)
	}
}

func (b *Builder) fail(format string, args ...any) {
	b.err = errors.Join(b.err, fmt.Errorf("onnx: graph %s: "+format, append([]any{b.graph.GetName()}, args...)...))
}

// FloatTensor is a float32 constant in row-major order, whose values must fill its shape.
func FloatTensor(name string, values []float32, shape ...int) *onnxpb.TensorProto {
	return tensor(name, onnxpb.TensorProto_FLOAT, floatBytes(values), shape)
}

func tensor(name string, kind onnxpb.TensorProto_DataType, raw []byte, shape []int) *onnxpb.TensorProto {
	return &onnxpb.TensorProto{
		Name: proto.String(name), DataType: proto.Int32(int32(kind)), Dims: int64s(shape), RawData: raw,
	}
}

func floatBytes(values []float32) []byte {
	raw := make([]byte, 4*len(values))
	for i, v := range values {
		binary.LittleEndian.PutUint32(raw[4*i:], math.Float32bits(v))
	}
	return raw
}

func valueInfo(name string, shape []int) *onnxpb.ValueInfoProto {
	dims := &onnxpb.TensorShapeProto{}
	for _, side := range shape {
		dims.Dim = append(dims.Dim, &onnxpb.TensorShapeProto_Dimension{
			Value: &onnxpb.TensorShapeProto_Dimension_DimValue{DimValue: int64(side)},
		})
	}
	return &onnxpb.ValueInfoProto{Name: proto.String(name), Type: &onnxpb.TypeProto{
		Value: &onnxpb.TypeProto_TensorType{TensorType: &onnxpb.TypeProto_Tensor{
			ElemType: proto.Int32(int32(onnxpb.TensorProto_FLOAT)), Shape: dims,
		}},
	}}
}

func int64s(values []int) []int64 {
	out := make([]int64, len(values))
	for i, v := range values {
		out[i] = int64(v)
	}
	return out
}

// Int is an integer attribute.
func Int(name string, value int) *onnxpb.AttributeProto {
	return &onnxpb.AttributeProto{
		Name: proto.String(name), Type: onnxpb.AttributeProto_INT.Enum(), I: proto.Int64(int64(value)),
	}
}

// Ints is a list-of-integers attribute.
func Ints(name string, values ...int) *onnxpb.AttributeProto {
	return &onnxpb.AttributeProto{
		Name: proto.String(name), Type: onnxpb.AttributeProto_INTS.Enum(), Ints: int64s(values),
	}
}

// String is a text attribute.
func String(name, value string) *onnxpb.AttributeProto {
	return &onnxpb.AttributeProto{
		Name: proto.String(name), Type: onnxpb.AttributeProto_STRING.Enum(), S: []byte(value),
	}
}
