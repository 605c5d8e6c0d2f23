package admission

import (
	"context"
	"fmt"
	"time"

	"github.com/bonafide-pad/bonafide"
)

// Analysis is what a Gate stands before; *bonafide.Analyzer is one.
type Analysis interface {
	Analyze(ctx context.Context, picture []byte) (bonafide.Report, error)
}

// Analyzer runs analyses through a Gate. Several Analyzers may share one Gate.
type Analyzer struct {
	Gate *Gate
	// Inner does the work.
	Inner Analysis
	// Patience is the longest wait, or AsLongAsWork; 0 means the Gate's.
	Patience time.Duration
	// Deadline bounds the wait and the work together; 0 means no bound of its own.
	Deadline time.Duration
	// Waited, where it is set, is told how long each analysis waited for its turn.
	Waited func(time.Duration)
}

// Analyze waits for the turn of the caller in ctx and analyses picture. Beside the errors of bonafide.Analyzer it returns
// *BusyError, and ctx's when that ends while waiting.
func (a *Analyzer) Analyze(ctx context.Context, picture []byte) (bonafide.Report, error) {
	if a.Deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, a.Deadline)
		defer cancel()
	}
	began := time.Now()
	leave, err := a.Gate.Enter(ctx, CallerFrom(ctx), a.Patience)
	if err != nil {
		return bonafide.Report{}, fmt.Errorf("waiting for a turn: %w", err)
	}
	defer leave()
	if a.Waited != nil {
		a.Waited(time.Since(began))
	}
	return a.Inner.Analyze(ctx, picture)
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
