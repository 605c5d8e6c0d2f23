package upload

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/bonafide-pad/bonafide/internal/answer"
)

// packedFile is a file of an archive that a test makes; kind is tar's, the regular file where it is 0.
type packedFile struct {
	name, content string
	kind          byte
}

func tarOf(t testing.TB, files ...packedFile) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, f := range files {
		head := &tar.Header{Name: f.name, Typeflag: f.kind, Mode: 0o600}
		if f.kind == 0 || f.kind == tar.TypeReg {
			head.Typeflag, head.Size = tar.TypeReg, int64(len(f.content))
		} else {
			head.Linkname = f.content
		}
		if err := w.WriteHeader(head); err != nil {
			t.Fatal(err)
		}
		if head.Size > 0 {
			if _, err := io.WriteString(w, f.content); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func gzipOf(t testing.TB, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zipOf(t testing.TB, files ...packedFile) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range files {
		head := &zip.FileHeader{Name: f.name, Method: zip.Deflate}
		if f.kind == tar.TypeSymlink {
			head.SetMode(0o777 | 1<<27) // fs.ModeSymlink
		}
		part, err := w.CreateHeader(head)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(part, f.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func archiveRequest(kind string, body []byte) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	r.Header.Set("Content-Type", kind)
	return r
}

// readArchive lists what an archive is read as: "name: content" or "name! fault".
func readArchive(r *Reader, req *http.Request, most int) (read []string, err error) {
	err = r.Archive(req, most, func(i Item) error {
		if i.Fault != nil {
			read = append(read, fmt.Sprintf("%s! %v", i.Name, i.Fault))
			return nil //nolint:nilerr // a fault is one of the things read
		}
		read = append(read, fmt.Sprintf("%s: %s", i.Name, i.Picture.Bytes))
		i.Picture.Release()
		return nil
	})
	return read, err
}

// kinds are the Content-Types with how to pack for them.
var kinds = map[string]func(testing.TB, ...packedFile) []byte{
	"application/x-tar": tarOf,
	"application/gzip":  func(t testing.TB, f ...packedFile) []byte { return gzipOf(t, tarOf(t, f...)) },
	"application/zip":   zipOf,
}

func TestArchive(t *testing.T) {
	long := strings.Repeat("long/", longestName/5) + "picture.jpg"
	files := []packedFile{
		{"one.jpg", "one", 0}, {"below/", "", tar.TypeDir}, {"below/two.jpg", "two", 0}, {"./three.jpg", "three", 0}, {"grün.jpg", "four", 0},
		{"large.jpg", strings.Repeat("x", limit+1), 0}, {"../up.jpg", "x", 0}, {"below/../../up.jpg", "x", 0}, {`..\up.jpg`, "x", 0},
		{"/root.jpg", "x", 0}, {`C:\root.jpg`, "x", 0}, {"new\nline.jpg", "x", 0}, {long, "x", 0}, {"link.jpg", "one.jpg", tar.TypeSymlink},
		{"last.jpg", "last", 0},
	}
	want := []string{
		"one.jpg: one", "below/two.jpg: two", "./three.jpg: three", "grün.jpg: four", "large.jpg! *more than 100000 bytes*",
		"../up.jpg! *leads out*", "below/../../up.jpg! *leads out*", `..\up.jpg! *leads out*`, "/root.jpg! *absolute*", `C:\root.jpg! *absolute*`,
		"new�line.jpg! *control*", "long/long/*…! *1031 bytes, allowed are 1024*", "link.jpg! *link*", "last.jpg: last",
	}
	for kind, pack := range kinds {
		t.Run(kind, func(t *testing.T) {
			r := newReader()
			got, err := readArchive(r, archiveRequest(kind, pack(t, files...)), 20)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(want) {
				t.Fatalf("got %d items, wanted are %d: %.200q", len(got), len(want), got)
			}
			for i := range want {
				if !like(want[i], got[i]) {
					t.Errorf("item %d is %.300q, wanted is %q", i, got[i], want[i])
				}
			}
			wantReleased(t, r.Memory)
		})
	}
}

// like tells whether the parts between the stars of a pattern stand in text in their order.
func like(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	for _, part := range parts {
		_, after, found := strings.Cut(text, part)
		if !found {
			return false
		}
		text = after
	}
	return true
}

func TestArchiveFaults(t *testing.T) {
	one := packedFile{"one.jpg", "one", 0}
	many := slices.Repeat([]packedFile{one}, 4)
	folders := slices.Repeat([]packedFile{{"below/", "", tar.TypeDir}}, 7)
	bomb := packedFile{"bomb.jpg", strings.Repeat("x", limit), 0}
	bombs := slices.Repeat([]packedFile{bomb}, 50)
	for name, c := range map[string]struct {
		kind   string
		body   []byte
		most   int
		status int
		code   string
		says   string
	}{
		"no tar":            {"application/x-tar", []byte(strings.Repeat("hello", 200)), 3, 400, CodeBadArchive, "no tar archive"},
		"no gzip":           {"application/gzip", []byte("hello, hello"), 3, 400, CodeBadArchive, "no gzip archive"},
		"gzip without tar":  {"application/gzip", gzipOf(t, []byte(strings.Repeat("hello", 200))), 3, 400, CodeBadArchive, "no tar archive"},
		"no zip":            {"application/zip", []byte("hello"), 3, 400, CodeBadArchive, "no zip archive"},
		"nothing":           {"application/zip", nil, 3, 400, CodeBadArchive, "no zip archive"},
		"empty tar":         {"application/x-tar", tarOf(t), 3, 400, CodeBadArchive, "no files"},
		"empty zip":         {"application/zip", zipOf(t), 3, 400, CodeBadArchive, "no files"},
		"too many":          {"application/x-tar", tarOf(t, many...), 3, 413, CodeTooLarge, "more than 3 files"},
		"too many in a zip": {"application/zip", zipOf(t, many...), 3, 413, CodeTooLarge, "more than 3 files"},
		"too many folders":  {"application/x-tar", tarOf(t, folders...), 3, 413, CodeTooLarge, "more than 6 entries"},
		"endless long name": {"application/x-tar", endlessName(t), 3, 400, CodeBadArchive, "too long"},
		"cut off tar":       {"application/x-tar", tarOf(t, one)[:514], 3, 400, CodeBadArchive, "cut off"},
		"cut off gzip":      {"application/gzip", gzipOf(t, tarOf(t, one))[:40], 3, 400, CodeBadArchive, "cut off"},
		"damaged gzip":      {"application/gzip", damagedGzip(t, nil), 3, 400, CodeBadArchive, "corrupt input"},
		"damaged in a file": {"application/gzip", damagedGzip(t, tarOf(t, bomb)[:5000]), 3, 400, CodeBadArchive, "corrupt input"},
		"damaged behind":    {"application/gzip", damagedGzip(t, tarOf(t, one)), 3, 400, CodeBadArchive, "corrupt input"},
		"wrong checksum":    {"application/gzip", spoiled(gzipOf(t, tarOf(t, one)), 8), 3, 400, CodeBadArchive, "checksum"},
		"cut off zip":       {"application/zip", zipOf(t, one)[:60], 3, 400, CodeBadArchive, "cut off"},
		"bombs in a gzip":   {"application/gzip", gzipOf(t, tarOf(t, bombs...)), 100, 413, CodeTooLarge, "20 times its size"},
		"bombs in a zip":    {"application/zip", zipOf(t, bombs...), 100, 413, CodeTooLarge, "20 times its size"},
		"another type":      {"application/x-7z-compressed", nil, 3, 415, CodeMediaType, "application/zip"},
		"large zip":         {"application/zip", make([]byte, 5*limit+1), 3, 413, CodeTooLarge, "500000 are allowed"},
		"large directory":   {"application/zip", wideZip(40_000), 3, 413, CodeTooLarge, "directory"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReader()
			if name == "large directory" {
				r.Memory = NewMemory(16 << 20)
			}
			_, err := readArchive(r, archiveRequest(c.kind, c.body), c.most)
			wantFault(t, err, c.status, c.says)
			wantCode(t, err, c.code)
			wantReleased(t, r.Memory)
		})
	}
}

// damagedGzip is a gzip that unpacks to content and then has a block of no kind that there is.
func damagedGzip(t testing.TB, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return append(out.Bytes(), bytes.Repeat([]byte{7}, 20)...)
}

// spoiled changes one byte, so many before the end.
func spoiled(packed []byte, before int) []byte {
	packed[len(packed)-before] ^= 0xff
	return packed
}

// wideZip is a zip with nothing but a directory of so many entries with names of 100 bytes.
func wideZip(count int) []byte {
	var out []byte
	for range count {
		head := make([]byte, 46, 146)
		copy(head, "PK\x01\x02")
		binary.LittleEndian.PutUint16(head[28:], 100)
		out = append(out, append(head, strings.Repeat("x", 100)...)...)
	}
	end := make([]byte, 22)
	copy(end, "PK\x05\x06")
	binary.LittleEndian.PutUint16(end[8:], uint16(count))
	binary.LittleEndian.PutUint16(end[10:], uint16(count))
	binary.LittleEndian.PutUint32(end[12:], uint32(len(out)))
	return append(out, end...)
}

func TestADamagedEntrySpoilsOnlyItself(t *testing.T) {
	body := zipOf(t, packedFile{"one.jpg", "one, not to be found again", 0}, packedFile{"two.jpg", "two", 0})
	at := bytes.Index(body, []byte("one.jpg")) + len("one.jpg")
	body[at+3] ^= 0xff
	encrypted := zipOf(t, packedFile{"one.jpg", "one", 0}, packedFile{"two.jpg", "two", 0})
	encrypted[bytes.Index(encrypted, []byte("PK\x01\x02"))+8] |= 1
	for name, c := range map[string]struct {
		body []byte
		says string
	}{"damaged": {body, "unpacked"}, "encrypted": {encrypted, "encrypted"}} {
		r := newReader()
		got, err := readArchive(r, archiveRequest("application/zip", c.body), 5)
		if err != nil || len(got) != 2 || !like("one.jpg! *"+c.says+"*", got[0]) || got[1] != "two.jpg: two" {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
		wantReleased(t, r.Memory)
	}
}

func TestAnArchiveWhoseConnectionBreaksIsNotTakenForWhole(t *testing.T) {
	for kind, pack := range kinds {
		whole := pack(t, packedFile{"one.jpg", "one", 0})
		req := archiveRequest(kind, nil)
		req.Body = io.NopCloser(io.MultiReader(bytes.NewReader(whole), iotest.ErrReader(io.ErrUnexpectedEOF)))
		r := newReader()
		_, err := readArchive(r, req, 5)
		wantFault(t, err, 400, "unexpected EOF")
		wantReleased(t, r.Memory)
	}
}

func TestTheReceiversErrorEndsAnArchive(t *testing.T) {
	stop := errors.New("enough")
	for kind, pack := range kinds {
		r := newReader()
		seen := 0
		err := r.Archive(archiveRequest(kind, pack(t, packedFile{"a", "a", 0}, packedFile{"b", "b", 0})), 5, func(i Item) error {
			seen++
			i.Picture.Release()
			return stop
		})
		if !errors.Is(err, stop) || seen != 1 {
			t.Errorf("%s: %d items, %v", kind, seen, err)
		}
		wantReleased(t, r.Memory)
	}
}

func TestOnlyPart(t *testing.T) {
	r := newReader()
	_, err := r.OnlyPart(formRequest(part{"file", "one"}, part{"thresold", "0.1"}), "file")
	wantFault(t, err, 400, `unknown part "thresold"`, `"file"`)
	_, err = r.OnlyPart(formRequest(part{"file", "one"}, part{"file", "two"}), "file")
	wantFault(t, err, 400, "several")
	wantReleased(t, r.Memory)
	picture, err := r.OnlyPart(formRequest(part{"file", "one"}), "file")
	if err != nil || string(picture.Bytes) != "one" {
		t.Fatal(err)
	}
	picture.Release()
	wantReleased(t, r.Memory)
}

func FuzzArchive(f *testing.F) {
	file := packedFile{"one.jpg", "one", 0}
	for kind, pack := range kinds {
		f.Add(kind, pack(f, file, packedFile{"below/", "", tar.TypeDir}, packedFile{"../x", "", 0}))
	}
	f.Add("application/zip", wideZip(3))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		const pictureBytes, most = 64, 8
		r := &Reader{Bytes: pictureBytes, Memory: NewMemory(16 << 20)}
		seen := 0
		err := r.Archive(archiveRequest(kind, body), most, func(i Item) error {
			if seen++; badName(i.Name) != "" && i.Fault == nil {
				t.Errorf("taken with the name %q", i.Name)
			}
			if i.Fault == nil {
				if len(i.Picture.Bytes) > pictureBytes {
					t.Errorf("%d bytes", len(i.Picture.Bytes))
				}
				i.Picture.Release()
			}
			return nil
		})
		var fault *answer.Fault
		if err != nil && (!errors.As(err, &fault) || fault.Status < 400 || fault.Status >= 500) || seen > most {
			t.Errorf("%d items, error %v (%+v), wanted is a fault of the client's", seen, err, fault)
		}
		wantReleased(t, r.Memory)
	})
}

// endlessName is a tar whose only entry has a name of over a megabyte, as GNU tar writes long ones.
func endlessName(t *testing.T) []byte {
	t.Helper()
	const length = 1200 << 10 // over 1 MiB, which archive/tar allows
	archive := tarOf(t, packedFile{"././@LongLink", strings.Repeat("n", length), tar.TypeReg})
	archive[156] = tar.TypeGNULongName
	copy(archive[148:], "        ") // the checksum counts itself as spaces
	sum := 0
	for _, b := range archive[:tarBlock] {
		sum += int(b)
	}
	copy(archive[148:], fmt.Sprintf("%06o\x00 ", sum))
	return archive
}
