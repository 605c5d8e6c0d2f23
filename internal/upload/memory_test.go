package upload

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

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
