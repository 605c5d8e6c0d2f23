package retain

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// Keeper writes pictures to a folder from a bounded buffer and removes them in time. It is safe for concurrent use.
type Keeper struct {
	config Config
	unlock func() error

	mu     sync.RWMutex // of closed: nothing is added to queue once it is closed
	closed bool
	queue  chan kept

	buffered, kept            atomic.Int64
	written, dropped, expired atomic.Uint64
	failing                   bool // the last write failed; only the writing goroutine looks

	abandon context.CancelFunc // gives up writing
	done    chan struct{}
}

// kept is a picture on its way to the disk.
type kept struct {
	name    string
	content []byte
}

// mostQueued is how many pictures may wait to be written, whatever their bytes.
const mostQueued = 4096

// Open takes the folder into possession, removes what has expired and starts. Close must be called.
func Open(c Config) (*Keeper, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("retain: making the folder: %w", err)
	}
	unlock, err := lock(filepath.Join(c.Dir, ".lock"))
	if err != nil {
		return nil, fmt.Errorf("retain: the folder %s: %w", c.Dir, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	k := &Keeper{config: c, unlock: unlock, queue: make(chan kept, mostQueued), abandon: cancel, done: make(chan struct{})}
	if err := errors.Join(removePartial(c.Dir), k.sweep()); err != nil {
		cancel()
		return nil, errors.Join(fmt.Errorf("retain: clearing the folder: %w", err), unlock())
	}
	go k.run(ctx)
	return k, nil
}

// Stats tells how the Keeper fares.
func (k *Keeper) Stats() Stats {
	return Stats{
		Written: k.written.Load(), Dropped: k.dropped.Load(), Expired: k.expired.Load(),
		Buffered: k.buffered.Load(), Kept: k.kept.Load(),
	}
}

// Close writes what was decided on and gives the folder back. When ctx ends before, the rest is dropped and counted, and the error says so.
func (k *Keeper) Close(ctx context.Context) error {
	k.mu.Lock()
	if !k.closed {
		k.closed = true
		close(k.queue)
	}
	k.mu.Unlock()
	select {
	case <-k.done:
	case <-ctx.Done():
		k.abandon()
		select {
		case <-k.done:
		case <-time.After(lastWrite):
		}
	}
	k.abandon()
	left := 0
	for p := range k.queue {
		k.drop(p)
		left++
	}
	if left > 0 {
		return errors.Join(fmt.Errorf("retain: %d pictures could not be written in time: %w", left, context.Cause(ctx)), k.unlock())
	}
	return k.unlock()
}

// lastWrite is how long a write that has begun may take after all others were given up: the disk may hang.
const lastWrite = time.Second

// reserve takes room in the buffer. It returns false when there is none.
func (k *Keeper) reserve(bytes int64) bool {
	if k.buffered.Add(bytes) <= k.config.Buffer {
		return true
	}
	k.buffered.Add(-bytes)
	return false
}

// add hands pictures that have room in the buffer on to be written, under the names of one request.
func (k *Keeper) add(requestID string, pictures [][]byte) {
	now := time.Now()
	k.mu.RLock()
	defer k.mu.RUnlock()
	for _, content := range pictures {
		p := kept{newName(now, requestID), content}
		if k.closed {
			k.drop(p)
			continue
		}
		select {
		case k.queue <- p:
		default:
			k.drop(p)
		}
	}
}

func (k *Keeper) drop(p kept) {
	k.buffered.Add(-int64(len(p.content)))
	k.dropped.Add(1)
}

// run writes and sweeps until the queue is closed and empty, or ctx ends.
func (k *Keeper) run(ctx context.Context) {
	defer close(k.done)
	sweeps := time.NewTicker(sweepInterval(k.config.Keep))
	defer sweeps.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-sweeps.C:
			if err := k.sweep(); err != nil {
				k.config.Log.Error("removing expired pictures failed", "error", err)
			}
		case p, open := <-k.queue:
			if !open {
				return
			}
			k.write(p)
		}
	}
}

// errQuota: the folder is full.
var errQuota = errors.New("the folder's quota is used up")

func (k *Keeper) write(p kept) {
	size, err := int64(0), errQuota
	if k.kept.Load()+int64(len(p.content)) <= k.config.Quota {
		size, err = write(k.config.Dir, p.name, p.content, k.config.Recipients)
	}
	if err != nil {
		if !k.failing {
			k.config.Log.Error("keeping a picture failed; such pictures are dropped", "error", err)
		}
		k.failing = true
		k.drop(p)
		return
	}
	if k.failing {
		k.config.Log.Info("pictures are kept again")
	}
	k.failing = false
	k.kept.Add(size)
	k.buffered.Add(-int64(len(p.content)))
	k.written.Add(1)
}

// sweepInterval is how often expired pictures are looked for: a picture outlives its time by at most a hundredth of it, or ten minutes.
func sweepInterval(keep time.Duration) time.Duration {
	const share, shortest, longest = 100, 100 * time.Millisecond, 10 * time.Minute
	return min(max(keep/share, shortest), longest)
}

// sweep removes what has expired and counts what is left.
func (k *Keeper) sweep() error {
	pictures, err := List(k.config.Dir)
	if err != nil {
		return err
	}
	oldest, left, removed := time.Now().Add(-k.config.Keep), int64(0), 0
	for _, p := range pictures {
		if !p.Time.Before(oldest) {
			left += p.Bytes
			continue
		}
		if removal := os.Remove(filepath.Join(k.config.Dir, p.Name)); removal != nil {
			left += p.Bytes
			err = errors.Join(err, removal)
			continue
		}
		removed++
	}
	k.kept.Store(left)
	if removed > 0 {
		k.expired.Add(uint64(removed))
		k.config.Log.Info("expired pictures were removed", "pictures", removed)
		err = errors.Join(err, syncDir(k.config.Dir))
	}
	return err
}
