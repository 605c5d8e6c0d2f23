package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide/internal/access"
	"github.com/bonafide-pad/bonafide/internal/programtest"
)

func TestServeIsOperated(t *testing.T) {
	binary := programtest.Build(t)
	t.Run("SIGHUP reads policy and keys again", func(t *testing.T) { testReload(t, binary) })
	t.Run("SIGHUP opens no server that had keys", func(t *testing.T) { testReloadKeepsClosed(t, binary) })
	t.Run("decisions are counted as they were answered", func(t *testing.T) { testDecisionsAreCounted(t, binary) })
	t.Run("metrics and pprof on an address of their own", func(t *testing.T) { testAdminListen(t, binary) })
}

// post sends the test picture and returns status and body.
func (p *process) post(t *testing.T, key string) (int, string) {
	t.Helper()
	contentType, body := formBody(t, testPicture(t, "astronaut.jpg"))
	req, err := http.NewRequest(http.MethodPost, p.url+"/liveness-detection", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	if key != "" {
		req.Header.Set("X-API-Key", key)
	}
	return read(t, req)
}

func read(t *testing.T, req *http.Request) (int, string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(content)
}

// hangUp has the process read its settings again; it doesn't wait until that is done.
func (p *process) hangUp(t *testing.T) {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
}

func (p *process) eventuallyLogs(t *testing.T, what string) {
	t.Helper()
	eventually(t, "the log says "+what, func() bool { return strings.Contains(p.stderr.String(), what) })
}

func testReload(t *testing.T, binary string) {
	dir := t.TempDir()
	config := filepath.Join(dir, "config.yaml")
	write := func(content string) {
		t.Helper()
		if err := os.WriteFile(config, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("small-eye-distance: 1\n")
	p := startServer(t, binary, "--config", config, "--data-dir", dir)
	if status, body := p.post(t, ""); status != http.StatusOK || !strings.Contains(body, `"is_small":false`) {
		t.Fatalf("before: status %d, %.300s", status, body)
	}
	write("small-eye-distance: 5000\n")
	p.hangUp(t)
	eventually(t, "the changed policy holds", func() bool {
		_, body := p.post(t, "")
		return strings.Contains(body, `"is_small":true`)
	})
	output, err := exec.Command(binary, "keys", "add", "test", "--data-dir", dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	write("small-eye-distance: wrong\n")
	p.hangUp(t)
	p.eventuallyLogs(t, "those in force stay")
	if status, body := p.post(t, ""); status != http.StatusOK || !strings.Contains(body, `"is_small":true`) {
		t.Errorf("after a reload that cannot be used: status %d, %.300s", status, body)
	}
	write("small-eye-distance: 1\n")
	p.hangUp(t)
	eventually(t, "a key is needed", func() bool {
		status, _ := p.post(t, "")
		return status == http.StatusUnauthorized
	})
	if status, body := p.post(t, strings.TrimSpace(string(output))); status != http.StatusOK || !strings.Contains(body, `"is_small":false`) {
		t.Errorf("with the key: status %d, %.300s", status, body)
	}
}

func testReloadKeepsClosed(t *testing.T, binary string) {
	dir := t.TempDir()
	key := printed(t, binary, "keys", "add", "test", "--data-dir", dir)
	p := startServer(t, binary, "--data-dir", dir)
	file := filepath.Join(dir, access.FileName)
	if err := os.Rename(file, file+".gone"); err != nil {
		t.Fatal(err)
	}
	p.hangUp(t)
	p.eventuallyLogs(t, "those in force stay")
	for sent, want := range map[string]int{"": http.StatusUnauthorized, key: http.StatusOK} {
		if status, body := p.post(t, sent); status != want {
			t.Errorf("without the file, with the key %q: status %d, %.300s", sent, status, body)
		}
	}
	if err := os.Rename(file+".gone", file); err != nil {
		t.Fatal(err)
	}
	printed(t, binary, "keys", "revoke", strings.Split(key, "_")[1], "--data-dir", dir)
	p.hangUp(t)
	p.eventuallyLogs(t, "NO API KEY HOLDS")
	for _, sent := range []string{"", key} {
		if status, body := p.post(t, sent); status != http.StatusUnauthorized {
			t.Errorf("after the last key was revoked, with the key %q: status %d, %.300s", sent, status, body)
		}
	}
}

func testAdminListen(t *testing.T, binary string) {
	p := startServer(t, binary, "--admin-listen", "127.0.0.1:0")
	if status, body := p.post(t, ""); status != http.StatusOK {
		t.Fatalf("status %d, %.300s", status, body)
	}
	var admin string
	eventually(t, "the operator's address is logged", func() bool {
		for _, found := range regexp.MustCompile(`address=(127[^\s]+)`).FindAllStringSubmatch(p.stderr.String(), -1) {
			if !strings.HasSuffix(p.url, found[1]) {
				admin = "http://" + found[1]
			}
		}
		return admin != ""
	})
	for url, want := range map[string]string{
		admin + "/metrics":                       `bonafide_decisions_total{decision="live",profile="default"} 1`,
		admin + "/debug/pprof/":                  "goroutine",
		admin + "/debug/pprof/goroutine?debug=1": "goroutine profile",
		p.url + "/metrics":                       `"not_found"`,
	} {
		req, err := http.NewRequest(http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if status, body := read(t, req); !strings.Contains(body, want) {
			t.Errorf("%s: status %d, it lacks %s: %.300s", url, status, want, body)
		}
	}
}

// What is only measured is no decision, and each API decides by requirements of its own.
func testDecisionsAreCounted(t *testing.T, binary string) {
	p := startServer(t, binary)
	for _, path := range []string{"/v1/quality", "/v1/liveness?min_eye_distance=1000", "/v1/liveness", "/liveness-detection"} {
		contentType, body := formBody(t, testPicture(t, "astronaut.jpg"))
		req, err := http.NewRequest(http.MethodPost, p.url+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", contentType)
		if status, body := read(t, req); status != http.StatusOK {
			t.Errorf("%s: status %d, %.300s", path, status, body)
		}
	}
	for decision, want := range map[string]float64{"live": 2, "cannot_assess": 1, ".*": 3} {
		if got := p.metric(t, "", `bonafide_decisions_total\{decision="`+decision+`",.*\}`); got != want {
			t.Errorf("%v decisions %q were counted, wanted are %v", got, decision, want)
		}
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("it never came that %s", what)
}
