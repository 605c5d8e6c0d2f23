//go:build unix

package access

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/bonafide-pad/bonafide/internal/whole"
)

// lock waits for the lock file beside the keys file, which has its owner, and returns what gives it back. It follows no link: root would make a file,
// or give one away, wherever the folder's owner likes.
func lock(keys string) (unlock func() error, err error) {
	like := keys
	if _, err := os.Stat(keys); err != nil { // it is still to be made
		like = filepath.Dir(keys)
	}
	path := keys + ".lock"
	if err := whole.CreateState(path, 0o600, like); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil
}
