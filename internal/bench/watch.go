package bench

import (
	"context"
	"errors"
	"time"

	"github.com/bonafide-pad/bonafide/internal/infer/ort"
	"github.com/bonafide-pad/bonafide/internal/trace"
)

// stopwatch measures CPU time and keeps the first error of its clock.
type stopwatch struct {
	clock Clock
	since time.Duration
	err   error
}

func (s *stopwatch) now() time.Duration {
	now, err := s.clock.Now()
	s.err = errors.Join(s.err, err)
	return now
}

func (s *stopwatch) start() { s.since = s.now() }

// stop is the time since the start.
func (s *stopwatch) stop() time.Duration { return s.now() - s.since }

// repeat is the time that so many runs take.
func (s *stopwatch) repeat(runs int, n *ort.Bare) (time.Duration, error) {
	s.start()
	for range runs {
		if err := n.Run(); err != nil {
			return 0, err
		}
	}
	return s.stop(), nil
}

// watcher fills a round as an analysis goes on.
type watcher struct {
	r             round
	inputs        map[string][]float32
	thread        stopwatch
	stage         time.Duration // when the stage began
	runsInStage   map[string]int
	networkStarts time.Duration
}

func newWatcher(inputs map[string][]float32) *watcher {
	w := &watcher{inputs: inputs, thread: stopwatch{clock: ThreadClock()}, runsInStage: map[string]int{}}
	w.r.stages, w.r.networks = map[string]*stageTime{}, map[string]*networkTime{}
	w.stage = w.thread.now()
	return w
}

func (w *watcher) watch(ctx context.Context) context.Context {
	return trace.With(ctx, trace.Trace{
		NetworkStart: w.networkStart,
		NetworkDone:  w.networkDone,
		StageDone:    w.stageDone,
	})
}

func (w *watcher) networkStart(name string, input []float32) {
	if w.r.networks[name] == nil {
		w.r.networks[name] = &networkTime{}
		w.r.names = append(w.r.names, name)
		w.inputs[name] = append(w.inputs[name][:0], input...)
	}
	w.networkStarts = w.thread.now()
}

func (w *watcher) networkDone(name string) {
	took := w.thread.now() - w.networkStarts
	n := w.r.networks[name]
	n.runs++
	n.ours += took
	w.runsInStage[name]++
}

func (w *watcher) stageDone(name string, _ time.Duration) {
	now := w.thread.now()
	s := w.r.stages[name]
	if s == nil {
		s = &stageTime{runs: map[string]int{}}
		w.r.stages[name] = s
		w.r.order = append(w.r.order, name)
	}
	s.ours += now - w.stage
	for network, runs := range w.runsInStage {
		s.runs[network] += runs
	}
	clear(w.runsInStage)
	w.stage = now
}
