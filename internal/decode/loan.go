package decode

import "sync"

// spare holds the memory of released pictures. Fresh memory of tens of megabytes costs as much as a tenth of the decode:
// each page is mapped and cleared when it is first written.
var spare sync.Pool

// loan is memory that one picture holds until it is released.
type loan struct{ memory []byte }

// take returns n bytes that may be dirty.
func (l *loan) take(n int) []byte {
	if used, ok := spare.Get().(*loan); ok && cap(used.memory) >= n {
		l.memory = used.memory
	} else {
		l.memory = make([]byte, n)
	}
	return l.memory[:n]
}

// giveBack is harmless when nothing was taken, when it is called twice, and on nil.
func (l *loan) giveBack() {
	if l == nil || l.memory == nil {
		return
	}
	spare.Put(&loan{memory: l.memory})
	l.memory = nil
}
