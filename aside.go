package bonafide

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/bonafide-pad/bonafide/internal/raster"
	"github.com/bonafide-pad/bonafide/internal/spoof"
	"github.com/bonafide-pad/bonafide/internal/trace"
)

// cores counts the cores that analyses keep busy, so that one does two things at once only where a core would be idle otherwise.
type cores struct{ busy atomic.Int64 }

// enter counts one analysis until leave is called. All may enter, however few cores there are.
func (c *cores) enter() (leave func()) {
	c.busy.Add(1)
	return func() { c.busy.Add(-1) }
}

// take takes an idle core, to be given back by leave; ok is false when there is none.
func (c *cores) take() (leave func(), ok bool) {
	leave = c.enter()
	if c.busy.Load() > int64(runtime.GOMAXPROCS(0)) {
		leave()
		return nil, false
	}
	return leave, true
}

// judging is the liveness of one face being judged: on an idle core, or where there is none when its result is asked for.
type judging struct {
	work func() ([]spoof.Cue, error)
	done chan struct{} // nil where nothing runs
	cues []spoof.Cue
	err  error
	took time.Duration
}

// judgeAside begins to judge a face. Some analyses stay on their goroutine.
func (a *Analyzer) judgeAside(ctx context.Context, im *raster.Image, box raster.Rect) *judging {
	j := &judging{work: func() ([]spoof.Cue, error) { return a.judgeLiveness(ctx, im, box) }}
	if trace.From(ctx).OnOneGoroutine() {
		return j
	}
	if leave, ok := a.cores.take(); ok {
		j.done = make(chan struct{})
		go func() {
			defer leave()
			defer close(j.done)
			j.run()
		}()
	}
	return j
}

// run makes a panic an error: aside there is nobody to recover it, and it would end the process.
func (j *judging) run() {
	began := time.Now()
	defer func() {
		if fault := recover(); fault != nil {
			j.err = fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
		}
		j.took = time.Since(began)
	}()
	j.cues, j.err = j.work()
}

// result returns the cues and how long they took.
func (j *judging) result() ([]spoof.Cue, time.Duration, error) {
	if j.done == nil {
		j.run()
	} else {
		<-j.done
	}
	return j.cues, j.took, j.err
}

// end waits until nothing reads the picture any more.
func (j *judging) end() {
	if j.done != nil {
		<-j.done
	}
}
