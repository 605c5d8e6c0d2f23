package admission

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func newGate(t *testing.T, c Config) *Gate {
	t.Helper()
	g, err := NewGate(c)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// enter runs a piece of work of the given length once it is admitted.
func enter(ctx context.Context, g *Gate, caller string, work time.Duration) error {
	leave, err := g.Enter(ctx, caller, 0)
	if err != nil {
		return err
	}
	defer leave(true)
	time.Sleep(work)
	return nil
}

func TestNewGateNamesTheSetting(t *testing.T) {
	for name, c := range map[string]Config{
		"running": {Running: -1}, "waiting": {Waiting: -1}, "patience": {Patience: -1},
	} {
		if _, err := NewGate(c); err == nil || !strings.HasPrefix(err.Error(), "admission: "+name) {
			t.Errorf("%+v: error %v, wanted is one that names %s", c, err, name)
		}
	}
}

// TestReady: ready is who gives a new caller a place.
func TestReady(t *testing.T) {
	for name, c := range map[string]struct {
		places, waiting int
		ready           bool
	}{
		"one place, idle":         {1, 0, true},
		"one place, taken":        {1, 1, false},
		"two places, one taken":   {2, 1, true},
		"two places, both taken":  {2, 2, false},
		"many places, one left":   {8, 7, true},
		"many places, none left":  {8, 8, false},
		"many places, half taken": {8, 4, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGate(t, Config{Running: 1, Waiting: c.places, Patience: time.Minute})
				if err := g.Ready(); err != nil {
					t.Errorf("idle, it is not ready: %v", err)
				}
				leave, err := g.Enter(t.Context(), "first", 0)
				if err != nil {
					t.Fatal(err)
				}
				var done sync.WaitGroup
				for i := range c.waiting { // each a caller of its own: one alone gets half of the places
					done.Go(func() {
						if err := enter(t.Context(), g, fmt.Sprint(i), 0); err != nil {
							t.Error(err)
						}
					})
				}
				synctest.Wait()
				if err := g.Ready(); (err == nil) != c.ready {
					t.Errorf("with %d of %d places taken: %v", c.waiting, c.places, err)
				}
				var busy *BusyError
				if refused := g.refuse(t.Context(), "new", time.Minute); errors.As(refused, &busy) == c.ready {
					t.Errorf("ready is %v, and a new caller is refused: %v", c.ready, refused)
				}
				leave(true)
				done.Wait()
			})
		})
	}
}

func TestNoMoreRunAtOnceThanAllowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, Config{Running: 3, Waiting: 200, Patience: time.Hour})
		var running, most atomic.Int32
		var done sync.WaitGroup
		for i := range 90 {
			done.Go(func() {
				leave, err := g.Enter(t.Context(), fmt.Sprint(i%7), 0)
				if err != nil {
					t.Error(err)
					return
				}
				if n := running.Add(1); n > most.Load() {
					most.Store(n)
				}
				time.Sleep(time.Millisecond)
				running.Add(-1)
				leave(true)
			})
		}
		done.Wait()
		if most.Load() != 3 {
			t.Errorf("%d ran at once, wanted are 3", most.Load())
		}
		if l := g.Load(); l.Running != 0 || l.Waiting != 0 {
			t.Errorf("at the end the load is %+v", l)
		}
	})
}

func TestCallersTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, Config{Running: 1, Waiting: 100, Patience: time.Hour})
		var mu sync.Mutex
		var order []string
		var done sync.WaitGroup
		ask := func(caller string) {
			done.Go(func() {
				leave, err := g.Enter(t.Context(), caller, 0)
				if err != nil {
					t.Error(err)
					return
				}
				defer leave(true)
				mu.Lock()
				order = append(order, caller)
				mu.Unlock()
				time.Sleep(time.Second)
			})
			synctest.Wait()
		}
		for range 6 {
			ask("greedy")
		}
		ask("modest")
		ask("other")
		done.Wait()
		// One of greedy's runs and one has its turn before the others came.
		if i := slices.Index(order, "modest"); i > 2 {
			t.Errorf("modest came %d., after %v", i+1, order[:i])
		}
		if i := slices.Index(order, "other"); i > 3 {
			t.Errorf("other came %d., after %v", i+1, order[:i])
		}
	})
}

func TestOneCallerCannotFillTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, Config{Running: 1, Waiting: 8, Patience: time.Hour})
		var refused atomic.Int32
		var done sync.WaitGroup
		for range 20 {
			done.Go(func() {
				var busy *BusyError
				if err := enter(t.Context(), g, "greedy", time.Second); errors.As(err, &busy) {
					refused.Add(1)
				} else if err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if l := g.Load(); l.Waiting != 4 {
			t.Errorf("%d wait, wanted is half of 8", l.Waiting)
		}
		if err := enter(t.Context(), g, "modest", 0); err != nil {
			t.Errorf("there was no room for another caller: %v", err)
		}
		done.Wait()
		if refused.Load() != 15 {
			t.Errorf("%d were refused, wanted are 15", refused.Load())
		}
	})
}

func TestWhoWouldWaitTooLongIsRefusedOnArrival(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, Config{Running: 1, Waiting: 100, Patience: time.Hour})
		if err := enter(t.Context(), g, "first", time.Second); err != nil { // the gate learns how long work takes
			t.Fatal(err)
		}
		var done sync.WaitGroup
		for range 4 {
			done.Go(func() {
				if err := enter(t.Context(), g, "first", time.Second); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		began := time.Now()
		for name, ask := range map[string]func() error{
			"patience": func() error { _, err := g.Enter(t.Context(), "first", 2*time.Second); return err },
			"deadline": func() error {
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
				defer cancel()
				_, err := g.Enter(ctx, "first", 0)
				return err
			},
		} {
			var busy *BusyError
			if err := ask(); !errors.As(err, &busy) || busy.RetryAfter <= 0 {
				t.Errorf("%s: error %v, wanted is a BusyError with a time to come back", name, err)
			}
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("they waited for %v, for nothing", waited)
		}
		done.Wait()
	})
}

func TestGivingUpLeavesTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(t, Config{Running: 1, Patience: time.Minute})
		leave, err := g.Enter(t.Context(), "a", 0)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan error)
		go func() { _, err := g.Enter(ctx, "b", 0); gone <- err }()
		synctest.Wait()
		cancel()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, wanted is context.Canceled", err)
		}
		var busy *BusyError
		if _, err := g.Enter(t.Context(), "c", time.Second); !errors.As(err, &busy) {
			t.Errorf("after its patience: error %v, wanted is a BusyError", err)
		}
		if l := g.Load(); l.Waiting != 0 {
			t.Errorf("%d still wait", l.Waiting)
		}
		leave(true)
		leave(true) // a second time does nothing
		if l := g.Load(); l.Running != 0 {
			t.Errorf("%d still run", l.Running)
		}
	})
}

// Ten times as many callers as there is room for: those accepted wait no longer than their work takes.
func TestOverloadKeepsAcceptedWorkFast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const work = 100 * time.Millisecond
		g := newGate(t, Config{Running: 2, Waiting: 64})
		if err := enter(t.Context(), g, "warm-up", work); err != nil {
			t.Fatal(err)
		}
		var accepted, refused, slow atomic.Int32
		var done sync.WaitGroup
		end := time.Now().Add(5 * time.Second)
		for i := range 20 {
			done.Go(func() {
				for time.Now().Before(end) {
					began := time.Now()
					leave, err := g.Enter(t.Context(), fmt.Sprint(i), AsLongAsWork)
					if err != nil {
						refused.Add(1)
						time.Sleep(work / 10)
						continue
					}
					time.Sleep(work)
					leave(true)
					accepted.Add(1)
					if time.Since(began) > 2*work {
						slow.Add(1)
					}
				}
			})
		}
		done.Wait()
		if accepted.Load() < 95 || refused.Load() == 0 || slow.Load() > 0 {
			t.Errorf("%d accepted, %d refused, %d accepted but over twice their time", accepted.Load(), refused.Load(), slow.Load())
		}
	})
}

// Work that others slow down: those accepted are still done within twice the time that it takes alone.
func TestOverloadCountsWhatOthersCost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const alone, beside = 100 * time.Millisecond, 130 * time.Millisecond
		g := newGate(t, Config{Running: 2, Waiting: 64})
		for range 3 {
			if err := enter(t.Context(), g, "warm-up", alone); err != nil {
				t.Fatal(err)
			}
		}
		var accepted, slow atomic.Int32
		var done sync.WaitGroup
		began := time.Now()
		for i := range 20 {
			done.Go(func() {
				time.Sleep(time.Duration(i) * 7 * time.Millisecond)
				for time.Since(began) < 20*time.Second {
					asked := time.Now()
					leave, err := g.Enter(t.Context(), fmt.Sprint(i), AsLongAsWork)
					if err != nil {
						time.Sleep(alone / 10)
						continue
					}
					time.Sleep(beside)
					leave(true)
					accepted.Add(1)
					if time.Since(asked) > 2*alone && time.Since(began) > 3*time.Second { // by then it has learnt
						slow.Add(1)
					}
				}
			})
		}
		done.Wait()
		if accepted.Load() < 290 || slow.Load() > 0 {
			t.Errorf("%d accepted of 307 that fit, %d of them over twice their time alone", accepted.Load(), slow.Load())
		}
	})
}

// With one place nothing runs beside anything, and the first piece of work is slow: one more may wait all the same, and no third.
func TestOneMayWaitForTheOnlyPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const cold, warm = 300 * time.Millisecond, 100 * time.Millisecond
		g := newGate(t, Config{Running: 1, Waiting: 64})
		for _, work := range []time.Duration{cold, warm, warm, warm} { // the gate learns how long work takes
			if err := enter(t.Context(), g, "warm-up", work); err != nil {
				t.Fatal(err)
			}
		}
		var accepted, refused atomic.Int32
		var done sync.WaitGroup
		for i := range 3 {
			done.Go(func() {
				leave, err := g.Enter(t.Context(), fmt.Sprint(i), AsLongAsWork)
				if err != nil {
					refused.Add(1)
					return
				}
				accepted.Add(1)
				time.Sleep(warm)
				leave(true)
			})
		}
		done.Wait()
		if accepted.Load() != 2 || refused.Load() != 1 {
			t.Errorf("%d of 3 accepted and %d refused, wanted are 2 and 1", accepted.Load(), refused.Load())
		}
	})
}

func TestPatienceAsLongAsWork(t *testing.T) {
	for name, test := range map[string]struct {
		running                     int
		service, whole, alone, want time.Duration
	}{
		"nothing learnt":           {2, 0, 0, 0, time.Minute},
		"nothing was done whole":   {2, 1, 0, 0, time.Minute},
		"nothing ran alone":        {2, 30, 30, 0, 30},
		"as fast beside others":    {2, 20, 20, 20, 20},
		"slower beside others":     {2, 26, 26, 20, 14},
		"alone were small ones":    {2, 100, 100, 10, 50},
		"alone were cold ones":     {2, 20, 20, 90, 20},
		"one place":                {1, 26, 26, 20, 26},
		"most ends early":          {1, 2, 26, 20, 26},
		"most ends early, two":     {2, 2, 26, 20, 14},
		"most is longer than that": {1, 40, 26, 20, 40},
	} {
		g := newGate(t, Config{Running: test.running, Patience: time.Minute})
		g.service.value, g.whole.value, g.alone.value = test.service, test.whole, test.alone
		if got := g.asLongAsWork(); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}
