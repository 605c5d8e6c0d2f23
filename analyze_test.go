package bonafide

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bonafide-pad/bonafide/internal/catalog/catalogtest"
	"github.com/bonafide-pad/bonafide/internal/infer/infertest"
)

// TestIdleCoresChangeNoResult analyses with a core to spare, where liveness is judged aside, and without.
func TestIdleCoresChangeNoResult(t *testing.T) {
	a := openAnalyzer(t)
	picture := astronaut(t)
	analyze := func(cores int) Report {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
		report, err := a.Analyze(t.Context(), picture)
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	alone, aside := analyze(1), analyze(4)
	if len(alone.Faces) != 1 || len(alone.Timings) != len(aside.Timings) {
		t.Fatalf("%d faces, %d and %d stages", len(alone.Faces), len(alone.Timings), len(aside.Timings))
	}
	if diff := cmp.Diff(alone.Faces, aside.Faces, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-on one core +on four)\n%s", diff)
	}
	if busy := a.cores.busy.Load(); busy != 0 {
		t.Errorf("%d cores are still counted as busy", busy)
	}
}

func TestCoresAreTakenWhileThereAreAny(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	var c cores
	leave := c.enter()
	first, ok := c.take()
	second, alsoOK := c.take()
	if !ok || !alsoOK {
		t.Fatal("two of three cores were idle and could not be taken")
	}
	if _, ok := c.take(); ok {
		t.Error("a fourth core was found among three")
	}
	first()
	if again, ok := c.take(); !ok {
		t.Error("a core that was given back could not be taken")
	} else {
		again()
	}
	second()
	leave()
	if busy := c.busy.Load(); busy != 0 {
		t.Errorf("%d cores are still counted as busy", busy)
	}
}

func TestAnalyzeStopsWithItsContext(t *testing.T) {
	a := openAnalyzer(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, picture := range map[string][]byte{"picture": astronaut(t), "not even decoded": []byte("no picture")} {
		_, err := a.Analyze(ctx, picture)
		if CodeOf(err) != CodeCanceled || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: with a cancelled context Analyze returned %v", name, err)
		}
	}
}

// TestCloseWaitsForAnalyses: they run in C, on memory that Close frees.
func TestCloseWaitsForAnalyses(t *testing.T) {
	a, err := Open(Config{Models: catalogtest.Dir(t)})
	if err != nil {
		t.Fatal(err)
	}
	picture, last := astronaut(t), make([]error, 4)
	var running, begun sync.WaitGroup
	begun.Add(len(last))
	for i := range last {
		running.Go(func() {
			once := sync.OnceFunc(begun.Done)
			for last[i] == nil {
				_, last[i] = a.Analyze(t.Context(), picture)
				once()
			}
		})
	}
	begun.Wait()
	for range 2 {
		running.Go(func() {
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	for _, err := range last {
		if CodeOf(err) != CodeCanceled || !errors.Is(err, ErrClosed) {
			t.Errorf("after Close an analysis ended with %v", err)
		}
	}
}

func TestADeadlineCountsBeforeItsTimerComes(t *testing.T) {
	_, err := openAnalyzer(t).Analyze(infertest.Late{Context: t.Context()}, astronaut(t))
	if CodeOf(err) != CodeCanceled || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the analysis ended with %v", err)
	}
}

func BenchmarkAnalyze(b *testing.B) {
	a := openAnalyzer(b)
	picture := astronaut(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Analyze(b.Context(), picture); err != nil {
			b.Fatal(err)
		}
	}
}
