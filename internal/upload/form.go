package upload

import (
	"io"
	"mime/multipart"
	"net/http"

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
	limited := &headLimit{inner: body}
	return &form{parts: multipart.NewReader(limited, boundary), body: limited}
}

// next passes over what is left of the part before and reads the next one's headers. Its errors are NextRawPart's, or a fault.
func (f *form) next() (*multipart.Part, error) {
	if f.part != nil {
		_ = f.part.Close() // never an error: what is wrong with the part's rest is found again where the next one is looked for
	}
	f.body.inHead, f.body.left = true, headerBytes+readAhead
	part, err := f.parts.NextRawPart()
	f.body.inHead, f.part = false, part
	if f.body.fault != nil { // which NextRawPart may have taken for the end of a line
		return nil, f.body.fault
	}
	return part, err
}

// headLimit is a form's body, of which only so much may be read while it is a part's head.
type headLimit struct {
	inner  io.Reader
	inHead bool
	left   int
	// fault is set once more was asked for.
	fault error
}

func (h *headLimit) Read(p []byte) (int, error) {
	if !h.inHead {
		return h.inner.Read(p)
	}
	if h.left == 0 {
		h.fault = answer.Faultf(http.StatusRequestEntityTooLarge, CodeTooLarge,
			"the headers of a part of the form have, with what stands before them, more than %d bytes", headerBytes)
		return 0, h.fault
	}
	n, err := h.inner.Read(p[:min(len(p), h.left)])
	h.left -= n
	return n, err
}
