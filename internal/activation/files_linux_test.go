package activation_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/bonafide-pad/bonafide/internal/activation"
)

// TestLicenseThatBecomesReadable: owner and mode are often set after a file was written, which changes neither its size nor its time.
func TestLicenseThatBecomesReadable(t *testing.T) {
	b := newSite(t)
	b.drop(b.token(nil))
	chmod := func(mode os.FileMode) {
		t.Helper()
		if err := os.Chmod(b.path("license.txt"), mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{b.dir, filepath.Dir(b.dir), filepath.Dir(filepath.Dir(b.dir))} { // the last one is of t.TempDir, for its maker alone
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	once, cancel := context.WithCancel(t.Context())
	cancel() // Run looks at the file once before it ends
	chmod(0)
	var k *activation.Keeper
	asNobody(func() { k = b.open() })
	b.wantStatus(k, activation.KeyError)
	asNobody(func() { k.Run(once) })
	b.wantStatus(k, activation.KeyError)
	chmod(0o644)
	asNobody(func() { k.Run(once) })
	b.wantStatus(k, activation.Success)
}

// asNobody calls do with the rights to files that nobody has, where the test is root's and could read everything.
func asNobody(do func()) {
	if os.Geteuid() == 0 {
		const nobody = 65534
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		_ = unix.Setfsuid(nobody) // of this thread; it tells no failure
		defer func() { _ = unix.Setfsuid(0) }()
	}
	do()
}
