//go:build unix

package whole

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// KeepOwner gives f the owner and the group of the file before, which it replaces or belongs to. A program that isn't root's may lack the right to;
// where the owner is the same, that is no error: who could read the file can read it.
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
	err = f.Chown(int(old.Uid), int(old.Gid))
	if old.Uid == fresh.Uid && errors.Is(err, fs.ErrPermission) {
		return nil
	}
	return err
}

// GiveToFolder gives f the owner and the group of the folder that it lies in where root has made it, if root may: in the folder of a server that
// runs as somebody else the server must be able to go on with it.
func GiveToFolder(f *os.File) error {
	if os.Geteuid() != 0 {
		return nil
	}
	folder, err := os.Stat(filepath.Dir(f.Name()))
	if err != nil {
		return err
	}
	if err := KeepOwner(f, folder); !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}

// syncFolder makes a name last that was given in the folder, where that can be done: the file is in place, and an error would say it isn't.
func syncFolder(dir string) {
	f, err := os.Open(dir)
	if err != nil {
		return
	}
	_ = f.Sync()
	_ = f.Close()
}
