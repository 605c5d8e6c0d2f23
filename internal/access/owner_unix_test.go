//go:build unix

package access

import (
	"errors"
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

// TestRootGivesNothingAwayByALink: the server's user, who has the folder, could have put a link there.
func TestRootGivesNothingAwayByALink(t *testing.T) {
	dir, other := t.TempDir(), filepath.Join(t.TempDir(), "other")
	store := Store{Path: filepath.Join(dir, FileName)}
	k, _ := generate(t, []Scope{Analyse}, Limits{})
	if err := store.Add(k); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(other, nil, 0o600), os.Remove(store.Path+".lock"), os.Symlink(other, store.Path+".lock")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(store.Path, 10001, 10001); err != nil {
		t.Skip("only root can give files away: ", err)
	}
	if err := store.Revoke(k.ID, noon); err == nil {
		t.Error("a link in the lock file's place was followed")
	}
	info, err := os.Stat(other)
	if err != nil {
		t.Fatal(err)
	}
	if owner := info.Sys().(*syscall.Stat_t); owner.Uid != 0 {
		t.Errorf("the file that the link leads to is now of user %d", owner.Uid)
	}
}

// TestFirstKeyIsTheServers: who makes it as root must not keep the server from reading it.
func TestFirstKeyIsTheServers(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chown(dir, 10001, 10001); err != nil {
		t.Skip("only root can give files away: ", err)
	}
	k, _ := generate(t, []Scope{Analyse}, Limits{})
	if err := (Store{Path: filepath.Join(dir, FileName)}).Add(k); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{FileName, FileName + ".lock"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if owner := info.Sys().(*syscall.Stat_t); owner.Uid != 10001 || owner.Gid != 10001 {
			t.Errorf("%s is of user %d and group %d, wanted is 10001", name, owner.Uid, owner.Gid)
		}
	}
}
