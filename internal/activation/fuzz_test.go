package activation_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide/internal/activation"
	"github.com/bonafide-pad/bonafide/license"
	"github.com/bonafide-pad/bonafide/license/issue"
)

// FuzzFiles: whatever stands in the data directory, nothing is allowed without the issuer's signature.
func FuzzFiles(f *testing.F) {
	stranger := issue.GenerateKey()
	l, err := issue.New(license.License{Customer: "Example Ltd", Machines: []string{license.AnyMachine}}, issued)
	if err != nil {
		f.Fatal(err)
	}
	forged, err := stranger.Sign(l)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(forged), []byte(`{"issued":"2026-11-23T12:00:00Z","seen":"2026-11-23T12:00:00Z","day":"2026-11-23","requests":3}`))
	f.Add([]byte("v4.public."), []byte(`{"day":"9999-99-99","requests":-1}`))
	f.Add([]byte{0xff, 0}, []byte("null"))
	issuer := issue.GenerateKey().Public()
	f.Fuzz(func(t *testing.T, token, state []byte) {
		dir := t.TempDir()
		for name, content := range map[string][]byte{"license.txt": token, "license.state": state} {
			if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		k, err := activation.Open(activation.Config{
			Issuers: []license.PublicKey{issuer}, DataDir: dir, Machine: here,
			Now: func() time.Time { return issued }, Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Admit(); err == nil || k.Permit() == nil || k.State().Active() {
			t.Errorf("active with license.txt %q and license.state %q", token, state)
		}
		k.Close()
	})
}
