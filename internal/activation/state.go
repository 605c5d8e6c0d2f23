package activation

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/bonafide-pad/bonafide/license"
)

// Status is the number that the reference system's API answers with.
type Status int

// The statuses, with the reference system's numbers.
const (
	Success      Status = 0
	KeyError     Status = -1 // not a licence, or not signed by the issuer
	OtherMachine Status = -2 // a licence for another machine
	Expired      Status = -3
	NotActivated Status = -4 // no licence, one whose time has not come, or a clock set back
	InitFailed   Status = -5 // the networks failed to load, or a licence cannot be written down
)

var errClock = errors.New("the clock was set back")

// State is what a Keeper knows at one moment.
type State struct {
	Enforced bool
	Status   Status          // Success: pictures are analysed
	Reason   string          // why Status is not Success, or why nothing needs activating
	Since    time.Time       // when that came to be
	License  license.License // the licence, also where it does not hold; ID is empty when there is none
	Grace    bool            // the licence has expired and goes on for its grace period

	RequestsToday int64 // pictures counted today, in UTC
}

// Active reports whether pictures are analysed.
func (s State) Active() bool { return s.Status == Success }

// DaysLeft is how many days remain until the licence expires, parts of a day
// counted as whole ones, and how many of grace follow; both are 0 when they are
// over. Ok is false where there is no licence or it never expires.
func (s State) DaysLeft(now time.Time) (days, grace int, ok bool) {
	if s.License.ID == "" || s.License.Expires.IsZero() {
		return 0, 0, false
	}
	days = wholeDays(now, s.License.Expires)
	grace = wholeDays(now, s.License.Ends()) - days
	return days, grace, true
}

// wholeDays are counted in seconds: a time.Duration holds no more than 292 years.
func wholeDays(from, to time.Time) int {
	return max(0, int(math.Ceil(float64(to.Unix()-from.Unix())/license.Day.Seconds())))
}

// Faces is how many of the faces found in a picture may be reported. The verdict
// is to be made of all of them: a limit must not make one face out of two.
func (s State) Faces(found int) int {
	if limit := s.License.Limits.FacesPerPicture; s.Enforced && limit > 0 {
		return min(found, limit)
	}
	return found
}

// InitStatus is what the reference system calls initStatus: whether analysis
// works now, given the error with which the networks failed to load, if any.
func (s State) InitStatus(networks error) Status {
	if !s.Active() {
		return s.Status
	}
	if networks != nil {
		return InitFailed
	}
	return Success
}

// RefusalError is the error for a licence that does not hold.
type RefusalError struct {
	Status Status
	Reason string
	Since  time.Time // when it came to be so
	err    error
}

func (r *RefusalError) Error() string {
	return fmt.Sprintf("not activated (%d) since %s: %s", int(r.Status), r.Since.UTC().Format(time.RFC3339), r.Reason)
}

func (r *RefusalError) Unwrap() error { return r.err }

// newRefusal finds the status for an error of license or of this package.
func newRefusal(err error, since time.Time) *RefusalError {
	r := &RefusalError{Status: InitFailed, Reason: err.Error(), Since: since, err: err}
	for _, entry := range []struct {
		is     error
		status Status
	}{
		{license.ErrMalformed, KeyError},
		{license.ErrVersion, KeyError},
		{license.ErrSignature, KeyError},
		{license.ErrMachine, OtherMachine},
		{license.ErrExpired, Expired},
		{license.ErrNotYetValid, NotActivated},
		{errClock, NotActivated},
	} {
		if errors.Is(err, entry.is) {
			r.Status = entry.status
			break
		}
	}
	return r
}

// StatusOf is the status that an error of Activate or Admit stands for.
func StatusOf(err error) Status {
	var refusal *RefusalError
	switch {
	case err == nil:
		return Success
	case errors.As(err, &refusal):
		return refusal.Status
	}
	return InitFailed
}

// QuotaError is the error for a picture beyond the licence's limit for the day.
type QuotaError struct {
	Limit  int           // pictures a day
	Resets time.Time     // when the next day begins
	Wait   time.Duration // until then, by the clock that counts the days
}

func (e *QuotaError) Error() string {
	return fmt.Sprintf("the licence's %d pictures of today are used up; the next day begins %s", e.Limit, e.Resets.Format(time.RFC3339))
}

// recheck is for how long a refusal is taken to hold before it is looked into
// again: the clock may have been put right since.
const recheck = time.Second

// snapshot is a State with the span of time it holds for. All but the count is
// never changed once published.
type snapshot struct {
	State
	refusal     *RefusalError // nil: analysis is allowed
	from, until time.Time
	usage       *usage // nil in open mode
}

func (s *snapshot) covers(t time.Time) bool {
	return !t.Before(s.from) && t.Before(s.until)
}

func (s *snapshot) setSince(t time.Time) {
	s.Since = t
	if s.refusal != nil {
		s.refusal.Since = t
	}
}
