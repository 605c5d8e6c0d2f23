package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/access"
)

// site is a server of the pages alone.
func site(t *testing.T) *http.ServeMux {
	t.Helper()
	s := &Site{Settings: func() Settings { return Settings{Profiles: []string{"own"}} }, State: func() State { return State{Version: "v1"} }}
	api, err := s.Routes()
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for _, r := range api.Routes {
		if wanted := access.Public; r.Pattern == "GET /admin/state.json" {
			if r.Scope != access.Admin {
				t.Errorf("%s needs the scope %q", r.Pattern, r.Scope)
			}
		} else if r.Scope != wanted {
			t.Errorf("%s needs the scope %q", r.Pattern, r.Scope)
		}
		mux.Handle(r.Pattern, r.Handler)
	}
	return mux
}

func get(t *testing.T, h http.Handler, path string, header http.Header) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
	for name, values := range header {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestFilesAreServedWithTheirHeaders(t *testing.T) {
	mux := site(t)
	for path, want := range map[string]string{
		"/": "text/html; charset=utf-8", "/capture": "text/html; charset=utf-8", "/docs": "text/html; charset=utf-8", "/admin": "text/html; charset=utf-8",
		"/assets/style.css": "text/css; charset=utf-8", "/capture/bonafide-capture.js": "text/javascript; charset=utf-8",
		"/capture/bonafide-capture.d.ts": "text/plain; charset=utf-8", "/assets/icon.svg": "image/svg+xml",
		"/settings.json": "application/json; charset=utf-8", "/admin/state.json": "application/json; charset=utf-8",
	} {
		resp := get(t, mux, path, nil)
		if got := resp.Header.Get("Content-Type"); resp.StatusCode != http.StatusOK || got != want {
			t.Errorf("%s: status %d, type %q, wanted is %q", path, resp.StatusCode, got, want)
		}
		if strings.HasSuffix(path, ".json") {
			continue
		}
		policy := resp.Header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';", "frame-ancestors 'none'", "require-trusted-types-for 'script'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("%s: its policy %q lacks %s", path, policy, part)
			}
		}
		etag := resp.Header.Get("Etag")
		if again := get(t, mux, path, http.Header{"If-None-Match": {etag}}); etag == "" || again.StatusCode != http.StatusNotModified {
			t.Errorf("%s: asked for again with Etag %q: status %d", path, etag, again.StatusCode)
		}
	}
}

func TestOnlyTheComponentIsForOtherSites(t *testing.T) {
	mux := site(t)
	for path, allowed := range map[string]string{"/capture/bonafide-capture.js": "*", "/capture/strings.js": "*", "/assets/page.js": "", "/": ""} {
		if got := get(t, mux, path, nil).Header.Get("Access-Control-Allow-Origin"); got != allowed {
			t.Errorf("%s: allowed are pages of %q, wanted is %q", path, got, allowed)
		}
	}
}

func TestThePagesAreSmall(t *testing.T) {
	const most = 150_000 // bytes
	files, err := readFiles()
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, f := range files {
		total += len(f.content)
	}
	if total > most {
		t.Errorf("all files have %d bytes, allowed are %d", total, most)
	}
}

// What the policy would block must not be written in the first place.
func TestPagesHoldNoInlineCodeAndNoOtherHosts(t *testing.T) {
	inline := regexp.MustCompile(`(?i)<script(?:[^>]*[^>\s])?>[^<]|\son\w+=|\sstyle=|<style|(?:src|href)="(?:https?:)?//`)
	files, err := readFiles()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.header["Content-Type"] != types[".html"] {
			continue
		}
		if found := inline.Find(f.content); found != nil {
			t.Errorf("%s has %q", f.path, found)
		}
	}
}

// What is distributed under a licence has its text with it.
func TestThePackageHasItsLicence(t *testing.T) {
	root, err := os.ReadFile("../../LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	if own, err := os.ReadFile("assets/capture/LICENSE"); err != nil || !bytes.Equal(own, root) {
		t.Errorf("the package's licence is not the project's: %v", err)
	}
}

// A module that is left out of the package breaks those that import it, for npm alone.
func TestThePackageHasEveryFile(t *testing.T) {
	text, err := os.ReadFile("assets/capture/package.json")
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct{ Files []string }
	if err := json.Unmarshal(text, &manifest); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir("assets/capture")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		always := e.Name() == "package.json" || e.Name() == "LICENSE" // which npm takes along unasked
		if listed := slices.Contains(manifest.Files, e.Name()); listed == always {
			t.Errorf("%s: in the package's files is %v", e.Name(), listed)
		}
	}
}
