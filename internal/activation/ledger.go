package activation

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sync/atomic"
	"time"

	"github.com/bonafide-pad/bonafide/license"
)

// ledger is what must outlive a restart for the limits to mean something.
type ledger struct {
	Issued   time.Time `json:"issued"`   // when the newest licence ever held was issued
	Seen     time.Time `json:"seen"`     // the latest time seen since: the high-water mark
	Day      string    `json:"day"`      // the day counted, YYYY-MM-DD in UTC
	Requests int64     `json:"requests"` // pictures of that day
}

// readLedger reads license.state. An absent one is the empty ledger; an
// unreadable one is so too, with an error.
func readLedger(path string) (ledger, error) {
	raw, err := readSmallFile(path, maxLedger)
	if errors.Is(err, fs.ErrNotExist) {
		return ledger{}, nil
	}
	if err != nil {
		return ledger{}, err
	}
	var l ledger
	if err := json.Unmarshal(raw, &l); err != nil {
		return ledger{}, fmt.Errorf("%s: %w", path, err)
	}
	if l.Requests < 0 {
		return ledger{}, fmt.Errorf("%s: %d requests", path, l.Requests)
	}
	return l, nil
}

// maxLedger is more than any license.state holds, in bytes.
const maxLedger = 4 << 10

// adopt is the ledger once a licence is held: one issued later than all before
// starts the high-water mark anew.
func (g ledger) adopt(l license.License) ledger {
	if l.Issued.After(g.Issued) {
		g.Issued, g.Seen = l.Issued, l.Issued
	}
	return g
}

// seen moves the high-water mark up to a time.
func (g ledger) seen(now time.Time) ledger {
	if now.After(g.Seen) {
		g.Seen = now.UTC().Round(0)
	}
	return g
}

// merge joins the marks of two processes that share a data directory.
func (g ledger) merge(other ledger) ledger {
	if other.Issued.After(g.Issued) || (other.Issued.Equal(g.Issued) && other.Seen.After(g.Seen)) {
		g.Issued, g.Seen = other.Issued, other.Seen
	}
	return g
}

// usage goes on counting where the ledger stopped.
func (g ledger) usage(now time.Time) *usage {
	if day, ok := g.day(); ok {
		u := &usage{day: day, saved: g.Requests}
		u.n.Store(g.Requests)
		if u.covers(now) {
			return u
		}
	}
	return newUsage(now)
}

func (g ledger) day() (time.Time, bool) {
	day, err := time.Parse(time.DateOnly, g.Day)
	return day, err == nil
}

// usage counts the pictures of one day.
type usage struct {
	day   time.Time // its first moment, UTC
	n     atomic.Int64
	saved int64 // how many of n the ledger on disk has had; guarded by Keeper.mu
}

func newUsage(now time.Time) *usage {
	return &usage{day: now.UTC().Truncate(license.Day)}
}

// covers reports whether a picture of a time counts here. That is so a little
// before the day as well: a clock set back by some hours starts no new count.
func (u *usage) covers(t time.Time) bool {
	return !t.Before(u.day.Add(-ClockTolerance)) && t.Before(u.ends())
}

func (u *usage) ends() time.Time { return u.day.Add(license.Day) }

// settle writes the count into a ledger that is about to replace the one on
// disk, and takes in what another process has written there; an older file put
// back takes nothing away. Call it with Keeper.mu held.
func (u *usage) settle(next *ledger, onDisk ledger) {
	day, ok := onDisk.day()
	if ok && day.After(u.day) && u.covers(day.Add(-license.Day)) {
		next.Day, next.Requests = onDisk.Day, onDisk.Requests // it is past midnight in the other process
		return
	}
	if ok && day.Equal(u.day) && onDisk.Requests > u.saved {
		u.n.Add(onDisk.Requests - u.saved)
		u.saved = onDisk.Requests
	}
	next.Day, next.Requests = u.day.Format(time.DateOnly), u.n.Load()
}

// written notes that a settled ledger has replaced the one on disk. Call it with
// Keeper.mu held.
func (u *usage) written(g ledger) {
	if day, ok := g.day(); ok && day.Equal(u.day) {
		u.saved = g.Requests
	}
}
