package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed assets/*.html assets/*.css assets/*.js assets/*.svg assets/capture/*.js assets/capture/*.d.ts
var assets embed.FS

// pages are the paths of the HTML files.
var pages = map[string]string{
	"index.html": "/{$}", "capture.html": "/capture", "docs.html": "/docs", "admin.html": "/admin",
}

// types are the Content-Types by the names' ends.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".ts": "text/plain; charset=utf-8", ".svg": "image/svg+xml",
}

// policy lets a page load, ask and show what comes from its own server alone, and no text become code.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; media-src 'self' blob:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

// file is one file with the header of its answer.
type file struct {
	path    string // as a pattern of http.ServeMux
	header  map[string]string
	content []byte
}

func readFiles() ([]file, error) {
	var files []file
	err := fs.WalkDir(assets, "assets", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := assets.ReadFile(name)
		if err != nil {
			return err
		}
		f, err := newFile(strings.TrimPrefix(name, "assets/"), content)
		files = append(files, f)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("embedded pages: %w", err)
	}
	return files, nil
}

func newFile(name string, content []byte) (file, error) {
	kind, known := types[path.Ext(name)]
	if !known {
		return file{}, fmt.Errorf("%s: its kind has no Content-Type", name)
	}
	sum := sha256.Sum256(content)
	f := file{path: "/assets/" + name, content: content, header: map[string]string{
		"Content-Type": kind,
		"Etag":         `"` + hex.EncodeToString(sum[:12]) + `"`,
		// Asked for each time and mostly answered with 304: a new version of the server never meets old files.
		"Cache-Control":           "no-cache",
		"Content-Security-Policy": policy,
	}}
	switch {
	case strings.HasPrefix(name, "capture/"): // for other sites, too
		f.path = "/" + name
		f.header["Access-Control-Allow-Origin"] = "*"
		f.header["Cross-Origin-Resource-Policy"] = "cross-origin"
	case path.Ext(name) == ".html":
		f.path, known = pages[name]
		if !known {
			return file{}, fmt.Errorf("%s: it has no path", name)
		}
		f.header["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
		f.header["Cross-Origin-Opener-Policy"] = "same-origin"
	}
	return f, nil
}

// ServeHTTP answers with the file, or with 304 when the client has it already.
func (f file) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, value := range f.header {
		w.Header().Set(name, value)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.content))
}
