//go:build unix

package activation_test

import (
	"os"
	"syscall"
	"testing"
)

// TestWhatRootActivatesTheServerKeeps: «bonafide license activate» is often root's, and the server somebody else.
func TestWhatRootActivatesTheServerKeeps(t *testing.T) {
	b := newSite(t)
	if err := os.Mkdir(b.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(b.dir, 10001, 10002); err != nil {
		t.Skip("only root can give folders away: ", err)
	}
	b.mustActivate(b.open(), b.token(nil))
	for _, name := range []string{"license.txt", "license.state", "license.lock"} {
		info, err := os.Stat(b.path(name))
		if err != nil {
			t.Fatal(err)
		}
		if owner := info.Sys().(*syscall.Stat_t); owner.Uid != 10001 || owner.Gid != 10002 {
			t.Errorf("%s is of user %d and group %d, wanted are 10001 and 10002", name, owner.Uid, owner.Gid)
		}
	}
}

// TestRootFollowsNoLinkLeftInTheFolder: what the server's user puts where a file is to wait must not be written over by root.
func TestRootFollowsNoLinkLeftInTheFolder(t *testing.T) {
	b := newSite(t)
	if err := os.Mkdir(b.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	other := b.dir + ".other"
	if err := os.WriteFile(other, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(other, b.path("license.txt.new")); err != nil {
		t.Skip(err)
	}
	b.mustActivate(b.open(), b.token(nil))
	if content, err := os.ReadFile(other); err != nil || string(content) != "kept" {
		t.Errorf("the file elsewhere holds %q, %v", content, err)
	}
}
