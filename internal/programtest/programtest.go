// Package programtest builds the real program for tests that run it as a process of its own, and holds what a server or a process writes.
package programtest

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"sync"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
)

// Build builds the program with the tags of the test, such as that for a machine without libjpeg-turbo, and returns its path.
func Build(t testing.TB) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "bonafide")
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", Tags(), "-o", binary, "./cmd/bonafide")
	build.Dir = catalogtest.Root(t)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building: %v: %s", err, out)
	}
	return binary
}

// Tags are those that the test was built with.
func Tags() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "-tags" {
			return s.Value
		}
	}
	return ""
}

// Output is a log that can be read while it is written.
type Output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

// String is what was written so far.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}
