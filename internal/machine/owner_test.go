//go:build unix

package machine

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestASeedThatRootMakesIsTheServers: «bonafide license status» is often root's, and the server somebody else.
func TestASeedThatRootMakesIsTheServers(t *testing.T) {
	s := Source{IDFile: writeFile(t, filepath.Join(t.TempDir(), "machine-id"), ""), DataDir: t.TempDir()}
	if err := os.Chown(s.DataDir, 10001, 10002); err != nil {
		t.Skip("only root can give folders away: ", err)
	}
	code(t, s)
	info, err := os.Stat(filepath.Join(s.DataDir, seedName))
	if err != nil {
		t.Fatal(err)
	}
	if owner := info.Sys().(*syscall.Stat_t); owner.Uid != 10001 || owner.Gid != 10002 {
		t.Errorf("the seed is of user %d and group %d, wanted are 10001 and 10002", owner.Uid, owner.Gid)
	}
}
