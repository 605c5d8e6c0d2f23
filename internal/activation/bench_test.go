package activation_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide/internal/activation"
	"github.com/bonafide-pad/bonafide/license"
	"github.com/bonafide-pad/bonafide/license/issue"
)

// BenchmarkAdmit measures what the licence adds to a request.
func BenchmarkAdmit(b *testing.B) {
	key := issue.GenerateKey()
	l, err := issue.New(license.License{Customer: "Example Ltd", Machines: []string{here}, Limits: license.Limits{RequestsPerDay: 1 << 40}}, time.Now())
	if err != nil {
		b.Fatal(err)
	}
	token, err := key.Sign(l)
	if err != nil {
		b.Fatal(err)
	}
	k, err := activation.Open(activation.Config{Issuers: []license.PublicKey{key.Public()}, DataDir: b.TempDir(), Machine: here, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	if err := k.Activate(token); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := k.Admit(); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
