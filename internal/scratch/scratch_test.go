package scratch_test

import (
	"testing"

	"github.com/bonafide-pad/bonafide/internal/scratch"
)

func TestBorrowLendsWhatIsAsked(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 4, 5, 1023, 1024, 1025, 230400} {
		f := scratch.Borrow(n)
		if len(f.Values) != n {
			t.Errorf("%d values, want %d", len(f.Values), n)
		}
		f.Return()
	}
}

func TestLoansDoNotOverlap(t *testing.T) {
	first := scratch.Borrow(600)
	first.Return()
	a, b := scratch.Borrow(700), scratch.Borrow(900)
	for i := range a.Values {
		a.Values[i] = 1
	}
	for i := range b.Values {
		b.Values[i] = 2
	}
	for i, v := range a.Values {
		if v != 1 {
			t.Fatalf("value %d of the first loan became %v", i, v)
		}
	}
	a.Return()
	b.Return()
}
