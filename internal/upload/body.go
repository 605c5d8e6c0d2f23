package upload

import (
	"net/http"
	"strings"

	"github.com/bonafide-pad/bonafide/internal/answer"
)

// Form is how a request carries pictures.
type Form int

// The forms of requests.
const (
	Unknown Form = iota
	// Multipart is a multipart form.
	Multipart
	// JSON is a JSON object.
	JSON
	// Raw is the picture as the body itself.
	Raw
)

// Kind tells from the Content-Type how a request carries pictures. A body without a Content-Type is Raw.
func Kind(req *http.Request) Form {
	kind, _ := contentType(req)
	switch {
	case req.Header.Get("Content-Type") == "":
		return Raw
	case kind == "multipart/form-data":
		return Multipart
	case isJSON(kind):
		return JSON
	case strings.HasPrefix(kind, "image/") || kind == "application/octet-stream":
		return Raw
	default:
		return Unknown
	}
}

// Body reads the picture that is the body itself.
func (r *Reader) Body(req *http.Request) (*Picture, error) {
	if err := limitBody(req, r.Bytes); err != nil {
		return nil, err
	}
	l := r.Memory.lease(req.Context())
	most := r.Bytes
	if req.ContentLength >= 0 { // the buffer grows no further than to what is announced
		most = min(most, req.ContentLength)
	}
	content, err := l.readAll(req.Body, most)
	if err == nil && len(content) == 0 {
		err = answer.Faultf(http.StatusBadRequest, CodeBadRequest, "the request's body is empty; send the picture")
	}
	if err != nil {
		l.release()
		return nil, r.readFault(req, err)
	}
	return &Picture{Bytes: content, lease: l}, nil
}
