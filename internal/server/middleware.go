package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"time"

	"github.com/bonafide-pad/bonafide/internal/answer"
)

// handler is what every request goes through, outermost first.
func (s *Server) handler() http.Handler {
	h := s.dispatch()
	h = s.paceBody(h)
	h = identifyCaller(h)
	h = s.allowOrigins(h)
	h = s.recoverPanics(h)
	h = setHeaders(h)
	return s.record(h)
}

type requestIDKey struct{}

// RequestID is the id of the request with the context ctx.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// requestIDs are those taken from a client; others are replaced.
var requestIDs = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// record gives each request its id and logs it once it is answered.
func (s *Server) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		id := r.Header.Get(answer.RequestIDHeader)
		if !requestIDs.MatchString(id) {
			id = rand.Text()
		}
		w.Header().Set(answer.RequestIDHeader, id)
		r = r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id))
		recorder := &recorder{ResponseWriter: w, controller: http.NewResponseController(w), patience: s.config.Write, rests: r.ProtoMajor == 2}
		handled, noted, done := s.watch(r)
		defer func() {
			s.answered(r, recorder, time.Since(began), noted)
			done(recorder.status)
		}()
		next.ServeHTTP(recorder, handled)
		recorder.extend() // for what net/http writes last
	})
}

// watch tells who watches that a request begins.
func (s *Server) watch(r *http.Request) (handled *http.Request, noted []slog.Attr, done func(status int)) {
	if s.config.Watch == nil {
		return r, nil, func(int) {}
	}
	ctx, noted, done := s.config.Watch(r, loggedMethod(r.Method), s.routeOf(r))
	return r.WithContext(ctx), noted, done
}

// answered logs and counts a request.
func (s *Server) answered(r *http.Request, answered *recorder, took time.Duration, noted []slog.Attr) {
	method, route := loggedMethod(r.Method), s.routeOf(r)
	s.config.Log.LogAttrs(r.Context(), slog.LevelInfo, "request", append([]slog.Attr{
		slog.String("id", RequestID(r.Context())), slog.String("method", method), slog.String("route", route),
		slog.Int("status", answered.status), slog.Int64("bytes", answered.bytes), slog.Duration("took", took)}, noted...)...)
	if s.config.Observe != nil {
		s.config.Observe(route, method, answered.status, took)
	}
}

// loggedMethod is a method as log and metrics have it: a client can make up any.
func loggedMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	default:
		return "other"
	}
}

// routeOf is the pattern that serves r, "none" when there isn't one: a path that was made up isn't logged.
func (s *Server) routeOf(r *http.Request) string {
	if _, pattern := s.mux.Handler(r); pattern != "" {
		return pattern
	}
	return "none"
}

// setHeaders sets the headers that every answer has unless its handler says otherwise.
func setHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cache-Control", "no-store")
		if r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// recoverPanics answers for a handler that panics. The server lives on.
func (s *Server) recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			fault := recover()
			if fault == nil {
				return
			}
			if err, ok := fault.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(fault) // net/http's own way of giving up a connection
			}
			s.config.Log.Error("a handler panicked", "id", RequestID(r.Context()), "panic", fmt.Sprint(fault), "stack", string(debug.Stack()))
			if recorder, ok := w.(*recorder); ok && recorder.status != 0 {
				panic(http.ErrAbortHandler) // half an answer is out: break it off
			}
			s.fault(w, r, answer.Faultf(http.StatusInternalServerError, "internal", "the server failed to answer; its log has more under the request's id"))
		}()
		next.ServeHTTP(w, r)
	})
}

// recorder notes what an answer is, and gives the client only so long to receive each piece.
type recorder struct {
	http.ResponseWriter
	controller *http.ResponseController
	patience   time.Duration
	rests      bool // whether a deadline counts also while nothing is written: in HTTP/2 it ends the request
	status     int
	bytes      int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 {
		r.status = status
	}
	r.extend()
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	r.extend()
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// extend moves the deadline for writing. Every connection of net/http has one; a failure shows in the Write that follows.
func (r *recorder) extend() { _ = r.controller.SetWriteDeadline(time.Now().Add(r.patience)) }

// FlushError sends what was written. Until the next piece there is then no deadline where one would count.
func (r *recorder) FlushError() error {
	r.extend()
	err := r.controller.Flush()
	if r.rests {
		_ = r.controller.SetWriteDeadline(time.Time{})
	}
	return err
}

// Unwrap lets http.ResponseController find the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
