package ort_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/infer"
	"github.com/bonafide-pad/bonafide/internal/infer/infertest"
	"github.com/bonafide-pad/bonafide/internal/infer/ort"
	"github.com/bonafide-pad/bonafide/internal/onnx"
	"github.com/bonafide-pad/bonafide/internal/onnx/onnxpb"
)

func library(t testing.TB) string {
	t.Helper()
	entry, err := catalog.Runtime()
	if err != nil {
		t.Fatal(err)
	}
	return entry.Location(catalogtest.Dir(t))
}

func open(t testing.TB) infer.Backend {
	t.Helper()
	b, err := ort.Open(library(t))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestContract(t *testing.T) {
	infertest.Run(t, infertest.Suite{
		Open: open,
		Network: infer.Network{
			Name: "fr_detect", Model: catalogtest.Network(t, catalog.UltraLightDetector),
			Input: "input", Outputs: []string{"scores", "boxes"},
		},
		InputShape: []int{1, 3, 240, 320},
		Resized: infer.Network{
			Name: "fr_detect resized", Model: catalogtest.Network(t, catalog.UltraLightDetector),
			Input: "input", InputShape: []int{1, 3, 96, 128}, Outputs: []string{"461", "462"},
		},
		Tolerance: 1e-5,
	})
}

func TestOtherTensorsThanFloat32AreRefused(t *testing.T) {
	backend := open(t)
	for _, kind := range []string{"input", "output"} {
		model, err := onnx.Read(catalogtest.Network(t, catalog.UltraLightDetector))
		if err != nil {
			t.Fatal(err)
		}
		values := map[string][]*onnxpb.ValueInfoProto{"input": model.GetGraph().GetInput(), "output": model.GetGraph().GetOutput()}
		for _, value := range values[kind] {
			value.GetType().GetTensorType().ElemType = proto.Int32(int32(onnxpb.TensorProto_DOUBLE))
		}
		content, err := proto.Marshal(model)
		if err != nil {
			t.Fatal(err)
		}
		_, err = backend.Load(infer.Network{Name: "odd", Model: content, Input: "input", Outputs: []string{"scores", "boxes"}})
		if err == nil || !strings.Contains(err.Error(), "loading network odd: "+kind) || !strings.Contains(err.Error(), "holds DOUBLE, not float32") {
			t.Errorf("%s of doubles: %v", kind, err)
		}
	}
}

func TestOpenSharesOneLibrary(t *testing.T) {
	first, second := open(t), open(t)
	if _, err := ort.Open("/elsewhere/libonnxruntime.so"); err == nil || !strings.Contains(err.Error(), "already loaded") {
		t.Errorf("opening another library beside the first: %v", err)
	}
	for _, b := range []infer.Backend{first, first, second} { // closing twice counts once
		if err := b.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	again := open(t)
	if err := again.Close(); err != nil {
		t.Errorf("Close after reopening: %v", err)
	}
}

func TestOpenNamesTheMissingLibrary(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "libonnxruntime.so")
	if _, err := ort.Open(missing); err == nil || !strings.Contains(err.Error(), missing) {
		t.Errorf("Open of a missing library: %v", err)
	}
}

// TestOpenTakesALibraryByAnyPath: a bare name would be looked for in the system's folders, and another spelling be taken for another library.
func TestOpenTakesALibraryByAnyPath(t *testing.T) {
	path, err := filepath.Abs(library(t))
	if err != nil {
		t.Fatal(err)
	}
	dir, name := filepath.Split(path)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Skip(err)
	}
	t.Chdir(dir)
	for _, spelling := range []string{name, path, filepath.Join(link, name)} {
		b, err := ort.Open(spelling)
		if err != nil {
			t.Fatalf("%s: %v", spelling, err)
		}
		t.Cleanup(func() {
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func BenchmarkRunDetector(b *testing.B) {
	backend := catalogtest.Backend(b)
	s, err := backend.Load(infer.Network{
		Name: "fr_detect", Model: catalogtest.Network(b, catalog.UltraLightDetector), Input: "input", Outputs: []string{"scores", "boxes"},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	input := infer.Tensor{Shape: []int{1, 3, 240, 320}, Data: make([]float32, 3*240*320)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Run(b.Context(), input); err != nil {
			b.Fatal(err)
		}
	}
}
