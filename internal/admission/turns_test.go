package admission

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bonafide-pad/bonafide"
)

var errWork = errors.New("the work failed")

func TestDoTellsOfTheWaitAndEndsTheTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, Config{Running: 1})
		leave, err := g.Enter(t.Context(), "first", 0)
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(3*time.Second, func() { leave(true) })
		var waited time.Duration
		var watched []error
		turns := Turns{Gate: g, Waited: func(d time.Duration) { waited = d }, Watch: func(context.Context) func(error) {
			return func(err error) { watched = append(watched, err) }
		}}
		err = turns.Do(WithCaller(t.Context(), "second"), func(context.Context) error {
			if l := g.Load(); l.Running != 1 {
				t.Errorf("%d run", l.Running)
			}
			time.Sleep(5 * time.Second)
			return errWork
		})
		if !errors.Is(err, errWork) {
			t.Errorf("error %v, wanted is the work's", err)
		}
		if waited != 3*time.Second || len(watched) != 1 || watched[0] != nil {
			t.Errorf("waited for %v, watched %v", waited, watched)
		}
		if l := g.Load(); l.Running != 0 || l.Waiting != 0 {
			t.Errorf("at the end the load is %+v", l)
		}
	})
}

func TestDoIsBoundByItsDeadlineAndPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, Config{Running: 1})
		leave, err := g.Enter(t.Context(), "first", 0)
		if err != nil {
			t.Fatal(err)
		}
		never := func(context.Context) error { t.Error("it worked without a turn"); return nil }
		var watched error
		watch := func(context.Context) func(error) { return func(err error) { watched = err } }
		began := time.Now()
		err = Turns{Gate: g, Deadline: time.Second, Watch: watch}.Do(t.Context(), never)
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(watched, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("a deadline of a second: %v after %v, watched %v", err, time.Since(began), watched)
		}
		began = time.Now()
		var busy *BusyError
		if err := (Turns{Gate: g, Patience: 2 * time.Second}).Do(t.Context(), never); !errors.As(err, &busy) || time.Since(began) != 2*time.Second {
			t.Errorf("a patience of two seconds: %v after %v", err, time.Since(began))
		}
		leave(true)
		err = Turns{Gate: g, Deadline: time.Second}.Do(t.Context(), func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("work over its deadline: %v", err)
		}
	})
}

// fixed is an Analysis with one answer.
type fixed struct {
	report bonafide.Report
	err    error
}

func (f fixed) Analyze(context.Context, []byte) (bonafide.Report, error) { return f.report, f.err }

func TestAnalyzerReturnsWhatItsInnerDoes(t *testing.T) {
	a := Analyzer{Turns: Turns{Gate: newGate(t, Config{})}, Inner: fixed{report: bonafide.Report{Width: 7}}}
	if r, err := a.Analyze(t.Context(), nil); err != nil || r.Width != 7 {
		t.Errorf("%+v, error %v", r, err)
	}
	a.Inner = fixed{err: errWork}
	if _, err := a.Analyze(t.Context(), nil); !errors.Is(err, errWork) {
		t.Errorf("error %v, wanted is the inner one's", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Analyze(ended, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("after its request had ended: error %v", err)
	}
}

// taking is an Analysis whose pictures say how long they take and whether a face is in them.
type taking map[string]struct {
	work  time.Duration
	faces int
	err   error
}

func (t taking) Analyze(_ context.Context, picture []byte) (bonafide.Report, error) {
	kind := t[string(picture)]
	time.Sleep(kind.work)
	return bonafide.Report{Faces: make([]bonafide.Face, kind.faces)}, kind.err
}

// Whoever floods the server with what is no picture, or has no face, does not make others be refused.
func TestWhatEndsEarlyTakesNoPatienceFromOthers(t *testing.T) {
	const work, soon = 100 * time.Millisecond, time.Millisecond
	for _, junk := range []string{"no picture", "no face"} {
		t.Run(junk, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := Analyzer{
					Turns: Turns{Gate: newGate(t, Config{Running: 1}), Patience: AsLongAsWork},
					Inner: taking{"large": {work: work, faces: 1}, "face": {work: work * 9 / 10, faces: 1}, "no picture": {work: soon, err: errWork}, "no face": {work: soon}},
				}
				analyze := func(caller, picture string) error {
					_, err := a.Analyze(WithCaller(t.Context(), caller), []byte(picture))
					return err
				}
				if err := analyze("first", "large"); err != nil {
					t.Fatal(err)
				}
				for range 2 * longestMemory {
					_ = analyze("flood", junk) // an error is what it is meant to give
				}
				var done sync.WaitGroup
				for _, caller := range []string{"one", "other"} { // one of them waits for as long as work takes
					done.Go(func() {
						if err := analyze(caller, "face"); err != nil {
							t.Errorf("%s: %v", caller, err)
						}
					})
				}
				done.Wait()
			})
		})
	}
}

// One whose work runs, and who has more in the queue all the time, lets others in between.
func TestOneCallerDoesNotKeepOthersWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const work = 100 * time.Millisecond
		g := newGate(t, Config{Running: 1})
		if err := enter(t.Context(), g, "warm-up", work); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var flood sync.WaitGroup
		for range 3 {
			flood.Go(func() {
				for ctx.Err() == nil {
					if err := enter(ctx, g, "flood", work); err != nil && ctx.Err() == nil {
						t.Error(err)
					}
				}
			})
		}
		for i := range 20 {
			time.Sleep(work * time.Duration(2*i+1) / 20) // never just when work begins or ends
			began := time.Now()
			leave, err := g.Enter(ctx, "modest", AsLongAsWork)
			if err != nil {
				t.Errorf("after %v: %v", time.Since(began), err)
				continue
			}
			time.Sleep(work)
			leave(true)
		}
		cancel()
		flood.Wait()
	})
}

// A caller whose work runs is passed by those who come meanwhile, not by those who come later: the many don't keep one waiting either.
func TestPlace(t *testing.T) {
	q := newQueue()
	q.begin("greedy")
	for _, caller := range []string{"early", "greedy", "modest", "greedy"} {
		q.push(caller)
	}
	if got := q.ahead("new"); got != 2 {
		t.Errorf("%d are ahead of who comes while it runs, wanted are 2", got)
	}
	if got := q.ahead("greedy"); got != 4 {
		t.Errorf("%d are ahead of whose work runs, wanted are 4", got)
	}
	q.end("greedy")
	if got := q.ahead("new"); got != 3 {
		t.Errorf("%d are ahead of who comes later, wanted are 3", got)
	}
	var order []string
	for range 4 {
		order = append(order, q.pop().line.caller)
	}
	if want := []string{"early", "modest", "greedy", "greedy"}; !slices.Equal(order, want) {
		t.Errorf("the turns are %q, wanted are %q", order, want)
	}
}
