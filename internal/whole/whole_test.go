package whole_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/whole"
)

var errFull = errors.New("no space left")

func text(content string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, content)
		return err
	}
}

// wantFolder checks that a folder holds the one file with the content.
func wantFolder(t *testing.T, dir, name, content string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != name {
		t.Fatalf("the folder holds %v, error %v, wanted is %s alone", entries, err, name)
	}
	if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != content {
		t.Errorf("the file holds %q, error %v, wanted is %q", got, err, content)
	}
}

func TestWriteMakesAndReplaces(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	for _, content := range []string{"first", "second"} {
		if err := whole.Write(path, 0o600, text(content)); err != nil {
			t.Fatal(err)
		}
		wantFolder(t, dir, "file", content)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
}

func TestWriteThatFailsChangesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := whole.Write(path, 0o600, func(w io.Writer) error {
		return errors.Join(text("half")(w), errFull)
	})
	if !errors.Is(err, errFull) {
		t.Errorf("error %v, wanted is %v", err, errFull)
	}
	wantFolder(t, dir, "file", "before")
}

func TestWriteKeepsModeAndLink(t *testing.T) {
	dir, links := t.TempDir(), t.TempDir()
	path, link := filepath.Join(dir, "file"), filepath.Join(links, "link")
	if err := os.WriteFile(path, []byte("before"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, link); err != nil {
		t.Skip(err)
	}
	if err := whole.Write(link, 0o600, text("after")); err != nil {
		t.Fatal(err)
	}
	wantFolder(t, dir, "file", "after")
	wantFolder(t, links, "link", "after")
	if to, err := os.Readlink(link); err != nil || to != path {
		t.Errorf("the link leads to %q, error %v", to, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
}

func TestWriteToWhatIsNoFile(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs /dev/fd")
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := os.Symlink(fmt.Sprintf("/proc/self/fd/%d", w.Fd()), pipe); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(whole.Write(pipe, 0o600, text("through")), w.Close()); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || string(got) != "through" {
		t.Errorf("through the pipe came %q, error %v", got, err)
	}
}
