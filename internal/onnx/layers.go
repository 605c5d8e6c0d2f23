package onnx

import "slices"

// Conv is a two-dimensional convolution on a value of shape (N, In, H, W).
type Conv struct {
	// Weight is laid out (Out, In / Groups, KernelH, KernelW).
	Weight []float32
	// Bias has Out values, or none.
	Bias             []float32
	Out, In          int
	KernelH, KernelW int
	StrideH, StrideW int
	// Pads are the rows and columns of zeros added: top, left, bottom, right.
	Pads [4]int
	// Groups is 1, or In for a depthwise convolution.
	Groups int
}

// Conv applies c to x.
func (b *Builder) Conv(x string, c Conv) string {
	inputs := []string{x, b.Floats(c.Weight, c.Out, c.In/max(c.Groups, 1), c.KernelH, c.KernelW)}
	if len(c.Bias) > 0 {
		inputs = append(inputs, b.Floats(c.Bias, c.Out))
	}
	return b.Apply("Conv", inputs,
		Ints("kernel_shape", c.KernelH, c.KernelW),
		Ints("strides", c.StrideH, c.StrideW),
		Ints("pads", c.Pads[:]...),
		Int("group", c.Groups),
	)
}

// ChannelScale multiplies each channel of x (N, C, H, W) by its scale. It is written as a depthwise 1×1 convolution, because
// ONNX Runtime keeps its blocked layout across a convolution and leaves it for Mul.
func (b *Builder) ChannelScale(x string, scales []float32) string {
	n := len(scales)
	return b.Conv(x, Conv{
		Weight: scales, Out: n, In: n, KernelH: 1, KernelW: 1, StrideH: 1, StrideW: 1, Groups: n,
	})
}

// ReLU is max(x, 0).
func (b *Builder) ReLU(x string) string { return b.Apply("Relu", []string{x}) }

// Add is x + y, both of one shape.
func (b *Builder) Add(x, y string) string { return b.Apply("Add", []string{x, y}) }

// PReLU is x for x ≥ 0 and slope·x below, with one slope a channel. It is written (1−a)·ReLU(x) + a·x, the same
// arithmetic without the operator PRelu, for which ONNX Runtime leaves its blocked layout.
func (b *Builder) PReLU(x string, slopes []float32) string {
	rest := slices.Clone(slopes)
	for i, a := range rest {
		rest[i] = 1 - a
	}
	return b.Add(b.ChannelScale(b.ReLU(x), rest), b.ChannelScale(x, slopes))
}
