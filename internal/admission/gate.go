// Package admission bounds the work that is done at once.
//
// A [Gate] lets a few pieces of work run at a time and a bounded number wait. Callers take turns: one that sends a hundred
// requests does not delay another's first. Nobody waits for nothing: who would wait longer than the patience or the
// deadline allows is refused on arrival, with an estimate of when to come back, and who gives up leaves the queue at once.
//
// A caller alone may fill half of the places in the queue; each further place taken needs more free ones to be left than
// the caller already has, so that there always is room for somebody new.
package admission

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"
)

// Config bounds a Gate. A field that is 0 has its default.
type Config struct {
	// Running is how much runs at once; by default one for each core.
	Running int
	// Waiting is how many places the queue has; by default 256.
	Waiting int
	// Patience is the longest wait in the queue; by default 20 s.
	Patience time.Duration
}

const (
	defaultWaiting  = 256
	defaultPatience = 20 * time.Second
)

func (c Config) withDefaults() (Config, error) {
	if c.Running == 0 {
		c.Running = runtime.GOMAXPROCS(0)
	}
	if c.Waiting == 0 {
		c.Waiting = defaultWaiting
	}
	if c.Patience == 0 {
		c.Patience = defaultPatience
	}
	switch {
	case c.Running < 0:
		return c, fmt.Errorf("admission: running is %d, allowed is 1 and more", c.Running)
	case c.Waiting < 0:
		return c, fmt.Errorf("admission: waiting is %d, allowed is 1 and more", c.Waiting)
	case c.Patience < 0:
		return c, fmt.Errorf("admission: patience is %v, allowed is more than 0", c.Patience)
	}
	return c, nil
}

// AsLongAsWork as patience means to wait about as long as a piece of work takes, less what it is slowed down beside others: what is
// admitted is done within about twice the time that it takes on an idle machine, however many others are refused.
const AsLongAsWork time.Duration = -1

// BusyError refuses a piece of work that would have waited for too long.
type BusyError struct {
	// RetryAfter is when it may find a place.
	RetryAfter time.Duration
	// Reason says what was full or too long.
	Reason string
}

// soonest is the least time to come back after, also where nothing is known yet of how long work takes.
const soonest = time.Second

func busy(retryAfter time.Duration, reason string) *BusyError {
	return &BusyError{RetryAfter: max(retryAfter, soonest), Reason: reason}
}

func (e *BusyError) Error() string {
	return fmt.Sprintf("busy: %s; try again in %v", e.Reason, e.RetryAfter.Round(time.Millisecond))
}

// Gate admits pieces of work. It is safe for concurrent use.
type Gate struct {
	config Config

	mu      sync.Mutex
	running int
	queue   queue
	begun   uint64 // how many pieces of work ever began
	service mean   // of how long a piece of work runs
	whole   mean   // of how long one runs that was done whole
	alone   mean   // of how long such a one runs where no other runs beside it
}

// mean is a moving mean of durations: of all up to so many, then mostly of the last ones.
type mean struct {
	value time.Duration // 0 while there is none
	count int
}

const longestMemory = 16 // pieces of work

func (m *mean) add(d time.Duration) {
	m.count = min(m.count+1, longestMemory)
	m.value += (d - m.value) / time.Duration(m.count)
}

// NewGate makes a Gate. Its error names the setting that is out of range.
func NewGate(c Config) (*Gate, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Gate{config: c, queue: newQueue()}, nil
}

// Load is how busy a Gate is.
type Load struct {
	Running, MostRunning int
	Waiting, MostWaiting int
}

// Load returns how busy the gate is now.
func (g *Gate) Load() Load {
	g.mu.Lock()
	defer g.mu.Unlock()
	return Load{g.running, g.config.Running, g.queue.waiting, g.config.Waiting}
}

// Ready returns an error while no place is left in the queue, not even for a caller that has none.
func (g *Gate) Ready() error {
	if l := g.Load(); l.Waiting >= l.MostWaiting {
		return fmt.Errorf("%d pieces of work are waiting, %d may", l.Waiting, l.MostWaiting)
	}
	return nil
}

// Leave ends a piece of work. Only what was done whole says how long work takes, for AsLongAsWork: work that ends early, as on a file that is
// no picture, would teach a patience that is too short for all others.
type Leave func(whole bool)

// Enter waits for caller's turn and returns what ends the work, to be called once. It waits no longer than patience: 0 means the gate's own,
// and AsLongAsWork is one of its values. Its error is a *BusyError or ctx's.
func (g *Gate) Enter(ctx context.Context, caller string, patience time.Duration) (leave Leave, err error) {
	if patience == 0 {
		patience = g.config.Patience
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	g.mu.Lock()
	if patience == AsLongAsWork {
		patience = g.asLongAsWork()
	}
	if g.running < g.config.Running && g.queue.waiting == 0 {
		leave := g.begin(caller)
		g.mu.Unlock()
		return leave, nil
	}
	if err := g.refuse(ctx, caller, patience); err != nil {
		g.mu.Unlock()
		return nil, err
	}
	t := g.queue.push(caller)
	g.mu.Unlock()
	return g.wait(ctx, t, patience)
}

// asLongAsWork is the patience of that name. It runs under the lock.
func (g *Gate) asLongAsWork() time.Duration {
	whole, alone := g.whole.value, g.alone.value
	if whole == 0 { // nothing has been learnt yet
		return g.config.Patience
	}
	work := max(whole, g.service.value)      // what ends early may not shorten it; what takes longer than whole work is waited for all the same
	if alone == 0 || g.config.Running == 1 { // where one runs at a time, no other slows it down
		return work
	}
	return min(work, max(2*alone-work, work/2)) // half keeps places from staying empty where what ran alone was small
}

// refuse tells why caller gets no place in the queue; nil when it gets one. It runs under the lock.
func (g *Gate) refuse(ctx context.Context, caller string, patience time.Duration) error {
	own := g.queue.length(caller)
	wait := g.estimate(g.queue.ahead(caller))
	deadline, bounded := ctx.Deadline()
	switch {
	case own >= g.config.Waiting-g.queue.waiting:
		return busy(wait, "no place is left in the queue")
	case wait > patience:
		return busy(wait-patience, fmt.Sprintf("the wait would be about %v", wait.Round(time.Millisecond)))
	case bounded && wait > time.Until(deadline):
		return busy(wait, "the deadline would pass before the work begins")
	}
	return nil
}

// estimate is how long somebody with so many ahead in the queue waits, when every place is taken.
func (g *Gate) estimate(ahead int) time.Duration {
	return g.service.value * time.Duration(ahead+1) / time.Duration(g.config.Running)
}

// wait returns when t is let in, or takes it out of the queue.
func (g *Gate) wait(ctx context.Context, t *ticket, patience time.Duration) (Leave, error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	var err error
	select {
	case leave := <-t.admitted:
		return leave, nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
		err = busy(patience, fmt.Sprintf("no turn came within %v", patience.Round(time.Millisecond)))
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.queue.remove(t) {
		return nil, err
	}
	// The turn came in the same moment: hand it on.
	g.end(t.line.caller)
	return nil, err
}

// begin counts a piece of work of caller that runs from now on and returns what ends it. It runs under the lock.
func (g *Gate) begin(caller string) Leave {
	g.running++
	g.queue.begin(caller)
	g.begun++
	began, number, lonely := time.Now(), g.begun, g.running == 1
	var once sync.Once
	return func(whole bool) {
		once.Do(func() {
			took := time.Since(began)
			g.mu.Lock()
			defer g.mu.Unlock()
			g.service.add(took)
			if whole {
				g.learn(took, lonely && g.begun == number)
			}
			g.end(caller)
		})
	}
}

// end counts a piece of work of caller that runs no more, and lets in who is next. It runs under the lock.
func (g *Gate) end(caller string) {
	g.running--
	g.queue.end(caller)
	g.admit()
}

// learn notes how long a piece of work took that was done whole. It runs under the lock.
func (g *Gate) learn(took time.Duration, alone bool) {
	first := g.whole.count == 0 // the very first finds everything cold
	g.whole.add(took)
	if alone && !first {
		g.alone.add(took)
	}
}

// admit lets in whose turn it is while there is room. It runs under the lock.
func (g *Gate) admit() {
	for g.running < g.config.Running {
		t := g.queue.pop()
		if t == nil {
			return
		}
		t.admitted <- g.begin(t.line.caller)
	}
}
