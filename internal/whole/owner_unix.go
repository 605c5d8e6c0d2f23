//go:build unix

package whole

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// Entrust gives f, which root made, to the owner of what is at like, its folder for instance: what root puts into the data folder of a server that
// runs as somebody else, the server must be able to use. Where it can't be given away (some containers and file systems), it stays root's. f must
// be new, and no file that a link led to: who has the folder could have put the link there.
func Entrust(f *os.File, like string) {
	if os.Geteuid() != 0 {
		return
	}
	if info, err := os.Stat(like); err == nil {
		_ = keepOwner(f, info)
	}
}

// keepOwner gives f the owner and the group of the file before, which it replaces or belongs to. A program that isn't root's may lack the right to;
// where the owner is the same, that is no error: who could read the file can read it.
func keepOwner(f *os.File, before fs.FileInfo) error {
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

// syncFolder makes a name last that was given in the folder, where that can be done: the file is in place, and an error would say it isn't.
func syncFolder(dir string) {
	f, err := os.Open(dir)
	if err != nil {
		return
	}
	_ = f.Sync()
	_ = f.Close()
}
