package client

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
)

// body is a request's content, which can be opened anew for every attempt.
type body struct {
	contentType string
	length      int64 // -1 when it is not known
	open        func() (io.ReadCloser, error)
}

func raw(picture []byte) body { return inMemory("application/octet-stream", picture) }

// inMemory has its parts one after the other; they are not copied.
func inMemory(contentType string, parts ...[]byte) body {
	b := body{contentType: contentType}
	for _, part := range parts {
		b.length += int64(len(part))
	}
	b.open = func() (io.ReadCloser, error) {
		readers := make([]io.Reader, len(parts))
		for i, part := range parts {
			readers[i] = bytes.NewReader(part)
		}
		return io.NopCloser(io.MultiReader(readers...)), nil
	}
	return b
}

// form has a part "file" for each picture.
func form(pictures [][]byte) body {
	var between bytes.Buffer // nothing written to memory fails
	w := multipart.NewWriter(&between)
	var parts [][]byte
	flush := func() {
		parts = append(parts, bytes.Clone(between.Bytes()))
		between.Reset()
	}
	for i, p := range pictures {
		_, _ = w.CreateFormFile("file", strconv.Itoa(i))
		flush()
		parts = append(parts, p)
	}
	_ = w.Close()
	flush()
	return inMemory(w.FormDataContentType(), parts...)
}

// put makes b the content of req.
func (b body) put(req *http.Request) error {
	if b.open == nil {
		return nil
	}
	req.Header.Set("Content-Type", b.contentType)
	if b.length == 0 { // a body with length 0 means to net/http that the length is not known
		return nil
	}
	content, err := b.open()
	if err != nil {
		return fmt.Errorf("opening what is to be sent: %w", err)
	}
	req.Body, req.GetBody, req.ContentLength = content, b.open, b.length
	return nil
}
