// Package catalogtest gives tests the real networks.
package catalogtest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/infer/ort"
)

// Dir is the models folder: $BONAFIDE_MODELS or models in the module's root. The test fails when there is none.
func Dir(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv(catalog.EnvDir); dir != "" {
		return dir
	}
	dir := filepath.Join(Root(t), "models")
	if _, err := os.Stat(dir); err != nil {
		t.Fatalf("the networks are missing: run «make setup» first (%v)", err)
	}
	return dir
}

// Root is the module's root folder.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	t.Fatal("no go.mod above the test's folder")
	return ""
}

// Network returns the checked content of a network of the catalogue.
func Network(t testing.TB, file string) []byte {
	t.Helper()
	entry, err := catalog.Network(file)
	if err != nil {
		t.Fatal(err)
	}
	model, err := entry.Read(Dir(t))
	if err != nil {
		t.Fatal(err)
	}
	return model
}

// Backend opens ONNX Runtime for the length of the test.
func Backend(t testing.TB) *ort.Backend {
	t.Helper()
	entry, err := catalog.Runtime()
	if err != nil {
		t.Fatal(err)
	}
	b, err := ort.Open(entry.Location(Dir(t)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}
