package tflite

import (
	"math"
	"strings"
	"testing"
)

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
		{"resized to another height", func(m *Model) { m.Tensors[11].Shape[1]++ }, "size "},
		{"resized to another width", func(m *Model) { m.Tensors[11].Shape[2]++ }, "size "},
		{"resized to other channels", func(m *Model) { m.Tensors[11].Shape[3]++ }, "size "},
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
