package access

import (
	"crypto/subtle"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// RefusedError is why a request may not go.
type RefusedError struct {
	Reason Reason
	// Message says what was wrong and what is allowed.
	Message string
	// RetryAfter is when it may go, where it is a matter of time.
	RetryAfter time.Duration
}

// Reason is the kind of a RefusedError.
type Reason int

// The reasons.
const (
	NoKey     Reason = iota // there is no key, or one that isn't known or was revoked
	NoScope                 // the key does not allow this
	OverRate                // too many requests at once
	OverQuota               // too many requests today
)

func (r *RefusedError) Error() string { return r.Message }

// Guard decides on requests by their keys. It is safe for concurrent use.
type Guard struct {
	now func() time.Time

	mu     sync.RWMutex
	closed bool               // there is or was a key
	keys   map[string]*holder // those that hold, by id
}

// holder is a key with what was used of its limits.
type holder struct {
	key Key

	mu      sync.Mutex
	limiter *rate.Limiter
	day     string
	used    int
}

// NewGuard makes a Guard of the keys. Without any it is open: every request goes. Revoked ones count: without one that holds, no request goes.
func NewGuard(keys []Key) *Guard { return newGuard(keys, time.Now) }

func newGuard(keys []Key, now func() time.Time) *Guard {
	g := &Guard{now: now}
	g.Reload(keys)
	return g
}

// Reload puts other keys in the place of the present ones. What was used of a key's limits stays. A Guard that was closed stays so: what takes
// the keys away, a mistake or a disk that is gone, must let nobody in.
func (g *Guard) Reload(keys []Key) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = g.closed || len(keys) > 0
	holders := map[string]*holder{}
	for _, k := range keys {
		if !k.Active() {
			continue
		}
		h := &holder{key: k, limiter: limiterOf(k.Limits)}
		if old := g.keys[k.ID]; old != nil && old.key.Hash == k.Hash {
			old.mu.Lock()
			h.day, h.used = old.day, old.used
			if old.key.Limits == k.Limits {
				h.limiter = old.limiter
			}
			old.mu.Unlock()
		}
		holders[k.ID] = h
	}
	g.keys = holders
}

func limiterOf(l Limits) *rate.Limiter {
	if l.Rate == 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Limit(l.Rate), l.Burst)
}

// Open reports whether requests go without a key.
func (g *Guard) Open() bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return !g.closed
}

// Holding is how many keys hold.
func (g *Guard) Holding() int {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return len(g.keys)
}

// Admit decides on a request with the key's text ("" for none) for the scope, and counts it. It returns the key's id, "" where
// none was needed, or a *RefusedError.
func (g *Guard) Admit(text string, scope Scope) (id string, err error) {
	if scope == Public || g.Open() {
		return "", nil
	}
	h := g.find(text)
	switch {
	case text == "":
		return "", &RefusedError{Reason: NoKey, Message: "an API key is needed: send it as «Authorization: Bearer KEY» or «X-API-Key: KEY»"}
	case h == nil:
		return "", &RefusedError{Reason: NoKey, Message: "the API key is not known or was revoked"}
	case !h.key.Allows(scope):
		return "", &RefusedError{Reason: NoScope, Message: fmt.Sprintf("the API key %s has the scopes %v, needed is %q", h.key.ID, h.key.Scopes, scope)}
	}
	if err := h.use(g.now()); err != nil {
		return "", err
	}
	return h.key.ID, nil
}

func (g *Guard) find(text string) *holder {
	id, ok := idOf(text)
	if !ok {
		return nil
	}
	g.mu.RLock()
	h := g.keys[id]
	g.mu.RUnlock()
	if h == nil || subtle.ConstantTimeCompare([]byte(hash(text)), []byte(strings.ToLower(h.key.Hash))) != 1 {
		return nil
	}
	return h
}

// use counts one request, or says why it may not be.
func (h *holder) use(now time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	now = now.UTC()
	if day := now.Format(time.DateOnly); day != h.day {
		h.day, h.used = day, 0
	}
	if h.key.Daily > 0 && h.used >= h.key.Daily {
		midnight := now.Truncate(24 * time.Hour).Add(24 * time.Hour)
		return &RefusedError{Reason: OverQuota, RetryAfter: midnight.Sub(now),
			Message: fmt.Sprintf("the API key %s has used its %d requests of today (UTC)", h.key.ID, h.key.Daily)}
	}
	reservation := h.limiter.ReserveN(now, 1)
	if wait := reservation.DelayFrom(now); wait > 0 {
		reservation.CancelAt(now)
		return &RefusedError{Reason: OverRate, RetryAfter: wait,
			Message: fmt.Sprintf("the API key %s may send %g requests a second, %d at once", h.key.ID, h.key.Rate, h.key.Burst)}
	}
	h.used++
	return nil
}
