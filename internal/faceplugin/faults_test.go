package faceplugin_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/admission"
	"github.com/bonafide-pad/bonafide/internal/faceplugin"
	"github.com/bonafide-pad/bonafide/internal/programtest"
)

func TestFaults(t *testing.T) {
	address := serve(t, nil)
	tooMany := strings.Repeat("A", 4*maxBytes)
	for name, c := range map[string]struct {
		method, path, contentType, body string
		status                          int
		code                            string
		says                            string
		allow                           string
	}{
		"no part":            {"POST", "/liveness-detection", "multipart/form-data; boundary=x", "--x--\r\n", 400, "missing_part", `"file"`, ""},
		"no form":            {"POST", "/liveness-detection", "", "", 400, "missing_part", "multipart/form-data", ""},
		"broken form":        {"POST", "/liveness-detection", "multipart/form-data; boundary=x", "--x\r\nContent", 400, "bad_request", "malformed", ""},
		"large form":         {"POST", "/liveness-detection", "multipart/form-data; boundary=x", tooMany, 413, "too_large", "are allowed", ""},
		"wrong JSON":         {"POST", "/liveness-detection-base64", "application/json", `{"base64":`, 400, "bad_json", "not JSON", ""},
		"wrong base64":       {"POST", "/liveness-detection-base64", "application/json", `{"base64":"?"}`, 400, "bad_base64", "character 1", ""},
		"no key":             {"POST", "/liveness-detection-base64", "application/json", `{}`, 400, "missing_key", `"base64"`, ""},
		"no licence":         {"POST", "/activate-machine", "application/json", `{}`, 400, "missing_key", `"license"`, ""},
		"licence no string":  {"POST", "/activate-machine", "application/json", `{"license":1}`, 400, "bad_json", "number", ""},
		"huge licence":       {"POST", "/activate-machine", "application/json", tooMany, 413, "too_large", "1048576 are allowed", ""},
		"wrong type":         {"POST", "/liveness-detection-base64", "text/plain", `{}`, 415, "unsupported_media_type", "application/json", ""},
		"wrong method":       {"GET", "/liveness-detection", "", "", 405, "method_not_allowed", "GET", "POST, OPTIONS"},
		"wrong method too":   {"DELETE", "/get-machine-code", "", "", 405, "method_not_allowed", "DELETE", "GET, HEAD, OPTIONS"},
		"unknown path":       {"GET", "/liveness", "", "", 404, "not_found", "/liveness", ""},
		"path with a slash":  {"POST", "/liveness-detection/", "", "", 404, "not_found", "/liveness-detection/", ""},
		"path to be cleaned": {"POST", "//liveness-detection", "", "", 404, "not_found", "//liveness-detection", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := do(t, c.method, address+c.path, c.contentType, strings.NewReader(c.body))
			detail := decode(t, r, c.status).(map[string]any)["error"].(map[string]any)
			if detail["code"] != c.code || !strings.Contains(detail["message"].(string), c.says) {
				t.Errorf("error %v, wanted is %s that says %q", detail, c.code, c.says)
			}
			if id := r.header.Get("X-Request-Id"); id == "" || detail["request_id"] != id {
				t.Errorf("request_id %v, the header has %q", detail["request_id"], id)
			}
			if r.header.Get("Allow") != c.allow {
				t.Errorf("Allow is %q, wanted is %q", r.header.Get("Allow"), c.allow)
			}
		})
	}
}

func TestAPictureOverTheLimitNamesIt(t *testing.T) {
	address := serve(t, nil)
	r := postFile(t, address, make([]byte, maxBytes+1))
	detail := decode(t, r, http.StatusRequestEntityTooLarge).(map[string]any)["error"].(map[string]any)
	if !strings.Contains(detail["message"].(string), "1048576") {
		t.Errorf("the message %q does not name the limit", detail["message"])
	}
}

// overloaded refuses everything, as a full gate does.
type overloaded struct{ err error }

func (o overloaded) Analyze(context.Context, []byte) (bonafide.Report, error) {
	return bonafide.Report{}, o.err
}

func TestFaultsOfTheAnalysis(t *testing.T) {
	for name, c := range map[string]struct {
		err        error
		status     int
		code       string
		retryAfter string
	}{
		"busy":     {&admission.BusyError{RetryAfter: 1500e6}, 503, "busy", "2"},
		"deadline": {context.DeadlineExceeded, 504, "timeout", ""},
		"pixels":   {&bonafide.Error{Code: bonafide.CodeTooLarge, Err: errors.New("60 pixels, 50 are allowed")}, 413, "too_large", ""},
		"models":   {&bonafide.Error{Code: bonafide.CodeModels, Err: errors.New("secret path")}, 500, "internal", ""},
		"unknown":  {errors.New("secret path"), 500, "internal", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var log programtest.Output
			address := serve(t, func(a *faceplugin.API) {
				a.Analyzer, a.Log = overloaded{c.err}, slog.New(slog.NewTextHandler(&log, nil))
			})
			r := postFile(t, address, nil)
			detail := decode(t, r, c.status).(map[string]any)["error"].(map[string]any)
			if detail["code"] != c.code || r.header.Get("Retry-After") != c.retryAfter {
				t.Errorf("error %v, Retry-After %q", detail, r.header.Get("Retry-After"))
			}
			if strings.Contains(detail["message"].(string), "secret") {
				t.Errorf("the message %q tells what only the log should", detail["message"])
			}
			if told := strings.Contains(log.String(), "secret path"); told != (c.status == http.StatusInternalServerError) {
				t.Errorf("the log is %q", log.String())
			}
		})
	}
}
