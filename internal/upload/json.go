package upload

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/bonafide-pad/bonafide/internal/answer"
)

// Base64 reads the picture that the JSON object in req holds as base64 under key. See decodeBase64 for what is taken.
func (r *Reader) Base64(req *http.Request, key string) (*Picture, error) {
	return r.base64(req, key, false)
}

// OnlyBase64 is Base64 that refuses other keys in the object, by name, and a second one called key.
func (r *Reader) OnlyBase64(req *http.Request, key string) (*Picture, error) {
	return r.base64(req, key, true)
}

func (r *Reader) base64(req *http.Request, key string, alone bool) (*Picture, error) {
	l := r.Memory.lease(req.Context())
	picture, err := r.readBase64(req, key, alone, l)
	if err != nil {
		l.release()
		return nil, r.readFault(req, err)
	}
	return &Picture{Bytes: picture, lease: l}, nil
}

func (r *Reader) readBase64(req *http.Request, key string, alone bool, l *lease) ([]byte, error) {
	object := r.Memory.lease(req.Context())
	defer object.release()
	// Base64 needs 4/3 of the picture, and line breaks as JSON writes them some 5 % more.
	raw, err := readValue(req, key, alone, r.Bytes/3*4+r.Bytes/12+overhead, object)
	if err != nil {
		return nil, err
	}
	text, err := textOf(raw, key)
	if err != nil {
		return nil, err
	}
	if err := l.grow(int64(len(text)) / 4 * 3); err != nil {
		return nil, err
	}
	picture, err := decodeBase64(text)
	if err != nil {
		return nil, answer.Faultf(http.StatusBadRequest, CodeBadBase64, "%q: %v", key, err)
	}
	if int64(len(picture)) > r.Bytes {
		return nil, answer.Faultf(http.StatusRequestEntityTooLarge, CodeTooLarge, "the picture has %d bytes, %d are allowed", len(picture), r.Bytes)
	}
	return picture, nil
}

// Text reads the string under key of the JSON object in req, which may have at most limit bytes. It holds memory while it does.
func Text(req *http.Request, key string, limit int64, memory *Memory) (string, error) {
	r := &Reader{Bytes: limit, Memory: memory}
	l := r.Memory.lease(req.Context())
	defer l.release()
	raw, err := readValue(req, key, false, limit, l)
	if err != nil {
		return "", r.readFault(req, err)
	}
	text, err := textOf(raw, key)
	if err != nil {
		return "", err
	}
	return string(text), nil
}

// readValue returns the JSON value under key of the object in req; alone refuses other keys.
func readValue(req *http.Request, key string, alone bool, limit int64, l *lease) (json.RawMessage, error) {
	if err := checkJSON(req); err != nil {
		return nil, err
	}
	if err := limitBody(req, limit); err != nil {
		return nil, err
	}
	body, err := l.readAll(req.Body, limit)
	if err != nil {
		return nil, err
	}
	return valueOf(body, key, alone)
}

func checkJSON(req *http.Request) error {
	if kind, _ := contentType(req); isJSON(kind) {
		return nil
	}
	return answer.Faultf(http.StatusUnsupportedMediaType, CodeMediaType,
		"the Content-Type is %q, allowed is application/json", req.Header.Get("Content-Type"))
}

func jsonFault(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return answer.Faultf(http.StatusBadRequest, CodeBadJSON, "the body is not JSON: %v at byte %d", err, syntax.Offset)
	}
	return answer.Faultf(http.StatusBadRequest, CodeBadJSON, "the body is not JSON: %v", err)
}

// textOf returns the content of a JSON string that is valid, in the memory of raw, which is not to be used any more.
func textOf(raw json.RawMessage, key string) ([]byte, error) {
	if len(raw) < 2 || raw[0] != '"' {
		return nil, answer.Faultf(http.StatusBadRequest, CodeBadJSON, "%q is a JSON %s, wanted is a string", key, kindOf(raw))
	}
	text := raw[1 : len(raw)-1]
	if bytes.IndexByte(text, '\\') < 0 {
		return text, nil
	}
	return unescape(text), nil
}

// kindOf names the kind of a JSON value.
func kindOf(raw json.RawMessage) string {
	switch {
	case len(raw) == 0 || raw[0] == 'n':
		return "null"
	case raw[0] == 't' || raw[0] == 'f':
		return "boolean"
	case raw[0] == '{':
		return "object"
	case raw[0] == '[':
		return "array"
	case raw[0] == '"':
		return "string"
	default:
		return "number"
	}
}
