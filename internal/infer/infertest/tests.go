package infertest

import (
	"context"
	"errors"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide/internal/infer"
)

func testOutputOrder(t *testing.T, h harness) {
	if len(h.Network.Outputs) < 2 {
		t.Fatalf("the suite's network has %d outputs, at least 2 are needed", len(h.Network.Outputs))
	}
	straight := h.load(t)
	defer closeSession(t, straight)
	reversed := h
	reversed.Network.Outputs = slices.Clone(h.Network.Outputs)
	slices.Reverse(reversed.Network.Outputs)
	backward := reversed.load(t)
	defer closeSession(t, backward)

	want, got := mustRun(t, straight, h.input(0)), mustRun(t, backward, h.input(0))
	slices.Reverse(got)
	if d := differ(want, got); d > h.Tolerance {
		t.Errorf("outputs asked for in reverse differ by %g", d)
	}
	if differ(want[:1], want[1:2]) <= h.Tolerance {
		t.Error("the first two outputs are equal: the suite's network cannot show their order")
	}
}

func testInputUntouched(t *testing.T, h harness) {
	s := h.load(t)
	defer closeSession(t, s)
	input, before := h.input(0), h.input(0)
	mustRun(t, s, input)
	if d := differ([]infer.Tensor{input}, []infer.Tensor{before}); d != 0 {
		t.Errorf("the input changed by %g", d)
	}
}

func testOutputsOwned(t *testing.T, h harness) {
	s := h.load(t)
	defer closeSession(t, s)
	first, want := mustRun(t, s, h.input(0)), mustRun(t, s, h.input(0))
	for _, o := range first {
		clear(o.Data)
	}
	mustRun(t, s, h.input(1))
	if d := differ(mustRun(t, s, h.input(0)), want); d > h.Tolerance {
		t.Errorf("writing to earlier outputs changed a later run by %g", d)
	}
}

func testConcurrent(t *testing.T, h harness) {
	const workers, rounds = 8, 6
	s := h.load(t)
	defer closeSession(t, s)
	var want [workers][]infer.Tensor
	for w := range workers {
		want[w] = mustRun(t, s, h.input(w))
	}
	if differ(want[0], want[1]) <= h.Tolerance {
		t.Fatal("different inputs give equal outputs: the suite's network cannot show a mix-up")
	}
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for range rounds {
				out, err := s.Run(t.Context(), h.input(w))
				if err != nil {
					t.Errorf("worker %d: %v", w, err)
				} else if d := differ(out, want[w]); d > h.Tolerance {
					t.Errorf("worker %d: differs from the single run by %g", w, d)
				}
			}
		})
	}
	group.Wait()
}

func testBrokenModel(t *testing.T, h harness) {
	for name, model := range map[string][]byte{
		"empty":     {},
		"no model":  []byte("this is no network"),
		"truncated": h.Network.Model[:len(h.Network.Model)/2],
	} {
		broken := h.Network
		broken.Model = model
		expectLoadError(t, h, name, broken, h.Network.Name)
	}
}

func testMissingTensor(t *testing.T, h harness) {
	const absent = "a tensor that no network has"
	input := h.Network
	input.Input = absent
	expectLoadError(t, h, "input", input, absent)
	output := h.Network
	output.Outputs = append(slices.Clone(h.Network.Outputs), absent)
	expectLoadError(t, h, "output", output, absent)
}

// expectLoadError checks that n does not load and that the error holds mention.
func expectLoadError(t *testing.T, h harness, what string, n infer.Network, mention string) {
	t.Helper()
	s, err := h.backend.Load(n)
	switch {
	case err == nil:
		closeSession(t, s)
		t.Errorf("%s: loaded without an error", what)
	case !strings.Contains(err.Error(), mention):
		t.Errorf("%s: the error does not mention %q: %v", what, mention, err)
	}
}

func testWrongInput(t *testing.T, h harness) {
	s := h.load(t)
	defer closeSession(t, s)
	right := h.input(0)
	bigger := slices.Clone(right.Shape)
	bigger[len(bigger)-1]++
	negative := slices.Clone(right.Shape)
	negative[0] *= -1
	for name, wrong := range map[string]infer.Tensor{
		"nothing":         {},
		"no values":       {Shape: right.Shape},
		"too few values":  {Shape: right.Shape, Data: right.Data[1:]},
		"too many values": {Shape: right.Shape, Data: append(slices.Clone(right.Data), 0)},
		"flat":            {Shape: []int{len(right.Data)}, Data: right.Data},
		"negative side":   {Shape: negative, Data: right.Data},
		"other size":      {Shape: bigger, Data: make([]float32, len(right.Data)/right.Shape[len(bigger)-1]*bigger[len(bigger)-1])},
	} {
		if _, err := s.Run(t.Context(), wrong); err == nil {
			t.Errorf("%s: ran without an error", name)
		} else if !strings.Contains(err.Error(), h.Network.Name) {
			t.Errorf("%s: the error does not name the network: %v", name, err)
		}
	}
	mustRun(t, s, right)
}

func testResized(t *testing.T, h harness) {
	h.Network, h.InputShape = h.Resized, h.Resized.InputShape
	testWrongInput(t, h) // it reads that shape and no other
	h.Network.InputShape = nil
	asPublished := h.load(t)
	defer closeSession(t, asPublished)
	if _, err := asPublished.Run(t.Context(), h.input(0)); err == nil {
		t.Error("the network as published reads that shape too: the suite's network cannot show that it was asked for")
	}
}

func testContextDone(t *testing.T, h harness) {
	s := h.load(t)
	defer closeSession(t, s)
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Run(canceled, h.input(0)); !errors.Is(err, context.Canceled) {
		t.Errorf("with a cancelled context Run returned %v", err)
	}
	expired, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	if _, err := s.Run(expired, h.input(0)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("past the deadline Run returned %v", err)
	}
	if _, err := s.Run(Late{t.Context()}, h.input(0)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after a deadline whose timer is late Run returned %v", err)
	}
}

// Late is a context whose deadline has passed while its timer has not come yet.
type Late struct{ context.Context }

// Deadline has just passed.
func (Late) Deadline() (time.Time, bool) { return time.Now().Add(-time.Millisecond), true }

// testLeaks loads, runs and closes over and over, faults included: neither goroutines nor resident memory may grow.
func testLeaks(t *testing.T, h harness) {
	runtime.LockOSThread() // an allocator keeps memory for every thread that it has served
	defer runtime.UnlockOSThread()
	const rounds = 30
	cycle := func() {
		s := h.load(t)
		for range 2 {
			mustRun(t, s, h.input(0))
		}
		if _, err := s.Run(t.Context(), infer.Tensor{Shape: []int{1}, Data: []float32{0}}); err == nil {
			t.Error("a wrong input ran")
		}
		closeSession(t, s)
		absent := h.Network
		absent.Outputs = []string{"absent"}
		expectLoadError(t, h, "output", absent, "absent")
	}
	for range 5 { // let allocators and pools reach their working size
		cycle()
	}
	goroutines, resident := runtime.NumGoroutine(), residentBytes(t)
	for range rounds {
		cycle()
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines before, %d after", goroutines, n)
	}
	// A session that stays behind keeps its weights and its working memory; allocators may keep holes of some of it.
	if grown := residentBytes(t) - resident; grown > rounds*len(h.Network.Model) {
		t.Errorf("resident memory grew by %d bytes in %d cycles of a network of %d bytes", grown, rounds, len(h.Network.Model))
	}
}

// residentBytes is the memory that the process holds, after a collection; 0 where the system has no /proc.
func residentBytes(t *testing.T) int {
	t.Helper()
	runtime.GC()
	statm, err := os.ReadFile("/proc/self/statm")
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(statm))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}
