package upload

import (
	"errors"
	"io"
	"net/http"

	"github.com/bonafide-pad/bonafide/internal/answer"
)

// mostParts is how many parts a form with one picture may have.
const mostParts = 64

// Part reads the picture in the first part called name of the multipart form in req; other parts are passed over.
func (r *Reader) Part(req *http.Request, name string) (*Picture, error) {
	return r.part(req, name, false)
}

// OnlyPart is Part that refuses other parts, by name, and a second one called name.
func (r *Reader) OnlyPart(req *http.Request, name string) (*Picture, error) {
	return r.part(req, name, true)
}

func (r *Reader) part(req *http.Request, name string, alone bool) (*Picture, error) {
	f, err := r.openForm(req, name, r.Bytes+overhead)
	if err != nil {
		return nil, err
	}
	l := r.Memory.lease(req.Context())
	content, err := r.findPart(f, name, alone, l)
	if err != nil {
		l.release()
		return nil, r.readFault(req, err)
	}
	return &Picture{Bytes: content, lease: l}, nil
}

// openForm begins to read the form in req, whose body may have at most limit bytes.
func (r *Reader) openForm(req *http.Request, name string, limit int64) (*form, error) {
	kind, params := contentType(req)
	if kind != "multipart/form-data" {
		return nil, answer.Faultf(http.StatusBadRequest, CodeMissingPart,
			"the Content-Type is %q; send a multipart/form-data form with the picture as the part %q", req.Header.Get("Content-Type"), name)
	}
	if params["boundary"] == "" {
		return nil, answer.Faultf(http.StatusBadRequest, CodeBadRequest, "the Content-Type multipart/form-data names no boundary")
	}
	if err := limitBody(req, limit); err != nil {
		return nil, err
	}
	return newForm(req.Body, params["boundary"]), nil
}

// findPart reads the form to its end, so that a client that goes away is noticed, and returns the part called name.
func (r *Reader) findPart(f *form, name string, alone bool, l *lease) ([]byte, error) {
	var content []byte
	found := false
	for seen := 0; ; seen++ {
		part, err := f.next()
		if err == io.EOF { //nolint:errorlint // wrapped, it means that the form broke off
			if !found {
				return nil, missingPart(name)
			}
			return content, nil
		}
		if err != nil {
			return nil, malformed(err)
		}
		if seen == mostParts {
			return nil, answer.Faultf(http.StatusBadRequest, CodeBadRequest, "the form has more than %d parts", mostParts)
		}
		called, _ := disposition(part)
		if alone && called != name {
			return nil, unknownPart(called, name)
		}
		if alone && found {
			return nil, answer.Faultf(http.StatusBadRequest, CodeBadRequest, "the form has several parts %q, allowed is one", name)
		}
		if found || called != name {
			continue
		}
		if content, err = l.readAll(part, r.Bytes); err != nil {
			return nil, malformed(err)
		}
		found = true
	}
}

func missingPart(name string) error {
	return answer.Faultf(http.StatusBadRequest, CodeMissingPart, "the form has no part %q; send the picture as one", name)
}

func unknownPart(got, name string) error {
	return answer.Faultf(http.StatusBadRequest, CodeUnknownPart, "the form has the unknown part %.100q, allowed is %q", got, name)
}

// malformed tells a form that breaks off from a connection that does.
func malformed(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return answer.Faultf(http.StatusBadRequest, CodeBadRequest, "the multipart form is cut off or malformed: its last boundary is missing")
	}
	return err
}
