package trace_test

import (
	"slices"
	"testing"
	"time"

	"github.com/bonafide-pad/bonafide/internal/trace"
)

func TestTraceIsTold(t *testing.T) {
	var told []string
	note := func(what string) func(string) { return func(name string) { told = append(told, what+" "+name) } }
	ctx := trace.With(t.Context(), trace.Trace{
		NetworkStart: note("start"), NetworkDone: note("done"),
		StageDone: func(name string, took time.Duration) { note("stage")(name + " " + took.String()) },
	})
	done := trace.From(ctx).Network("net")
	done()
	trace.From(ctx).Stage("detect", time.Second)
	if want := []string{"start net", "done net", "stage detect 1s"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}

func TestNobodyWatches(t *testing.T) {
	trace.From(t.Context()).Network("net")()
	trace.From(t.Context()).Stage("detect", 0)
}
