package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
)

func TestPicturesOfNoFolder(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "notes.txt"), nil)
	for name, want := range map[string]string{filepath.Join(folder, "gone"): "gone", folder: "no file ends in .jpg"} {
		if files, err := pictures(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v, want an error with %q", name, files, err, want)
		}
	}
}

func TestRunLeavesNoHalfFiles(t *testing.T) {
	t.Setenv(catalog.EnvDir, absolute(t, catalogtest.Dir(t)))
	folder := filepath.Join(t.TempDir(), "people [2]")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"astronaut.jpg", "noface.jpg"} {
		write(t, filepath.Join(folder, name), read(t, filepath.Join(catalogtest.Root(t), "testdata", name)))
	}
	out := filepath.Join(t.TempDir(), "aligned")
	if err := run(folder, out); err != nil {
		t.Fatal(err)
	}
	lines, pixels := read(t, out+".jsonl"), read(t, out+".rgb")
	if bytes.Count(lines, []byte("\n")) != 1 || !bytes.Contains(lines, []byte("astronaut.jpg")) || len(pixels) != 64*64*3 {
		t.Errorf("%d bytes of pixels and the lines %s, want one face, the astronaut's", len(pixels), lines)
	}

	write(t, filepath.Join(folder, "broken.jpg"), []byte{0xff, 0xd8})
	if err := run(folder, out); err == nil || !strings.Contains(err.Error(), "broken.jpg") {
		t.Errorf("a broken picture: %v, want an error with its name", err)
	}
	if !bytes.Equal(lines, read(t, out+".jsonl")) || !bytes.Equal(pixels, read(t, out+".rgb")) {
		t.Error("a run that failed changed what the one before had written")
	}
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func write(t *testing.T, file string, content []byte) {
	t.Helper()
	if err := os.WriteFile(file, content, 0o644); err != nil {
		t.Fatal(err)
	}
}
