package activation

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/bonafide-pad/bonafide/license"
)

const (
	pollInterval = 2 * time.Second // how often license.txt and the clock are looked at
	saveInterval = time.Minute     // how much of the day's count a power cut can lose
	warnInterval = license.Day
	warnDays     = 30 // days before the expiry from which the log warns
)

// Run looks after the licence until the context ends: it takes up a changed
// license.txt, moves the high-water mark, keeps the day's count on disk and warns
// once a day of a licence that does not hold or soon will not. In open mode it
// only waits. Close is to be called afterwards.
func (k *Keeper) Run(ctx context.Context) {
	if !k.enforced() {
		<-ctx.Done()
		return
	}
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	var saved time.Time
	warned := k.cfg.Now() // Open has reported the state
	for {
		now := k.cfg.Now()
		k.poll(now)
		if due(saved, now, saveInterval) {
			k.save(now)
			saved = now
		}
		if due(warned, now, warnInterval) {
			k.warn(now)
			warned = now
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// due reports whether something last done at a time is to be done again; a
// clock set back must not put it off.
func due(last, now time.Time, interval time.Duration) bool {
	return now.Sub(last) >= interval || now.Before(last)
}

// poll takes up a license.txt that has changed and brings the state up to date.
func (k *Keeper) poll(now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.read.same(markFile(k.licensePath())) {
		k.reload(now)
	}
	k.ledger = k.ledger.seen(now)
	k.publish(now)
}

// Close writes down the day's count and the high-water mark.
func (k *Keeper) Close() {
	if k.enforced() {
		k.save(k.cfg.Now())
	}
}

func (k *Keeper) save(now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.held != nil {
		k.saveLedger(now)
	}
}

// reload reads license.txt. Where a licence is in force, only one that holds
// takes its place. Call it with mu held.
func (k *Keeper) reload(now time.Time) {
	k.read = markFile(k.licensePath())
	token, err := k.readLicense()
	var l license.License
	if err == nil {
		l, err = license.Verify(token, k.cfg.Issuers...)
	}
	verified := err == nil
	if verified {
		err = k.check(l, now)
	}
	inForce := k.held != nil && k.check(*k.held, now) == nil
	switch {
	case inForce && errors.Is(err, fs.ErrNotExist):
		k.cfg.Log.Warn("license.txt is gone; the licence in force stays until the next start")
	case inForce && err != nil:
		k.cfg.Log.Error("license.txt is refused; the licence in force stays", "status", int(newRefusal(err, now).Status), "reason", err.Error())
	case verified:
		k.held, k.absent = &l, nil
	case errors.Is(err, fs.ErrNotExist):
		k.held, k.absent = nil, &RefusalError{Status: NotActivated, Reason: "no licence has been activated on machine " + k.cfg.Machine, Since: now, err: err}
	default:
		k.held, k.absent = nil, newRefusal(err, now)
	}
	k.publish(now)
}
