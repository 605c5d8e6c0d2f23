// Package tflite reads TensorFlow Lite models and converts them to ONNX.
//
// It knows the few operators of MediaPipe's face networks and refuses every other by name. A model is a flatbuffer
// with the identifier "TFL3" (schema version 3, tensorflow/lite/schema/schema.fbs); only its first subgraph is read.
// [Read] trusts nothing in the file: whatever it holds, the answer is a Model or an error.
//
// [Convert] writes float32 ONNX. TensorFlow Lite lays pictures out as (N, H, W, C), ONNX as (N, C, H, W): every
// four-dimensional tensor is transposed on the way, the input included, and goes back to (N, H, W, C) before it is
// flattened, so that lists of boxes or points come out in the order of the original.
package tflite

import "fmt"

// Model is the first subgraph of a file. Inputs and Outputs are indices into Tensors.
type Model struct {
	Tensors   []Tensor
	Operators []Operator
	Inputs    []int
	Outputs   []int
}

// Tensor is a constant or a value computed at run time.
type Tensor struct {
	Name  string
	Shape []int
	Type  ElementType
	// Data holds the elements of a constant, little-endian, row-major; nil for a computed value.
	Data []byte
}

// Operator is one step of the graph. Inputs and Outputs are indices into Tensors; an input of −1 is left out.
type Operator struct {
	Code    Opcode
	Inputs  []int
	Outputs []int
	Options Options
}

// Options are the settings of an operator; those that its kind does not have are zero.
type Options struct {
	Padding                 Padding
	StrideH, StrideW        int
	DilationH, DilationW    int
	FilterH, FilterW        int
	DepthMultiplier         int
	Activation              Activation
	Axis                    int
	AlignCorners, HalfPixel bool
}

// ElementType is the schema's TensorType.
type ElementType int8

// The element types that the converter handles.
const (
	Float32 ElementType = 0
	Float16 ElementType = 1
	Int32   ElementType = 2
)

// size is the number of bytes of one element, 0 for a type that is not handled.
func (t ElementType) size() int {
	switch t {
	case Float32, Int32:
		return 4
	case Float16:
		return 2
	default:
		return 0
	}
}

// Opcode is the schema's BuiltinOperator.
type Opcode int32

// The operators that the converter handles.
const (
	Add             Opcode = 0
	Concatenation   Opcode = 2
	Conv2D          Opcode = 3
	DepthwiseConv2D Opcode = 4
	Dequantize      Opcode = 6
	Logistic        Opcode = 14
	MaxPool2D       Opcode = 17
	ReLU            Opcode = 19
	Reshape         Opcode = 22
	ResizeBilinear  Opcode = 23
	Pad             Opcode = 34
	PReLU           Opcode = 54
)

var opcodeNames = map[Opcode]string{
	Add: "ADD", Concatenation: "CONCATENATION", Conv2D: "CONV_2D", DepthwiseConv2D: "DEPTHWISE_CONV_2D",
	Dequantize: "DEQUANTIZE", Logistic: "LOGISTIC", MaxPool2D: "MAX_POOL_2D", ReLU: "RELU", Reshape: "RESHAPE",
	ResizeBilinear: "RESIZE_BILINEAR", Pad: "PAD", PReLU: "PRELU",
}

func (c Opcode) String() string {
	if name, ok := opcodeNames[c]; ok {
		return name
	}
	return fmt.Sprintf("builtin operator %d", int32(c))
}

// Padding is the schema's Padding.
type Padding int8

// SAME pads so that the output has ⌈input/stride⌉ pixels, with the odd pixel at the end; VALID does not pad.
const (
	Same  Padding = 0
	Valid Padding = 1
)

// Activation is the schema's ActivationFunctionType, fused behind an operator.
type Activation int8

// The activations that the converter handles.
const (
	NoActivation Activation = 0
	FusedReLU    Activation = 1
	FusedReLU6   Activation = 3
)
