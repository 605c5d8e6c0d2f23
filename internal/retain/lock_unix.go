//go:build unix

package retain

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lock takes the lock file at path, or says that another process has it, and returns what gives it back.
func lock(path string) (unlock func() error, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		if errors.Is(err, unix.EWOULDBLOCK) {
			err = errors.New("another server keeps its pictures there; give each a folder of its own")
		}
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil
}
