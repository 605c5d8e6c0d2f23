package server

import (
	"io"
	"net/http"
	"time"
)

// paceBody makes reading a body fail when it comes more slowly than the configured Pace, and receives what a handler left
// of it: a client that is still sending would see its connection reset and not the answer.
func (s *Server) paceBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		paced := &pacedBody{ReadCloser: r.Body, controller: http.NewResponseController(w), pace: s.config.Body}
		r.Body = paced
		defer paced.drain(r)
		next.ServeHTTP(w, r)
	})
}

// pacedBody is a body whose reading ends with os.ErrDeadlineExceeded when it comes too slowly. Only the time spent waiting for the
// client counts: a handler may take its time between reads.
type pacedBody struct {
	io.ReadCloser
	controller *http.ResponseController
	pace       Pace
	waited     time.Duration
	read       int64
	err        error
}

func (b *pacedBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	began := time.Now()
	if err := b.controller.SetReadDeadline(began.Add(b.allowance() - b.waited)); err != nil {
		return 0, err
	}
	n, err := b.ReadCloser.Read(p)
	b.waited += time.Since(began)
	b.read += int64(n)
	b.err = err
	if err == nil || err == io.EOF {
		// Until the next read nothing is due from the client, and HTTP/2 ends a body at its deadline though nobody reads; after the last one
		// net/http watches the connection for its leaving.
		if err := b.controller.SetReadDeadline(time.Time{}); err != nil {
			return n, err
		}
	}
	return n, err
}

// allowance is how long the client may be waited for until the next byte.
func (b *pacedBody) allowance() time.Duration {
	lag := b.pace.Grace + time.Duration(float64(b.read)/float64(b.pace.Rate)*float64(time.Second))
	return min(lag, b.pace.Total)
}

const (
	drainBytes = 64 << 20
	drainTime  = 5 * time.Second
)

// drain receives the rest of the body, within bounds. A client that waits to be told to send gets its answer instead.
func (b *pacedBody) drain(r *http.Request) {
	if b.err == nil && (b.read > 0 || r.Header.Get("Expect") == "") {
		b.pace.Total = min(b.pace.Total, b.waited+drainTime)
		// What goes wrong is in b.err.
		_, _ = io.CopyN(io.Discard, b, drainBytes)
	}
	if b.err == nil {
		// net/http would go on reading and must not wait: it closes the connection after the answer. Where the deadline cannot be
		// set the connection is closed already.
		_ = b.controller.SetReadDeadline(time.Now())
	}
}
