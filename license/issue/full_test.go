//go:build linux || darwin

package issue_test

import (
	"errors"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/bonafide-pad/bonafide/license/issue"
)

// TestADiskThatIsFullLeavesNoKeyFile: half a key would be in the way of the next attempt. A bound on the size of files stands for the full disk.
func TestADiskThatIsFullLeavesNoKeyFile(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	bound := before
	bound.Cur = 16
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &bound); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "issuer.key")
	failed := issue.WriteKeyFile(path, issue.GenerateKey(), "")
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(failed, syscall.EFBIG) {
		t.Errorf("the key was written: %v", failed)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a part of the key is left: %v", err)
	}
}
