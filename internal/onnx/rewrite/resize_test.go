package rewrite_test

import (
	"testing"

	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/onnx/rewrite"
)

func TestResizedNetworkReadsTheNewShape(t *testing.T) {
	model, _ := chain(t)
	resized, err := rewrite.Resize(model, "in", 1, 3, 6, 2)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		model []byte
		fits  bool
	}{"resized": {resized, true}, "as it was": {model, false}} {
		s, err := catalogtest.Backend(t).Load(infer.Network{Name: name, Model: tc.model, Input: "in", Outputs: []string{"out"}})
		if err != nil {
			t.Fatal(err)
		}
		out, err := s.Run(t.Context(), infer.Tensor{Shape: []int{1, 3, 6, 2}, Data: make([]float32, 36)})
		if (err == nil) != tc.fits {
			t.Errorf("%s: running gives error %v", name, err)
		}
		if err == nil {
			if err := out[0].Expect(1, 4, 6, 2); err != nil {
				t.Error(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestResizeRefuses(t *testing.T) {
	model, inner := chain(t)
	for name, bad := range map[string]struct {
		model []byte
		input string
	}{"what is no model": {[]byte("no model"), "in"}, "an input that is not there": {model, inner}} {
		if _, err := rewrite.Resize(bad.model, bad.input, 1, 3, 6, 2); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// FuzzResize checks that no bytes make the resizing fail otherwise than with an error.
func FuzzResize(f *testing.F) {
	model, _ := chain(f)
	f.Add(model)
	f.Fuzz(func(t *testing.T, data []byte) {
		after, err := rewrite.Resize(data, "in", 1, 3, 6, 2)
		if (err == nil) == (after == nil) {
			t.Fatalf("%d bytes and error %v", len(after), err)
		}
	})
}
