//go:build unix

package access

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestKeysStayTheServers: what root revokes in a server's file the server must go on reading, also by a link.
func TestKeysStayTheServers(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "mounted", FileName), filepath.Join(dir, FileName)
	k, _ := generate(t, []Scope{Analyse}, Limits{})
	if err := (Store{Path: file}).Add(k); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file + ".lock"); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(file, 10001, 10001); err != nil {
		t.Skip("only root can give files away: ", err)
	}
	if err := (Store{Path: link}).Revoke(k.ID, noon); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, file + ".lock"} {
		info, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		if owner := info.Sys().(*syscall.Stat_t); owner.Uid != 10001 || owner.Gid != 10001 {
			t.Errorf("%s is of user %d and group %d, wanted is 10001", path, owner.Uid, owner.Gid)
		}
	}
	if to, err := os.Readlink(link); err != nil || to != file {
		t.Errorf("the link leads to %q, error %v", to, err)
	}
	if keys, err := (Store{Path: file}).Load(); err != nil || keys[0].Active() {
		t.Errorf("after it was revoked: %v, error %v", keys, err)
	}
}
