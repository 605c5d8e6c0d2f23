package bonafide

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
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
