package ort

import (
	"errors"
	"fmt"

	ort "github.com/yalue/onnxruntime_go"

	"github.com/bonafide-pad/bonafide/internal/infer"
)

// Bare is a network tied to one input and to memory for its outputs: a run is one call of ONNX Runtime and nothing else. It is the
// limit that benchmarks measure against, and not safe for concurrent use.
type Bare struct {
	session *ort.AdvancedSession
	tensors []ort.Value // the input, then the outputs
}

// LoadBare loads a network for inputs of the given shape, all 0 until it is fed.
func (b *Backend) LoadBare(n infer.Network, shape ...int) (_ *Bare, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("loading network %s bare: %w", n.Name, err)
		}
	}()
	if n, err = prepared(n); err != nil {
		return nil, err
	}
	outputs, err := b.outputShapes(n, shape)
	if err != nil {
		return nil, err
	}
	bare := &Bare{}
	for _, s := range append([][]int{shape}, outputs...) {
		t, err := ort.NewEmptyTensor[float32](dimensions(s))
		if err != nil {
			return nil, errors.Join(err, bare.destroyTensors())
		}
		bare.tensors = append(bare.tensors, t)
	}
	options, err := sessionOptions()
	if err != nil {
		return nil, errors.Join(err, bare.destroyTensors())
	}
	bare.session, err = ort.NewAdvancedSessionWithONNXData(n.Model, []string{n.Input}, n.Outputs, bare.tensors[:1], bare.tensors[1:], options)
	if err = errors.Join(err, options.Destroy()); err != nil {
		return nil, errors.Join(err, bare.destroyTensors())
	}
	return bare, nil
}

// outputShapes runs a network once to learn the shapes of its outputs.
func (b *Backend) outputShapes(n infer.Network, shape []int) ([][]int, error) {
	loaded, err := b.Load(n)
	if err != nil {
		return nil, err
	}
	values := 1
	for _, side := range shape {
		values *= side
	}
	out, err := loaded.(*session).call(infer.Tensor{Shape: shape, Data: make([]float32, values)})
	shapes := make([][]int, len(out))
	for i, t := range out {
		shapes[i] = t.Shape
	}
	return shapes, errors.Join(err, loaded.Close())
}

// Feed sets the input to values, which begin again where the input is longer. How long a network takes may depend on them: ONNX Runtime's PRelu is
// a branch for each, which a processor foresees where all are 0.
func (b *Bare) Feed(values []float32) {
	input := b.tensors[0].(*ort.Tensor[float32]).GetData()
	for len(input) > 0 && len(values) > 0 {
		input = input[copy(input, values):]
	}
}

// Run computes the outputs, which stay where they are.
func (b *Bare) Run() error { return b.session.Run() }

// Close releases the network.
func (b *Bare) Close() error { return errors.Join(b.session.Destroy(), b.destroyTensors()) }

func (b *Bare) destroyTensors() error {
	var errs []error
	for _, t := range b.tensors {
		errs = append(errs, t.Destroy())
	}
	return errors.Join(errs...)
}
