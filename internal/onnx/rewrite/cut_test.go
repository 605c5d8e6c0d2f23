package rewrite_test

import (
	"testing"

	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/onnx"
	"github.com/bonafide-pad/bonafide/internal/onnx/rewrite"
)

// chain is a network of two convolutions with a ReLU after each; inner is the tensor between them.
func chain(t testing.TB) (model []byte, inner string) {
	t.Helper()
	b := onnx.NewBuilder("chain")
	inner = b.ReLU(b.Conv(b.Input("in", 1, 3, 4, 4), conv(13, 3, 1, 1)))
	b.Output(b.ReLU(b.Conv(inner, conv(4, 13, 1, 1))), "out", 1, 4, 4, 4)
	model, err := b.Model()
	if err != nil {
		t.Fatal(err)
	}
	return model, inner
}

func TestCutDropsWhatIsNotNeeded(t *testing.T) {
	model, inner := chain(t)
	cut, err := rewrite.Cut(model, inner)
	if err != nil {
		t.Fatal(err)
	}
	if got := count(t, cut, "Conv"); got != 1 {
		t.Errorf("%d convolutions are left, want the first alone", got)
	}
	if len(cut) >= len(model) {
		t.Errorf("%d bytes of %d are left, constants of the second convolution among them", len(cut), len(model))
	}
	s, err := catalogtest.Backend(t).Load(infer.Network{Name: "cut", Model: cut, Input: "in", Outputs: []string{inner}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestCutRefuses(t *testing.T) {
	model, _ := chain(t)
	for name, bad := range map[string][]byte{"what is no model": []byte("no model"), "a tensor that is not there": model} {
		if _, err := rewrite.Cut(bad, "nowhere"); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// FuzzCut checks that no bytes make the cutting fail otherwise than with an error.
func FuzzCut(f *testing.F) {
	model, inner := chain(f)
	f.Add(model)
	f.Fuzz(func(t *testing.T, data []byte) {
		after, err := rewrite.Cut(data, inner)
		if (err == nil) == (after == nil) {
			t.Fatalf("%d bytes and error %v", len(after), err)
		}
	})
}
