package admission

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestDefaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, Config{})
		if l := g.Load(); l.MostRunning != runtime.GOMAXPROCS(0) || l.MostWaiting != 256 {
			t.Errorf("the load is %+v", l)
		}
		for range runtime.GOMAXPROCS(0) {
			leave, err := g.Enter(t.Context(), "", 0)
			if err != nil {
				t.Fatal(err)
			}
			defer leave(true)
		}
		began := time.Now()
		var busy *BusyError
		if _, err := g.Enter(t.Context(), "", 0); !errors.As(err, &busy) || time.Since(began) != 20*time.Second {
			t.Errorf("refused after %v: %v", time.Since(began), err)
		}
	})
}

// full is a gate of two places whose work takes a second each, both taken and three waiting; done waits for them to end.
func full(t *testing.T) (g *Gate, done func()) {
	t.Helper()
	g = newGate(t, Config{Running: 2, Waiting: 100, Patience: time.Hour})
	if err := enter(t.Context(), g, "warm-up", time.Second); err != nil {
		t.Fatal(err)
	}
	var others sync.WaitGroup
	for _, caller := range []string{"a", "b", "c", "d", "e"} {
		others.Go(func() {
			if err := enter(t.Context(), g, caller, time.Second); err != nil {
				t.Error(err)
			}
		})
	}
	synctest.Wait()
	return g, others.Wait
}

// With three ahead and two places the wait is about two seconds: there is a turn when four have ended, two at a time.
func TestRefusalsTellWhenToComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, done := full(t)
		defer done()
		for name, c := range map[string]struct {
			patience, deadline, retry time.Duration
		}{
			"half a second's patience": {patience: 500 * time.Millisecond, retry: 1500 * time.Millisecond},
			"a second's":               {patience: time.Second, retry: time.Second},
			"nearly two seconds'":      {patience: 1999 * time.Millisecond, retry: soonest},
			"a deadline":               {deadline: 1999 * time.Millisecond, retry: 2 * time.Second},
			"enough patience":          {patience: 2 * time.Second},
			"deadline enough":          {deadline: 2 * time.Second},
		} {
			ctx, cancel := t.Context(), func() {}
			if c.deadline > 0 {
				ctx, cancel = context.WithTimeout(ctx, c.deadline)
			}
			patience := c.patience
			if patience == 0 {
				patience = time.Hour
			}
			var busy *BusyError
			g.mu.Lock()
			err := g.refuse(ctx, "new", patience)
			g.mu.Unlock()
			switch refused := errors.As(err, &busy); {
			case refused != (c.retry > 0):
				t.Errorf("%s: error %v", name, err)
			case refused && busy.RetryAfter != c.retry:
				t.Errorf("%s: to come back after %v, wanted is %v", name, busy.RetryAfter, c.retry)
			}
			cancel()
		}
	})
}

// Each line has a turn before the next ticket of a caller has its own, and one for each that the caller already has.
func TestAhead(t *testing.T) {
	q := newQueue()
	for _, caller := range []string{"greedy", "greedy", "greedy", "modest"} {
		q.push(caller)
	}
	for caller, want := range map[string]int{"new": 2, "modest": 3, "greedy": 4} {
		if got := q.ahead(caller); got != want {
			t.Errorf("%d are ahead of %s, wanted are %d", got, caller, want)
		}
	}
}

// Who gives up leaves the queue alone: nobody else is let in for it.
func TestGivingUpLetsNobodyIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, done := full(t)
		defer done()
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan error)
		go func() { _, err := g.Enter(ctx, "z", 0); gone <- err }()
		synctest.Wait()
		cancel()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, wanted is context.Canceled", err)
		}
		l := g.Load()
		g.mu.Lock()
		defer g.mu.Unlock()
		if l.Running != 2 || l.Waiting != 3 || g.queue.length("z") != 0 {
			t.Errorf("the load is %+v, %d of who gave up still wait", l, g.queue.length("z"))
		}
	})
}

func TestWhoIsGoneAlreadyTakesNoPlace(t *testing.T) {
	g := newGate(t, Config{Running: 1})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.Enter(ctx, "", 0); !errors.Is(err, context.Canceled) || g.Load().Running != 0 {
		t.Errorf("error %v, %d run", err, g.Load().Running)
	}
}

// What work takes alone is learnt of what had no other beside it from beginning to end, but for the very first.
func TestWhatIsLearntOfWorkAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, Config{Running: 2})
		run := func(work time.Duration) {
			if err := enter(t.Context(), g, "", work); err != nil {
				t.Error(err)
			}
		}
		run(9 * time.Second)
		if alone, _ := learnt(g); alone.count != 0 {
			t.Errorf("the first counts: %+v", alone)
		}
		run(time.Second)
		if alone, _ := learnt(g); alone.value != time.Second {
			t.Errorf("alone %+v, wanted is a second", alone)
		}
		go run(4 * time.Second)
		synctest.Wait()
		run(2 * time.Second)
		time.Sleep(3 * time.Second)
		if alone, all := learnt(g); alone.count != 1 || all.count != 4 {
			t.Errorf("alone %+v of all %+v: one that had another beside it counts", alone, all)
		}
		run(3 * time.Second)
		if alone, _ := learnt(g); alone.value != 2*time.Second {
			t.Errorf("alone %+v, wanted is the mean of one and three seconds", alone)
		}
	})
}

func learnt(g *Gate) (alone, all mean) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.alone, g.service
}
