package silentface

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/torchfile"
)

// peers is the folder with the published weights and with the same networks in ONNX's own form.
func peers(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("BONAFIDE_PEERS")
	if dir == "" {
		t.Skip("BONAFIDE_PEERS does not name the folder with the networks to compare with")
	}
	return dir
}

func read(t testing.TB, dir, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// published are the same networks as exported to ONNX by their publisher's tools.
var published = map[string]string{
	"MiniFASNetV2": "MiniFASNetV2_2.7_80.onnx", "MiniFASNetV1SE": "MiniFASNetV1SE_4.0_80.onnx",
}

func load(t testing.TB, backend infer.Backend, name string, model []byte) infer.Session {
	t.Helper()
	s, err := backend.Load(infer.Network{Name: name, Model: model, Input: Input, Outputs: []string{Output}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func noise(seed uint64) infer.Tensor {
	r := rand.New(rand.NewPCG(seed, 0))
	return input(func(_, _, _ int) int { return r.IntN(256) })
}

func TestConvertedNetworksAgreeWithThePublished(t *testing.T) {
	dir, backend := peers(t), catalogtest.Backend(t)
	for _, n := range Networks() {
		t.Run(n.Name, func(t *testing.T) {
			model, err := n.Convert(read(t, dir, n.Weights))
			if err != nil {
				t.Fatal(err)
			}
			ours, theirs := load(t, backend, "ours", model), load(t, backend, "theirs", read(t, dir, published[n.Name]))
			for seed := range uint64(10) {
				got, err := ours.Run(t.Context(), noise(seed))
				if err != nil {
					t.Fatal(err)
				}
				want, err := theirs.Run(t.Context(), noise(seed))
				if err != nil {
					t.Fatal(err)
				}
				for k := range want[0].Data {
					if !(math.Abs(float64(got[0].Data[k]-want[0].Data[k])) <= Tolerance) {
						t.Fatalf("input %d: logits %v, want %v ± %v", seed, got[0].Data, want[0].Data, Tolerance)
					}
				}
			}
			if err := n.Verify(t.Context(), backend, model); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestVerifyRefusesTheOtherNetwork(t *testing.T) {
	dir, backend := peers(t), catalogtest.Backend(t)
	networks := Networks()
	model, err := networks[0].Convert(read(t, dir, networks[0].Weights))
	if err != nil {
		t.Fatal(err)
	}
	if err := networks[1].Verify(t.Context(), backend, model); err == nil {
		t.Errorf("%s passed for %s", networks[0].Name, networks[1].Name)
	}
}

func TestConvertRefusesOtherFiles(t *testing.T) {
	for _, n := range Networks() {
		if _, err := n.Convert([]byte("something else")); !errors.Is(err, ErrDigest) {
			t.Errorf("%s: error %v, want %v", n.Name, err, ErrDigest)
		}
	}
}

func TestBuildNamesWhatIsMissing(t *testing.T) {
	tests := []struct {
		state map[string]torchfile.Tensor
		want  string
	}{
		{nil, `weight "conv1.conv" is missing`},
		{map[string]torchfile.Tensor{
			"module.conv1.conv.weight": {Shape: []int{1, 3, 3, 3}, Data: make([]float32, 27)},
		}, `"conv1.bn.weight" is missing`},
		{map[string]torchfile.Tensor{
			"module.conv1.conv.weight": {Shape: []int{1, 3, 3, 3}, Data: make([]float32, 27)},
			"module.conv1.bn.weight":   {Shape: []int{2}, Data: make([]float32, 2)},
		}, `"conv1.bn.weight" has shape [2], want [1]`},
	}
	for _, tt := range tests {
		_, err := Networks()[0].build(tt.state)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want %q", err, tt.want)
		}
	}
}

func BenchmarkNetworks(b *testing.B) {
	dir, backend := peers(b), catalogtest.Backend(b)
	for _, n := range Networks() {
		model, err := n.Convert(read(b, dir, n.Weights))
		if err != nil {
			b.Fatal(err)
		}
		for form, s := range map[string]infer.Session{
			"converted": load(b, backend, n.Name, model),
			"published": load(b, backend, n.Name, read(b, dir, published[n.Name])),
		} {
			b.Run(n.Name+"/"+form, func(b *testing.B) {
				in := noise(1)
				for b.Loop() {
					if _, err := s.Run(b.Context(), in); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
