//go:build unix

package access

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/bonafide-pad/bonafide/internal/whole"
)

// lock waits for the lock file beside the keys file, which has its owner, and returns what gives it back.
func lock(keys string) (unlock func() error, err error) {
	f, err := os.OpenFile(keys+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(keys); err == nil {
		if err := whole.KeepOwner(f, info); err != nil {
			return nil, errors.Join(fmt.Errorf("keeping the owner of the file: %w", err), f.Close())
		}
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil
}
