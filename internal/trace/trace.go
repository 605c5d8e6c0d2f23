// Package trace lets a caller watch an analysis through its context, as net/http/httptrace does for requests: which network
// runs, and which stage has ended. An analysis that nobody watches pays one look into its context for each.
package trace

import (
	"context"
	"time"
)

// Trace is told what an analysis does, on the goroutine that does it. A nil function is not called.
type Trace struct {
	// NetworkStart and NetworkDone frame one run of a network, with the name that its stage gave it. The input is the analysis's: it must not be
	// changed, nor kept longer than the call.
	NetworkStart func(network string, input []float32)
	NetworkDone  func(network string)
	// StageDone ends a stage, which took so long, and begins the next. It took longer than since the last one where it began beside others.
	StageDone func(stage string, took time.Duration)
	// Serial keeps an analysis on its goroutine, as it runs where every core is busy.
	Serial bool
}

type key struct{}

// With returns a context whose analyses are watched by t.
func With(ctx context.Context, t Trace) context.Context { return context.WithValue(ctx, key{}, t) }

// From returns who watches, and the zero Trace where nobody does.
func From(ctx context.Context) Trace {
	t, _ := ctx.Value(key{}).(Trace)
	return t
}

// OnOneGoroutine tells whether an analysis must stay on its goroutine: because it should, or because somebody is told of networks.
func (t Trace) OnOneGoroutine() bool {
	return t.Serial || t.NetworkStart != nil || t.NetworkDone != nil
}

// Network tells that a network starts on an input and returns what must be called at its end.
func (t Trace) Network(name string, input []float32) (done func()) {
	if t.NetworkStart != nil {
		t.NetworkStart(name, input)
	}
	return func() {
		if t.NetworkDone != nil {
			t.NetworkDone(name)
		}
	}
}

// Stage tells that a stage has ended, which took so long.
func (t Trace) Stage(name string, took time.Duration) {
	if t.StageDone != nil {
		t.StageDone(name, took)
	}
}
