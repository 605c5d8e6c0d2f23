package faults_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/activation"
	"github.com/bonafide-pad/bonafide/internal/admission"
	"github.com/bonafide-pad/bonafide/internal/answer"
	"github.com/bonafide-pad/bonafide/internal/faults"
)

// What an analysis ends with is answered by its most telling cause, however it is wrapped; what is our fault is not told.
func TestOf(t *testing.T) {
	cause := errors.New("what went wrong")
	of := func(code bonafide.Code, err error) error {
		return fmt.Errorf("picture: %w", &bonafide.Error{Code: code, Err: err})
	}
	for name, c := range map[string]struct {
		err    error
		status int
		code   string
		retry  time.Duration
		says   string
	}{
		"a fault":            {fmt.Errorf("reading: %w", answer.Faultf(415, "unsupported_media_type", "no picture")), 415, "unsupported_media_type", 0, "no picture"},
		"no picture":         {of(bonafide.CodeBadImage, cause), 422, "bad_image", 0, "what went wrong"},
		"too large":          {of(bonafide.CodeTooLarge, cause), 413, "too_large", 0, "what went wrong"},
		"too few frames":     {of(bonafide.CodeTooFewFrames, cause), 422, "too_few_frames", 0, "what went wrong"},
		"too many frames":    {of(bonafide.CodeTooManyFrames, cause), 422, "too_many_frames", 0, "what went wrong"},
		"no licence":         {of(bonafide.CodeInternal, &activation.RefusalError{Status: activation.Expired, Reason: "it has expired"}), 403, "not_activated", 0, "it has expired"},
		"busy":               {of(bonafide.CodeInternal, &admission.BusyError{RetryAfter: 7 * time.Second}), 503, "busy", 7 * time.Second, ""},
		"the day's pictures": {of(bonafide.CodeInternal, &activation.QuotaError{Limit: 5, Wait: time.Hour}), 429, "quota", time.Hour, "5 pictures"},
		"out of time":        {of(bonafide.CodeCanceled, context.DeadlineExceeded), 504, "timeout", 0, "time allowed"},
		"given up":           {of(bonafide.CodeCanceled, context.Canceled), 499, "canceled", 0, "given up"},
		"no networks":        {of(bonafide.CodeModels, cause), 500, "internal", 0, "log has more"},
		"wrong settings":     {of(bonafide.CodeConfig, cause), 500, "internal", 0, "log has more"},
		"our own":            {of(bonafide.CodeInternal, cause), 500, "internal", 0, "log has more"},
		"unknown":            {cause, 500, "internal", 0, "log has more"},
	} {
		t.Run(name, func(t *testing.T) {
			f := faults.Of(c.err)
			if f.Status != c.status || f.Code != c.code || f.RetryAfter != c.retry || !strings.Contains(f.Message, c.says) {
				t.Errorf("%+v, want %d %s after %v that says %q", f, c.status, c.code, c.retry, c.says)
			}
			if f.Status == http.StatusInternalServerError && strings.Contains(f.Message, cause.Error()) {
				t.Errorf("the answer tells the cause: %q", f.Message)
			}
		})
	}
}
