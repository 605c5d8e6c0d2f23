package upload

import (
	"math/bits"
	"sync"
)

// buffers are the memory of pictures that were released, one pool for each size class: without them every upload would leave several times
// its size to the garbage collector.
var buffers [4 * bits.UintSize]sync.Pool

// sizeClass is the smallest class that holds n bytes, 4 or more, and its size: there are four classes from one power of two to the next.
func sizeClass(n int64) (class int, size int64) {
	low := bits.Len64(uint64(n-1)) - 1 // 2^low ≤ n−1 < 2^(low+1)
	step := int64(1) << max(0, low-2)
	size = (n + step - 1) / step * step
	return 4*low + int((size-1)>>max(0, low-2))&3, size
}

// borrow lends an empty buffer for at least n bytes.
func borrow(n int64) []byte {
	class, size := sizeClass(max(n, 4))
	if b, ok := buffers[class].Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return make([]byte, 0, size)
}

// giveBack ends a loan; b must not be used afterwards.
func giveBack(b []byte) {
	if b == nil {
		return
	}
	class, _ := sizeClass(int64(cap(b)))
	buffers[class].Put(&b)
}
