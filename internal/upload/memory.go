package upload

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/bonafide-pad/bonafide/internal/admission"
	"github.com/bonafide-pad/bonafide/internal/answer"
)

// Memory bounds the bytes of all pictures that are held at once, and those of each caller. It is safe for concurrent use.
type Memory struct {
	mu         sync.Mutex
	free, most int64
	each       int64            // what one caller may hold
	callers    map[string]int64 // what they hold
}

// NewMemory makes a Memory of so many bytes, all of which one caller may hold.
func NewMemory(most int64) *Memory { return NewSharedMemory(most, most) }

// NewSharedMemory makes a Memory of so many bytes, of which one caller may hold so many.
func NewSharedMemory(most, each int64) *Memory {
	return &Memory{free: most, most: most, each: each, callers: map[string]int64{}}
}

// Needed is the least Memory for pictures of so many bytes: one that comes as base64 in JSON is held beside its text, which has line breaks at most.
func Needed(bytes int64) int64 { return bytes/2*5 + 2*overhead }

// Share is how much of a Memory of most bytes one caller should hold at most, where pictures have so many bytes: three quarters, for somebody else
// must find room whatever the caller sends, but not less than a picture needs.
func Share(most, bytes int64) int64 { return max(most/4*3, Needed(bytes)) }

// Held is how many bytes are held now, and how many may be.
func (m *Memory) Held() (held, most int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.most - m.free, m.most
}

// Hold reserves so many bytes beside those of pictures for the caller in ctx until release is called. Its error is an *answer.Fault.
func (m *Memory) Hold(ctx context.Context, bytes int64) (release func(), err error) {
	l := m.lease(ctx)
	if err := l.grow(bytes); err != nil {
		return nil, err
	}
	return l.release, nil
}

// lease begins a lease of the caller in ctx.
func (m *Memory) lease(ctx context.Context) *lease {
	return &lease{memory: m, caller: admission.CallerFrom(ctx)}
}

// take reserves n bytes for a lease of caller that has held already. What others hold is given back soon, but what alone is more than there is
// never fits.
func (m *Memory) take(caller string, n, held int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch own := m.callers[caller]; {
	case n <= m.free && own+n <= m.each:
		m.free -= n
		m.callers[caller] = own + n
		return nil
	case held+n > m.each:
		return answer.Faultf(http.StatusRequestEntityTooLarge, CodeTooLarge,
			"the request needs %d bytes of memory, and all requests of one caller together may hold %d bytes", held+n, m.each)
	case own+n > m.each:
		return busy("too many of your pictures are being received: together they may hold %d bytes; try again soon", m.each)
	default:
		return busy("too many pictures are being received: together they may hold %d bytes; try again soon", m.most)
	}
}

func busy(format string, bytes int64) *answer.Fault {
	f := answer.Faultf(http.StatusServiceUnavailable, CodeBusy, format, bytes)
	f.RetryAfter = time.Second
	return f
}

func (m *Memory) give(caller string, n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.free += n
	if m.callers[caller] -= n; m.callers[caller] == 0 {
		delete(m.callers, caller)
	}
}
