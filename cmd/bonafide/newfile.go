package main

import (
	"errors"
	"io/fs"
	"os"
)

// writeNew makes a file, whole or not at all. One that is already there is left alone, and is an error.
func writeNew(path string, mode fs.FileMode, content string) error {
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
