package bench

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Clock is the CPU time used so far: work of other programs does not count.
type Clock struct{ id int32 }

// ThreadClock is the calling thread's; the goroutine must be locked to it.
func ThreadClock() Clock { return Clock{unix.CLOCK_THREAD_CPUTIME_ID} }

// ProcessClock is this process's, garbage collection included.
func ProcessClock() Clock { return Clock{unix.CLOCK_PROCESS_CPUTIME_ID} }

// ClockOf is another process's.
func ClockOf(pid int) Clock {
	const scheduler = 2 // CPUCLOCK_SCHED of Linux's posix-timers.h, which makes clock ids of process ids like this
	return Clock{int32(^pid<<3 | scheduler)}
}

// Now reads the clock.
func (c Clock) Now() (time.Duration, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(c.id, &t); err != nil {
		return 0, fmt.Errorf("reading the CPU time: %w", err)
	}
	return time.Duration(t.Nano()), nil
}

// PeakMemoryOf is the most memory that another process has held, in bytes.
func PeakMemoryOf(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("reading the peak memory: %w", err)
	}
	_, rest, found := strings.Cut(string(status), "VmHWM:")
	var kib int64
	if _, err := fmt.Sscan(rest, &kib); !found || err != nil {
		return 0, errors.Join(fmt.Errorf("no peak memory in the status of process %d", pid), err)
	}
	return kib << 10, nil
}

// PeakMemory is the most memory that this process has held, in bytes.
func PeakMemory() (int64, error) {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0, fmt.Errorf("reading the peak memory: %w", err)
	}
	return u.Maxrss << 10, nil
}
