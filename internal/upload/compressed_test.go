package upload

import (
	"net/http"
	"testing"
)

func TestCompressedBodiesAreRefused(t *testing.T) {
	released := func(p *Picture, err error) error {
		if err == nil {
			p.Release()
		}
		return err
	}
	form := func() *http.Request { return formRequest(part{"file", "abc"}) }
	for name, way := range map[string]struct {
		request func() *http.Request
		read    func(*Reader, *http.Request) error
	}{
		"body": {form, func(r *Reader, req *http.Request) error { return released(r.Body(req)) }},
		"part": {form, func(r *Reader, req *http.Request) error { return released(r.Part(req, "file")) }},
		"base64": {func() *http.Request { return jsonRequest(`{"base64":"AAAA"}`) },
			func(r *Reader, req *http.Request) error { return released(r.Base64(req, "base64")) }},
		"archive": {func() *http.Request {
			return archiveRequest("application/x-tar", tarOf(t, packedFile{name: "a.jpg", content: "abc"}))
		},
			func(r *Reader, req *http.Request) error { _, err := readArchive(r, req, 2); return err }},
	} {
		t.Run(name, func(t *testing.T) {
			for coding, refused := range map[string]bool{"gzip": true, "utf-8, X-Gzip": true, "zstd": true, "identity": false, "utf-8": false} {
				r, req := newReader(), way.request()
				req.Header.Set("Content-Encoding", coding)
				err := way.read(r, req)
				if refused {
					wantFault(t, err, 415, coding, "as it is")
				} else if err != nil {
					t.Errorf("%s: %v", coding, err)
				}
				wantReleased(t, r.Memory)
			}
		})
	}
}
