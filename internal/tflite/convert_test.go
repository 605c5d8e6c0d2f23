package tflite

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/infer"
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
	unit := Options{StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, DepthMultiplier: 1}
	with := func(o Options, change func(*Options)) Options { change(&o); return o }
	tests := []struct {
		name    string
		tensors []Tensor
		code    Opcode
		inputs  []int
		options Options
		in      []float32
		want    []float32
	}{
		{
			name: "CONV_2D mixes channels",
			tensors: []Tensor{
				{Shape: []int{1, 1, 2, 2}},
				{Shape: []int{1, 1, 1, 2}, Data: floats(10, 1)},
				{Shape: []int{1}, Data: floats(0.5)},
				{Shape: []int{1, 1, 2, 1}},
			},
			code: Conv2D, inputs: []int{0, 1, 2}, options: unit,
			in: []float32{1, 2, 3, 4}, want: []float32{13.5, 24.5},
		},
		{
			// SAME with stride 2 on an even side pads only at the end: the windows start at 0 and 2.
			name: "CONV_2D pads as TensorFlow does",
			tensors: []Tensor{
				{Shape: []int{1, 1, 4, 1}},
				{Shape: []int{1, 1, 3, 1}, Data: floats(1, 10, 100)},
				{Shape: []int{1}, Data: floats(0)},
				{Shape: []int{1, 1, 2, 1}},
			},
			code: Conv2D, inputs: []int{0, 1, 2}, options: with(unit, func(o *Options) { o.StrideW = 2 }),
			in: []float32{1, 2, 3, 4}, want: []float32{321, 43},
		},
		{
			name: "DEPTHWISE_CONV_2D keeps channels apart, fused ReLU",
			tensors: []Tensor{
				{Shape: []int{1, 1, 2, 2}},
				{Shape: []int{1, 1, 2, 2}, Data: floats(1, -1, 10, -10)},
				{Shape: []int{2}, Data: floats(0, 100)},
				{Shape: []int{1, 1, 1, 2}},
			},
			code: DepthwiseConv2D, inputs: []int{0, 1, 2},
			options: with(unit, func(o *Options) { o.Padding, o.Activation = Valid, FusedReLU }),
			in:      []float32{1, 2, 3, 4}, want: []float32{21, 57},
		},
		{
			name:    "ADD with fused ReLU6",
			tensors: []Tensor{{Shape: []int{1, 3}}, {Shape: []int{1, 3}}},
			code:    Add, inputs: []int{0, 0}, options: Options{Activation: FusedReLU6},
			in: []float32{-1, 2, 5}, want: []float32{0, 4, 6},
		},
		{
			name: "PRELU has a slope for each channel",
			tensors: []Tensor{
				{Shape: []int{1, 1, 2, 2}}, {Shape: []int{1, 1, 2}, Data: floats(0.5, 0.1)}, {Shape: []int{1, 1, 2, 2}},
			},
			code: PReLU, inputs: []int{0, 1},
			in: []float32{-2, 2, -10, 10}, want: []float32{-1, 2, -1, 10},
		},
		{
			name:    "MAX_POOL_2D",
			tensors: []Tensor{{Shape: []int{1, 2, 3, 1}}, {Shape: []int{1, 1, 2, 1}}},
			code:    MaxPool2D, inputs: []int{0}, options: Options{StrideH: 2, StrideW: 2, FilterH: 2, FilterW: 2},
			in: []float32{1, 2, -5, 4, 3, -6}, want: []float32{4, -5},
		},
		{
			name: "PAD adds channels",
			tensors: []Tensor{
				{Shape: []int{1, 1, 2, 1}}, {Shape: []int{4, 2}, Type: Int32, Data: ints(0, 0, 0, 0, 0, 0, 0, 1)}, {Shape: []int{1, 1, 2, 2}},
			},
			code: Pad, inputs: []int{0, 1},
			in: []float32{7, 8}, want: []float32{7, 8, 0, 0},
		},
		{
			name:    "RESHAPE reads channels last",
			tensors: []Tensor{{Shape: []int{1, 1, 2, 2}}, {Shape: []int{1, 4}}},
			code:    Reshape, inputs: []int{0},
			in: []float32{1, 2, 3, 4}, want: []float32{1, 3, 2, 4},
		},
		{
			name:    "CONCATENATION of channels",
			tensors: []Tensor{{Shape: []int{1, 1, 2, 1}}, {Shape: []int{1, 1, 2, 2}}},
			code:    Concatenation, inputs: []int{0, 0}, options: Options{Axis: -1},
			in: []float32{1, 2}, want: []float32{1, 2, 1, 2},
		},
		{
			name: "RESIZE_BILINEAR with half-pixel centres",
			tensors: []Tensor{
				{Shape: []int{1, 1, 2, 1}}, {Shape: []int{2}, Type: Int32, Data: ints(1, 4)}, {Shape: []int{1, 1, 4, 1}},
			},
			code: ResizeBilinear, inputs: []int{0, 1}, options: Options{HalfPixel: true},
			in: []float32{0, 4}, want: []float32{0, 1, 3, 4},
		},
		{
			name:    "LOGISTIC",
			tensors: []Tensor{{Shape: []int{2}}, {Shape: []int{2}}},
			code:    Logistic, inputs: []int{0},
			in: []float32{0, float32(math.Log(3))}, want: []float32{0.5, 0.75},
		},
		{
			name:    "RELU",
			tensors: []Tensor{{Shape: []int{2}}, {Shape: []int{2}}},
			code:    ReLU, inputs: []int{0},
			in: []float32{-1, 1}, want: []float32{0, 1},
		},
	}
	backend := catalogtest.Backend(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			last := len(tt.tensors) - 1
			tt.tensors[0].Name, tt.tensors[last].Name = "in", "out"
			m := &Model{
				Tensors:   tt.tensors,
				Operators: []Operator{{Code: tt.code, Inputs: tt.inputs, Outputs: []int{last}, Options: tt.options}},
				Inputs:    []int{0}, Outputs: []int{last},
			}
			got := convertAndRun(t, backend, m, tt.in)
			for i, want := range tt.want {
				if len(got) != len(tt.want) || math.Abs(float64(got[i]-want)) > 1e-5 {
					t.Fatalf("got %v, want %v", got, tt.want)
				}
			}
		})
	}
}

func convertAndRun(t *testing.T, backend infer.Backend, m *Model, in []float32) []float32 {
	t.Helper()
	model, err := Convert(m, "test")
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
	out, err := s.Run(t.Context(), infer.Tensor{Shape: channelsFirst(m.Tensors[0].Shape), Data: in})
	if err != nil {
		t.Fatal(err)
	}
	return out[0].Data
}

// TestEveryOperatorTogether checks that a file with all operators becomes a model that loads and runs.
func TestEveryOperatorTogether(t *testing.T) {
	m, err := Read(encode(everyOperator()))
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
		if math.Abs(float64(v)-want) > 1e-6 {
			t.Fatalf("value %d is %v, want %v (all: %v)", i, v, want, got)
		}
	}
}

func TestConvertRefuses(t *testing.T) {
	tests := []struct {
		name  string
		alter func(*Model)
		want  string
	}{
		{"no bias", func(m *Model) { m.Operators[1].Inputs = []int{0, 2} }, "2 inputs, want 3"},
		{"left-out input", func(m *Model) { m.Operators[1].Inputs[0] = -1 }, "left out"},
		{"weights of other channels", func(m *Model) { m.Tensors[0].Shape[3] = 2 }, "weights for 1 channels on 2"},
		{"dilation", func(m *Model) { m.Operators[1].Options.DilationH = 2 }, "dilation"},
		{"no stride", func(m *Model) { m.Operators[1].Options.StrideH = 0 }, "stride 0"},
		{"wrong output", func(m *Model) { m.Tensors[4].Shape[1] = 3 }, "4 pixels give 2, the file says 3"},
		{"activation", func(m *Model) { m.Operators[1].Options.Activation = 4 }, "fused activation 4"},
		{"not computed", func(m *Model) { m.Operators[8].Inputs[0] = 15 }, `"lists" is not computed before it is used`},
		{"aligned corners", func(m *Model) { m.Operators[6].Options.AlignCorners = true }, "aligned corners"},
		{"negative pad", func(m *Model) { m.Tensors[8].Data[31] = 0xff }, "amounts"},
		{"axis", func(m *Model) { m.Operators[10].Options.Axis = 3 }, "axis 3 of 3"},
		{"two outputs", func(m *Model) { m.Operators[8].Outputs = []int{13, 13} }, "2 outputs, want 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := everyOperator()
			tt.alter(m)
			_, err := Convert(m, "test")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestFloat16(t *testing.T) {
	tests := map[uint16]float32{
		0x0000: 0, 0x3c00: 1, 0xb800: -0.5, 0x7bff: 65504, 0x0001: 1.0 / (1 << 24), 0x0400: 1.0 / (1 << 14),
		0x3555: 0.333251953125, 0x7c00: float32(math.Inf(1)), 0xfc00: float32(math.Inf(-1)),
	}
	for bits, want := range tests {
		if got := float16(bits); got != want {
			t.Errorf("float16(%#04x) = %v, want %v", bits, got, want)
		}
	}
	if got := float16(0x7e00); got == got {
		t.Errorf("float16(0x7e00) = %v, want NaN", got)
	}
}
