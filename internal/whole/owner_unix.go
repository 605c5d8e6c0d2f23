//go:build unix

package whole

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// KeepOwner gives f the owner and the group of the file before, which it replaces or belongs to. A program that isn't root's may lack the right to.
func KeepOwner(f *os.File, before fs.FileInfo) error {
	now, err := f.Stat()
	if err != nil {
		return err
	}
	old, known := before.Sys().(*syscall.Stat_t)
	fresh, alike := now.Sys().(*syscall.Stat_t)
	if !known || !alike || old.Uid == fresh.Uid && old.Gid == fresh.Gid {
		return nil
	}
	return f.Chown(int(old.Uid), int(old.Gid))
}

// syncFolder makes a name last that was given in the folder, where its file system can.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}
