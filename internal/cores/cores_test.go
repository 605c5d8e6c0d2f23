package cores

import (
	"runtime"
	"testing"
)

func TestSpare(t *testing.T) {
	t.Setenv("GOMAXPROCS", "")
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	if Count() != 3 {
		t.Errorf("%d cores of 3", Count())
	}
	release := Spare()
	if Count() != 3 || runtime.GOMAXPROCS(0) != 4 {
		t.Errorf("with a spare processor: %d cores, %d processors", Count(), runtime.GOMAXPROCS(0))
	}
	release()
	if Count() != 3 || runtime.GOMAXPROCS(0) != 3 {
		t.Errorf("afterwards: %d cores, %d processors", Count(), runtime.GOMAXPROCS(0))
	}
}

func TestSpareLeavesTheOperatorsNumber(t *testing.T) {
	t.Setenv("GOMAXPROCS", "2")
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	defer Spare()()
	if Count() != 2 || runtime.GOMAXPROCS(0) != 2 {
		t.Errorf("%d cores, %d processors, wanted are 2 and 2", Count(), runtime.GOMAXPROCS(0))
	}
}
