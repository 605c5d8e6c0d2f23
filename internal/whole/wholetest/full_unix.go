//go:build linux || darwin

// Package wholetest gives tests a disk that is full.
package wholetest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
)

const (
	pathVariable = "BONAFIDE_TEST_FULL_DISK"
	tried        = "wrote on a full disk"
)

// LeavesNothing fails unless write, which writes a file of more than 16 bytes of that name, fails on a full disk and leaves no part of it, which would
// be in the way of the next attempt. A bound on the size of files stands for the full disk. It holds for a whole process and also for what the go
// command has a test write, so that the test runs once more in a process of its own.
func LeavesNothing(t *testing.T, name string, write func(path string) error) {
	t.Helper()
	if path := os.Getenv(pathVariable); path != "" {
		leavesNothing(t, path, write)
		fmt.Println(tried)
		return
	}
	again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	again.Env = append(os.Environ(), pathVariable+"="+filepath.Join(t.TempDir(), name))
	out, err := again.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte(tried)) {
		t.Errorf("%v\n%s", err, out)
	}
}

func leavesNothing(t *testing.T, path string, write func(path string) error) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	var bound syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &bound); err != nil {
		t.Fatal(err)
	}
	bound.Cur = 16
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &bound); err != nil {
		t.Fatal(err)
	}
	if err := write(path); !errors.Is(err, syscall.EFBIG) {
		t.Errorf("%s was written: %v", path, err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a part of %s is left: %v", path, err)
	}
}
