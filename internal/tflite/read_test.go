package tflite

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

// halves are the float16 numbers 1, 2, −0.5 and 65504 (the largest), little-endian.
var halves = []byte{0x00, 0x3c, 0x00, 0x40, 0x00, 0xb8, 0xff, 0x7b}

// everyOperator uses each operator and option once.
func everyOperator() *Model {
	return &Model{
		Tensors: []Tensor{
			{Name: "in", Shape: []int{1, 4, 4, 1}},
			{Name: "half", Shape: []int{1, 2, 2, 1}, Type: Float16, Data: halves},
			{Name: "weight", Shape: []int{1, 2, 2, 1}},
			{Name: "bias", Shape: []int{1}, Data: []byte{0, 0, 0x80, 0x3f}},
			{Name: "conv", Shape: []int{1, 2, 2, 1}},
			{Name: "depthwise", Shape: []int{1, 2, 2, 1}},
			{Name: "sum", Shape: []int{1, 2, 2, 1}},
			{Name: "prelu", Shape: []int{1, 2, 2, 1}},
			{Name: "pads", Shape: []int{4, 2}, Type: Int32, Data: append(make([]byte, 28), 1, 0, 0, 0)},
			{Name: "padded", Shape: []int{1, 2, 2, 2}},
			{Name: "size", Shape: []int{2}, Type: Int32, Data: []byte{4, 0, 0, 0, 4, 0, 0, 0}},
			{Name: "large", Shape: []int{1, 4, 4, 2}},
			{Name: "pooled", Shape: []int{1, 2, 2, 2}},
			{Name: "positive", Shape: []int{1, 2, 2, 2}},
			{Name: "list", Shape: []int{1, 4, 2}},
			{Name: "lists", Shape: []int{1, 8, 2}},
			{Name: "out", Shape: []int{1, 8, 2}},
		},
		Operators: []Operator{
			{Code: Dequantize, Inputs: []int{1}, Outputs: []int{2}},
			{Code: Conv2D, Inputs: []int{0, 2, 3}, Outputs: []int{4}, Options: Options{StrideH: 2, StrideW: 2, DilationH: 1, DilationW: 1, Activation: FusedReLU6}},
			{Code: DepthwiseConv2D, Inputs: []int{0, 2, 3}, Outputs: []int{5}, Options: Options{StrideH: 2, StrideW: 2, DilationH: 1, DilationW: 1, DepthMultiplier: 1, Activation: FusedReLU}},
			{Code: Add, Inputs: []int{4, 5}, Outputs: []int{6}, Options: Options{Activation: FusedReLU}},
			{Code: PReLU, Inputs: []int{6, 3}, Outputs: []int{7}},
			{Code: Pad, Inputs: []int{7, 8}, Outputs: []int{9}},
			{Code: ResizeBilinear, Inputs: []int{9, 10}, Outputs: []int{11}, Options: Options{HalfPixel: true}},
			{Code: MaxPool2D, Inputs: []int{11}, Outputs: []int{12}, Options: Options{StrideH: 2, StrideW: 2, FilterH: 2, FilterW: 2, Padding: Valid}},
			{Code: ReLU, Inputs: []int{12}, Outputs: []int{13}},
			{Code: Reshape, Inputs: []int{13}, Outputs: []int{14}},
			{Code: Concatenation, Inputs: []int{14, 14}, Outputs: []int{15}, Options: Options{Axis: 1}},
			{Code: Logistic, Inputs: []int{15}, Outputs: []int{16}},
		},
		Inputs:  []int{0},
		Outputs: []int{16},
	}
}

func TestReadReturnsWhatWasWritten(t *testing.T) {
	want := everyOperator()
	got, err := Read(encode(want))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read\n%+v\nwant\n%+v", got, want)
	}
}

func TestReadRefuses(t *testing.T) {
	good := encode(everyOperator())
	change := func(alter func(*Model)) []byte {
		m := everyOperator()
		alter(m)
		return encode(m)
	}
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "identifier"},
		{"another kind", bytes.Repeat([]byte("x"), 100), "identifier"},
		{"too long", make([]byte, maxFile+1), "at most"},
		{"cut short", good[:200], "broken file"},
		{"operator", change(func(m *Model) { m.Operators[0].Code = 15 }), "builtin operator 15 is not supported"},
		{"element type", change(func(m *Model) { m.Tensors[0].Type = 9 }), "element type 9"},
		{"side", change(func(m *Model) { m.Tensors[0].Shape[1] = 0 }), "each side must be at least 1"},
		{"size", change(func(m *Model) { m.Tensors[0].Shape = []int{1 << 16, 1 << 16} }), "at most"},
		{"rank", change(func(m *Model) { m.Tensors[0].Shape = []int{1, 1, 1, 1, 1, 1} }), "list of 6, at most 5"},
		{"bytes", change(func(m *Model) { m.Tensors[1].Data = halves[:4] }), "has 4 bytes, not 8"},
		{"link", change(func(m *Model) { m.Operators[3].Inputs[0] = 17 }), "tensor 17 of 17"},
		{"graph output", change(func(m *Model) { m.Outputs[0] = -1 }), "tensor -1 of 17"},
		{"name", change(func(m *Model) { m.Tensors[0].Name = strings.Repeat("n", maxNameBytes+1) }), "1025 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Read(tt.data)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want %q", err, tt.want)
			}
		})
	}
}

// FuzzRead checks that no bytes make the reader or the converter fail otherwise than with an error.
func FuzzRead(f *testing.F) {
	f.Add(encode(everyOperator()))
	f.Add([]byte("\x08\x00\x00\x00TFL3\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Read(data)
		if err != nil {
			return
		}
		model, err := Convert(m, "fuzzed")
		if (err == nil) == (model == nil) {
			t.Fatalf("%d bytes and error %v", len(model), err)
		}
	})
}
