package activation_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide/internal/activation"
	"github.com/bonafide-pad/bonafide/internal/programtest"
	"github.com/bonafide-pad/bonafide/license"
	"github.com/bonafide-pad/bonafide/license/issue"
)

const here, elsewhere = "GKGR-T7G5-NVVH-CE1D", "FGEB-ZMD5-S6WX-9ZCT"

var issued = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// site is a vendor and a machine with a data directory, a clock and a log.
type site struct {
	t   *testing.T
	key issue.PrivateKey
	dir string
	now time.Time
	log *programtest.Output
}

func newSite(t *testing.T) *site {
	return &site{t: t, key: issue.GenerateKey(), dir: filepath.Join(t.TempDir(), "data"), now: issued, log: &programtest.Output{}}
}

func (b *site) config() activation.Config {
	return activation.Config{
		Issuers: []license.PublicKey{b.key.Public()}, DataDir: b.dir, Machine: here,
		Now: func() time.Time { return b.now }, Log: slog.New(slog.NewTextHandler(b.log, nil)),
	}
}

func (b *site) open() *activation.Keeper {
	b.t.Helper()
	k, err := activation.Open(b.config())
	if err != nil {
		b.t.Fatal(err)
	}
	return k
}

// token is a licence for here, of a year with 14 days of grace, unless changed.
func (b *site) token(change func(*license.License)) string {
	b.t.Helper()
	terms := license.License{Customer: "Example Ltd", Machines: []string{here}, Expires: issued.AddDate(1, 0, 0), GraceDays: 14}
	l, err := issue.New(terms, issued)
	if err != nil {
		b.t.Fatal(err)
	}
	if change != nil {
		change(&l)
	}
	token, err := b.key.Sign(l)
	if err != nil {
		b.t.Fatal(err)
	}
	return token
}

func (b *site) path(name string) string { return filepath.Join(b.dir, name) }

func (b *site) drop(content string) {
	b.t.Helper()
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(b.path("license.txt"), []byte(content), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

func (b *site) mustActivate(k *activation.Keeper, token string) {
	b.t.Helper()
	if err := k.Activate(token); err != nil {
		b.t.Fatal(err)
	}
}

func (b *site) wantStatus(k *activation.Keeper, want activation.Status) {
	b.t.Helper()
	if got := k.State(); got.Status != want {
		b.t.Errorf("status %d (%s), want %d", got.Status, got.Reason, want)
	}
	if got := activation.StatusOf(k.Permit()); got != want {
		b.t.Errorf("Permit has status %d, want %d", got, want)
	}
	_, err := k.Admit()
	if got := activation.StatusOf(err); got != want {
		b.t.Errorf("Admit has status %d, want %d", got, want)
	}
}

func (b *site) admit(k *activation.Keeper, n int) {
	b.t.Helper()
	for range n {
		if _, err := k.Admit(); err != nil {
			b.t.Fatal(err)
		}
	}
}

func (b *site) wantCount(k *activation.Keeper, want int64) {
	b.t.Helper()
	if got := k.State().RequestsToday; got != want {
		b.t.Errorf("%d pictures today, want %d", got, want)
	}
}

// breakSaves keeps everybody from writing license.state, root as well, by a directory in the place of the file that waits to be renamed.
func (b *site) breakSaves() (restore func()) {
	b.t.Helper()
	if err := os.Mkdir(b.path("license.state.new"), 0o755); err != nil {
		b.t.Fatal(err)
	}
	return func() {
		b.t.Helper()
		if err := os.Remove(b.path("license.state.new")); err != nil {
			b.t.Fatal(err)
		}
	}
}

func (b *site) wantLog(text string) {
	b.t.Helper()
	if !strings.Contains(b.log.String(), text) {
		b.t.Errorf("the log lacks %q:\n%s", text, b.log)
	}
}
