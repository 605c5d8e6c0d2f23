package upload

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/admission"
	"github.com/bonafide-pad/bonafide/internal/answer"
)

// TestWhatNeverFitsIsTooLarge: who is told to come back must find room then.
func TestWhatNeverFitsIsTooLarge(t *testing.T) {
	for name, c := range map[string]struct {
		held, grown int64 // by another one, by the same one
		bytes       int64
		status      int
	}{
		"fits":                        {0, 0, 1000, 0},
		"fits later":                  {1, 0, 1000, 503},
		"never fits":                  {0, 0, 1001, 413},
		"never fits, others or not":   {1, 0, 1001, 413},
		"never fits with what it has": {0, 400, 601, 413},
		"fits with what it has":       {0, 400, 600, 0},
	} {
		t.Run(name, func(t *testing.T) {
			m := NewMemory(1000)
			other, l := &lease{memory: m}, &lease{memory: m}
			if err := errors.Join(other.grow(c.held), l.grow(c.grown)); err != nil {
				t.Fatal(err)
			}
			err := l.grow(c.bytes)
			if c.status == 0 {
				if err != nil {
					t.Errorf("error %v", err)
				}
				return
			}
			wantFault(t, err, c.status, "1000 bytes")
			var fault *answer.Fault
			if errors.As(err, &fault) && (fault.RetryAfter > 0) != (c.status == 503) {
				t.Errorf("to come back after %v", fault.RetryAfter)
			}
		})
	}
}

// TestACallerLeavesRoomForOthers: what one caller holds, by however many requests, keeps nobody else out.
func TestACallerLeavesRoomForOthers(t *testing.T) {
	m := NewSharedMemory(1000, 750)
	greedy, other := admission.WithCaller(t.Context(), "greedy"), admission.WithCaller(t.Context(), "other")
	var release []func()
	for range 3 {
		free, err := m.Hold(greedy, 250)
		if err != nil {
			t.Fatal(err)
		}
		release = append(release, free)
	}
	_, err := m.Hold(greedy, 1)
	wantFault(t, err, 503, "750 bytes")
	_, err = m.Hold(greedy, 751)
	wantFault(t, err, 413, "750 bytes")
	free, err := m.Hold(other, 250)
	if err != nil {
		t.Fatalf("there was no room for another caller: %v", err)
	}
	_, err = m.Hold(other, 1)
	wantFault(t, err, 503, "1000 bytes")
	for _, free := range append(release, free) {
		free()
	}
	wantReleased(t, m)
	if len(m.callers) > 0 {
		t.Errorf("it still knows of %v", m.callers)
	}
}

// TestEveryRequestHoldsForItsCaller: in whichever form pictures come.
func TestEveryRequestHoldsForItsCaller(t *testing.T) {
	archive := func(r *Reader, req *http.Request) error { return r.Archive(req, 1, failItem) }
	for name, c := range map[string]struct {
		request *http.Request
		read    func(*Reader, *http.Request) error
	}{
		"body":   {archiveRequest("image/jpeg", []byte("abc")), func(r *Reader, req *http.Request) error { _, err := r.Body(req); return err }},
		"part":   {formRequest(part{"file", "abc"}), func(r *Reader, req *http.Request) error { _, err := r.Part(req, "file"); return err }},
		"base64": {jsonRequest(`{"base64":"YWJj"}`), func(r *Reader, req *http.Request) error { _, err := r.Base64(req, "base64"); return err }},
		"parts":  {formRequest(part{"file", "abc"}), func(r *Reader, req *http.Request) error { return r.Each(req, "file", 1, failItem) }},
		"tar":    {archiveRequest("application/x-tar", tarOf(t, packedFile{name: "a", content: "abc"})), archive},
		"zip":    {archiveRequest("application/zip", zipOf(t, packedFile{name: "a", content: "abc"})), archive},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := admission.WithCaller(t.Context(), "greedy")
			r := &Reader{Bytes: limit, Memory: NewSharedMemory(8<<20, 4<<20)}
			if _, err := r.Memory.Hold(ctx, 4<<20); err != nil {
				t.Fatal(err)
			}
			wantFault(t, c.read(r, c.request.WithContext(ctx)), 503, "your pictures")
		})
	}
}

// failItem is an Item's fault as an error.
func failItem(i Item) error { return i.Fault }

// TestNeededIsEnough: the largest picture, sent in the way that takes the most.
func TestNeededIsEnough(t *testing.T) {
	text := base64.StdEncoding.EncodeToString(make([]byte, limit))
	var lines strings.Builder
	for i := 0; i < len(text); i += 76 {
		lines.WriteString(text[i:min(i+76, len(text))] + `\r\n`)
	}
	body := `{"base64":"` + lines.String() + strings.Repeat(" ", overhead-100) + `"}`
	r := &Reader{Bytes: limit, Memory: NewMemory(Needed(limit))}
	picture, err := r.Base64(jsonRequest(body), "base64")
	if err != nil {
		t.Fatal(err)
	}
	picture.Release()
	wantReleased(t, r.Memory)
}
