package audit

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

// faultyStore fails or hangs as it is told: faults that a real database can't be made to have at a chosen moment.
type faultyStore struct {
	hangs   bool
	mu      sync.Mutex
	fails   bool
	kept    []Record
	expired time.Time
}

func (s *faultyStore) set(fails bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = fails
}

func (s *faultyStore) Append(ctx context.Context, records []Record) error {
	if s.hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails {
		return errors.New("the disk is full")
	}
	s.kept = append(s.kept, records...)
	return nil
}

func (s *faultyStore) Expire(_ context.Context, before time.Time) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expired = before
	return 0, nil
}

func open(t *testing.T, s Store, buffer int) *Log {
	t.Helper()
	return openLogging(t, s, buffer, io.Discard)
}

func openLogging(t *testing.T, s Store, buffer int, log io.Writer) *Log {
	t.Helper()
	l, err := Open(s, Config{Buffer: buffer, Keep: time.Hour, Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestFullBufferDropsAndCounts(t *testing.T) {
	defer goleak.VerifyNone(t)
	s := &faultyStore{fails: true}
	var log bytes.Buffer
	l := openLogging(t, s, 10, &log)
	for range 25 {
		l.Add(Record{})
	}
	if got := l.Stats(); got.Dropped != 15 || got.Buffered != 10 || got.Written != 0 {
		t.Errorf("while the store fails: %+v", got)
	}
	s.set(false)
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), `msg="audit records were dropped: the buffer was full" records=15 buffer=10`) {
		t.Errorf("the log does not tell what was dropped: %s", &log)
	}
	l.Add(Record{})
	if got := l.Stats(); got != (Stats{Written: 10, Dropped: 16}) {
		t.Errorf("at the end: %+v", got)
	}
	ids := map[string]bool{}
	for _, r := range s.kept {
		ids[r.ID] = true
		if r.Time.IsZero() {
			t.Error("a record has no time")
		}
	}
	if len(ids) != 10 {
		t.Errorf("%d records with ids of their own were kept, wanted are 10", len(ids))
	}
	if age := time.Since(s.expired); age < time.Hour || age > 2*time.Hour {
		t.Errorf("records older than %v were removed, wanted is an hour", age)
	}
}

func TestDropsAreToldWhileTheStoreFails(t *testing.T) {
	for name, s := range map[string]*faultyStore{"it fails": {fails: true}, "it hangs": {hangs: true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				l := openLogging(t, s, 10, &log)
				for range 25 {
					l.Add(Record{})
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				if !strings.Contains(log.String(), `msg="audit records were dropped: the buffer was full" records=15 buffer=10`) {
					t.Errorf("the log does not tell what was dropped: %s", &log)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if err := l.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("closing: %v", err)
				}
			})
		})
	}
}

func TestCloseGivesUp(t *testing.T) {
	defer goleak.VerifyNone(t)
	l := open(t, &faultyStore{fails: true}, 10)
	l.Add(Record{})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := l.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("closing: %v", err)
	}
	if got := l.Stats(); got.Dropped != 1 || got.Buffered != 0 {
		t.Errorf("%+v", got)
	}
}

func TestEveryRecordOfManyIsWrittenOrCounted(t *testing.T) {
	s := &faultyStore{}
	l := open(t, s, 50)
	var adding sync.WaitGroup
	for range 8 {
		adding.Go(func() {
			for range 500 {
				l.Add(Record{})
			}
		})
	}
	adding.Wait()
	if err := l.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := l.Stats(); got.Written+got.Dropped != 4000 || int(got.Written) != len(s.kept) {
		t.Errorf("%+v, kept are %d of 4000", got, len(s.kept))
	}
}

func TestConfigIsChecked(t *testing.T) {
	for _, c := range []Config{{Buffer: 0}, {Buffer: 1, Keep: -1}} {
		if _, err := Open(&faultyStore{}, c); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
	if err := (Config{Buffer: 1}).Validate(); err != nil {
		t.Errorf("the least that is allowed: %v", err)
	}
}
