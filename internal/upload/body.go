package upload

import (
	"io"
	"mime"
	"mime/multipart"
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
	header := req.Header.Get("Content-Type")
	kind, _, err := mime.ParseMediaType(header)
	switch {
	case header == "":
		return Raw
	case err != nil:
		return Unknown
	case kind == "multipart/form-data":
		return Multipart
	case kind == "application/json" || strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json"):
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
	l := &lease{memory: r.Memory}
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

// Each calls use with the name and content of every part called name of the multipart form in req, one after the other as
// they arrive; use owns the picture. At most most parts are taken. It stops at use's first error.
func (r *Reader) Each(req *http.Request, name string, most int, use func(file string, p *Picture) error) error {
	form, err := r.openForm(req, name, int64(most)*r.Bytes+overhead)
	if err != nil {
		return err
	}
	seen := 0
	for {
		part, err := form.NextRawPart()
		if err != nil {
			return r.endOfForm(req, err, seen, name)
		}
		if part.FormName() != name {
			continue
		}
		if seen++; seen > most {
			return answer.Faultf(http.StatusRequestEntityTooLarge, CodeTooLarge, "the form has more than %d parts %q", most, name)
		}
		picture, err := r.readPart(part)
		if err != nil {
			return r.readFault(req, err)
		}
		if err := use(part.FileName(), picture); err != nil {
			return err
		}
	}
}

// endOfForm says whether a form with seen parts called name ended well.
func (r *Reader) endOfForm(req *http.Request, err error, seen int, name string) error {
	switch {
	case err != io.EOF: //nolint:errorlint // wrapped, io.EOF means that the form broke off
		return r.readFault(req, malformed(err))
	case seen == 0:
		return missingPart(name)
	default:
		return nil
	}
}

func (r *Reader) readPart(part *multipart.Part) (*Picture, error) {
	l := &lease{memory: r.Memory}
	content, err := l.readAll(part, r.Bytes)
	if err != nil {
		l.release()
		return nil, malformed(err)
	}
	return &Picture{Bytes: content, lease: l}, nil
}
