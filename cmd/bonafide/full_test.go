//go:build linux || darwin

package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
)

// TestADiskThatIsFullLeavesNoSecretKey: half a key would be in the way of the next attempt. A bound on the size of files stands for the full disk.
func TestADiskThatIsFullLeavesNoSecretKey(t *testing.T) {
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
	path := filepath.Join(t.TempDir(), "secret.txt")
	failed := retainedNewKeyCmd{File: path}.Run(&streams{out: io.Discard})
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
