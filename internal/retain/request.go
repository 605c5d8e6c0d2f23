package retain

import (
	"context"
	"slices"
	"sync"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/admission"
)

// request holds the pictures of one request until it is decided.
type request struct {
	keeper *Keeper
	id     string
	mu     sync.Mutex
	held   [][]byte
	ended  bool
}

type requestKey struct{}

// Begin returns a context whose analysed pictures are held for a decision. end lets go of those on which none was made; it is called once
// the request is answered.
func (k *Keeper) Begin(ctx context.Context, requestID string) (held context.Context, end func()) {
	r := &request{keeper: k, id: requestID}
	return context.WithValue(ctx, requestKey{}, r), r.end
}

// Decided keeps the pictures that were analysed for the request with the context ctx.
func Decided(ctx context.Context) {
	r, _ := ctx.Value(requestKey{}).(*request)
	if r == nil {
		return
	}
	if pictures := r.take(false); len(pictures) > 0 {
		r.keeper.add(r.id, pictures)
	}
}

// hold copies a picture, where the buffer has room for it.
func (r *request) hold(picture []byte) {
	if !r.keeper.reserve(int64(len(picture))) {
		r.keeper.dropped.Add(1)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		r.keeper.buffered.Add(-int64(len(picture)))
		return
	}
	r.held = append(r.held, slices.Clone(picture))
}

func (r *request) take(ended bool) [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	pictures := r.held
	r.held, r.ended = nil, r.ended || ended
	return pictures
}

func (r *request) end() {
	for _, p := range r.take(true) {
		r.keeper.buffered.Add(-int64(len(p)))
	}
}

// Analyzer holds the pictures that Inner could analyse.
type Analyzer struct{ Inner admission.Analysis }

// Analyze returns what Inner does.
func (a *Analyzer) Analyze(ctx context.Context, picture []byte) (bonafide.Report, error) {
	report, err := a.Inner.Analyze(ctx, picture)
	if r, _ := ctx.Value(requestKey{}).(*request); r != nil && err == nil {
		r.hold(picture)
	}
	return report, err
}
