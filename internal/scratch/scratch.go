// Package scratch lends memory for values that live no longer than one step of an analysis, such as the input of a network. New memory
// for each would keep the garbage collector busier than all the arithmetic between the networks.
package scratch

import (
	"math/bits"
	"sync"
)

// Floats is lent memory. Values are whatever they were before.
type Floats struct {
	Values []float32
	pool   *sync.Pool
}

// pools has one pool for each power of two.
var pools [bits.UintSize]sync.Pool

// Borrow lends n values, which may be dirty.
func Borrow(n int) *Floats {
	class := bits.Len(uint(max(n, 1) - 1))
	f, ok := pools[class].Get().(*Floats)
	if !ok {
		f = &Floats{Values: make([]float32, 1<<class), pool: &pools[class]}
	}
	f.Values = f.Values[:n]
	return f
}

// Return gives the memory back; Values must not be used afterwards.
func (f *Floats) Return() {
	f.Values = f.Values[:cap(f.Values)]
	f.pool.Put(f)
}
