package main

import (
	"os"
	"runtime"
	"runtime/debug"
)

// Between two collections Go lets the heap grow by a share of itself, by default all of it: a nearly empty one is collected at every
// few pictures, and one full of large pictures takes twice their memory. With a floor of address space that is never touched the
// growth is a smaller share of more: about 32 MiB when idle, and a quarter of what is held beyond.
const (
	heapFloor  = 128 << 20 // bytes
	heapGrowth = 25        // percent
)

// paceHeap sets the floor and the growth, until release is called. What the operator has set in the environment stands.
func paceHeap() (release func()) {
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		if os.Getenv(name) != "" {
			return func() {}
		}
	}
	floor := make([]byte, heapFloor)
	before := debug.SetGCPercent(heapGrowth)
	return func() {
		debug.SetGCPercent(before)
		runtime.KeepAlive(floor)
	}
}
