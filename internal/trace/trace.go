// Package trace lets a caller watch an analysis through its context, as net/http/httptrace does for requests: which network
// runs, and which stage has ended. An analysis that nobody watches pays one look into its context for each.
package trace

import "context"

// Trace is told what an analysis does, on the goroutine that does it. A nil function is not called.
type Trace struct {
	// NetworkStart and NetworkDone frame one run of a network, with the name that its stage gave it.
	NetworkStart, NetworkDone func(network string)
	// StageDone ends a stage and begins the next.
	StageDone func(stage string)
}

type key struct{}

// With returns a context whose analyses are watched by t.
func With(ctx context.Context, t Trace) context.Context { return context.WithValue(ctx, key{}, t) }

// From returns who watches, and the zero Trace where nobody does.
func From(ctx context.Context) Trace {
	t, _ := ctx.Value(key{}).(Trace)
	return t
}

// Watching tells whether there is anybody to be told.
func (t Trace) Watching() bool {
	return t.NetworkStart != nil || t.NetworkDone != nil || t.StageDone != nil
}

// Network tells that a network starts and returns what must be called at its end.
func (t Trace) Network(name string) (done func()) {
	if t.NetworkStart != nil {
		t.NetworkStart(name)
	}
	return func() {
		if t.NetworkDone != nil {
			t.NetworkDone(name)
		}
	}
}

// Stage tells that a stage has ended.
func (t Trace) Stage(name string) {
	if t.StageDone != nil {
		t.StageDone(name)
	}
}
