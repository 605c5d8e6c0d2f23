package apiv1_test

import (
	"bytes"
	"context"
	"image"
	"image/draw"
	"image/jpeg"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/admission"
	"github.com/bonafide-pad/bonafide/internal/apiv1"
	"github.com/bonafide-pad/bonafide/internal/decode/decodetest"
)

// animation is the astronaut seen by a camera that moves.
func animation(t *testing.T, frames int) []byte {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(picture(t, "astronaut.jpg")))
	if err != nil {
		t.Fatal(err)
	}
	parts := make([]decodetest.Frame, frames)
	for i := range parts {
		out := image.NewRGBA(image.Rect(0, 0, 240, 240))
		draw.Draw(out, out.Rect, img, image.Pt(110+9*i, 7*i), draw.Src)
		parts[i] = decodetest.Frame{Picture: out}
	}
	return decodetest.APNG(t, parts...)
}

func TestFramesOfAnAnimation(t *testing.T) {
	s := start(t, nil)
	file := animation(t, 3)
	form, body := formOf(t, file)
	for contentType, body := range map[string][]byte{"image/apng": file, form: body} {
		var got apiv1.FramesAnswer
		response := s.post(t, "/v1/liveness/frames", contentType, body, &got)
		if response.StatusCode != http.StatusOK || got.Decision != "live" || len(got.Frames) != 3 || len(got.Identical) != 0 || got.Frames[2].Picture.Format != "png" {
			t.Errorf("%s: status %d, %s for %+v", contentType, response.StatusCode, got.Decision, got.Reasons)
		}
	}
}

func TestFramesThatAreTooManyOrBroken(t *testing.T) {
	s := start(t, nil)
	tiny := make([]decodetest.Frame, bonafide.MostFrames+1)
	parts := make([][]byte, len(tiny))
	for i := range tiny {
		tiny[i] = decodetest.Frame{Picture: image.NewRGBA(image.Rect(0, 0, 9, 9))}
		parts[i] = decodetest.APNG(t, tiny[i])
	}
	form, body := formOf(t, parts...)
	broken := animation(t, 2)
	broken[bytes.LastIndex(broken, []byte("fdAT"))+30] ^= 1
	for name, c := range map[string]struct {
		contentType string
		body        []byte
		code, says  string
	}{
		"one animation":    {"image/png", decodetest.APNG(t, tiny...), "too_many_frames", "31, allowed are 2 to 30"},
		"parts":            {form, body, "too_many_frames", "31, allowed are 2 to 30"},
		"one frame":        {"image/png", decodetest.APNG(t, tiny[0]), "too_few_frames", "1, allowed are 2 to 30"},
		"broken animation": {"image/png", broken, "bad_image", "PNG"},
		"no picture":       {"image/png", []byte("hello"), "bad_image", "JPEG"},
	} {
		var got apiv1.Problem
		s.post(t, "/v1/liveness/frames", c.contentType, c.body, &got)
		if got.Code != c.code || got.Status != 422 || !strings.Contains(got.Detail, c.says) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// An animation that is small as a file and large as pixels counts as what it needs; where that is more than there is in all, it is not told to come back.
func TestAnAnimationCountsAsItsPixels(t *testing.T) {
	s := start(t, nil)
	large := image.NewRGBA(image.Rect(0, 0, 2600, 2500))
	file := decodetest.APNG(t, decodetest.Frame{Picture: large}, decodetest.Frame{Picture: large})
	var got apiv1.Problem
	if response := s.post(t, "/v1/liveness/frames", "image/png", file, &got); got.Code != "too_large" || response.Header.Get("Retry-After") != "" {
		t.Errorf("%+v", got)
	}
}

// The frames of an animation are found and made in turns, like analyses: a file of half a megabyte may hold half a minute's work.
func TestFramesAreMadeInTurns(t *testing.T) {
	gate, err := admission.NewGate(admission.Config{Running: 1})
	if err != nil {
		t.Fatal(err)
	}
	turns := 0
	s := start(t, func(api *apiv1.API) {
		api.Turn = func(ctx context.Context, work func(context.Context) error) error {
			turns++
			return admission.Turns{Gate: gate, Patience: time.Millisecond}.Do(ctx, work)
		}
	})
	file := animation(t, 3)
	if response := s.post(t, "/v1/liveness/frames", "image/apng", file, nil); response.StatusCode != http.StatusOK || turns != 4 {
		t.Errorf("status %d after %d turns, wanted are one to find the frames and one for each of three", response.StatusCode, turns)
	}
	leave, err := gate.Enter(t.Context(), "other", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer leave(true)
	var got apiv1.Problem
	if response := s.post(t, "/v1/liveness/frames", "image/apng", file, &got); got.Code != "busy" || response.Header.Get("Retry-After") == "" {
		t.Errorf("while another's work runs: %+v", got)
	}
}

// takes is an analyzer that takes its time and sees nothing.
type takes time.Duration

func (a takes) Analyze(ctx context.Context, _ []byte) (bonafide.Report, error) {
	select {
	case <-ctx.Done():
		return bonafide.Report{}, ctx.Err()
	case <-time.After(time.Duration(a)):
		return bonafide.Report{Format: "jpeg", Width: 1, Height: 1}, nil
	}
}

// pause is an empty reader that takes its time.
type pause time.Duration

func (p pause) Read([]byte) (int, error) {
	time.Sleep(time.Duration(p))
	return 0, io.EOF
}

// A frame's arrival takes none of the request's time, the analyses of all take it together.
func TestTheTimeOfFramesIsThatOfTheirAnalyses(t *testing.T) {
	contentType, body := formOf(t, []byte("first"), []byte("second"))
	for name, c := range map[string]struct {
		each, arrival time.Duration
		status        int
	}{
		"slow to arrive":  {0, 500 * time.Millisecond, http.StatusOK},
		"slow to analyse": {300 * time.Millisecond, 0, http.StatusGatewayTimeout},
	} {
		s := start(t, func(api *apiv1.API) { api.Analyzer = takes(c.each) })
		sent := io.MultiReader(bytes.NewReader(body[:len(body)/2]), pause(c.arrival), bytes.NewReader(body[len(body)/2:]))
		response, err := http.Post(s.address+"/v1/liveness/frames?timeout_ms=400", contentType, sent)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != c.status {
			t.Errorf("%s: status %d, wanted is %d", name, response.StatusCode, c.status)
		}
	}
}
