package tflite

import (
	"fmt"

	"github.com/bonafide-pad/bonafide/internal/onnx"
)

// operators writes each kind of operator as ONNX nodes and returns the value made, before the fused activation.
var operators = map[Opcode]struct {
	inputs int // at least
	write  func(*converter, Operator) (string, error)
}{
	Add:             {2, (*converter).add},
	Concatenation:   {1, (*converter).concatenation},
	Conv2D:          {3, (*converter).conv},
	DepthwiseConv2D: {3, (*converter).depthwiseConv},
	Logistic:        {1, (*converter).logistic},
	MaxPool2D:       {1, (*converter).maxPool},
	Pad:             {2, (*converter).pad},
	PReLU:           {2, (*converter).prelu},
	ReLU:            {1, (*converter).relu},
	Reshape:         {1, (*converter).reshape},
	ResizeBilinear:  {2, (*converter).resize},
}

func (c *converter) add(op Operator) (string, error) {
	var pair [2]string
	for k := range pair {
		value, err := c.computed(op.Inputs[k])
		if err != nil {
			return "", err
		}
		pair[k] = value
	}
	a, b := c.model.Tensors[op.Inputs[0]].Shape, c.model.Tensors[op.Inputs[1]].Shape
	if fmt.Sprint(a) != fmt.Sprint(b) {
		return "", fmt.Errorf("shapes %v and %v differ", a, b)
	}
	return c.out.Add(pair[0], pair[1]), nil
}

func (c *converter) relu(op Operator) (string, error) {
	x, err := c.computed(op.Inputs[0])
	if err != nil {
		return "", err
	}
	return c.out.ReLU(x), nil
}

func (c *converter) logistic(op Operator) (string, error) {
	x, err := c.computed(op.Inputs[0])
	if err != nil {
		return "", err
	}
	return c.out.Apply("Sigmoid", []string{x}), nil
}

func (c *converter) prelu(op Operator) (string, error) {
	x, err := c.computed(op.Inputs[0])
	if err != nil {
		return "", err
	}
	shape, err := c.shape(op.Inputs[0], 4)
	if err != nil {
		return "", err
	}
	slopes, err := c.constantFloats(op.Inputs[1])
	if err != nil {
		return "", err
	}
	if len(slopes) != shape[3] {
		return "", fmt.Errorf("%d slopes for %d channels", len(slopes), shape[3])
	}
	return c.out.PReLU(x, slopes), nil
}

func (c *converter) conv(op Operator) (string, error) {
	w, err := c.shape(op.Inputs[1], 4) // (Out, KernelH, KernelW, In)
	if err != nil {
		return "", err
	}
	layer := onnx.Conv{Out: w[0], KernelH: w[1], KernelW: w[2], In: w[3], Groups: 1}
	return c.convolve(op, layer, func(out, in, y, x int) int { return ((out*w[1]+y)*w[2]+x)*w[3] + in })
}

func (c *converter) depthwiseConv(op Operator) (string, error) {
	w, err := c.shape(op.Inputs[1], 4) // (1, KernelH, KernelW, Channels)
	if err != nil {
		return "", err
	}
	if w[0] != 1 || op.Options.DepthMultiplier != 1 {
		return "", fmt.Errorf("depth multiplier %d, only 1 is supported", op.Options.DepthMultiplier)
	}
	layer := onnx.Conv{Out: w[3], KernelH: w[1], KernelW: w[2], In: w[3], Groups: w[3]}
	return c.convolve(op, layer, func(out, _, y, x int) int { return (y*w[2]+x)*w[3] + out })
}

// convolve fills the layer's weights, source telling where a weight stands in the file, and its window.
func (c *converter) convolve(op Operator, layer onnx.Conv, source func(out, in, y, x int) int) (string, error) {
	x, err := c.computed(op.Inputs[0])
	if err != nil {
		return "", err
	}
	if err := c.window(op, layer.KernelH, layer.KernelW, &layer); err != nil {
		return "", err
	}
	if channels := c.model.Tensors[op.Inputs[0]].Shape[3]; channels != layer.In {
		return "", fmt.Errorf("weights for %d channels on %d", layer.In, channels)
	}
	weight, err := c.constantFloats(op.Inputs[1])
	if err != nil {
		return "", err
	}
	if layer.Bias, err = c.constantFloats(op.Inputs[2]); err != nil {
		return "", err
	}
	if len(layer.Bias) != layer.Out {
		return "", fmt.Errorf("%d biases for %d channels", len(layer.Bias), layer.Out)
	}
	layer.Weight = make([]float32, 0, len(weight))
	for out := range layer.Out {
		for in := range layer.In / layer.Groups {
			for ky := range layer.KernelH {
				for kx := range layer.KernelW {
					layer.Weight = append(layer.Weight, weight[source(out, in, ky, kx)])
				}
			}
		}
	}
	return c.out.Conv(x, layer), nil
}

// window checks the sliding window of an operator against its shapes and sets the layer's strides and pads.
func (c *converter) window(op Operator, kernelH, kernelW int, layer *onnx.Conv) error {
	in, err := c.shape(op.Inputs[0], 4)
	if err != nil {
		return err
	}
	out, err := c.shape(op.Outputs[0], 4)
	if err != nil {
		return err
	}
	o := op.Options
	if o.DilationH > 1 || o.DilationW > 1 {
		return fmt.Errorf("dilation %d×%d is not supported", o.DilationH, o.DilationW)
	}
	top, bottom, err := slide(o.Padding, in[1], kernelH, o.StrideH, out[1])
	if err != nil {
		return fmt.Errorf("rows: %w", err)
	}
	left, right, err := slide(o.Padding, in[2], kernelW, o.StrideW, out[2])
	if err != nil {
		return fmt.Errorf("columns: %w", err)
	}
	layer.StrideH, layer.StrideW = o.StrideH, o.StrideW
	layer.Pads = [4]int{top, left, bottom, right}
	return nil
}

// slide returns how many pixels TensorFlow Lite pads before and after one axis, and checks that the output has the
// length that follows.
func slide(p Padding, in, kernel, stride, out int) (before, after int, err error) {
	if kernel < 1 || stride < 1 {
		return 0, 0, fmt.Errorf("window of %d with stride %d", kernel, stride)
	}
	var want int
	switch p {
	case Same:
		want = (in + stride - 1) / stride
		total := max(0, (want-1)*stride+kernel-in)
		before, after = total/2, total-total/2
	case Valid:
		want = (in-kernel)/stride + 1
	default:
		return 0, 0, fmt.Errorf("padding %d", p)
	}
	if out != want {
		return 0, 0, fmt.Errorf("%d pixels give %d, the file says %d", in, want, out)
	}
	return before, after, nil
}

func (c *converter) maxPool(op Operator) (string, error) {
	x, err := c.computed(op.Inputs[0])
	if err != nil {
		return "", err
	}
	var layer onnx.Conv
	if err := c.window(op, op.Options.FilterH, op.Options.FilterW, &layer); err != nil {
		return "", err
	}
	return c.out.Apply("MaxPool", []string{x},
		onnx.Ints("kernel_shape", op.Options.FilterH, op.Options.FilterW),
		onnx.Ints("strides", layer.StrideH, layer.StrideW),
		onnx.Ints("pads", layer.Pads[:]...),
	), nil
}

func (c *converter) pad(op Operator) (string, error) {
	x, err := c.computed(op.Inputs[0])
	if err != nil {
		return "", err
	}
	if _, err := c.shape(op.Inputs[0], 4); err != nil {
		return "", err
	}
	amounts, err := c.constantInts(op.Inputs[1]) // before and after, for N, H, W, C
	if err != nil {
		return "", err
	}
	if len(amounts) != 8 {
		return "", fmt.Errorf("%d amounts, want 8", len(amounts))
	}
	pads := make([]int64, 8)
	for axis := range 4 {
		before, after := amounts[2*axis], amounts[2*axis+1]
		if before < 0 || after < 0 {
			return "", fmt.Errorf("amounts %v", amounts)
		}
		to := channelsFirstAxis(axis)
		pads[to], pads[4+to] = int64(before), int64(after)
	}
	return c.out.Apply("Pad", []string{x, c.out.Int64s(pads...)}), nil
}

func (c *converter) concatenation(op Operator) (string, error) {
	rank := len(c.model.Tensors[op.Outputs[0]].Shape)
	axis := op.Options.Axis
	if axis < 0 {
		axis += rank
	}
	if axis < 0 || axis >= rank {
		return "", fmt.Errorf("axis %d of %d", op.Options.Axis, rank)
	}
	var parts []string
	for _, i := range op.Inputs {
		if _, err := c.shape(i, rank); err != nil {
			return "", err
		}
		part, err := c.computed(i)
		if err != nil {
			return "", err
		}
		parts = append(parts, part)
	}
	if rank == 4 {
		axis = channelsFirstAxis(axis)
	}
	return c.out.Apply("Concat", parts, onnx.Int("axis", axis)), nil
}

// reshape goes through (N, H, W, C), in whose order the elements of the file run.
func (c *converter) reshape(op Operator) (string, error) {
	x, err := c.computed(op.Inputs[0])
	if err != nil {
		return "", err
	}
	from, to := c.model.Tensors[op.Inputs[0]].Shape, c.model.Tensors[op.Outputs[0]].Shape
	if elements(from) != elements(to) {
		return "", fmt.Errorf("%v to %v", from, to)
	}
	if len(to) == 4 {
		return "", fmt.Errorf("to %v: four dimensions are not supported", to)
	}
	if len(from) == 4 {
		x = c.out.Apply("Transpose", []string{x}, onnx.Ints("perm", 0, 2, 3, 1))
	}
	shape := make([]int64, len(to))
	for i, n := range to {
		shape[i] = int64(n)
	}
	return c.out.Apply("Reshape", []string{x, c.out.Int64s(shape...)}), nil
}

func (c *converter) resize(op Operator) (string, error) {
	x, err := c.computed(op.Inputs[0])
	if err != nil {
		return "", err
	}
	if !op.Options.HalfPixel || op.Options.AlignCorners {
		return "", fmt.Errorf("only half-pixel centres without aligned corners are supported")
	}
	size, err := c.constantInts(op.Inputs[1])
	if err != nil {
		return "", err
	}
	in, err := c.shape(op.Inputs[0], 4)
	if err != nil {
		return "", err
	}
	out, err := c.shape(op.Outputs[0], 4)
	if err != nil {
		return "", err
	}
	if len(size) != 2 || size[0] != out[1] || size[1] != out[2] || in[3] != out[3] {
		return "", fmt.Errorf("size %v from %v to %v", size, in, out)
	}
	sizes := c.out.Int64s(int64(in[0]), int64(in[3]), int64(out[1]), int64(out[2]))
	return c.out.Apply("Resize", []string{x, "", "", sizes},
		onnx.String("mode", "linear"), onnx.String("coordinate_transformation_mode", "half_pixel")), nil
}
