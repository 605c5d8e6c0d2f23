// Package audittest has what every audit.Store must do, and a PostgreSQL to do it with.
package audittest

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bonafide-pad/bonafide/internal/audit"
)

// Store is a store whose records can be read.
type Store interface {
	audit.Store
	Since(ctx context.Context, from time.Time) iter.Seq2[audit.Record, error]
	Close() error
}

// Run tests a store. open opens the same store whenever it is called; it is empty at first.
func Run(t *testing.T, open func() (Store, error)) {
	s := must(t, open)
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	score := 0.25
	full := audit.Record{
		ID: "full", Time: noon.Add(123456 * time.Microsecond), RequestID: "r-1", Route: "POST /v1/liveness", Key: "k", Profile: "night", Models: "m",
		Decision: audit.Decision{
			Outcome: "spoof", Score: &score, Threshold: 0.7, Reasons: []string{"ATTACK_SUSPECTED", "TOO_DARK"}, Policy: "default",
			Stages: []audit.Stage{{Stage: "decode", Milliseconds: 1.5}},
		},
	}
	bare := audit.Record{ID: "bare", Time: noon, Decision: audit.Decision{Outcome: "cannot_assess", Reasons: []string{}, Stages: []audit.Stage{}}}
	for range 2 { // the second time changes nothing
		if err := s.Append(t.Context(), []audit.Record{full, bare}); err != nil {
			t.Fatal(err)
		}
	}
	want(t, s, noon.Add(-time.Hour), bare, full)
	want(t, s, noon.Add(time.Millisecond), full)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = must(t, open) // the table is there already
	defer s.Close()
	want(t, s, time.Time{}, bare, full)
	if removed, err := s.Expire(t.Context(), noon.Add(time.Microsecond)); err != nil || removed != 1 {
		t.Errorf("expiring removed %d records, error %v; wanted is 1", removed, err)
	}
	want(t, s, time.Time{}, full)
	testCrowd(t, s, noon.Add(time.Hour))

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Append(ended, []audit.Record{bare}); err == nil {
		t.Error("appending with a context that has ended succeeded")
	}
}

// testCrowd appends from several goroutines, more records at once than a Log does.
func testCrowd(t *testing.T, s Store, from time.Time) {
	var writers sync.WaitGroup
	const each, crowd = 600, 4
	for w := range crowd {
		writers.Go(func() {
			var records []audit.Record
			for i := range each {
				records = append(records, audit.Record{ID: fmt.Sprintf("%d-%d", w, i), Time: from.Add(time.Duration(i) * time.Microsecond)})
			}
			if err := s.Append(t.Context(), records); err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	count, last := 0, from
	for r, err := range s.Since(t.Context(), from) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Time.Before(last) {
			t.Fatalf("a record of %v comes after one of %v", r.Time, last)
		}
		count, last = count+1, r.Time
	}
	if count != crowd*each {
		t.Errorf("%d records are there, wanted are %d", count, crowd*each)
	}
}

func must(t *testing.T, open func() (Store, error)) Store {
	t.Helper()
	s, err := open()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func want(t *testing.T, s Store, from time.Time, records ...audit.Record) {
	t.Helper()
	var got []audit.Record
	for r, err := range s.Since(t.Context(), from) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r)
	}
	if diff := cmp.Diff(records, got); diff != "" {
		t.Errorf("records since %v (-wanted +got):\n%s", from, diff)
	}
}
