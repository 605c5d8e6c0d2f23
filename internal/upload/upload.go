// Package upload reads pictures out of requests, for every API of the server.
//
// A picture comes as the body itself ([Reader.Body]), as a part of a multipart form ([Reader.Part], [Reader.Each]), as base64 in
// a JSON object ([Reader.Base64]) or in a tar or zip archive ([Reader.Archive]). It is read as a
// stream straight into memory, never into a file, and no byte more than allowed; all pictures that are in memory at once
// share a [Memory], so that many uploads cannot exhaust the machine, nor one caller's keep out those of others. Errors are *answer.Fault and can be answered as they are.
package upload

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"

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
	caller string
	held   int64
	buffer []byte
}

// grow takes n bytes more.
func (l *lease) grow(n int64) error {
	if err := l.memory.take(l.caller, n, l.held); err != nil {
		return err
	}
	l.held += n
	return nil
}

func (l *lease) release() {
	l.memory.give(l.caller, l.held)
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

// limitBody makes r's body end with an error after most bytes. A body that is announced to be longer, or compressed, is refused at once.
func limitBody(r *http.Request, most int64) error {
	for _, coding := range strings.Split(r.Header.Get("Content-Encoding"), ",") {
		if slices.Contains(compressions, strings.ToLower(strings.TrimSpace(coding))) {
			return answer.Faultf(http.StatusUnsupportedMediaType, CodeMediaType, "the Content-Encoding is %.200q; send the body as it is", r.Header.Get("Content-Encoding"))
		}
	}
	if r.ContentLength > most {
		return answer.Faultf(http.StatusRequestEntityTooLarge, CodeTooLarge,
			"the request has %d bytes, %d are allowed", r.ContentLength, most)
	}
	r.Body = http.MaxBytesReader(nil, r.Body, most)
	return nil
}

// compressions are the content codings that make a body unreadable. What else clients write there, such as a character set, changes nothing.
var compressions = []string{"br", "compress", "dcb", "dcz", "deflate", "gzip", "x-compress", "x-gzip", "zstd"}

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
