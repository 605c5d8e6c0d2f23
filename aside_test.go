package bonafide

import (
	"context"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide/internal/raster"
	"github.com/bonafide-pad/bonafide/internal/spoof"
)

// upsideDown is a liveness network that panics.
type upsideDown struct{}

func (upsideDown) Judge(context.Context, *raster.Image, raster.Rect) ([]spoof.Cue, error) {
	panic("the network is upside down")
}

// A panic on a goroutine of its own would end the process: it is an error, with an idle core and without.
func TestAPanicWhileJudgingIsAnError(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	for name, busy := range map[string]int{"aside": 0, "on the same goroutine": 2} {
		a := &Analyzer{liveness: []judge{upsideDown{}}}
		for range busy {
			defer a.cores.enter()()
		}
		j := a.judgeAside(t.Context(), nil, raster.Rect{})
		if (j.done != nil) != (busy == 0) {
			t.Errorf("%s: it is judged elsewhere", name)
		}
		_, _, err := j.result()
		if err == nil || !strings.Contains(err.Error(), "upside down") || !strings.Contains(err.Error(), "aside_test.go") {
			t.Errorf("%s: the error is %v", name, err)
		}
		if got := a.cores.busy.Load(); got != int64(busy) {
			t.Errorf("%s: %d cores are counted as busy, wanted are %d", name, got, busy)
		}
	}
}

// lingering is a liveness network that makes the stages beside it fail and goes on for a while.
type lingering struct {
	cancel context.CancelFunc
	done   *atomic.Bool
}

func (l lingering) Judge(context.Context, *raster.Image, raster.Rect) ([]spoof.Cue, error) {
	l.cancel()
	time.Sleep(100 * time.Millisecond)
	l.done.Store(true)
	return nil, nil
}

// The picture's memory is given back when an analysis ends: whoever still reads it must be waited for, also where another stage fails.
func TestAFailedAnalysisWaitsForWhatRunsAside(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	a, picture := openAnalyzer(t), astronaut(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var done atomic.Bool
	a.liveness = []judge{lingering{cancel, &done}}
	if _, err := a.Analyze(ctx, picture); CodeOf(err) != CodeCanceled {
		t.Errorf("the analysis ended with %v", err)
	}
	if !done.Load() {
		t.Error("the analysis ended while its picture was still read")
	}
}
