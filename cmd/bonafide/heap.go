package main

import "runtime"

// heapFloor is address space that is never touched, in bytes. Between two collections Go lets the heap double, and what lives in
// ours is little: without a floor every other picture would pay for a collection.
const heapFloor = 32 << 20

// raiseHeap reserves the floor until release is called.
func raiseHeap() (release func()) {
	floor := make([]byte, heapFloor)
	return func() { runtime.KeepAlive(floor) }
}
