// Package bench measures analyses against their limits: decoding against libjpeg-turbo alone, each network against a bare run of
// ONNX Runtime, the whole against the sum of both.
//
// Times are CPU times, so that other programs count little, and the limit is measured in turn with what it limits: a ratio is the
// median of the ratios of the rounds.
package bench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/catalog"
	"github.com/bonafide-pad/bonafide/internal/infer/ort"
	"github.com/bonafide-pad/bonafide/internal/trace"
)

// Analyzer is what is measured.
type Analyzer interface {
	Analyze(ctx context.Context, picture []byte) (bonafide.Report, error)
}

// Bench measures an Analyzer. It is not safe for concurrent use.
type Bench struct {
	analyzer Analyzer
	backend  *ort.Backend
	limits   map[string]limit
	against  []given
	// inputs are what each network ran on first in the last analysis that ran it, in memory that is used again: garbage would be collected at the cost of what is measured.
	inputs map[string][]float32
}

// Open loads the networks of the models folder once more, bare, and those of other files that all networks together are measured against.
func Open(analyzer Analyzer, models string, against ...string) (*Bench, error) {
	dir, err := catalog.FindDir(models)
	if err != nil {
		return nil, err
	}
	library, err := catalog.Runtime()
	if err != nil {
		return nil, err
	}
	backend, err := ort.Open(library.Location(dir))
	if err != nil {
		return nil, err
	}
	limits, err := loadLimits(backend, dir)
	if err != nil {
		return nil, errors.Join(err, backend.Close())
	}
	b := &Bench{analyzer: analyzer, backend: backend, limits: limits, inputs: map[string][]float32{}}
	if b.against, err = loadAgainst(backend, against); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// Close releases the networks.
func (b *Bench) Close() error {
	errs := []error{closeLimits(b.limits)}
	for _, n := range b.against {
		errs = append(errs, n.bare.Close())
	}
	return errors.Join(append(errs, b.backend.Close())...)
}

// Measure analyses a JPEG so many times, in turn with its limits.
func (b *Bench) Measure(ctx context.Context, picture []byte, rounds int) (Picture, error) {
	if _, err := b.round(ctx, picture); err != nil { // the first pays for memory that the others find
		return Picture{}, err
	}
	var all []round
	for range rounds {
		r, err := b.round(ctx, picture)
		if err != nil {
			return Picture{}, err
		}
		all = append(all, r)
	}
	p := summarize(all)
	p.Bytes = len(picture)
	return p, b.count(ctx, picture, &p)
}

// Alone is the CPU time of one analysis of a JPEG, unwatched, with warm caches: the median of so many.
func (b *Bench) Alone(ctx context.Context, picture []byte, rounds int) (Milliseconds, error) {
	if _, err := b.whole(ctx, picture); err != nil { // warms the caches
		return 0, err
	}
	var all []time.Duration
	for range rounds {
		took, err := b.whole(ctx, picture)
		if err != nil {
			return 0, err
		}
		all = append(all, took)
	}
	return median(all, milliseconds), nil
}

// whole is the CPU time of the process for one analysis, unwatched, as it runs where every core is busy.
func (b *Bench) whole(ctx context.Context, picture []byte) (time.Duration, error) {
	process := stopwatch{clock: ProcessClock()}
	process.start()
	_, err := b.analyzer.Analyze(trace.With(ctx, trace.Trace{Serial: true}), picture)
	return process.stop(), errors.Join(err, process.err)
}

// round is one analysis as a whole, one that is watched, and their limits.
type round struct {
	report        bonafide.Report
	whole, decode time.Duration // whole is the process's, unwatched, as it runs where every core is busy; decode the limit
	order         []string      // the stages, as they ended
	stages        map[string]*stageTime
	networks      map[string]*networkTime
	names         []string // the networks, as they first ran
	against       time.Duration
}

type stageTime struct {
	ours time.Duration
	runs map[string]int // of each network
}

type networkTime struct {
	runs                  int
	ours, bare, published time.Duration
}

func (b *Bench) round(ctx context.Context, picture []byte) (round, error) {
	// The limits of the round before have filled the processor's caches with what an analysis doesn't use; under load they hold what it does.
	if _, err := b.whole(ctx, picture); err != nil {
		return round{}, err
	}
	whole, err := b.whole(ctx, picture)
	if err != nil {
		return round{}, err
	}
	runtime.LockOSThread() // its CPU time is read
	defer runtime.UnlockOSThread()
	w := newWatcher(b.inputs)
	w.r.report, err = b.analyzer.Analyze(w.watch(ctx), picture)
	w.r.whole = whole
	if err = errors.Join(err, w.thread.err); err != nil {
		return round{}, err
	}
	return w.r, b.measureLimits(&w.r, picture)
}

// measureLimits runs what a round ran, bare.
func (b *Bench) measureLimits(r *round, picture []byte) error {
	s := stopwatch{clock: ThreadClock()}
	s.start()
	if err := bareDecode(picture); err != nil {
		return err
	}
	r.decode = s.stop()
	for _, name := range r.names {
		n, l := r.networks[name], b.limits[name]
		if l.bare == nil {
			return fmt.Errorf("network %s ran, whose limit is not known", name)
		}
		l.bare.Feed(b.inputs[name])
		l.published.Feed(b.inputs[name])
		var err error
		if n.bare, err = s.repeat(n.runs, l.bare); err != nil {
			return err
		}
		if n.published, err = s.repeat(n.runs*l.inputs, l.published); err != nil {
			return err
		}
	}
	for _, n := range b.against {
		n.bare.Feed(b.inputLike(n.name))
		took, err := s.repeat(1, n.bare)
		if err != nil {
			return err
		}
		r.against += took
	}
	return s.err
}

// inputLike is what the network of that name ran on, or one whose name contains it or is contained by it; nil where none is.
func (b *Bench) inputLike(name string) []float32 {
	for _, ran := range slices.Sorted(maps.Keys(b.inputs)) {
		if strings.Contains(ran, name) || strings.Contains(name, ran) {
			return b.inputs[ran]
		}
	}
	return nil
}

// count adds what one analysis allocates, and the memory of the process.
func (b *Bench) count(ctx context.Context, picture []byte, p *Picture) error {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := b.analyzer.Analyze(ctx, picture)
	runtime.ReadMemStats(&after)
	p.Allocations, p.AllocatedBytes = after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc
	return err
}
