package catalog

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// tarball is a package with the given files.
func tarball(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	w := tar.NewWriter(zipped)
	for name, content := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), zipped.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func digest(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

func upper(packaged []byte) ([]byte, error) { return bytes.ToUpper(packaged), nil }

// TestFetchesAtOnce: two programs that fetch into one folder leave a whole file, whoever is last.
func TestFetchesAtOnce(t *testing.T) {
	dir, content := t.TempDir(), strings.Repeat("weights", 1<<18)
	e := Entry{File: "network", SHA256: digest(content)}
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			if err := e.write(dir, []byte(content)); err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	got, err := os.ReadFile(filepath.Join(dir, "network"))
	if err != nil || digest(string(got)) != e.SHA256 {
		t.Errorf("the file has %d bytes (%v), want %d", len(got), err, len(content))
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("the folder holds %v (%v), want the file alone", left, err)
	}
}

func TestUnpackConverts(t *testing.T) {
	dir := t.TempDir()
	ball := tarball(t, map[string]string{"package/assets": "weights", "package/other": "not wanted"})
	err := unpack(dir, ball, []Entry{
		{File: "plain", Path: "package/assets", SHA256: digest("weights")},
		{File: "converted", Path: "package/assets", SHA256: digest("WEIGHTS"), convert: upper},
	})
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{"plain": "weights", "converted": "WEIGHTS"} {
		got, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil || string(got) != want {
			t.Errorf("%s holds %q (%v), want %q", file, got, err, want)
		}
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) != 2 {
		t.Errorf("the folder holds %v (%v), want the two files", left, err)
	}
}

func TestUnpackRefuses(t *testing.T) {
	ball := tarball(t, map[string]string{"package/assets": "weights"})
	failing := func([]byte) ([]byte, error) { return nil, errors.New("no such format") }
	tests := []struct {
		name  string
		entry Entry
		want  string
	}{
		{"other digest", Entry{File: "a", Path: "package/assets", SHA256: digest("else")}, "wrong SHA-256"},
		{"digest of the packaged file", Entry{File: "a", Path: "package/assets", SHA256: digest("weights"), convert: upper}, "wrong SHA-256"},
		{"failed conversion", Entry{File: "a", Path: "package/assets", convert: failing}, "a: no such format"},
		{"missing", Entry{File: "a", Path: "package/nowhere"}, "1 files not found in the package"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := unpack(t.TempDir(), ball, []Entry{tt.entry})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want %q", err, tt.want)
			}
		})
	}
}

// TestFetchWantsOneTarball has an npm that says it packed and leaves nothing.
func TestFetchWantsOneTarball(t *testing.T) {
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "npm"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	err := fetchPackage(t.Context(), t.TempDir(), Package{Name: "any", Version: "1"}, nil)
	if want := "npm pack left 0 tarballs, want 1"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %q", err, want)
	}
}
