package trace_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide/internal/trace"
)

func TestTraceIsTold(t *testing.T) {
	var told []string
	note := func(what string) func(string) { return func(name string) { told = append(told, what+" "+name) } }
	ctx := trace.With(t.Context(), trace.Trace{
		NetworkStart: func(name string, input []float32) { note("start")(fmt.Sprint(name, input)) }, NetworkDone: note("done"),
		StageDone: func(name string, took time.Duration) { note("stage")(name + " " + took.String()) },
	})
	done := trace.From(ctx).Network("net", []float32{1, 2})
	done()
	trace.From(ctx).Stage("detect", time.Second)
	if want := []string{"start net[1 2]", "done net", "stage detect 1s"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}

func TestNobodyWatches(t *testing.T) {
	trace.From(t.Context()).Network("net", nil)()
	trace.From(t.Context()).Stage("detect", 0)
}
