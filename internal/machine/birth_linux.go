package machine

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// birthTime is when an open file came to be, in nanoseconds since 1970, or 0
// where the file system or the kernel does not say.
func birthTime(f *os.File) (int64, error) {
	var st unix.Statx_t
	err := unix.Statx(int(f.Fd()), "", unix.AT_EMPTY_PATH, unix.STATX_BTIME, &st)
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EPERM) {
		return 0, nil // Linux before 4.11, or a sandbox that forbids the call
	}
	if err != nil {
		return 0, err
	}
	if st.Mask&unix.STATX_BTIME == 0 {
		return 0, nil
	}
	return st.Btime.Sec*1e9 + int64(st.Btime.Nsec), nil
}
