package upload

import (
	"math/bits"
	"sync"
)

// buffers are the memory of pictures that were released, one pool for each power of two: without them every upload would leave several
// times its size to the garbage collector.
var buffers [bits.UintSize]sync.Pool

// borrow lends an empty buffer for at least n bytes.
func borrow(n int64) []byte {
	class := bits.Len64(uint64(n - 1))
	if b, ok := buffers[class].Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return make([]byte, 0, 1<<class)
}

// giveBack ends a loan; b must not be used afterwards. Memory that was not borrowed is left to the garbage collector.
func giveBack(b []byte) {
	if n := cap(b); n > 0 && n&(n-1) == 0 {
		buffers[bits.Len(uint(n-1))].Put(&b)
	}
}
