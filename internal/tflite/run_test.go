package tflite_test

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/tflite"
)

func floats(values ...float32) []byte {
	var out []byte
	for _, v := range values {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
	}
	return out
}

func ints(values ...int32) []byte {
	var out []byte
	for _, v := range values {
		out = binary.LittleEndian.AppendUint32(out, uint32(v))
	}
	return out
}

// TestOperators runs one operator at a time in ONNX Runtime against values worked out by hand. Tensor 0 is the input, the
// last tensor the output; pictures are given as ONNX sees them, (N, C, H, W).
func TestOperators(t *testing.T) {
	unit := tflite.Options{StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, DepthMultiplier: 1}
	with := func(o tflite.Options, change func(*tflite.Options)) tflite.Options { change(&o); return o }
	tests := []struct {
		name    string
		tensors []tflite.Tensor
		code    tflite.Opcode
		inputs  []int
		options tflite.Options
		in      []float32
		want    []float32
	}{
		{
			name: "CONV_2D mixes channels",
			tensors: []tflite.Tensor{
				{Shape: []int{1, 1, 2, 2}},
				{Shape: []int{1, 1, 1, 2}, Data: floats(10, 1)},
				{Shape: []int{1}, Data: floats(0.5)},
				{Shape: []int{1, 1, 2, 1}},
			},
			code: tflite.Conv2D, inputs: []int{0, 1, 2}, options: unit,
			in: []float32{1, 2, 3, 4}, want: []float32{13.5, 24.5},
		},
		{
			// SAME with stride 2 on an even side pads only at the end: the windows start at 0 and 2.
			name: "CONV_2D pads as TensorFlow does",
			tensors: []tflite.Tensor{
				{Shape: []int{1, 1, 4, 1}},
				{Shape: []int{1, 1, 3, 1}, Data: floats(1, 10, 100)},
				{Shape: []int{1}, Data: floats(0)},
				{Shape: []int{1, 1, 2, 1}},
			},
			code: tflite.Conv2D, inputs: []int{0, 1, 2}, options: with(unit, func(o *tflite.Options) { o.StrideW = 2 }),
			in: []float32{1, 2, 3, 4}, want: []float32{321, 43},
		},
		{
			name: "DEPTHWISE_CONV_2D keeps channels apart, fused ReLU",
			tensors: []tflite.Tensor{
				{Shape: []int{1, 1, 2, 2}},
				{Shape: []int{1, 1, 2, 2}, Data: floats(1, -1, 10, -10)},
				{Shape: []int{2}, Data: floats(0, 100)},
				{Shape: []int{1, 1, 1, 2}},
			},
			code: tflite.DepthwiseConv2D, inputs: []int{0, 1, 2},
			options: with(unit, func(o *tflite.Options) { o.Padding, o.Activation = tflite.Valid, tflite.FusedReLU }),
			in:      []float32{1, 2, 3, 4}, want: []float32{21, 57},
		},
		{
			name:    "ADD with fused ReLU6",
			tensors: []tflite.Tensor{{Shape: []int{1, 3}}, {Shape: []int{1, 3}}},
			code:    tflite.Add, inputs: []int{0, 0}, options: tflite.Options{Activation: tflite.FusedReLU6},
			in: []float32{-1, 2, 5}, want: []float32{0, 4, 6},
		},
		{
			name: "PRELU has a slope for each channel",
			tensors: []tflite.Tensor{
				{Shape: []int{1, 1, 2, 2}}, {Shape: []int{1, 1, 2}, Data: floats(0.5, 0.1)}, {Shape: []int{1, 1, 2, 2}},
			},
			code: tflite.PReLU, inputs: []int{0, 1},
			in: []float32{-2, 2, -10, 10}, want: []float32{-1, 2, -1, 10},
		},
		{
			name:    "MAX_POOL_2D",
			tensors: []tflite.Tensor{{Shape: []int{1, 2, 3, 1}}, {Shape: []int{1, 1, 2, 1}}},
			code:    tflite.MaxPool2D, inputs: []int{0}, options: tflite.Options{StrideH: 2, StrideW: 2, FilterH: 2, FilterW: 2},
			in: []float32{1, 2, -5, 4, 3, -6}, want: []float32{4, -5},
		},
		{
			name: "PAD adds channels",
			tensors: []tflite.Tensor{
				{Shape: []int{1, 1, 2, 1}}, {Shape: []int{4, 2}, Type: tflite.Int32, Data: ints(0, 0, 0, 0, 0, 0, 0, 1)}, {Shape: []int{1, 1, 2, 2}},
			},
			code: tflite.Pad, inputs: []int{0, 1},
			in: []float32{7, 8}, want: []float32{7, 8, 0, 0},
		},
		{
			name:    "RESHAPE reads channels last",
			tensors: []tflite.Tensor{{Shape: []int{1, 1, 2, 2}}, {Shape: []int{1, 4}}},
			code:    tflite.Reshape, inputs: []int{0},
			in: []float32{1, 2, 3, 4}, want: []float32{1, 3, 2, 4},
		},
		{
			name:    "CONCATENATION of channels",
			tensors: []tflite.Tensor{{Shape: []int{1, 1, 2, 1}}, {Shape: []int{1, 1, 2, 2}}},
			code:    tflite.Concatenation, inputs: []int{0, 0}, options: tflite.Options{Axis: -1},
			in: []float32{1, 2}, want: []float32{1, 2, 1, 2},
		},
		{
			name: "RESIZE_BILINEAR with half-pixel centres",
			tensors: []tflite.Tensor{
				{Shape: []int{1, 1, 2, 1}}, {Shape: []int{2}, Type: tflite.Int32, Data: ints(1, 4)}, {Shape: []int{1, 1, 4, 1}},
			},
			code: tflite.ResizeBilinear, inputs: []int{0, 1}, options: tflite.Options{HalfPixel: true},
			in: []float32{0, 4}, want: []float32{0, 1, 3, 4},
		},
		{
			name:    "LOGISTIC",
			tensors: []tflite.Tensor{{Shape: []int{2}}, {Shape: []int{2}}},
			code:    tflite.Logistic, inputs: []int{0},
			in: []float32{0, float32(math.Log(3))}, want: []float32{0.5, 0.75},
		},
		{
			name:    "RELU",
			tensors: []tflite.Tensor{{Shape: []int{2}}, {Shape: []int{2}}},
			code:    tflite.ReLU, inputs: []int{0},
			in: []float32{-1, 1}, want: []float32{0, 1},
		},
	}
	backend := catalogtest.Backend(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			last := len(tt.tensors) - 1
			tt.tensors[0].Name, tt.tensors[last].Name = "in", "out"
			m := &tflite.Model{
				Tensors:   tt.tensors,
				Operators: []tflite.Operator{{Code: tt.code, Inputs: tt.inputs, Outputs: []int{last}, Options: tt.options}},
				Inputs:    []int{0}, Outputs: []int{last},
			}
			got := convertAndRun(t, backend, m, tt.in)
			for i, want := range tt.want {
				if len(got) != len(tt.want) || !(math.Abs(float64(got[i]-want)) <= 1e-5) {
					t.Fatalf("got %v, want %v", got, tt.want)
				}
			}
		})
	}
}

func convertAndRun(t *testing.T, backend infer.Backend, m *tflite.Model, in []float32) []float32 {
	t.Helper()
	model, err := tflite.Convert(m, "test")
	if err != nil {
		t.Fatal(err)
	}
	s, err := backend.Load(infer.Network{Name: "test", Model: model, Input: "in", Outputs: []string{"out"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	out, err := s.Run(t.Context(), infer.Tensor{Shape: tflite.ChannelsFirst(m.Tensors[0].Shape), Data: in})
	if err != nil {
		t.Fatal(err)
	}
	return out[0].Data
}

// TestEveryOperatorTogether checks that a file with all operators becomes a model that loads and runs.
func TestEveryOperatorTogether(t *testing.T) {
	m, err := tflite.Read(tflite.Encode(tflite.EveryOperator()))
	if err != nil {
		t.Fatal(err)
	}
	m.Tensors[1].Data = make([]byte, 8) // all weights 0: each convolution gives its bias, 1
	got := convertAndRun(t, catalogtest.Backend(t), m, make([]float32, 16))
	// 1 + 1 = 2 in the first channel, 0 in the padded second; then the logistic function.
	for i, v := range got {
		want := 0.5
		if i%2 == 0 {
			want = 1 / (1 + math.Exp(-2))
		}
		if !(math.Abs(float64(v)-want) <= 1e-6) {
			t.Fatalf("value %d is %v, want %v (all: %v)", i, v, want, got)
		}
	}
}
