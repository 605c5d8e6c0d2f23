// Package infer says what a stage needs of a network runtime: load a network, run it on one tensor, close it.
//
// An implementation lives in a package of its own and passes the suite in infertest.
package infer

import (
	"context"
	"fmt"
	"time"
)

// Over says why nothing more is to be done for ctx; nil while it goes on. A deadline that has passed counts at once: where every core is busy in C, the timer
// that sets ctx.Err may come many milliseconds late.
func Over(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		return context.DeadlineExceeded
	}
	return nil
}

// Tensor is a dense float32 array in row-major order; len(Data) is the product of Shape.
type Tensor struct {
	Shape []int
	Data  []float32
}

// Network names the tensors of an ONNX network that a stage uses.
type Network struct {
	// Name stands in errors.
	Name string
	// Model is the content of the ONNX file.
	Model []byte
	// Input is the name of the only input.
	Input string
	// InputShape, where given, is read instead of the shape in the file, as a network of convolutions can be. Load fails where this one can't.
	InputShape []int
	// Outputs are the names of the float32 tensors wanted, the network's outputs or others inside of it; Run returns them in this order. What none
	// of them needs is not computed.
	Outputs []string
}

// Backend loads networks. It is safe for concurrent use.
type Backend interface {
	// Load prepares a network. It fails when the model is broken or lacks a named tensor.
	Load(n Network) (Session, error)
	// Close releases the runtime; every Session must be closed before.
	Close() error
}

// Session runs one network. It is safe for concurrent use.
type Session interface {
	// Run computes the outputs for one input, which it neither keeps nor changes; the outputs are the caller's. It fails
	// on an input of another shape than the network's, and returns Over(ctx) when that is not nil before the work starts.
	Run(ctx context.Context, input Tensor) ([]Tensor, error)
	// Close releases the network. Run must not be called after it.
	Close() error
}

// Validate returns an error unless every side is at least 1 and Data is as long as Shape says.
func (t Tensor) Validate() error {
	n := 1
	for _, side := range t.Shape {
		if side < 1 {
			return fmt.Errorf("tensor of shape %v: sides start at 1", t.Shape)
		}
		n *= side
	}
	if n != len(t.Data) {
		return fmt.Errorf("tensor of shape %v with %d values, not %d", t.Shape, len(t.Data), n)
	}
	return nil
}

// Expect returns an error unless t has the given shape, where −1 stands for any length.
func (t Tensor) Expect(shape ...int) error {
	n := 1
	ok := len(t.Shape) == len(shape)
	for i := 0; ok && i < len(shape); i++ {
		ok = shape[i] < 0 || shape[i] == t.Shape[i]
		n *= t.Shape[i]
	}
	if !ok || n != len(t.Data) {
		return fmt.Errorf("tensor of shape %v with %d values where %v was expected", t.Shape, len(t.Data), shape)
	}
	return nil
}
