package onnx_test

import (
	"math"
	"strings"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/onnx"
)

// run loads a model with input "in" and output "out" and runs it once.
func run(t *testing.T, model []byte, input infer.Tensor) infer.Tensor {
	t.Helper()
	s, err := catalogtest.Backend(t).Load(infer.Network{Name: "test", Model: model, Input: "in", Outputs: []string{"out"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	out, err := s.Run(t.Context(), input)
	if err != nil {
		t.Fatal(err)
	}
	return out[0]
}

func wantValues(t *testing.T, got infer.Tensor, want ...float32) {
	t.Helper()
	if len(got.Data) != len(want) {
		t.Fatalf("%d values of shape %v, want %v", len(got.Data), got.Shape, want)
	}
	for i := range want {
		if !(math.Abs(float64(got.Data[i]-want[i])) <= 1e-5) {
			t.Fatalf("got %v, want %v", got.Data, want)
		}
	}
}

func TestConv(t *testing.T) {
	b := onnx.NewBuilder("conv")
	x := b.Input("in", 1, 1, 2, 2)
	y := b.Conv(x, onnx.Conv{
		Weight: []float32{1, 2, 3, 4}, Bias: []float32{10}, Out: 1, In: 1, KernelH: 2, KernelW: 2,
		StrideH: 1, StrideW: 1, Pads: [4]int{0, 0, 0, 1}, Groups: 1,
	})
	b.Output(y, "out", 1, 1, 1, 2)
	model, err := b.Model()
	if err != nil {
		t.Fatal(err)
	}
	got := run(t, model, infer.Tensor{Shape: []int{1, 1, 2, 2}, Data: []float32{1, 2, 3, 4}})
	// 1·1 + 2·2 + 3·3 + 4·4 + 10, then the window that hangs over the right border: 2·1 + 4·3 + 10.
	wantValues(t, got, 40, 24)
}

func TestPReLU(t *testing.T) {
	b := onnx.NewBuilder("prelu")
	b.Output(b.PReLU(b.Input("in", 1, 2, 1, 2), []float32{0.25, -2}), "out", 1, 2, 1, 2)
	model, err := b.Model()
	if err != nil {
		t.Fatal(err)
	}
	got := run(t, model, infer.Tensor{Shape: []int{1, 2, 1, 2}, Data: []float32{-4, 4, -3, 3}})
	wantValues(t, got, -1, 4, 6, 3)
}

func TestBuilderMistakes(t *testing.T) {
	tests := []struct {
		name  string
		build func(*onnx.Builder)
		want  string
	}{
		{"no output", func(b *onnx.Builder) { b.Input("in", 1) }, "no output"},
		{"unknown value", func(b *onnx.Builder) { b.Output(b.ReLU("nowhere"), "out", 1) }, `"nowhere" is used before it is made`},
		{"same name", func(b *onnx.Builder) { b.Output(b.Input("in", 1), "in", 1) }, `"in" is defined twice`},
		{"values and shape", func(b *onnx.Builder) { b.Output(b.Floats([]float32{1, 2}, 3), "out", 3) }, "2 values for shape [3]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := onnx.NewBuilder("wrong")
			tt.build(b)
			_, err := b.Model()
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestReadWhatWasBuilt(t *testing.T) {
	b := onnx.NewBuilder("back")
	x := b.Input("in", 1, 1, 1, 2)
	b.Output(b.Apply("Mul", []string{x, b.Floats([]float32{0.5, -1}, 1, 1, 1, 2)}, onnx.Int("note", 7)), "out", 1, 1, 1, 2)
	data, err := b.Model()
	if err != nil {
		t.Fatal(err)
	}
	model, err := onnx.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	values, shape, err := onnx.Floats(model.GetGraph().GetInitializer()[0])
	if err != nil {
		t.Fatal(err)
	}
	if len(values) != 2 || values[0] != 0.5 || values[1] != -1 || len(shape) != 4 || shape[3] != 2 {
		t.Errorf("constant %v of shape %v", values, shape)
	}
	node := model.GetGraph().GetNode()[0]
	if got := onnx.Attribute(node, "note").GetI(); got != 7 {
		t.Errorf("attribute note is %d, want 7", got)
	}
	if got := onnx.Attribute(node, "absent"); got != nil {
		t.Errorf("absent attribute is %v", got)
	}
}

func TestReadRefuses(t *testing.T) {
	for _, data := range [][]byte{nil, []byte("not a model"), {0x08, 0x07}} {
		if _, err := onnx.Read(data); err == nil {
			t.Errorf("%q was read", data)
		}
	}
}
