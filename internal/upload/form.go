package upload

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"slices"

	"github.com/bonafide-pad/bonafide/internal/answer"
)

const (
	// headerBytes is what the headers of a part may have, in bytes. They hold little: its name and a file name.
	headerBytes = 16 << 10
	// readAhead is how much a multipart.Reader may have read beyond what it has given out.
	readAhead = 4 << 10
)

// form is a multipart form whose parts have short headers: multipart.Reader itself keeps up to 10 MB of them, which no Memory counts.
type form struct {
	parts *multipart.Reader
	part  *multipart.Part
	body  *headLimit
}

func newForm(body io.Reader, boundary string) *form {
	limited := &headLimit{inner: body, last: []byte("\n--" + boundary + "--"), tail: []byte("\n")}
	return &form{parts: multipart.NewReader(limited, boundary), body: limited}
}

// next passes over what is left of the part before and reads the next one's headers. Its errors are NextRawPart's, or a fault; io.EOF means
// that the last boundary was read.
func (f *form) next() (*multipart.Part, error) {
	if f.part != nil {
		_ = f.part.Close() // never an error: what is wrong with the part's rest is found again where the next one is looked for
	}
	f.body.inHead, f.body.left = true, headerBytes+readAhead
	part, err := f.parts.NextRawPart()
	f.body.inHead, f.part = false, part
	switch {
	case f.body.fault != nil: // which NextRawPart may have taken for the end of a line
		return nil, f.body.fault
	case !f.body.begun && (errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, bufio.ErrBufferFull)):
		return nil, noBoundary()
	default:
		return part, err
	}
}

// mostPadding is how much white space behind the last boundary is looked through at a time.
const mostPadding = 64

// headLimit is a form's body, of which only so much may be read while it is a part's head. It ends in io.EOF only behind the last boundary:
// multipart.Reader takes a form that ends in a part's head for whole.
type headLimit struct {
	inner  io.Reader
	inHead bool
	left   int
	// fault is set once more was asked for, or where reading failed.
	fault error

	last  []byte // the last boundary, with the end of the line before
	tail  []byte // the end of what was read, as long as that; a line ends before the body
	begun bool   // whether a boundary was read
}

func (h *headLimit) Read(p []byte) (int, error) {
	if h.inHead {
		if h.left == 0 {
			h.fault = h.tooLong()
			return 0, h.fault
		}
		p = p[:min(len(p), h.left)]
	}
	n, err := h.inner.Read(p)
	if err != nil && err != io.EOF && !errors.Is(err, io.ErrUnexpectedEOF) { //nolint:errorlint // wrapped, io.EOF means that the connection broke
		h.fault = err
	}
	if h.inHead {
		h.left -= n
	}
	h.watch(p[:n])
	if err == io.EOF && !bytes.Equal(h.tail, h.last) { //nolint:errorlint // wrapped, io.EOF means that the connection broke
		err = io.ErrUnexpectedEOF // also behind a last boundary that ends its line: nobody reads on there
	}
	return n, err
}

// watch looks for boundaries in what was read.
func (h *headLimit) watch(read []byte) {
	if !h.begun {
		h.begun = bytes.Contains(slices.Concat(h.tail, read), bytes.TrimSuffix(h.last, []byte("--")))
	}
	h.tail = append(h.tail, read[max(0, len(read)-len(h.last)-mostPadding):]...)
	if end := bytes.TrimRight(h.tail, " \t"); bytes.HasSuffix(end, h.last) {
		h.tail = end // white space may fill a boundary's line (RFC 2046, 5.1.1)
	}
	h.tail = slices.Delete(h.tail, 0, max(0, len(h.tail)-len(h.last)))
}

func (h *headLimit) tooLong() error {
	if !h.begun {
		return noBoundary()
	}
	return answer.Faultf(http.StatusRequestEntityTooLarge, CodeTooLarge,
		"the headers of a part of the form have, with what stands before them, more than %d bytes", headerBytes)
}

func noBoundary() error {
	return answer.Faultf(http.StatusBadRequest, CodeBadRequest,
		"the boundary that the Content-Type names was not found at the beginning of the multipart form")
}
