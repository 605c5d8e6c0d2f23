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
		paced := &pacedBody{ReadCloser: r.Body, controller: http.NewResponseController(w), pace: s.config.Body, began: time.Now()}
		r.Body = paced
		defer paced.drain(r)
		next.ServeHTTP(w, r)
	})
}

// pacedBody is a body whose reading ends with os.ErrDeadlineExceeded when it comes too slowly.
type pacedBody struct {
	io.ReadCloser
	controller *http.ResponseController
	pace       Pace
	began      time.Time
	read       int64
	err        error
}

func (b *pacedBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if err := b.controller.SetReadDeadline(b.deadline()); err != nil {
		return 0, err
	}
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	b.err = err
	if err == io.EOF {
		// From here on net/http watches the connection to notice a client that goes away: that is no longer bounded.
		if err := b.controller.SetReadDeadline(time.Time{}); err != nil {
			return n, err
		}
	}
	return n, err
}

// deadline is when the next byte must have come.
func (b *pacedBody) deadline() time.Time {
	lag := b.pace.Grace + time.Duration(float64(b.read)/float64(b.pace.Rate)*float64(time.Second))
	return b.began.Add(min(lag, b.pace.Total))
}

const (
	drainBytes = 64 << 20
	drainTime  = 5 * time.Second
)

// drain receives the rest of the body, within bounds. A client that waits to be told to send gets its answer instead.
func (b *pacedBody) drain(r *http.Request) {
	if b.err != nil || b.read == 0 && r.Header.Get("Expect") != "" {
		return
	}
	b.pace.Total = min(b.pace.Total, time.Since(b.began)+drainTime)
	// Whatever goes wrong, net/http closes the connection after the answer.
	_, _ = io.CopyN(io.Discard, b, drainBytes)
}
