// Package activation decides whether this machine may analyse pictures: it
// joins a machine code and a licence file into a state, and keeps both the
// licence and the state of its limits in the data directory.
//
// # Modes
//
// Without an issuer's key a Keeper is open: everything is allowed and nothing
// is read or written. With one or more keys it is enforced: nothing is allowed
// before there is a licence that one of them signed, that names this machine
// and whose time is now.
//
// # Files
//
// In the data directory:
//
//	license.txt    the licence in force, replaced atomically by Activate only.
//	               An operator may put one there as well; it is read at the
//	               start and, when it changes, within a few seconds.
//	license.state  JSON: the latest time seen and the pictures of the day.
//	license.lock   held while one of these is written.
//
// A licence that is refused never replaces one that is in force, neither on
// disk nor in memory.
//
// # Time
//
// A licence ends by itself, at the second, without a restart. The latest time
// that a Keeper has seen is a high-water mark: a clock more than ClockTolerance
// behind it, or behind the licence's own time of issue, has been set back, and
// nothing is allowed until it is right again. A licence issued later than the
// one before starts the mark anew, which is the way out where a clock once ran
// ahead.
package activation

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bonafide-pad/bonafide/license"
)

// ClockTolerance is how far a clock may be set back unnoticed: enough for wrong
// time zones and for clocks that drift.
const ClockTolerance = license.Day

// Config says what a Keeper works with.
type Config struct {
	Issuers []license.PublicKey // whose licences hold; none: open mode
	DataDir string              // keeps the files; required in enforced mode, created when needed
	Machine string              // this machine's code in canonical form; in open mode it is told and not used
	Now     func() time.Time    // the clock; nil: time.Now
	Log     *slog.Logger        // nil: slog.Default()
}

// Validate names the first setting that is missing.
func (c Config) Validate() error {
	if len(c.Issuers) == 0 {
		return nil
	}
	if c.DataDir == "" {
		return errors.New("activation: no data directory is set (DataDir)")
	}
	if c.Machine == "" {
		return errors.New("activation: no machine code is set (Machine)")
	}
	return nil
}

// Keeper keeps a machine's licence. Its methods may be called at the same time.
type Keeper struct {
	cfg     Config
	current atomic.Pointer[snapshot]

	mu     sync.Mutex       // guards what is below, and every change of current
	held   *license.License // verified, though it may be expired or for another machine
	absent *RefusalError    // why held is nil
	read   fileMark         // license.txt as it was when it was last read
	ledger ledger
	usage  *usage
}

// Open reads what the data directory holds. A licence that does not hold is no
// error: State tells of it. Nothing is written before Run or Activate.
func Open(cfg Config) (*Keeper, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	k := &Keeper{cfg: cfg}
	if !k.enforced() {
		k.current.Store(&snapshot{State: State{Reason: "no issuer key is configured; nothing needs activating", Since: cfg.Now()}})
		return k, nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	now := cfg.Now()
	var err error
	if k.ledger, err = readLedger(k.ledgerPath()); err != nil {
		cfg.Log.Warn("licence state cannot be read; the clock's high-water mark starts anew", "err", err)
	}
	k.usage = k.ledger.usage(now)
	k.reload(now)
	return k, nil
}

func (k *Keeper) enforced() bool { return len(k.cfg.Issuers) > 0 }

// State is what holds at this moment.
func (k *Keeper) State() State {
	s := k.at(k.cfg.Now())
	state := s.State
	if s.usage != nil {
		state.RequestsToday = s.usage.n.Load()
	}
	return state
}

// Machine is this machine's code, as Config has it.
func (k *Keeper) Machine() string { return k.cfg.Machine }

// Permit says whether pictures may be analysed now, without counting one. The
// error is a *RefusalError.
func (k *Keeper) Permit() error {
	if s := k.at(k.cfg.Now()); s.refusal != nil {
		return s.refusal
	}
	return nil
}

// Admission is a picture that was counted.
type Admission struct{ usage *usage } // nil in open mode

// Return takes the picture off its day's count, for one that was not analysed in
// the end. It may be called once.
func (a Admission) Return() {
	if a.usage != nil {
		a.usage.n.Add(-1)
	}
}

// Admit counts one picture and says whether it may be analysed. The error is a
// *RefusalError without a licence that holds, or a *QuotaError when the day's
// pictures are used up; a picture refused is not counted.
func (k *Keeper) Admit() (Admission, error) {
	s := k.current.Load()
	if !s.Enforced {
		return Admission{}, nil
	}
	now := k.cfg.Now()
	if !s.covers(now) {
		s = k.at(now)
	}
	if s.refusal != nil {
		return Admission{}, s.refusal
	}
	limit := int64(s.License.Limits.RequestsPerDay)
	if n := s.usage.n.Add(1); limit > 0 && n > limit {
		s.usage.n.Add(-1)
		return Admission{}, &QuotaError{Limit: s.License.Limits.RequestsPerDay, Resets: s.usage.ends(), Wait: s.usage.ends().Sub(now)}
	}
	return Admission{s.usage}, nil
}

// at is the snapshot that holds at a time, made anew when the last one does not
// reach that far.
func (k *Keeper) at(now time.Time) *snapshot {
	if s := k.current.Load(); !s.Enforced || s.covers(now) {
		return s
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if s := k.current.Load(); s.covers(now) {
		return s
	}
	return k.publish(now)
}

// Activate puts a licence in force and keeps it in license.txt. When the licence
// does not hold, the error is a *RefusalError and nothing has changed; so it is with
// status InitFailed where a good licence cannot be written down. In open mode it
// does nothing.
func (k *Keeper) Activate(token string) error {
	if !k.enforced() {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.cfg.Now()
	l, err := license.Verify(token, k.cfg.Issuers...)
	if err == nil {
		err = k.check(l, now)
	}
	if err == nil {
		if keepErr := k.keepLicense(token); keepErr != nil {
			err = fmt.Errorf("the licence is good but cannot be kept: %w", keepErr)
		}
	}
	if err != nil {
		refusal := newRefusal(err, now)
		k.cfg.Log.Warn("licence refused", "status", int(refusal.Status), "reason", refusal.Reason)
		return refusal
	}
	k.held, k.absent = &l, nil
	k.publish(now)
	k.saveLedger(now)
	return nil
}

// check says whether a licence holds at a time, given what the ledger knows of
// the clock. Call it with mu held.
func (k *Keeper) check(l license.License, now time.Time) error {
	err := l.Check(k.cfg.Machine, now)
	if errors.Is(err, license.ErrMachine) {
		return err
	}
	if floor := clockFloor(l, k.ledger.adopt(l)); now.Before(floor) {
		return fmt.Errorf("%w: it was %s already", errClock, floor.Add(ClockTolerance).UTC().Format(time.RFC3339))
	}
	return err
}

// clockFloor is the earliest time that a clock which was not set back can tell.
func clockFloor(l license.License, known ledger) time.Time {
	latest := l.Issued
	if known.Seen.After(latest) {
		latest = known.Seen
	}
	return latest.Add(-ClockTolerance)
}

// publish makes the snapshot that holds from now on. Call it with mu held.
func (k *Keeper) publish(now time.Time) *snapshot {
	if !k.usage.covers(now) {
		k.usage = newUsage(now)
	}
	before := k.current.Load()
	s := k.judge(now)
	if before != nil && before.Status == s.Status && before.Reason == s.Reason {
		s.setSince(before.Since)
	}
	k.current.Store(s)
	if before == nil || before.Status != s.Status || before.Grace != s.Grace || before.License.ID != s.License.ID {
		k.report(s.State, now)
	}
	return s
}

// judge finds out what holds at a time. A licence that does is adopted by the
// ledger; one that does not must not move the high-water mark.
func (k *Keeper) judge(now time.Time) *snapshot {
	s := &snapshot{State: State{Enforced: true, Since: now}, usage: k.usage}
	refusal := k.absent
	if k.held != nil {
		s.License = *k.held
		if err := k.check(*k.held, now); err != nil {
			refusal = newRefusal(err, now)
		}
	}
	if refusal != nil {
		r := *refusal
		s.Status, s.Reason, s.refusal = r.Status, r.Reason, &r
		s.from, s.until = now.Add(-recheck), now.Add(recheck)
		if r.Status == Expired {
			s.setSince(k.held.Ends())
		}
		return s
	}
	k.ledger = k.ledger.adopt(*k.held)
	s.Grace = k.held.InGrace(now)
	s.from, s.until = k.window(now)
	return s
}

// window is how long a licence that holds now goes on to do so unchanged.
func (k *Keeper) window(now time.Time) (from, until time.Time) {
	l := *k.held
	from = clockFloor(l, k.ledger)
	if l.NotBefore.After(from) {
		from = l.NotBefore
	}
	until = k.usage.ends()
	for _, change := range []time.Time{l.Expires, l.Ends()} {
		if change.After(now) && change.Before(until) {
			until = change
		}
	}
	return from, until
}
