// Package infertest tests that an infer.Backend keeps the contract that package infer states. Every implementation runs
// it from its own tests:
//
//	infertest.Run(t, infertest.Suite{Open: …, Network: …, InputShape: …})
package infertest

import (
	"math"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/infer"
)

// Suite is a backend and a network to try it with.
type Suite struct {
	// Open opens the backend; the suite closes it.
	Open func(t testing.TB) infer.Backend
	// Network is any network that the backend can run, with at least two outputs.
	Network infer.Network
	// InputShape is the shape of the network's input, free of zeros.
	InputShape []int
	// Resized is a network that is to read another shape than the one in its file.
	Resized infer.Network
	// Tolerance is the largest difference allowed between two runs on the same values.
	Tolerance float64
}

// Run runs the whole suite, each test on a backend of its own.
func Run(t *testing.T, s Suite) {
	for name, test := range map[string]func(*testing.T, harness){
		"outputs come in the order asked for":    testOutputOrder,
		"a run leaves its input alone":           testInputUntouched,
		"outputs belong to the caller":           testOutputsOwned,
		"concurrent runs agree with single ones": testConcurrent,
		"a broken model does not load":           testBrokenModel,
		"a missing tensor does not load":         testMissingTensor,
		"a wrong input is refused":               testWrongInput,
		"a network reads the shape asked for":    testResized,
		"a context that is done stops the run":   testContextDone,
		"nothing leaks":                          testLeaks,
	} {
		t.Run(name, func(t *testing.T) {
			backend := s.Open(t)
			test(t, harness{s, backend})
			if err := backend.Close(); err != nil {
				t.Errorf("closing the backend: %v", err)
			}
		})
	}
}

// harness is a suite with its backend open.
type harness struct {
	Suite
	backend infer.Backend
}

// load loads the suite's network, or fails the test.
func (h harness) load(t *testing.T) infer.Session {
	t.Helper()
	session, err := h.backend.Load(h.Network)
	if err != nil {
		t.Fatalf("loading %s: %v", h.Network.Name, err)
	}
	return session
}

// input is a tensor of the suite's shape whose values, within −1..1, differ with seed.
func (h harness) input(seed int) infer.Tensor {
	n := 1
	for _, d := range h.InputShape {
		n *= d
	}
	data := make([]float32, n)
	for i := range data {
		data[i] = float32(math.Sin(float64(i)*0.01*float64(seed+1) + float64(seed)))
	}
	return infer.Tensor{Shape: h.InputShape, Data: data}
}

// mustRun runs a session, or fails the test.
func mustRun(t *testing.T, s infer.Session, input infer.Tensor) []infer.Tensor {
	t.Helper()
	out, err := s.Run(t.Context(), input)
	if err != nil {
		t.Fatalf("running: %v", err)
	}
	return out
}

// closeSession closes a session, or fails the test.
func closeSession(t *testing.T, s infer.Session) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("closing the session: %v", err)
	}
}

// differ is the largest difference of two results; it is infinite where their shapes differ.
func differ(a, b []infer.Tensor) float64 {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	var most float64
	for i := range a {
		if a[i].Expect(b[i].Shape...) != nil {
			return math.Inf(1)
		}
		for j, v := range a[i].Data {
			most = max(most, math.Abs(float64(v)-float64(b[i].Data[j])))
		}
	}
	return most
}
