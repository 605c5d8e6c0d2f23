package activation_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
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

// TestLicenceActivatedByRootIsTheServers: a server that runs as somebody else must be able to read it, and to write what is beside it.
func TestLicenceActivatedByRootIsTheServers(t *testing.T) {
	b := newSite(t)
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(b.dir, 10001, 10001); err != nil {
		t.Skip("only root can give files away: ", err)
	}
	b.mustActivate(b.open(), b.token(nil))
	for _, name := range []string{"license.txt", "license.state", "license.lock"} {
		info, err := os.Stat(b.path(name))
		if err != nil {
			t.Fatal(err)
		}
		if owner := info.Sys().(*syscall.Stat_t); owner.Uid != 10001 || owner.Gid != 10001 {
			t.Errorf("%s is of user %d and group %d, wanted is 10001", name, owner.Uid, owner.Gid)
		}
	}
}

// TestActivateWritesThroughNoLink: the server's user, who has the folder, could have root write over any file.
func TestActivateWritesThroughNoLink(t *testing.T) {
	b := newSite(t)
	b.drop("")
	other := filepath.Join(t.TempDir(), "other")
	if err := errors.Join(os.WriteFile(other, []byte("as it was"), 0o600), os.Symlink(other, b.path("license.txt.new"))); err != nil {
		t.Fatal(err)
	}
	b.mustActivate(b.open(), b.token(nil))
	if content, err := os.ReadFile(other); err != nil || string(content) != "as it was" {
		t.Errorf("the file that the link leads to holds %.30q, error %v", content, err)
	}
}

// TestLockMakesNoFileElsewhere: the same for a lock that is a link to where nothing is, such as /etc/nologin.
func TestLockMakesNoFileElsewhere(t *testing.T) {
	b := newSite(t)
	b.drop("")
	other := filepath.Join(t.TempDir(), "other")
	if err := os.Symlink(other, b.path("license.lock")); err != nil {
		t.Fatal(err)
	}
	if err := b.open().Activate(b.token(nil)); activation.StatusOf(err) != activation.InitFailed {
		t.Errorf("error %v, wanted is that the licence cannot be kept", err)
	}
	if _, err := os.Lstat(other); err == nil {
		t.Error("a file was made where the link leads to")
	}
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
