package tflite

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/bonafide-pad/bonafide/internal/onnx"
)

// Convert writes the model as an ONNX file, float32 throughout, under the given graph name. Inputs and outputs keep
// their names; a four-dimensional one is (N, C, H, W) there. Every batch is of the size that the model states.
func Convert(m *Model, name string) ([]byte, error) {
	c := &converter{model: m, out: onnx.NewBuilder(name), values: map[int]string{}, floats: map[int][]float32{}}
	if err := c.run(); err != nil {
		return nil, fmt.Errorf("tflite: converting %s: %w", name, err)
	}
	return c.out.Model()
}

// converter walks the operators in order.
type converter struct {
	model *Model
	out   *onnx.Builder
	// values names the ONNX value of each tensor that is computed at run time.
	values map[int]string
	// floats holds the constants that a DEQUANTIZE made.
	floats map[int][]float32
	// written counts the floats written, which a file that uses one constant many times could multiply.
	written int
}

func (c *converter) run() error {
	for _, i := range c.model.Inputs {
		t := c.model.Tensors[i]
		if t.Type != Float32 {
			return fmt.Errorf("input %q is not float32", t.Name)
		}
		c.values[i] = c.out.Input(t.Name, channelsFirst(t.Shape)...)
	}
	for n, op := range c.model.Operators {
		if err := c.operator(op); err != nil {
			return fmt.Errorf("operator %d, %v: %w", n, op.Code, err)
		}
	}
	for _, i := range c.model.Outputs {
		t := c.model.Tensors[i]
		value, err := c.computed(i)
		if err != nil {
			return fmt.Errorf("output %q: %w", t.Name, err)
		}
		c.out.Output(value, t.Name, channelsFirst(t.Shape)...)
	}
	return nil
}

func (c *converter) operator(op Operator) error {
	if len(op.Outputs) != 1 {
		return fmt.Errorf("%d outputs, want 1", len(op.Outputs))
	}
	if op.Code == Dequantize {
		return c.dequantize(op)
	}
	convert, ok := operators[op.Code]
	if !ok {
		return fmt.Errorf("not supported")
	}
	if len(op.Inputs) < convert.inputs {
		return fmt.Errorf("%d inputs, want %d", len(op.Inputs), convert.inputs)
	}
	value, err := convert.write(c, op)
	if err != nil {
		return err
	}
	value, err = c.activate(value, op.Options.Activation)
	if err != nil {
		return err
	}
	c.values[op.Outputs[0]] = value
	return nil
}

func (c *converter) activate(value string, a Activation) (string, error) {
	switch a {
	case NoActivation:
		return value, nil
	case FusedReLU:
		return c.out.ReLU(value), nil
	case FusedReLU6:
		return c.out.Apply("Clip", []string{value, c.out.Floats([]float32{0}), c.out.Floats([]float32{6})}), nil
	default:
		return "", fmt.Errorf("fused activation %d is not supported", a)
	}
}

// dequantize turns a float16 constant into a float32 one; nothing of it is left at run time.
func (c *converter) dequantize(op Operator) error {
	if len(op.Inputs) != 1 || op.Inputs[0] < 0 {
		return fmt.Errorf("inputs %v, want one", op.Inputs)
	}
	values, err := c.constantFloats(op.Inputs[0])
	if err != nil {
		return err
	}
	to := c.model.Tensors[op.Outputs[0]]
	if to.Type != Float32 || elements(to.Shape) != len(values) {
		return fmt.Errorf("%d values for %q of shape %v", len(values), to.Name, to.Shape)
	}
	c.floats[op.Outputs[0]] = values
	return nil
}

// computed names the value of a tensor that is made at run time.
func (c *converter) computed(i int) (string, error) {
	if i < 0 {
		return "", fmt.Errorf("an input is left out")
	}
	if value, ok := c.values[i]; ok {
		return value, nil
	}
	return "", fmt.Errorf("%q is not computed before it is used", c.model.Tensors[i].Name)
}

// constantFloats are the values of a float constant, row-major as in the file.
func (c *converter) constantFloats(i int) ([]float32, error) {
	if i < 0 {
		return nil, fmt.Errorf("a constant is left out")
	}
	t := c.model.Tensors[i]
	n := elements(t.Shape)
	if c.written += n; c.written > maxElements { // each use is written anew
		return nil, fmt.Errorf("the constants hold more than %d values", maxElements)
	}
	if values, ok := c.floats[i]; ok {
		return values, nil
	}
	if t.Data == nil {
		return nil, fmt.Errorf("%q is no constant", t.Name)
	}
	values := make([]float32, n)
	switch t.Type {
	case Float32:
		for k := range values {
			values[k] = math.Float32frombits(binary.LittleEndian.Uint32(t.Data[4*k:]))
		}
	case Float16:
		for k := range values {
			values[k] = float16(binary.LittleEndian.Uint16(t.Data[2*k:]))
		}
	default:
		return nil, fmt.Errorf("%q holds no floats", t.Name)
	}
	return values, nil
}

func (c *converter) constantInts(i int) ([]int, error) {
	if i < 0 {
		return nil, fmt.Errorf("a constant is left out")
	}
	t := c.model.Tensors[i]
	if t.Data == nil || t.Type != Int32 {
		return nil, fmt.Errorf("%q is no int32 constant", t.Name)
	}
	values := make([]int, elements(t.Shape))
	for k := range values {
		values[k] = int(int32(binary.LittleEndian.Uint32(t.Data[4*k:])))
	}
	return values, nil
}

// shape is the shape of a tensor that must have the given rank.
func (c *converter) shape(i, rank int) ([]int, error) {
	if i < 0 {
		return nil, fmt.Errorf("an input is left out")
	}
	t := c.model.Tensors[i]
	if len(t.Shape) != rank {
		return nil, fmt.Errorf("%q has shape %v, want %d dimensions", t.Name, t.Shape, rank)
	}
	return t.Shape, nil
}

// float16 is the value of an IEEE 754 half-precision number.
func float16(h uint16) float32 {
	sign := float32(1)
	if h>>15 != 0 {
		sign = -1
	}
	exponent, fraction := int(h>>10)&0x1f, float64(h&0x3ff)
	switch exponent {
	case 0:
		return sign * float32(math.Ldexp(fraction, -24))
	case 0x1f:
		if fraction != 0 {
			return float32(math.NaN())
		}
		return sign * float32(math.Inf(1))
	default:
		return sign * float32(math.Ldexp(1024+fraction, exponent-25))
	}
}

// channelsFirst reorders the shape of a picture tensor, (N, H, W, C) to (N, C, H, W); other shapes stay.
func channelsFirst(shape []int) []int {
	if len(shape) != 4 {
		return slices.Clone(shape)
	}
	return []int{shape[0], shape[3], shape[1], shape[2]}
}

// channelsFirstAxis is where an axis of (N, H, W, C) is in (N, C, H, W).
func channelsFirstAxis(axis int) int { return [4]int{0, 2, 3, 1}[axis] }
