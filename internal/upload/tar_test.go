package upload

import (
	"archive/tar"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// One file has a block of zeros at its own end, which is not the archive's.
func TestATarEndsInABlockOfZeros(t *testing.T) {
	const block = 512
	files := []packedFile{{"one.jpg", "one", 0}, {"two.jpg", "two" + strings.Repeat("\x00", 2*block-3), 0}}
	whole := tarOf(t, files...)
	long := tarOf(t, files[0], packedFile{strings.Repeat("n", 200) + ".jpg", "two", 0})
	for name, c := range map[string]struct {
		body  []byte
		whole bool
	}{
		"two blocks":                  {whole, true},
		"one block":                   {whole[:len(whole)-block], true},
		"filled up to a record":       {append(slices.Clone(whole), make([]byte, 10<<10-len(whole))...), true},
		"a folder last":               {tarOf(t, files[0], packedFile{"below/", "", tar.TypeDir}), true},
		"nothing":                     {nil, false},
		"no block":                    {whole[:len(whole)-2*block], false},
		"half a block":                {whole[:len(whole)-2*block+block/2], false},
		"cut before the second file":  {whole[:2*block], false},
		"cut where the first is full": {whole[:block+3+100], false},
		"cut in the second's content": {whole[:4*block], false},
		"cut behind a long name":      {long[:2*block+2*block], false},
		"cut behind a file of zeros":  {tarOf(t, files[1], files[0])[:block+2*block], false},
	} {
		for kind, pack := range map[string]func([]byte) []byte{
			"application/x-tar": slices.Clone[[]byte], "application/gzip": func(body []byte) []byte { return gzipOf(t, body) },
		} {
			r := newReader()
			got, err := readArchive(r, archiveRequest(kind, pack(c.body)), 5)
			if c.whole && err != nil {
				t.Errorf("%s, %s: %.50q, %v", name, kind, got, err)
			} else if !c.whole {
				wantFault(t, err, 400, "cut off")
				wantCode(t, err, CodeBadArchive)
			}
			wantReleased(t, r.Memory)
		}
	}
}

// TestASparseFileIsNotUnpacked: a tar holds no hole of it, so that a few kilobytes would be read as gigabytes. GNU tar writes two kinds.
func TestASparseFileIsNotUnpacked(t *testing.T) {
	dir := t.TempDir()
	file, err := os.Create(filepath.Join(dir, "hole.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(file.Truncate(20<<20), file.Close()); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"gnu", "pax"} {
		archive, err := exec.Command("tar", "--create", "--sparse", "--format="+format, "--directory", dir, "hole.jpg").Output()
		if err != nil {
			t.Skipf("GNU tar is needed: %v", err)
		}
		if len(archive) > 64<<10 {
			t.Fatalf("%s: the archive has %d bytes: this tar found no hole", format, len(archive))
		}
		r := &Reader{Bytes: 30 << 20, Memory: NewMemory(64 << 20)}
		read, err := readArchive(r, archiveRequest("application/x-tar", archive), 10)
		if err != nil || len(read) != 1 || !strings.Contains(read[0], "hole.jpg! ") || !strings.Contains(read[0], "a sparse file") {
			t.Errorf("%s: read %.100q, error %v", format, read, err)
		}
	}
}
