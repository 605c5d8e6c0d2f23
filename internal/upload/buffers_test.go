package upload

import (
	"testing"

	"pgregory.net/rapid"
)

func TestSizeClassesHoldWhatIsAsked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(4, 1<<40).Draw(t, "n")
		class, size := sizeClass(n)
		if size < n || size > n+n/3 {
			t.Fatalf("%d bytes get %d", n, size)
		}
		if again, same := sizeClass(size); again != class || same != size {
			t.Fatalf("class %d has %d bytes, which belong to class %d of %d", class, size, again, same)
		}
		if next, larger := sizeClass(size + 1); next <= class || larger <= size {
			t.Fatalf("after class %d of %d comes class %d of %d", class, size, next, larger)
		}
	})
}

func TestBorrowedBuffersAreEmpty(t *testing.T) {
	for range 3 {
		b := borrow(1000)
		if len(b) != 0 || cap(b) < 1000 {
			t.Fatalf("length %d, capacity %d", len(b), cap(b))
		}
		giveBack(append(b, 1, 2, 3))
	}
}
