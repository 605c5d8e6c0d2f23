//go:build !unix

package whole

import (
	"io/fs"
	"os"
)

// KeepOwner does nothing: files have no owner by number here.
func KeepOwner(*os.File, fs.FileInfo) error { return nil }

// GiveToFolder does nothing: files have no owner by number here.
func GiveToFolder(*os.File) error { return nil }

// syncFolder does nothing: a folder can't be synced here.
func syncFolder(string) {}
