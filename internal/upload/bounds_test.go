package upload

import (
	"archive/tar"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// What is exactly as much as is allowed is taken, one more is not.
func TestBoundsOfAnArchiveAreInclusive(t *testing.T) {
	file, folder := packedFile{"one.jpg", "one", 0}, packedFile{"below/", "", tar.TypeDir}
	named := func(length int) packedFile { return packedFile{strings.Repeat("n", length), "one", 0} }
	for name, c := range map[string]struct {
		files []packedFile
		says  string // in a fault of the archive or of its first file; "" for none
	}{
		"files":              {slices.Repeat([]packedFile{file}, 3), ""},
		"too many files":     {slices.Repeat([]packedFile{file}, 4), "more than 3 files"},
		"entries":            {append(slices.Repeat([]packedFile{folder}, 3), file, file, file), ""},
		"too many entries":   {append(slices.Repeat([]packedFile{folder}, 6), file), "more than 6 entries"},
		"bytes":              {[]packedFile{{"one.jpg", strings.Repeat("x", limit), 0}}, ""},
		"too many bytes":     {[]packedFile{{"one.jpg", strings.Repeat("x", limit+1), 0}}, "more than 100000 bytes"},
		"longest name":       {[]packedFile{named(1024)}, ""},
		"name over that":     {[]packedFile{named(1025)}, "1025 bytes, allowed are 1024"},
		"name that is shown": {[]packedFile{{"/" + strings.Repeat("n", 63), "one", 0}}, strings.Repeat("n", 63) + "! "},
	} {
		for kind, pack := range kinds {
			r := newReader()
			got, err := readArchive(r, archiveRequest(kind, pack(t, c.files...)), 3)
			faulty := err != nil || len(got) > 0 && strings.Contains(got[0], "! ")
			said := fmt.Sprint(strings.Join(got, " "), err)
			if faulty != (c.says != "") || !strings.Contains(said, c.says) {
				t.Errorf("%s, %s: %.200q, wanted is one that says %q", name, kind, said, c.says)
			}
			wantReleased(t, r.Memory)
		}
	}
}

// Files that shrink to a tenth are no bomb, however many they are.
func TestFilesThatShrinkAreUnpacked(t *testing.T) {
	random := rand.NewChaCha8([32]byte{1})
	var files []packedFile
	for range 8 {
		content := make([]byte, limit)
		if _, err := random.Read(content[:limit/10]); err != nil {
			t.Fatal(err)
		}
		files = append(files, packedFile{"one.jpg", string(content), 0})
	}
	for kind, pack := range kinds {
		r := newReader()
		got, err := readArchive(r, archiveRequest(kind, pack(t, files...)), 8)
		if err != nil || len(got) != 8 || strings.Contains(got[7][:20], "! ") {
			t.Errorf("%s: %d items, error %v", kind, len(got), err)
		}
		wantReleased(t, r.Memory)
	}
}

// Whatever stands behind the files, a tar has no more bytes than so many of the largest pictures with their headers.
func TestATarHasNoMoreBytesThanItsPicturesMay(t *testing.T) {
	const most, allowed = 2, 2*(limit+2*8<<10) + overhead
	for name, extra := range map[string]int{"all that is allowed": 0, "one byte more": 1} {
		for _, announced := range []bool{true, false} {
			body := make([]byte, allowed+extra)
			copy(body, tarOf(t, packedFile{"one.jpg", "one", 0}))
			req := archiveRequest("application/x-tar", body)
			if !announced {
				req.ContentLength = -1
			}
			r := newReader()
			_, err := readArchive(r, req, most)
			if extra > 0 {
				wantFault(t, err, 413)
			} else if err != nil {
				t.Errorf("%s, announced is %v: %v", name, announced, err)
			}
			wantReleased(t, r.Memory)
		}
	}
}

// A tar in gzip is bound as it comes, before it is unpacked.
func TestATarInGzipHasNoMoreBytesThanItsPicturesMay(t *testing.T) {
	noise := make([]byte, 2*(limit+2*8<<10)+overhead)
	if _, err := rand.NewChaCha8([32]byte{1}).Read(noise); err != nil {
		t.Fatal(err)
	}
	r := newReader()
	_, err := readArchive(r, archiveRequest("application/gzip", gzipOf(t, append(tarOf(t, packedFile{"one.jpg", "one", 0}), noise...))), 2)
	wantFault(t, err, 413, "bytes")
	wantReleased(t, r.Memory)
}
