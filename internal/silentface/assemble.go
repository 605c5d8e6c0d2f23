package silentface

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/bonafide-pad/bonafide/internal/onnx"
	"github.com/bonafide-pad/bonafide/internal/torchfile"
)

const (
	// epsilon is PyTorch's default for batch normalisation, which the networks use.
	epsilon = 1e-5
	// block is the multiple to which inner channels are padded: ONNX Runtime's widest blocked layout.
	block = 16
	// classes is the number of logits.
	classes = 3
)

// assembler writes a MiniFASNet layer by layer. The first mistake is kept in err and ends the writing.
type assembler struct {
	state map[string]torchfile.Tensor
	out   *onnx.Builder
	err   error
}

// network follows the architecture's own names of its layers.
func (a *assembler) network(squeeze bool) {
	x := a.out.Input(Input, 1, 3, side, side)
	x = a.convBlock(x, "conv1", 2)
	x = a.convBlock(x, "conv2_dw", 1)
	x = a.bottleneck(x, "conv_23", 2)
	x = a.stage(x, "conv_3", 4, squeeze)
	x = a.bottleneck(x, "conv_34", 2)
	x = a.stage(x, "conv_4", 6, squeeze)
	x = a.bottleneck(x, "conv_45", 2)
	x = a.stage(x, "conv_5", 2, squeeze)
	x = a.convBlock(x, "conv_6_sep", 1)
	x = a.head(x)
	if a.err != nil {
		return
	}
	flat := a.out.Apply("Reshape", []string{x, a.out.Int64s(1, classes)})
	a.out.Output(flat, Output, 1, classes)
}

// stage is a row of residual blocks of which, with squeeze, the last weighs its channels.
func (a *assembler) stage(x, name string, blocks int, squeeze bool) string {
	for i := range blocks {
		inner := name + ".model." + strconv.Itoa(i)
		y := a.bottleneck(x, inner, 1)
		if squeeze && i == blocks-1 {
			y = a.squeezeExcite(y, inner+".se_module")
		}
		if a.err != nil {
			return ""
		}
		x = a.out.Add(x, y)
	}
	return x
}

// bottleneck widens with a 1×1 convolution, filters each channel alone, and projects back.
func (a *assembler) bottleneck(x, name string, stride int) string {
	x = a.convBlock(x, name+".conv", 1)
	x = a.convBlock(x, name+".conv_dw", stride)
	project := a.convolution(name+".project.conv", name+".project.bn", 1)
	if a.err != nil {
		return ""
	}
	return a.out.Conv(x, padIn(project))
}

// convBlock is convolution, batch normalisation and PReLU.
func (a *assembler) convBlock(x, name string, stride int) string {
	c := a.convolution(name+".conv", name+".bn", stride)
	slopes := a.tensor(name+".prelu.weight", c.Out)
	if a.err != nil {
		return ""
	}
	c = padOut(padIn(c))
	slopes = append(slices.Clone(slopes), make([]float32, c.Out-len(slopes))...)
	return a.out.PReLU(a.out.Conv(x, c), slopes)
}

func (a *assembler) squeezeExcite(x, name string) string {
	shrink := a.convolution(name+".fc1", name+".bn1", 1)
	grow := a.convolution(name+".fc2", name+".bn2", 1)
	if a.err != nil {
		return ""
	}
	w := a.out.Apply("GlobalAveragePool", []string{x})
	w = a.out.ReLU(a.out.Conv(w, shrink))
	w = a.out.Apply("Sigmoid", []string{a.out.Conv(w, grow)})
	return a.out.Apply("Mul", []string{x, w})
}

// head folds the depthwise layer conv_6_dw, the dense layers linear and prob and the batch normalisation between them,
// all of them linear, into one convolution over what is left of the picture.
func (a *assembler) head(x string) string {
	last := a.convolution("conv_6_dw.conv", "conv_6_dw.bn", 1)
	if a.err != nil {
		return ""
	}
	window := last.KernelH * last.KernelW
	embedding := len(a.tensor("bn.weight", -1))
	linear := a.tensor("linear.weight", embedding, last.Out)
	prob := a.tensor("prob.weight", classes, embedding)
	scale, shift := a.normalisation("bn", embedding)
	if a.err != nil {
		return ""
	}
	c := onnx.Conv{
		Weight: make([]float32, 0, classes*last.Out*window), Bias: make([]float32, classes),
		Out: classes, In: last.Out, KernelH: last.KernelH, KernelW: last.KernelW, StrideH: 1, StrideW: 1, Groups: 1,
	}
	for k := range classes {
		var bias float64
		for e := range embedding {
			bias += float64(prob[k*embedding+e]) * shift[e]
		}
		for channel := range last.Out {
			var weight float64 // of this channel in logit k
			for e := range embedding {
				weight += float64(prob[k*embedding+e]) * scale[e] * float64(linear[e*last.Out+channel])
			}
			bias += weight * float64(last.Bias[channel])
			for _, v := range last.Weight[channel*window : (channel+1)*window] {
				c.Weight = append(c.Weight, float32(weight*float64(v)))
			}
		}
		c.Bias[k] = float32(bias)
	}
	return a.out.Conv(x, c)
}

// convolution reads a convolution without bias and folds the batch normalisation behind it. A kernel of 3×3 keeps the
// picture's size, every other stays inside it; a weight for one input channel is depthwise.
func (a *assembler) convolution(conv, norm string, stride int) onnx.Conv {
	t, ok := a.state["module."+conv+".weight"]
	if !ok || len(t.Shape) != 4 {
		a.fail("weight %q is missing or has no 4 dimensions", conv)
		return onnx.Conv{}
	}
	c := onnx.Conv{
		Weight: slices.Clone(t.Data), Bias: make([]float32, t.Shape[0]), Out: t.Shape[0], In: t.Shape[1],
		KernelH: t.Shape[2], KernelW: t.Shape[3], StrideH: stride, StrideW: stride, Groups: 1,
	}
	if c.In == 1 {
		c.In, c.Groups = c.Out, c.Out
	}
	if c.KernelH == 3 {
		c.Pads = [4]int{1, 1, 1, 1}
	}
	scale, shift := a.normalisation(norm, c.Out)
	if a.err != nil {
		return onnx.Conv{}
	}
	per := len(c.Weight) / c.Out
	for out := range c.Out {
		for i := range per {
			c.Weight[out*per+i] = float32(float64(c.Weight[out*per+i]) * scale[out])
		}
		c.Bias[out] = float32(shift[out])
	}
	return c
}

// normalisation is batch normalisation as scale·x + shift.
func (a *assembler) normalisation(name string, channels int) (scale, shift []float64) {
	gamma, beta := a.tensor(name+".weight", channels), a.tensor(name+".bias", channels)
	mean, variance := a.tensor(name+".running_mean", channels), a.tensor(name+".running_var", channels)
	if a.err != nil {
		return nil, nil
	}
	scale, shift = make([]float64, channels), make([]float64, channels)
	for i := range channels {
		scale[i] = float64(gamma[i]) / math.Sqrt(float64(variance[i])+epsilon)
		shift[i] = float64(beta[i]) - float64(mean[i])*scale[i]
	}
	return scale, shift
}

// tensor is a tensor of the state dict; −1 in shape stands for any length.
func (a *assembler) tensor(name string, shape ...int) []float32 {
	t, ok := a.state["module."+name]
	if !ok {
		a.fail("%q is missing", name)
		return nil
	}
	fits := len(t.Shape) == len(shape)
	for i := 0; fits && i < len(shape); i++ {
		fits = shape[i] < 0 || shape[i] == t.Shape[i]
	}
	if !fits {
		a.fail("%q has shape %v, want %v", name, t.Shape, shape)
		return nil
	}
	return t.Data
}

func (a *assembler) fail(format string, args ...any) {
	if a.err == nil {
		a.err = fmt.Errorf(format, args...)
	}
}

func padded(channels int) int { return (channels + block - 1) / block * block }

// padOut adds output channels that are always 0; of a depthwise convolution they are input channels as well.
func padOut(c onnx.Conv) onnx.Conv {
	more := padded(c.Out) - c.Out
	c.Weight = append(slices.Clone(c.Weight), make([]float32, more*len(c.Weight)/c.Out)...)
	c.Bias = append(slices.Clone(c.Bias), make([]float32, more)...)
	if c.Groups > 1 {
		c.In, c.Groups = c.In+more, c.Groups+more
	}
	c.Out += more
	return c
}

// padIn makes a convolution ignore the input channels that padOut added before it. The picture's three stay.
func padIn(c onnx.Conv) onnx.Conv {
	if c.Groups > 1 || c.In == 3 {
		return c
	}
	window := c.KernelH * c.KernelW
	wide := make([]float32, 0, c.Out*padded(c.In)*window)
	for out := range c.Out {
		wide = append(wide, c.Weight[out*c.In*window:(out+1)*c.In*window]...)
		wide = append(wide, make([]float32, (padded(c.In)-c.In)*window)...)
	}
	c.Weight, c.In = wide, padded(c.In)
	return c
}
