package rewrite

import (
	"slices"

	"github.com/bonafide-pad/bonafide/internal/onnx"
	"github.com/bonafide-pad/bonafide/internal/onnx/onnxpb"
)

// block is the number of channels that the widest kernels keep together.
const block = 16

// padded is the next multiple of block; where that is more than a third more, as it is, because the added channels would
// cost more than the faster kernels save.
func padded(channels int) int {
	wide := (channels + block - 1) / block * block
	if 3*wide > 4*channels {
		return channels
	}
	return wide
}

// bundles groups the values that must keep the same channels: a value and what is computed from it channel by channel.
type bundles struct {
	parent map[string]string
	// channels of each bundle, by its root; fixed bundles cannot be widened.
	channels map[string]int
	fixed    map[string]bool
}

func (b *bundles) root(value string) string {
	for {
		up, ok := b.parent[value]
		if !ok {
			return value
		}
		value = up
	}
}

func (b *bundles) fix(values ...string) {
	for _, v := range values {
		b.fixed[b.root(v)] = true
	}
}

func (b *bundles) join(x, y string) {
	x, y = b.root(x), b.root(y)
	if x == y {
		return
	}
	b.parent[y] = x
	if b.fixed[y] {
		b.fixed[x] = true
	}
	if n, ok := b.channels[y]; ok {
		b.count(x, n)
	}
}

// count notes how many channels a value has; contradictions fix its bundle.
func (b *bundles) count(value string, channels int) {
	r := b.root(value)
	if n, ok := b.channels[r]; ok && n != channels {
		b.fixed[r] = true
	}
	b.channels[r] = channels
}

// more is how many channels are added to a value.
func (b *bundles) more(value string) int {
	r := b.root(value)
	n, ok := b.channels[r]
	if !ok || b.fixed[r] {
		return 0
	}
	return padded(n) - n
}

// kind tells how a convolution treats channels.
type kind int

const (
	notConv kind = iota
	dense
	depthwise
)

// convolution is the kind of a node and the shape of its weights.
func (g *graph) convolution(n *onnxpb.NodeProto) (kind, []int, error) {
	if n.GetOpType() != "Conv" || len(n.GetInput()) < 2 || len(n.GetOutput()) != 1 {
		return notConv, nil, nil
	}
	_, shape, ok, err := g.floats(n.GetInput()[1])
	if err != nil || !ok || len(shape) != 4 || slices.Contains(shape, 0) {
		return notConv, nil, err
	}
	if len(n.GetInput()) > 2 {
		if _, _, ok, err := g.floats(n.GetInput()[2]); err != nil || !ok {
			return notConv, nil, err
		}
	}
	group := 1
	if a := onnx.Attribute(n, "group"); a != nil {
		group = int(a.GetI())
	}
	switch {
	case group == 1:
		return dense, shape, nil
	case group == shape[0] && shape[1] == 1:
		return depthwise, shape, nil
	default:
		return notConv, nil, nil
	}
}

// padChannels widens every bundle that no one outside sees.
func (g *graph) padChannels() error {
	b, err := g.bundle()
	if err != nil {
		return err
	}
	for _, n := range g.GetNode() {
		k, shape, err := g.convolution(n)
		if err != nil {
			return err
		}
		if k == notConv {
			continue
		}
		more := [2]int{b.more(n.GetOutput()[0]), 0}
		if k == dense {
			more[1] = b.more(n.GetInput()[0])
		}
		if more == [2]int{} {
			continue
		}
		if err := g.widen(n, shape, more); err != nil {
			return err
		}
		if k == depthwise {
			onnx.Attribute(n, "group").I = onnx.Int("group", shape[0]+more[0]).I
		}
	}
	return nil
}

// bundle finds which values share their channels and which of them must stay as they are.
func (g *graph) bundle() (*bundles, error) {
	b := &bundles{parent: map[string]string{}, channels: map[string]int{}, fixed: map[string]bool{}}
	for _, n := range g.GetNode() {
		k, shape, err := g.convolution(n)
		if err != nil {
			return nil, err
		}
		switch {
		case k == dense:
			b.count(n.GetInput()[0], shape[1])
			b.count(n.GetOutput()[0], shape[0])
		case k == depthwise:
			b.join(n.GetInput()[0], n.GetOutput()[0])
			b.count(n.GetOutput()[0], shape[0])
		case g.channelwise(n):
			for _, in := range n.GetInput() {
				b.join(n.GetOutput()[0], in)
			}
		default:
			b.fix(n.GetInput()...)
			b.fix(n.GetOutput()...)
		}
	}
	for _, v := range append(slices.Clone(g.GetInput()), g.GetOutput()...) {
		b.fix(v.GetName())
	}
	return b, nil
}

// channelwise tells whether a node computes each channel alone, zeros from zeros, without constants.
func (g *graph) channelwise(n *onnxpb.NodeProto) bool {
	switch n.GetOpType() {
	case "Relu", "MaxPool", "AveragePool":
		return len(n.GetOutput()) == 1
	case "Add":
		return !slices.ContainsFunc(n.GetInput(), func(in string) bool { return g.constants[in] != nil })
	default:
		return false
	}
}

// widen gives a convolution more output and input channels, with weights and biases of zero.
func (g *graph) widen(n *onnxpb.NodeProto, shape []int, more [2]int) error {
	weights, _, _, err := g.floats(n.GetInput()[1])
	if err != nil {
		return err
	}
	row, gap := len(weights)/shape[0], more[1]*shape[2]*shape[3]
	wide := make([]float32, 0, (shape[0]+more[0])*(row+gap))
	for out := range shape[0] {
		wide = append(wide, weights[out*row:(out+1)*row]...)
		wide = append(wide, make([]float32, gap)...)
	}
	wide = append(wide, make([]float32, more[0]*(row+gap))...)
	n.Input[1] = g.constant(n.GetInput()[1], wide, shape[0]+more[0], shape[1]+more[1], shape[2], shape[3])
	if len(n.GetInput()) < 3 || more[0] == 0 {
		return nil
	}
	bias, _, _, err := g.floats(n.GetInput()[2])
	if err != nil {
		return err
	}
	bias = append(slices.Clone(bias), make([]float32, more[0])...)
	n.Input[2] = g.constant(n.GetInput()[2], bias, len(bias))
	return nil
}
