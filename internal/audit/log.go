package audit

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// mostAtOnce is how many records are written by one Append.
	mostAtOnce = 256
	// expiryInterval is how often old records are removed.
	expiryInterval = time.Hour
	// Between attempts to write to a store that fails, the wait doubles from firstWait to longestWait.
	firstWait   = 50 * time.Millisecond
	longestWait = 5 * time.Second
	// dropNotice is how often at most the operator's log tells of dropped records. An attempt to write may put it off for attemptTime.
	dropNotice = 30 * time.Second
	// attemptTime bounds one attempt, so that a database that hangs is given up and tried anew.
	attemptTime = 30 * time.Second
)

// Config says how a Log works.
type Config struct {
	// Buffer is how many records may wait to be written, 1 and more.
	Buffer int
	// Keep is how long records are kept; 0 keeps them for ever.
	Keep time.Duration
	// Log gets what goes wrong with the store.
	Log *slog.Logger
}

// Validate names the first setting that is out of its range.
func (c Config) Validate() error {
	if c.Buffer < 1 {
		return fmt.Errorf("audit: the buffer is %d records, allowed is 1 and more", c.Buffer)
	}
	if c.Keep < 0 {
		return fmt.Errorf("audit: records are kept for %v, allowed is 0 (for ever) and more", c.Keep)
	}
	return nil
}

// Stats are counts since the Log was opened, and what its buffer holds now.
type Stats struct {
	Written, Dropped uint64
	Buffered         int
	Failing          bool // the last attempt to write failed
}

// Log writes records to a Store from a bounded buffer. It is safe for concurrent use.
type Log struct {
	config Config
	store  Store

	mu     sync.RWMutex // of closed: nothing is added to queue once it is closed
	closed bool
	queue  chan Record

	buffered         atomic.Int64
	written, dropped atomic.Uint64
	failing          atomic.Bool

	told    uint64             // of the dropped records, by write alone
	abandon context.CancelFunc // gives up writing
	done    chan struct{}
}

// Open starts writing to store. Close must be called; it leaves the store open.
func Open(store Store, c Config) (*Log, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &Log{config: c, store: store, queue: make(chan Record, c.Buffer), abandon: cancel, done: make(chan struct{})}
	go l.write(ctx)
	return l, nil
}

// Add takes a record, giving it ID and Time. It never waits: when the buffer is full or the Log is closed, the record is dropped and counted.
func (l *Log) Add(r Record) {
	r.ID, r.Time = rand.Text(), time.Now().UTC().Truncate(time.Microsecond)
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed || !l.reserve() {
		l.dropped.Add(1)
		return
	}
	l.queue <- r // has room: it holds no more than what is reserved
}

// reserve counts one more record in the buffer, unless it is full.
func (l *Log) reserve() bool {
	if l.buffered.Add(1) <= int64(l.config.Buffer) {
		return true
	}
	l.buffered.Add(-1)
	return false
}

// Stats tells how the Log fares.
func (l *Log) Stats() Stats {
	return Stats{
		Written: l.written.Load(), Dropped: l.dropped.Load(),
		Buffered: int(l.buffered.Load()), Failing: l.failing.Load(),
	}
}

// Close writes what the buffer holds and ends the Log. When ctx ends before, the rest is dropped and counted, and the error says so.
func (l *Log) Close(ctx context.Context) error {
	l.mu.Lock()
	if !l.closed {
		l.closed = true
		close(l.queue)
	}
	l.mu.Unlock()
	stop := context.AfterFunc(ctx, l.abandon)
	defer stop()
	<-l.done
	l.abandon()
	if left := l.buffered.Swap(0); left > 0 {
		l.dropped.Add(uint64(left))
		return fmt.Errorf("audit: %d records could not be written in time: %w", left, context.Cause(ctx))
	}
	return nil
}

// write writes until the queue is closed and empty, or ctx ends.
func (l *Log) write(ctx context.Context) {
	defer close(l.done)
	l.expire(ctx)
	expiry, notice := time.NewTicker(expiryInterval), time.NewTicker(dropNotice)
	defer expiry.Stop()
	defer notice.Stop()
	defer l.tellDropped()
	for {
		select {
		case <-expiry.C:
			l.expire(ctx)
		case <-notice.C:
			l.tellDropped()
		case r, open := <-l.queue:
			if !open || !l.append(ctx, l.batch(r), notice.C) {
				return
			}
		}
	}
}

// tellDropped logs how many records were dropped beyond those already told of. A store that is slow rather than failing shows in the log by
// this alone.
func (l *Log) tellDropped() {
	if dropped := l.dropped.Load(); dropped > l.told {
		l.config.Log.Warn("audit records were dropped: the buffer was full", "records", dropped-l.told, "buffer", l.config.Buffer)
		l.told = dropped
	}
}

// batch is first with the records that wait behind it.
func (l *Log) batch(first Record) []Record {
	batch := []Record{first}
	for len(batch) < mostAtOnce {
		select {
		case r, open := <-l.queue:
			if !open {
				return batch
			}
			batch = append(batch, r)
		default:
			return batch
		}
	}
	return batch
}

// append writes batch, however often it takes, and tells between attempts what was dropped. It returns false when ctx ended before.
func (l *Log) append(ctx context.Context, batch []Record, notice <-chan time.Time) bool {
	for wait := firstWait; ; wait = min(2*wait, longestWait) {
		err := l.attempt(ctx, batch)
		if err == nil {
			l.written.Add(uint64(len(batch)))
			l.buffered.Add(-int64(len(batch)))
			if l.failing.Swap(false) {
				l.config.Log.Info("the audit store takes records again")
			}
			return true
		}
		if !l.failing.Swap(true) {
			l.config.Log.Error("the audit store fails; records wait, and are dropped once the buffer is full", "error", err, "buffer", l.config.Buffer)
		}
		if !l.pause(ctx, wait, notice) {
			return false
		}
	}
}

// pause waits, and tells meanwhile what was dropped. It returns false when ctx ended before.
func (l *Log) pause(ctx context.Context, wait time.Duration, notice <-chan time.Time) bool {
	over := time.After(wait)
	for {
		select {
		case <-ctx.Done():
			return false
		case <-notice:
			l.tellDropped()
		case <-over:
			return true
		}
	}
}

func (l *Log) attempt(ctx context.Context, batch []Record) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	return l.store.Append(ctx, batch)
}

// expire removes what is older than it may be. A failure is tried again with the next interval.
func (l *Log) expire(ctx context.Context) {
	if l.config.Keep == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	removed, err := l.store.Expire(ctx, time.Now().Add(-l.config.Keep))
	switch {
	case err != nil:
		l.config.Log.Error("removing old audit records failed", "error", err)
	case removed > 0:
		l.config.Log.Info("old audit records were removed", "records", removed)
	}
}
