package apiv1_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bonafide-pad/bonafide/internal/apiv1"
)

// batch sends a batch and returns the decision, or the problem's code, of every line by its index, and the names.
func (s *service) batch(t *testing.T, contentType string, body io.Reader) (decisions, names map[int]string) {
	t.Helper()
	return s.batchTo(t, "/v1/batch?detail=brief", contentType, body)
}

// batchTo is batch with parameters.
func (s *service) batchTo(t *testing.T, target, contentType string, body io.Reader) (decisions, names map[int]string) {
	t.Helper()
	response, err := http.Post(s.address+target, contentType, body)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if got := response.Header.Get("Content-Type"); got != "application/x-ndjson" {
		t.Fatalf("status %d, Content-Type %q", response.StatusCode, got)
	}
	decisions, names = map[int]string{}, map[int]string{}
	for lines := json.NewDecoder(response.Body); lines.More(); {
		var line apiv1.Line
		if err := lines.Decode(&line); err != nil {
			t.Fatal(err)
		}
		names[line.Index] = line.Name
		if line.Problem != nil {
			decisions[line.Index] = line.Problem.Code
		} else {
			decisions[line.Index] = line.Answer.Decision
		}
	}
	return decisions, names
}

func TestBatchSpoilsOnlyTheBrokenLine(t *testing.T) {
	s := start(t, nil)
	astronaut, noface := picture(t, "astronaut.jpg"), picture(t, "noface.jpg")
	contents := [][]byte{astronaut, []byte("broken"), make([]byte, 1<<20+1), noface}
	contentType, body := formOf(t, contents...)
	var packed, squeezed, zipped bytes.Buffer
	inTar(t, &packed, contents)
	g := gzip.NewWriter(&squeezed)
	if _, err := g.Write(packed.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	inZip(t, &zipped, contents)
	want := map[int]string{0: "live", 1: "bad_image", 2: "too_large", 3: "cannot_assess"}
	for kind, body := range map[string][]byte{
		contentType: body, "application/x-tar": packed.Bytes(), "application/gzip": squeezed.Bytes(), "application/zip": zipped.Bytes(),
	} {
		got, names := s.batch(t, kind, bytes.NewReader(body))
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (- wanted, + got):\n%s", kind, d)
		}
		if names[3] != "picture.jpg" && names[3] != "d.jpg" {
			t.Errorf("%s: the names are %v", kind, names)
		}
	}
}

func TestBatchBoundsEachPicture(t *testing.T) {
	contentType, body := formOf(t, picture(t, "astronaut.jpg"), picture(t, "noface.jpg"))
	got, _ := start(t, nil).batchTo(t, "/v1/batch?timeout_ms=1", contentType, bytes.NewReader(body))
	if d := cmp.Diff(map[int]string{0: "timeout", 1: "timeout"}, got); d != "" {
		t.Errorf("(- wanted, + got):\n%s", d)
	}
}

func inTar(t *testing.T, out io.Writer, contents [][]byte) {
	t.Helper()
	w := tar.NewWriter(out)
	for i, c := range contents {
		if err := w.WriteHeader(&tar.Header{Name: string(rune('a'+i)) + ".jpg", Typeflag: tar.TypeReg, Size: int64(len(c)), Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func inZip(t *testing.T, out io.Writer, contents [][]byte) {
	t.Helper()
	w := zip.NewWriter(out)
	for i, c := range contents {
		part, err := w.Create(string(rune('a'+i)) + ".jpg")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// The answer to the first picture of a tar comes before the second is sent.
func TestATarIsAnsweredWhileItArrives(t *testing.T) {
	s := start(t, nil)
	noface := picture(t, "noface.jpg")
	read, write := io.Pipe()
	answered := make(chan struct{})
	sent := make(chan error, 1)
	go func() {
		w := tar.NewWriter(write)
		head := &tar.Header{Name: "a.jpg", Typeflag: tar.TypeReg, Size: int64(len(noface)), Mode: 0o600}
		err := w.WriteHeader(head)
		if err == nil {
			_, err = w.Write(noface)
		}
		if err == nil {
			err = w.Flush()
		}
		<-answered
		head.Name = "b.jpg"
		if err == nil {
			err = w.WriteHeader(head)
		}
		if err == nil {
			_, err = w.Write(noface)
		}
		if err == nil {
			err = w.Close()
		}
		sent <- err
		_ = write.CloseWithError(err) // never fails
	}()
	response, err := http.Post(s.address+"/v1/batch?detail=brief", "application/x-tar", read)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := json.NewDecoder(response.Body)
	for _, name := range []string{"a.jpg", "b.jpg"} {
		var line apiv1.Line
		if err := lines.Decode(&line); err != nil || line.Name != name || line.Answer == nil {
			t.Fatalf("%+v, %v", line, err)
		}
		if name == "a.jpg" {
			close(answered)
		}
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

// What cannot be read on is the last line; the pictures before it are answered.
func TestACutOffTarEndsWithAProblem(t *testing.T) {
	s := start(t, nil)
	noface := picture(t, "noface.jpg")
	var packed bytes.Buffer
	inTar(t, &packed, [][]byte{noface, noface})
	got, _ := s.batch(t, "application/x-tar", bytes.NewReader(packed.Bytes()[:len(packed.Bytes())-len(noface)]))
	if d := cmp.Diff(map[int]string{0: "cannot_assess", 1: "bad_archive"}, got); d != "" {
		t.Error(d)
	}
}
