// Package ort runs networks with ONNX Runtime, loaded as a shared library when a Backend is opened.
//
// ONNX Runtime allows one environment a process, so Backends of the same process share it: the first Open chooses the
// library, the last Close releases it. Each session runs on one thread: parallelism comes from requests.
package ort

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"

	ort "github.com/yalue/onnxruntime_go"

	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/onnx"
	"github.com/bonafide-pad/bonafide/internal/onnx/onnxpb"
	"github.com/bonafide-pad/bonafide/internal/onnx/rewrite"
	"github.com/bonafide-pad/bonafide/internal/trace"
)

// environment counts the users of the process-wide ONNX Runtime environment.
var environment struct {
	sync.Mutex
	library string
	users   int
}

// Backend is an infer.Backend on ONNX Runtime.
type Backend struct {
	closeOnce sync.Once
	closeErr  error
}

// Open loads the ONNX Runtime library at path (API 24 or newer).
func Open(library string) (*Backend, error) {
	library, err := located(library)
	if err != nil {
		return nil, fmt.Errorf("loading ONNX Runtime: %w", err)
	}
	environment.Lock()
	defer environment.Unlock()
	if environment.users > 0 && environment.library != library {
		return nil, fmt.Errorf("ONNX Runtime is already loaded from %s, cannot load %s beside it", environment.library, library)
	}
	if environment.users == 0 {
		ort.SetSharedLibraryPath(library)
		if err := ort.InitializeEnvironment(ort.WithLogLevelError()); err != nil {
			return nil, fmt.Errorf("loading ONNX Runtime from %s: %w", library, err)
		}
		environment.library = library
	}
	environment.users++
	return &Backend{}, nil
}

// located is the one way to write where a file lies. One that isn't there keeps its name, for the loader to complain of.
func located(file string) (string, error) {
	absolute, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	if target, err := filepath.EvalSymlinks(absolute); err == nil {
		return target, nil
	}
	return absolute, nil
}

// Close releases the library when no other Backend uses it.
func (b *Backend) Close() error {
	b.closeOnce.Do(func() {
		environment.Lock()
		defer environment.Unlock()
		if environment.users--; environment.users == 0 {
			b.closeErr = ort.DestroyEnvironment()
		}
	})
	return b.closeErr
}

// Version is the version of the loaded ONNX Runtime.
func (b *Backend) Version() string { return ort.GetVersion() }

// Load implements infer.Backend.
func (b *Backend) Load(n infer.Network) (infer.Session, error) {
	n, err := prepared(n)
	if err != nil {
		return nil, fmt.Errorf("loading network %s: %w", n.Name, err)
	}
	options, err := sessionOptions()
	if err != nil {
		return nil, fmt.Errorf("loading network %s: %w", n.Name, err)
	}
	s, err := ort.NewDynamicAdvancedSessionWithONNXData(n.Model, []string{n.Input}, n.Outputs, options)
	if err = errors.Join(err, options.Destroy()); err != nil {
		return nil, fmt.Errorf("loading network %s: %w", n.Name, err)
	}
	return &session{name: n.Name, outputs: len(n.Outputs), run: s}, nil
}

// prepared gives the network the wanted input's shape, ends it at the named tensors where some lie inside of it, and checks that all are there and
// float32: a session looks for them no sooner than in its first Run.
func prepared(n infer.Network) (infer.Network, error) {
	if n.InputShape != nil {
		if err := resize(&n); err != nil {
			return n, err
		}
	}
	// ONNX Runtime says what a model's inputs and outputs are by making a session of it, with a thread for every core.
	model, err := onnx.Read(n.Model)
	if err != nil {
		return n, err
	}
	if err := checkTensor("input", n.Input, model.GetGraph().GetInput()); err != nil {
		return n, err
	}
	outputs := model.GetGraph().GetOutput()
	for _, o := range n.Outputs {
		if !slices.ContainsFunc(outputs, named(o)) {
			n.Model, err = rewrite.Cut(n.Model, n.Outputs...)
			return n, err
		}
		if err := checkTensor("output", o, outputs); err != nil {
			return n, err
		}
	}
	return n, nil
}

// resize cuts first: what is not needed may work at the published size alone.
func resize(n *infer.Network) error {
	model, err := rewrite.Cut(n.Model, n.Outputs...)
	if err != nil {
		return err
	}
	n.Model, err = rewrite.Resize(model, n.Input, n.InputShape...)
	return err
}

func named(name string) func(*onnxpb.ValueInfoProto) bool {
	return func(value *onnxpb.ValueInfoProto) bool { return value.GetName() == name }
}

func checkTensor(kind, name string, have []*onnxpb.ValueInfoProto) error {
	i := slices.IndexFunc(have, named(name))
	if i < 0 {
		var names []string
		for _, value := range have {
			names = append(names, value.GetName())
		}
		return fmt.Errorf("no %s %q among %q", kind, name, names)
	}
	if t := have[i].GetType().GetTensorType().GetElemType(); t != int32(onnxpb.TensorProto_FLOAT) {
		return fmt.Errorf("%s %q holds %v, not float32", kind, name, onnxpb.TensorProto_DataType(t))
	}
	return nil
}

func sessionOptions() (*ort.SessionOptions, error) {
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	err = errors.Join(
		options.SetIntraOpNumThreads(1),
		options.SetInterOpNumThreads(1),
		options.SetGraphOptimizationLevel(ort.GraphOptimizationLevelEnableAll),
	)
	if err != nil {
		return nil, errors.Join(err, options.Destroy())
	}
	return options, nil
}

// session is an infer.Session. Outputs are written into tensors that are kept from run to run.
type session struct {
	name    string
	outputs int
	run     *ort.DynamicAdvancedSession

	mu   sync.Mutex
	kept []kept
}

// kept is the memory of a run's outputs, whose shapes follow from that of the input.
type kept struct {
	input   []int
	outputs []ort.Value
}

// Run implements infer.Session.
func (s *session) Run(ctx context.Context, input infer.Tensor) ([]infer.Tensor, error) {
	if err := infer.Over(ctx); err != nil {
		return nil, err
	}
	if err := input.Validate(); err != nil {
		return nil, fmt.Errorf("running network %s: %w", s.name, err)
	}
	done := trace.From(ctx).Network(s.name, input.Data)
	out, err := s.call(input)
	done()
	if err != nil {
		return nil, fmt.Errorf("running network %s: %w", s.name, err)
	}
	return out, nil
}

func (s *session) call(input infer.Tensor) (_ []infer.Tensor, err error) {
	in, err := ort.NewTensor(dimensions(input.Shape), input.Data)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Destroy()) }()
	k := s.take(input.Shape)
	if err := s.run.Run([]ort.Value{in}, k.outputs); err != nil {
		return nil, errors.Join(err, k.destroy())
	}
	out, err := copyOut(k.outputs)
	if err != nil {
		return nil, errors.Join(err, k.destroy())
	}
	s.keep(k)
	return out, nil
}

// take returns outputs for an input of the given shape; where none are kept they are nil, and ONNX Runtime makes them.
func (s *session) take(input []int) kept {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, k := range s.kept {
		if slices.Equal(k.input, input) {
			s.kept = slices.Delete(s.kept, i, i+1)
			return k
		}
	}
	return kept{input: slices.Clone(input), outputs: make([]ort.Value, s.outputs)}
}

// keep holds outputs for a later run. There are never more than runs at the same time.
func (s *session) keep(k kept) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = append(s.kept, k)
}

func (k kept) destroy() error {
	var errs []error
	for _, v := range k.outputs {
		if v != nil {
			errs = append(errs, v.Destroy())
		}
	}
	return errors.Join(errs...)
}

func dimensions(shape []int) ort.Shape {
	out := make(ort.Shape, len(shape))
	for i, n := range shape {
		out[i] = int64(n)
	}
	return out
}

// copyOut takes the values out of ONNX Runtime's memory, which goes with the tensors.
func copyOut(values []ort.Value) ([]infer.Tensor, error) {
	out := make([]infer.Tensor, len(values))
	for i, v := range values {
		t, ok := v.(*ort.Tensor[float32])
		if !ok {
			return nil, fmt.Errorf("output %d is %T, not float32", i, v)
		}
		for _, n := range t.GetShape() {
			out[i].Shape = append(out[i].Shape, int(n))
		}
		out[i].Data = append([]float32(nil), t.GetData()...)
	}
	return out, nil
}

// Close implements infer.Session.
func (s *session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	errs := []error{s.run.Destroy()}
	for _, k := range s.kept {
		errs = append(errs, k.destroy())
	}
	s.kept = nil
	return errors.Join(errs...)
}
