package main

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/retain"

	"github.com/bonafide-pad/bonafide/internal/programtest"
)

// TestRetained keeps pictures with the real server, stops or kills it, and reads them with the secret key.
func TestRetained(t *testing.T) {
	binary := programtest.Build(t)
	t.Run("what was decided on can be read with the secret alone", func(t *testing.T) { testRetainedPictures(t, binary) })
	t.Run("kill -9 leaves no plaintext and nothing half", func(t *testing.T) { testRetainedKill(t, binary) })
	t.Run("a request without pictures is named", func(t *testing.T) { testRetainedUnknown(t, binary) })
	t.Run("off unless both are given", func(t *testing.T) { testRetainedSettings(t, binary) })
	t.Run("what is said of it is true", func(t *testing.T) { testRetainedSaid(t, binary) })
}

// testRetainedSaid asks servers with and without kept pictures what they tell people and programs.
func testRetainedSaid(t *testing.T, binary string) {
	public, _ := newKey(t, binary)
	keeping := startServer(t, binary, "--retain", t.TempDir(), "--retain-recipient", public)
	for server, want := range map[*process][2]string{
		startServer(t, binary): {`"keeps_nothing":true`, "Nothing of a picture is kept."}, keeping: {`"keeps_nothing":false`, "may be kept"},
	} {
		for i, path := range []string{"/settings.json", "/openapi.json"} {
			req, err := http.NewRequest(http.MethodGet, server.url+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, said := read(t, req); !strings.Contains(said, want[i]) {
				t.Errorf("%s does not say %s", path, want[i])
			}
		}
	}
}

// printed runs the program and returns what it prints as its result.
func printed(t *testing.T, binary string, args ...string) string {
	t.Helper()
	cmd := exec.Command(binary, args...)
	var failed strings.Builder
	cmd.Stderr = &failed
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v: %s", args, err, failed.String())
	}
	return strings.TrimSpace(string(out))
}

// newKey makes a pair of keys and returns the public one and the file with the secret.
func newKey(t *testing.T, binary string) (public, secret string) {
	t.Helper()
	secret = filepath.Join(t.TempDir(), "secret")
	return printed(t, binary, "retained", "new-key", secret), secret
}

func testRetainedPictures(t *testing.T, binary string) {
	public, secret := newKey(t, binary)
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "out")
	p := startServer(t, binary, "--retain", dir, "--retain-recipient", public)
	picture := testPicture(t, "astronaut.jpg")
	frame := testPicture(t, "astronaut.png")
	animation := testPicture(t, filepath.Join("..", "internal", "decode", "testdata", "animated.gif"))
	for _, r := range []struct {
		id, path string
		pictures [][]byte
	}{
		{"single", "/v1/liveness", [][]byte{picture}}, {"drop-in", "/liveness-detection", [][]byte{picture}},
		{"frames", "/v1/liveness/frames", [][]byte{frame, picture}}, {"batch", "/v1/batch", [][]byte{picture, []byte("broken"), frame}},
		{"animation", "/v1/liveness/frames", [][]byte{animation}},
		{"quality", "/v1/quality", [][]byte{picture}}, {"undecided", "/v1/liveness/frames", [][]byte{picture, []byte("broken")}},
	} {
		contentType, body := forms(t, r.pictures...)
		req, err := http.NewRequest(http.MethodPost, p.url+r.path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", contentType)
		req.Header.Set("X-Request-Id", r.id)
		if status, answer := read(t, req); status != http.StatusOK && r.id != "undecided" {
			t.Fatalf("%s: status %d, %.300s", r.id, status, answer)
		}
	}
	eventually(t, "seven pictures are counted", func() bool {
		req, err := http.NewRequest(http.MethodGet, p.url+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		_, page := read(t, req)
		return strings.Contains(page, `bonafide_retained_pictures_total{outcome="written"} 7`) && strings.Contains(page, "bonafide_retained_buffered_bytes 0\n")
	})
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.wait(t); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(p.stderr.String(), "PICTURES OF FACES ARE KEPT") {
		t.Error("the log does not say that pictures are kept")
	}
	list := printed(t, binary, "retained", "list", "--retain", dir)
	for id, want := range map[string]int{"single": 1, "drop-in": 1, "frames": 2, "batch": 2, "animation": 1, "quality": 0, "undecided": 0} {
		if got := strings.Count(list, "_"+id+".age"); got != want {
			t.Errorf("%d pictures of %s are kept, wanted are %d:\n%s", got, id, want, list)
		}
	}
	exported := strings.Fields(printed(t, binary, "retained", "export", "--retain", dir, "--identity", secret, "--to", out, "--since", "1h"))
	if len(exported) != 7 {
		t.Fatalf("exported are %q", exported)
	}
	for _, path := range exported {
		content, err := os.ReadFile(path)
		want := map[string][]byte{".jpg": picture, ".png": frame, ".gif": animation}[filepath.Ext(path)]
		if err != nil || !bytes.Equal(content, want) {
			t.Errorf("%s: %d bytes, %v, wanted are the %d that were sent", path, len(content), err, len(want))
		}
	}
	_, other := newKey(t, binary)
	failing := exec.Command(binary, "retained", "export", "--retain", dir, "--identity", other, "--to", out)
	if output, err := failing.CombinedOutput(); err == nil || !strings.Contains(string(output), "decrypting") {
		t.Errorf("with another secret: %v, %s", err, output)
	}
	printed(t, binary, "retained", "remove", "frames", "--retain", dir)
	if list := printed(t, binary, "retained", "list", "--retain", dir); strings.Contains(list, "frames") || strings.Count(list, ".age") != 5 {
		t.Errorf("after a removal: %s", list)
	}
}

// testRetainedUnknown asks for the pictures of a request that has none: nobody may think that they were exported or removed.
func testRetainedUnknown(t *testing.T, binary string) {
	_, secret := newKey(t, binary)
	dir, to := t.TempDir(), filepath.Join(t.TempDir(), "out")
	for want, args := range map[string][]string{
		`no picture of the request "mistyped" is kept from 2026-01-31T00:00:00Z on`: {"export", "--request", "mistyped", "--since", "2026-01-31", "--identity", secret, "--to", to},
		`no picture of the request "mistypt" is kept`:                               {"export", "--request", "mistypt", "--identity", secret, "--to", to},
		`no picture of the request "other" is kept`:                                 {"remove", "other"},
	} {
		out, err := exec.Command(binary, append([]string{"retained", args[0], "--retain", dir}, args[1:]...)...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%v: %v, %s", args, err, out)
		}
	}
	if _, err := os.Stat(to); !os.IsNotExist(err) {
		t.Errorf("a folder was made for nothing: %v", err)
	}
	printed(t, binary, "retained", "export", "--retain", dir, "--identity", secret, "--to", to) // all of none
}

// testRetainedKill kills the server under load and looks at all that it left.
func testRetainedKill(t *testing.T, binary string) {
	public, secret := newKey(t, binary)
	dir := t.TempDir()
	p := startServer(t, binary, "--retain", dir, "--retain-recipient", public, "--log-level", "warn")
	answered := make(chan string, 10_000)
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for sendForID(t, p.url, answered) {
			}
		})
	}
	eventually(t, "many answers were received and many pictures kept, which comes after", func() bool {
		kept, err := retain.List(dir)
		return len(answered) >= 60 && err == nil && len(kept) >= 30
	})
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.wait(t) // it was killed
	clients.Wait()
	close(answered)
	picture := testPicture(t, "astronaut.jpg")
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil || bytes.Contains(content, picture[100:132]) {
			t.Errorf("%s: %v, or plaintext in it", e.Name(), err)
		}
	}
	kept, err := retain.List(dir)
	if err != nil || len(kept) < 30 || len(kept) > len(answered)+4 {
		t.Fatalf("%d pictures are kept of %d decided on by 4 clients: %v", len(kept), len(answered), err)
	}
	out := t.TempDir()
	if exported := strings.Fields(printed(t, binary, "retained", "export", "--retain", dir, "--identity", secret, "--to", out)); len(exported) != len(kept) {
		t.Errorf("of %d kept pictures %d can be read", len(kept), len(exported))
	}
	// What a kill in the middle of writing leaves, which is too short a time to hit.
	half := filepath.Join(dir, kept[0].Name+".part")
	if err := os.WriteFile(half, []byte("age-encryption.org/v1"), 0o600); err != nil {
		t.Fatal(err)
	}
	printed(t, binary, "retained", "list", "--retain", dir)
	startServer(t, binary, "--retain", dir, "--retain-recipient", public)
	if _, err := os.Stat(half); !os.IsNotExist(err) {
		t.Errorf("the half-written file is still there: %v", err)
	}
	if again, err := retain.List(dir); err != nil || len(again) != len(kept) {
		t.Errorf("after the restart %d of %d pictures are left: %v", len(again), len(kept), err)
	}
}

func testRetainedSettings(t *testing.T, binary string) {
	public, secret := newKey(t, binary)
	for want, args := range map[string][]string{
		"kept only with both": {"--retain-recipient", public},
		"only encrypted":      {"--retain", t.TempDir()},
		"a secret key":        {"--retain", t.TempDir(), "--retain-recipient", secret},
		"the quota is 0":      {"--retain", t.TempDir(), "--retain-recipient", public, "--retain-quota", "0"},
	} {
		out, err := exec.Command(binary, append([]string{"config", "check"}, args...)...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%v: %v, %s", args, err, out)
		}
	}
}
