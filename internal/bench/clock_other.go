//go:build !linux

package bench

import (
	"errors"
	"time"
)

// Clock is the wall clock where CPU time can't be read: measure on a quiet machine.
type Clock struct{ start time.Time }

// ThreadClock is the wall clock.
func ThreadClock() Clock { return Clock{time.Now()} }

// ProcessClock is the wall clock.
func ProcessClock() Clock { return Clock{time.Now()} }

// ClockOf is the wall clock.
func ClockOf(int) Clock { return Clock{time.Now()} }

// Now reads the clock.
func (c Clock) Now() (time.Duration, error) { return time.Since(c.start), nil }

// PeakMemory is known on Linux alone.
func PeakMemory() (int64, error) { return 0, errors.ErrUnsupported }

// PeakMemoryOf is known on Linux alone.
func PeakMemoryOf(int) (int64, error) { return 0, errors.ErrUnsupported }
