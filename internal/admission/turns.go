package admission

import (
	"context"
	"fmt"
	"time"

	"github.com/bonafide-pad/bonafide"
)

// Turns is how work of one kind goes through a Gate. Several may share one Gate.
type Turns struct {
	Gate *Gate
	// Patience is the longest wait, or AsLongAsWork; 0 means the Gate's.
	Patience time.Duration
	// Deadline bounds the wait and the work together; 0 means no bound of its own.
	Deadline time.Duration
	// Waited, where it is set, is told how long each piece of work waited for its turn.
	Waited func(time.Duration)
	// Watch, where it is set, is told that a wait begins, and by done how it ended.
	Watch func(ctx context.Context) (done func(error))
}

// Do waits for the turn of the caller in ctx and works. Beside work's errors it returns *BusyError, and ctx's when that
// ends while waiting. How long the work takes says nothing of how long an analysis does.
func (t Turns) Do(ctx context.Context, work func(context.Context) error) error {
	return t.do(ctx, func(ctx context.Context) (whole bool, err error) { return false, work(ctx) })
}

// do is Do for work that says whether it was done whole.
func (t Turns) do(ctx context.Context, work func(context.Context) (whole bool, err error)) error {
	if t.Deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, t.Deadline)
		defer cancel()
	}
	began := time.Now()
	watched := func(error) {}
	if t.Watch != nil {
		watched = t.Watch(ctx)
	}
	leave, err := t.Gate.Enter(ctx, CallerFrom(ctx), t.Patience)
	watched(err)
	if err != nil {
		return fmt.Errorf("waiting for a turn: %w", err)
	}
	var whole bool
	defer func() { leave(whole) }()
	if t.Waited != nil {
		t.Waited(time.Since(began))
	}
	whole, err = work(ctx)
	return err
}

// Analysis is what an Analyzer stands before; *bonafide.Analyzer is one.
type Analysis interface {
	Analyze(ctx context.Context, picture []byte) (bonafide.Report, error)
}

// Analyzer runs the analyses of Inner in turns.
type Analyzer struct {
	Turns
	Inner Analysis
}

// Analyze waits for its turn and analyses picture. Its errors are those of Inner and of Turns.Do. Done whole is what measured a face: the rest ends
// before most networks, and a flood of it would shorten the patience that others are given.
func (a *Analyzer) Analyze(ctx context.Context, picture []byte) (report bonafide.Report, err error) {
	err = a.do(ctx, func(ctx context.Context) (whole bool, err error) {
		report, err = a.Inner.Analyze(ctx, picture)
		return len(report.Faces) > 0, err
	})
	return report, err
}

type callerKey struct{}

// WithCaller returns a context for the work of caller: whoever should share the machine fairly with others, such as an
// API key or an address.
func WithCaller(ctx context.Context, caller string) context.Context {
	return context.WithValue(ctx, callerKey{}, caller)
}

// CallerFrom returns the caller of ctx, "" when there is none.
func CallerFrom(ctx context.Context) string {
	caller, _ := ctx.Value(callerKey{}).(string)
	return caller
}
