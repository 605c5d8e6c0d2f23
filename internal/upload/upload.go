// Package upload reads pictures out of requests, for every API of the server.
//
// A picture comes as the body itself ([Reader.Body]), as a part of a multipart form ([Reader.Part], [Reader.Each]), as base64 in
// a JSON object ([Reader.Base64]) or in a tar or zip archive ([Reader.Archive]). It is read as a
// stream straight into memory, never into a file, and no byte more than allowed; all pictures that are in memory at once
// share a [Memory], so that many uploads cannot exhaust the machine. Errors are *answer.Fault and can be answered as they are.
package upload

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/bonafide-pad/bonafide/internal/answer"
)

// The codes of this package's faults.
const (
	CodeBadRequest  = "bad_request"
	CodeMissingPart = "missing_part"
	CodeUnknownPart = "unknown_part"
	CodeMissingKey  = "missing_key"
	CodeUnknownKey  = "unknown_key"
	CodeBadJSON     = "bad_json"
	CodeBadBase64   = "bad_base64"
	CodeMediaType   = "unsupported_media_type"
	CodeTooLarge    = "too_large"
	CodeTooSlow     = "too_slow"
	CodeCanceled    = "canceled"
	CodeBusy        = "busy"
	CodeBadArchive  = "bad_archive"
	CodeBadEntry    = "bad_entry"
)

// StatusCanceled is what is logged, for nobody is left to read it, when the client has gone.
const StatusCanceled = 499

// overhead is what a request may hold beside the picture, in bytes.
const overhead = 1 << 20

// Memory bounds the bytes of all pictures that are held at once. It is safe for concurrent use.
type Memory struct {
	mu         sync.Mutex
	free, most int64
}

// NewMemory makes a Memory of so many bytes.
func NewMemory(most int64) *Memory { return &Memory{free: most, most: most} }

// Needed is the least Memory for pictures of so many bytes: one that comes as base64 in JSON is held beside its text, which has line breaks at most.
func Needed(bytes int64) int64 { return bytes/2*5 + 2*overhead }

// Held is how many bytes are held now, and how many may be.
func (m *Memory) Held() (held, most int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.most - m.free, m.most
}

// Hold reserves so many bytes beside those of pictures until release is called. Its error is an *answer.Fault.
func (m *Memory) Hold(bytes int64) (release func(), err error) {
	l := &lease{memory: m}
	if err := l.grow(bytes); err != nil {
		return nil, err
	}
	return l.release, nil
}

func (m *Memory) take(n int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n > m.free {
		return false
	}
	m.free -= n
	return true
}

func (m *Memory) give(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.free += n
}

// Reader reads pictures of at most Bytes bytes.
type Reader struct {
	Bytes  int64
	Memory *Memory
}

// Picture is the content of a picture's file. Release must be called once it is no longer used.
type Picture struct {
	Bytes []byte
	lease *lease
}

// Release gives the picture's memory back.
func (p *Picture) Release() {
	p.Bytes = nil
	p.lease.release()
}

// lease is a share of a Memory that can grow, with the buffer that it is for, if any.
type lease struct {
	memory *Memory
	held   int64
	buffer []byte
}

// grow takes n bytes more. What others hold is given back soon, but what alone is more than there is in all never fits.
func (l *lease) grow(n int64) error {
	if !l.memory.take(n) {
		_, most := l.memory.Held()
		if l.held+n > most {
			return answer.Faultf(http.StatusRequestEntityTooLarge, CodeTooLarge,
				"the request needs %d bytes of memory, and all requests together may hold %d bytes", l.held+n, most)
		}
		f := answer.Faultf(http.StatusServiceUnavailable, CodeBusy,
			"too many pictures are being received: together they may hold %d bytes; try again soon", most)
		f.RetryAfter = time.Second
		return f
	}
	l.held += n
	return nil
}

func (l *lease) release() {
	l.memory.give(l.held)
	giveBack(l.buffer)
	l.held, l.buffer = 0, nil
}

// firstBuffer is where a buffer begins to grow from, in bytes: a slow sender holds no more than about twice what it sent.
const firstBuffer = 64 << 10

// readAll reads r to its end, at most limit bytes; more is errTooLong. The content stays valid until the lease is released.
func (l *lease) readAll(r io.Reader, limit int64) ([]byte, error) {
	if err := l.enlarge(min(firstBuffer, limit+1)); err != nil {
		return nil, err
	}
	for {
		if len(l.buffer) == cap(l.buffer) {
			if err := l.enlarge(min(2*int64(cap(l.buffer)), limit+1)); err != nil {
				return nil, err
			}
		}
		n, err := r.Read(l.buffer[len(l.buffer):cap(l.buffer)])
		l.buffer = l.buffer[:len(l.buffer)+n]
		if int64(len(l.buffer)) > limit {
			return nil, errTooLong
		}
		if err == io.EOF {
			return l.buffer, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// enlarge makes room for size bytes, which are more than were there.
func (l *lease) enlarge(size int64) error {
	if err := l.grow(size - l.held); err != nil {
		return err
	}
	larger := append(borrow(size), l.buffer...)
	giveBack(l.buffer)
	l.buffer = larger
	return nil
}

var errTooLong = errors.New("longer than allowed")

// limitBody makes r's body end with an error after most bytes. A body that is announced to be longer is refused at once.
func limitBody(r *http.Request, most int64) error {
	if r.ContentLength > most {
		return answer.Faultf(http.StatusRequestEntityTooLarge, CodeTooLarge,
			"the request has %d bytes, %d are allowed", r.ContentLength, most)
	}
	r.Body = http.MaxBytesReader(nil, r.Body, most)
	return nil
}

func (r *Reader) tooLarge() *answer.Fault {
	return answer.Faultf(http.StatusRequestEntityTooLarge, CodeTooLarge, "the picture has more than %d bytes, %d are allowed", r.Bytes, r.Bytes)
}

// readFault says why a body could not be read to its end.
func (r *Reader) readFault(req *http.Request, err error) error {
	var fault *answer.Fault
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &fault):
		return fault
	case errors.Is(err, errTooLong):
		return r.tooLarge()
	case errors.As(err, &tooLong):
		return answer.Faultf(http.StatusRequestEntityTooLarge, CodeTooLarge, "the request has more than %d bytes, %d are allowed", tooLong.Limit, tooLong.Limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return answer.Faultf(http.StatusRequestTimeout, CodeTooSlow, "the request's body came too slowly and was given up")
	case errors.Is(req.Context().Err(), context.Canceled):
		return answer.Faultf(StatusCanceled, CodeCanceled, "the client went away while sending")
	default:
		return answer.Faultf(http.StatusBadRequest, CodeBadRequest, "the request's body could not be read: %v", err)
	}
}
