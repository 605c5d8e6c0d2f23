package server_test

import (
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/server"
)

// TestNoFileDescriptorsAreInTheLog: who looks why nothing is answered must find it there.
func TestNoFileDescriptorsAreInTheLog(t *testing.T) {
	s := start(t, server.Config{}, nil)
	allowOneMoreFile(t)
	connection, err := net.Dial("tcp", s.address) // takes it
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	waitUntil(t, "the log says so", func() bool { return strings.Contains(s.log.String(), "too many open files") })
	if n := strings.Count(s.log.String(), "no connection can be accepted"); n != 1 {
		t.Errorf("the log has it %d times", n)
	}
}

// allowOneMoreFile lets this process open one more file, until the test ends.
func allowOneMoreFile(t *testing.T) {
	t.Helper()
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	var opened []*os.File
	t.Cleanup(func() {
		err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before)
		for _, f := range opened {
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			t.Error(err)
		}
	})
	for {
		f, err := os.Open(os.DevNull)
		if errors.Is(err, syscall.EMFILE) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if opened = append(opened, f); len(opened) == 1 {
			few := syscall.Rlimit{Cur: uint64(f.Fd()) + 8, Max: before.Max}
			if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &few); err != nil {
				t.Fatal(err)
			}
		}
	}
	last := len(opened) - 1
	if err := opened[last].Close(); err != nil {
		t.Fatal(err)
	}
	opened = opened[:last]
}
