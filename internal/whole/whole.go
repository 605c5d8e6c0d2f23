// Package whole writes files that are there whole or as they were before.
package whole

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Write makes the file, or replaces it: a new one has the mode, less the umask; of one that is there mode, owner and group stay, and links to
// it go on leading to it. Where write or the disk fails, or the machine, nothing has changed. What is no regular file, such as a pipe, is
// written as it is.
func Write(path string, mode fs.FileMode, write func(io.Writer) error) error {
	return put(path, mode, func(*os.File) {}, write)
}

// WriteState is Write of what is all there and is a server's, which may run as somebody else: root gives a new file to the owner of its folder,
// see Entrust.
func WriteState(path string, mode fs.FileMode, content []byte) error {
	entrust := func(f *os.File) { Entrust(f, filepath.Dir(path)) }
	return put(path, mode, entrust, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// CreateState makes an empty file that is a server's, where there is none; root gives it to the owner of like: see Entrust. What is there stays,
// and no link is followed.
func CreateState(path string, mode fs.FileMode, like string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	Entrust(f, like)
	return f.Close()
}

// WriteNew makes a file. One that is already there is left alone, and is an error.
func WriteNew(path string, mode fs.FileMode, content string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.WriteString(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// put is Write; fresh is called of a file that replaces none.
func put(path string, mode fs.FileMode, fresh func(*os.File), write func(io.Writer) error) error {
	before, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		before = nil
	case err != nil:
		return err
	case !before.Mode().IsRegular():
		return writeInPlace(path, write)
	default:
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(filepath.Join(filepath.Dir(path), "."+rand.Text()+".partial"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	if before == nil {
		fresh(f)
	}
	if err := errors.Join(fill(f, before, write), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	syncFolder(filepath.Dir(path))
	return nil
}

// WriteBytes is Write of what is all there.
func WriteBytes(path string, mode fs.FileMode, content []byte) error {
	return Write(path, mode, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

func writeInPlace(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

// fill writes all of f; before is the file that it replaces, nil for none.
func fill(f *os.File, before fs.FileInfo, write func(io.Writer) error) error {
	if before != nil {
		if err := keepOwner(f, before); err != nil {
			return fmt.Errorf("keeping the owner of the file: %w", err)
		}
		if err := f.Chmod(before.Mode().Perm()); err != nil {
			return err
		}
	}
	if err := write(f); err != nil {
		return err
	}
	return f.Sync()
}
