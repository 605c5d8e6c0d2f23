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

// file is what several pictures are made of.
type file struct {
	content []byte
	held    sync.Once
}

type fileKey struct{}

// From returns a context whose analysed pictures were all made of content, such as the frames of an animation: it is held in their
// place, once.
func From(ctx context.Context, content []byte) context.Context {
	return context.WithValue(ctx, fileKey{}, &file{content: content})
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

// Analyzer holds the pictures that Inner could analyse, or what they were made of.
type Analyzer struct{ Inner admission.Analysis }

// Analyze returns what Inner does.
func (a *Analyzer) Analyze(ctx context.Context, picture []byte) (bonafide.Report, error) {
	report, err := a.Inner.Analyze(ctx, picture)
	r, _ := ctx.Value(requestKey{}).(*request)
	if r == nil || err != nil {
		return report, err
	}
	if f, _ := ctx.Value(fileKey{}).(*file); f != nil {
		f.held.Do(func() { r.hold(f.content) })
	} else {
		r.hold(picture)
	}
	return report, nil
}
