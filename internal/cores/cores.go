// Package cores says how many cores there are to work on, apart from what Go's scheduler is told.
//
// An analysis spends nearly all its time in C. While every one of the scheduler's processors is in a call of C, its watcher takes each away from its
// call as soon as it looks, which then is every 20 µs, and each call has to get one back (runtime.retake): that costs over 1 ms of CPU time
// for a picture. With one processor more than there are cores, one is always idle and the watcher leaves the others alone for 10 ms.
package cores

import (
	"os"
	"runtime"
	"sync/atomic"
)

// spare are the scheduler's processors beyond the cores.
var spare atomic.Int64

// Count is how many pieces of work can compute at once.
func Count() int { return max(1, runtime.GOMAXPROCS(0)-int(spare.Load())) }

// Spare gives the scheduler one processor more than Count until release is called. Where the operator set their number by the
// environment it stands. The number no longer follows a limit of CPU time that changes while the program runs.
func Spare() (release func()) {
	if os.Getenv("GOMAXPROCS") != "" {
		return func() {}
	}
	before := runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1)
	spare.Add(1)
	return func() {
		spare.Add(-1)
		runtime.GOMAXPROCS(before)
	}
}
