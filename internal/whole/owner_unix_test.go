//go:build unix

package whole_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/bonafide-pad/bonafide/internal/whole"
)

// TestWriteKeepsOwner: what root changes in a server's file the server must go on reading.
func TestWriteKeepsOwner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, 10001, 10002); err != nil {
		t.Skip("only root can give files away: ", err)
	}
	if err := whole.Write(path, 0o600, text("after")); err != nil {
		t.Fatal(err)
	}
	wantOwner(t, path)
	wantFolder(t, filepath.Dir(path), "file", "after")
}

// TestStateIsOfTheFoldersOwner: what root makes in a server's folder the server must be able to use.
func TestStateIsOfTheFoldersOwner(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"written": func(path string) error { return whole.WriteState(path, 0o600, []byte("content")) },
		"created": func(path string) error { return whole.CreateState(path, 0o600, filepath.Dir(path)) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.Chown(dir, 10001, 10002); err != nil {
				t.Skip("only root can give files away: ", err)
			}
			path := filepath.Join(dir, "file")
			if err := make(path); err != nil {
				t.Fatal(err)
			}
			wantOwner(t, path)
		})
	}
}

// TestCreateStateFollowsNoLink: the folder's owner could have any file given to them.
func TestCreateStateFollowsNoLink(t *testing.T) {
	dir, other := t.TempDir(), filepath.Join(t.TempDir(), "other")
	link := filepath.Join(dir, "file")
	if err := os.Symlink(other, link); err != nil {
		t.Skip(err)
	}
	if err := whole.CreateState(link, 0o600, dir); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(other); err == nil {
		t.Error("a file was made where the link leads to")
	}
}

func wantOwner(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if owner := info.Sys().(*syscall.Stat_t); owner.Uid != 10001 || owner.Gid != 10002 {
		t.Errorf("it is of user %d and group %d, wanted are 10001 and 10002", owner.Uid, owner.Gid)
	}
}
