package apiv1_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/apiv1"
	"github.com/bonafide-pad/bonafide/internal/programtest"
)

// analysis is an analyzer of one function.
type analysis func(picture []byte) (bonafide.Report, error)

func (a analysis) Analyze(_ context.Context, picture []byte) (bonafide.Report, error) {
	return a(picture)
}

// startWith starts a server whose every analysis is a's, and returns the API's log as well.
func startWith(t *testing.T, a analysis) (*service, *programtest.Output) {
	t.Helper()
	log := &programtest.Output{}
	return start(t, func(api *apiv1.API) {
		api.Analyzer, api.Single, api.Log = a, a, slog.New(slog.NewTextHandler(log, nil))
	}), log
}

// An answer that says that the server's log has more is held to it. The log has nothing of the picture, nor its name.
func TestTheLogHasTheCauseOfAFailure(t *testing.T) {
	s, log := startWith(t, func([]byte) (bonafide.Report, error) { return bonafide.Report{}, errors.New("the network broke") })
	contentType, body := formOf(t, []byte("first"), []byte("second"))
	for path, where := range map[string]string{"/v1/liveness": "", "/v1/quality": "", "/v1/liveness/frames": "frame 1: "} {
		kind, content := contentType, body
		if where == "" {
			kind, content = "image/jpeg", []byte("first")
		}
		before := len(log.String())
		var got apiv1.Problem
		response := s.post(t, path, kind, content, &got)
		if response.StatusCode != http.StatusInternalServerError || got.Code != "internal" || !strings.HasPrefix(got.Detail, where+"the analysis failed") {
			t.Errorf("%s: status %d, %+v", path, response.StatusCode, got)
		}
		logged(t, log.String()[before:], "id="+response.Header.Get("X-Request-Id"), where+"the network broke")
	}
	before := len(log.String())
	got, _ := s.batch(t, contentType, bytes.NewReader(body))
	if d := cmp.Diff(map[int]string{0: "internal", 1: "internal"}, got); d != "" {
		t.Errorf("(- wanted, + got):\n%s", d)
	}
	logged(t, log.String()[before:], "the network broke", "index=0", "index=1")
}

// logged fails where a log lacks one of the texts, or has what a request sent, or lacks a request's id.
func logged(t *testing.T, log string, wanted ...string) {
	t.Helper()
	for _, w := range wanted {
		if !strings.Contains(log, w) {
			t.Errorf("the log lacks %q: %q", w, log)
		}
	}
	for _, secret := range []string{"first", "second", "picture.jpg", `id=""`} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q: %q", secret, log)
		}
	}
}

// What goes wrong with one picture ends neither the batch nor the server.
func TestAPanicSpoilsOnlyItsLine(t *testing.T) {
	s, log := startWith(t, func(picture []byte) (bonafide.Report, error) {
		report := bonafide.Report{Format: "jpeg", Width: 1, Height: 1}
		switch string(picture) {
		case "first":
			panic("the network is upside down")
		case "second":
			report.Faces = []bonafide.Face{{Liveness: math.NaN()}}
		}
		return report, nil
	})
	contentType, body := formOf(t, []byte("first"), []byte("second"), []byte("third"))
	got, _ := s.batchTo(t, "/v1/batch", contentType, bytes.NewReader(body))
	if d := cmp.Diff(map[int]string{0: "internal", 1: "internal", 2: "cannot_assess"}, got); d != "" {
		t.Errorf("(- wanted, + got):\n%s", d)
	}
	logged(t, log.String(), "index=0", "the network is upside down", "failing_test.go", "index=1", "NaN")
}
