package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
)

// command runs the program and returns its exit code and what it wrote.
func command(args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = run(args, strings.NewReader(""), &out, &err)
	return code, out.String(), err.String()
}

// linkedModels is a models folder of its own with the shipped files.
func linkedModels(t *testing.T) string {
	t.Helper()
	dir, from := t.TempDir(), catalogtest.Dir(t)
	entries, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if source, err := filepath.Abs(filepath.Join(from, e.Name())); err != nil || e.IsDir() {
			continue
		} else if err := os.Symlink(source, filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// From a web server the pack comes, is listed, is used with its own calibration, and goes.
func TestModelsAddFromAWebServer(t *testing.T) {
	peers := os.Getenv("BONAFIDE_PEERS")
	if peers == "" {
		t.Skip("BONAFIDE_PEERS does not name the folder with the published weights")
	}
	web := httptest.NewServer(http.FileServer(http.Dir(peers)))
	defer web.Close()
	models := linkedModels(t)
	picture := filepath.Join(catalogtest.Root(t), "testdata", "astronaut.jpg")

	if _, out, _ := command("models", "list", "--models", models); !strings.Contains(out, "not added") {
		t.Errorf("before it is added the list says\n%s", out)
	}
	code, out, errs := command("models", "add", "silent-face", "--url", web.URL, "--models", models)
	if code != exitOK || !strings.Contains(out, "silent-face is added") || !strings.Contains(errs, "fetching "+web.URL+"/2.7_80x80_MiniFASNetV2.pth") {
		t.Fatalf("add: %d %s %s", code, out, errs)
	}
	if code, out, errs := command("models", "verify", "--models", models); code != exitOK || strings.Count(out, "Silent-Face-Anti-Spoofing@b6d5f04a  ok") != 2 {
		t.Errorf("verify: %d %s %s", code, out, errs)
	}
	if code, out, errs := command("check", "--json", "--models", models, picture); code != exitOK || !strings.Contains(out, `"network":"MiniFASNetV1SE","crop":"4.0"`) {
		t.Errorf("check: %d %.300s %s", code, out, errs)
	}
	code, out, errs = command("bench", "--megapixels", "0.3", "--rounds", "1", "--clients", "0", "--models", models, "--data-dir", t.TempDir(), picture)
	if code != exitOK || !strings.Contains(out, "MiniFASNetV1SE") {
		t.Errorf("bench: %d %s %s", code, out, errs)
	}
	if code, _, errs := command("models", "remove", "silent-face", "--models", models); code != exitOK {
		t.Errorf("remove: %d %s", code, errs)
	}
	if _, out, _ := command("check", "--json", "--models", models, picture); strings.Contains(out, "MiniFASNetV1SE") {
		t.Error("a removed pack is still used")
	}
	if code, _, errs := command("models", "remove", "silent-face", "--models", models); code != exitFailed || !strings.Contains(errs, "was not added") {
		t.Errorf("removed again: %d %s", code, errs)
	}
}

func TestModelsAddFails(t *testing.T) {
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	models := linkedModels(t)
	for want, args := range map[string][]string{
		"the server answered 404":        {"models", "add", "silent-face", "--url", web.URL, "--models", models},
		`no model pack "other"`:          {"models", "add", "other", "--models", models},
		"no such file":                   {"models", "add", "silent-face", "--from", t.TempDir(), "--models", models},
		"--from and --url can't be used": {"models", "add", "silent-face", "--from", "x", "--url", "y", "--models", models},
	} {
		if code, _, errs := command(args...); code != exitFailed || !strings.Contains(errs, want) {
			t.Errorf("%v: %d %s, want %q", args, code, errs, want)
		}
	}
}
