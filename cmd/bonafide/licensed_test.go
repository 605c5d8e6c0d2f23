package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/activation"
	"github.com/bonafide-pad/bonafide/license"
	"github.com/bonafide-pad/bonafide/license/issue"

	"github.com/bonafide-pad/bonafide/internal/programtest"
)

// A binary that a vendor built with a key enforces licences, and no flag or variable opens it up.
func TestBuiltInIssuerCannotBeOpenedUp(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program anew")
	}
	key := issue.GenerateKey()
	binary := filepath.Join(t.TempDir(), "bonafide")
	build := exec.Command("go", "build", "-tags", programtest.Tags(), "-ldflags", "-X main.builtInIssuer="+key.Public().String(), "-o", binary, ".")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building: %v: %s", err, output)
	}
	other := issue.GenerateKey().Public().String()
	picture := filepath.Join("..", "..", "testdata", "astronaut.jpg")
	for _, tc := range []struct {
		name string
		env  string
		args []string
		want string
	}{
		{"status", "", []string{"license", "status"}, "status        -4 (not activated)"},
		{"check", "", []string{"check", picture}, "not activated (-4)"},
		{"check under another key", "", []string{"check", "--license-issuer", other, picture}, "--license-issuer: this program was built to take its vendor's licences only"},
		{"serve under another key", "", []string{"serve", "--license-issuer", other}, "--license-issuer"},
		{"another key from the environment", "BONAFIDE_LICENSE_ISSUER=" + other, []string{"check", picture}, "--license-issuer"},
		{"no key from the environment", "BONAFIDE_LICENSE_ISSUER=", []string{"check", picture}, "not activated (-4)"},
		{"evaluate", "", []string{"evaluate", labelled(t, picture)}, "not activated (-4)"},
		{"another machine's id", "", []string{"check", "--machine-id-file", picture, picture}, "--machine-id-file"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			run := exec.Command(binary, tc.args...)
			run.Env = append(os.Environ(), "BONAFIDE_DATA_DIR="+t.TempDir())
			if tc.env != "" {
				run.Env = append(run.Env, tc.env)
			}
			output, err := run.CombinedOutput()
			if err == nil || !strings.Contains(string(output), tc.want) {
				t.Errorf("%v, want a failure that says %q:\n%s", err, tc.want, output)
			}
		})
	}
}

// labelled is a folder to evaluate on.
func labelled(t *testing.T, picture string) string {
	t.Helper()
	content, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"live/one.jpg", "spoof/print/two.jpg"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestEveryAnalysisAsksTheLicence: what takes the bytes of pictures has to be the engine's own, and refuse them.
func TestEveryAnalysisAsksTheLicence(t *testing.T) {
	key := issue.GenerateKey()
	keeper, err := activation.Open(activation.Config{
		Issuers: []license.PublicKey{key.Public()}, DataDir: t.TempDir(), Machine: "GKGR-T7G5-NVVH-CE1D", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	analyzer := &bonafide.Analyzer{}
	locked := engine{known: analyzer, analyzer: analyzer, keeper: keeper}
	if _, err := locked.Analyze(t.Context(), []byte{0}); activation.StatusOf(err) != activation.NotActivated {
		t.Errorf("Analyze: %v, want a refusal", err)
	}
	for method := range reflect.TypeFor[engine]().Methods() {
		for i := range method.Type.NumIn() {
			in := method.Type.In(i)
			if method.Name != "Analyze" && (in == reflect.TypeFor[[]byte]() || in == reflect.TypeFor[[][]byte]()) {
				t.Errorf("%s takes %v: does it ask the licence?", method.Name, in)
			}
		}
	}
}

// activated is a keeper whose licence holds.
func activated(t *testing.T) *activation.Keeper {
	t.Helper()
	const machine = "GKGR-T7G5-NVVH-CE1D"
	key := issue.GenerateKey()
	keeper, err := activation.Open(activation.Config{
		Issuers: []license.PublicKey{key.Public()}, DataDir: t.TempDir(), Machine: machine, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	l, err := issue.New(license.License{Customer: "Example Ltd", Machines: []string{machine}}, time.Now().Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	token, err := key.Sign(l)
	if err != nil {
		t.Fatal(err)
	}
	if err := keeper.Activate(token); err != nil {
		t.Fatal(err)
	}
	return keeper
}

func TestWhatIsNoPictureIsNotCounted(t *testing.T) {
	keeper := activated(t)
	e := engine{analyzer: &bonafide.Analyzer{}, keeper: keeper} // every file is too large for it
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name    string
		ctx     context.Context
		code    bonafide.Code
		counted int64 // up to here
	}{
		{"a file", t.Context(), bonafide.CodeTooLarge, 0},
		{"given up", canceled, bonafide.CodeCanceled, 1},
	} {
		if _, err := e.Analyze(c.ctx, []byte("no picture")); bonafide.CodeOf(err) != c.code {
			t.Errorf("%s: %v, wanted is %s", c.name, err, c.code)
		}
		if n := keeper.State().RequestsToday; n != c.counted {
			t.Errorf("%s: %d pictures are counted, wanted are %d", c.name, n, c.counted)
		}
	}
}

func TestWithoutNetworksNothingIsCounted(t *testing.T) {
	failed := errors.New("a network is damaged")
	e := engine{keeper: activated(t), failed: failed}
	if _, err := e.Analyze(t.Context(), []byte("a picture")); !errors.Is(err, failed) {
		t.Errorf("%v, wanted is why there are no networks", err)
	}
	if n := e.keeper.State().RequestsToday; n != 0 {
		t.Errorf("%d pictures are counted, wanted is none", n)
	}
}
