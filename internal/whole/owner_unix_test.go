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
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if owner := info.Sys().(*syscall.Stat_t); owner.Uid != 10001 || owner.Gid != 10002 {
		t.Errorf("it is of user %d and group %d, wanted are 10001 and 10002", owner.Uid, owner.Gid)
	}
	wantFolder(t, filepath.Dir(path), "file", "after")
}
