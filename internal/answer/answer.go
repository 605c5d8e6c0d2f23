// Package answer is how the server answers in JSON, shared by its APIs.
//
// Every answer but those under /v1, which package apiv1 writes, has the Content-Type "application/json; charset=utf-8". One that says what went wrong has the shape
//
//	{"error": {"code": "too_large", "message": "…", "request_id": "…"}}
//
// where code is stable, for programs; message is for people and names what was wrong and what is allowed; request_id is the
// one in the header X-Request-Id and in the log.
package answer

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// ContentType is that of every JSON answer.
const ContentType = "application/json; charset=utf-8"

// RequestIDHeader carries a request's id.
const RequestIDHeader = "X-Request-Id"

// Fault says what was wrong with a request, or that answering failed. It is an error.
type Fault struct { //nolint:errname // it is first of all an answer
	Status  int
	Code    string
	Message string
	// RetryAfter, where it is over 0, tells when to come back.
	RetryAfter time.Duration
	// Cause, where it is set, is what the log has in place of Message; no answer has it.
	Cause error
}

// Faultf makes a Fault with a formatted message.
func Faultf(status int, code, format string, args ...any) *Fault {
	return &Fault{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

func (f *Fault) Error() string { return f.Message }

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Cause }

type faultBody struct {
	Error faultDetail `json:"error"`
}

type faultDetail struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	RequestID string `json:"request_id,omitempty"`
}

// Write answers with f.
func (f *Fault) Write(w http.ResponseWriter) {
	if f.RetryAfter > 0 {
		seconds := int(math.Ceil(f.RetryAfter.Seconds()))
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
	body := faultBody{faultDetail{Code: f.Code, Message: f.Message, RequestID: w.Header().Get(RequestIDHeader)}}
	JSON(w, f.Status, body)
}

// JSON answers with v. A v that cannot be written as JSON is a fault of ours: the handler panics with the error.
func JSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Errorf("writing an answer as JSON: %w", err))
	}
	h := w.Header()
	h.Set("Content-Type", ContentType)
	h.Set("Content-Length", strconv.Itoa(len(body)+1))
	w.WriteHeader(status)
	// An error means that the client is gone; there is nobody left to tell.
	_, _ = w.Write(append(body, '\n'))
}
