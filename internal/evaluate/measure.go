// Package evaluate measures an analyzer on an operator's own labelled pictures, by the definitions of ISO/IEC 30107-3 (package pad).
//
// [Load] lists the pictures, [Run] analyses them, [NewResult] makes the figures; a Result is written as JSON, CSV and one page of
// HTML, compared with another, or a calibration is fitted to the pictures.
package evaluate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"

	"github.com/bonafide-pad/bonafide"
)

// Measurement is what the analyzer made of one picture: its report without landmarks, or an error.
type Measurement struct {
	Format string  `json:"format,omitempty"`
	Width  int     `json:"width,omitempty"`
	Height int     `json:"height,omitempty"`
	Faces  []Face  `json:"faces,omitempty"`
	Error  *Failed `json:"error,omitempty"`
}

// Face is a face without its landmarks, which are nobody's business here: the field of that name hides them.
type Face struct {
	bonafide.Face
	Landmarks *struct{} `json:"landmarks,omitempty"`
}

// Failed says why a picture could not be analysed.
type Failed struct {
	Code    bonafide.Code `json:"code"`
	Message string        `json:"message"`
}

// report is the measurement as a Report, with faces of which only the scores are known.
func (m Measurement) report() bonafide.Report {
	r := bonafide.Report{Format: m.Format, Width: m.Width, Height: m.Height}
	for _, f := range m.Faces {
		r.Faces = append(r.Faces, f.Face)
	}
	return r
}

// Picture is an item with what was measured on it.
type Picture struct {
	Item
	// SHA256 is the digest of the file, "" when it could not be read.
	SHA256 string
	Measurement
}

// Analyzer is what is evaluated; *bonafide.Analyzer is one.
type Analyzer interface {
	Analyze(ctx context.Context, picture []byte) (bonafide.Report, error)
	// Score applies the calibration in force to cues that were measured before.
	Score(ctx context.Context, cues []bonafide.Cue) (float64, error)
	Models() []bonafide.Model
	Limits() bonafide.Limits
	MaxFaces() int
}

// Options say how pictures are analysed.
type Options struct {
	Analyzer Analyzer
	// Cache may be nil.
	Cache *Cache
	// Done is called after each picture, from any goroutine.
	Done func() error
}

// Run analyses the items on all cores, in any order, and returns them in theirs, copies of one picture in one group. A picture that cannot be read or analysed has its Error
// set; Run fails when ctx is done, the cache can't be written, or the analyzer fails for a reason that isn't the picture's.
func Run(ctx context.Context, items []Item, o Options) ([]Picture, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	pictures := make([]Picture, len(items))
	next := make(chan int)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range next {
				p, err := o.measure(ctx, items[i])
				if err = errors.Join(err, o.Done()); err != nil {
					cancel(err)
				}
				pictures[i] = p
			}
		})
	}
	for i := 0; i < len(items) && ctx.Err() == nil; i++ {
		next <- i
	}
	close(next)
	workers.Wait()
	joinCopies(pictures)
	return pictures, context.Cause(ctx)
}

// measure analyses one picture, or looks it up.
func (o Options) measure(ctx context.Context, it Item) (Picture, error) {
	p := Picture{Item: it}
	data, err := readBounded(it.Path, o.Analyzer.Limits().Bytes)
	if err != nil {
		p.Error = &Failed{Code: bonafide.CodeBadImage, Message: err.Error()}
		return p, nil //nolint:nilerr // a picture that cannot be read is a result, not the end
	}
	sum := sha256.Sum256(data)
	p.SHA256 = hex.EncodeToString(sum[:])
	if known, ok := o.Cache.get(p.SHA256); ok {
		p.Measurement = known
		return p, o.rescore(ctx, &p.Measurement)
	}
	report, err := o.Analyzer.Analyze(ctx, data)
	if code := bonafide.CodeOf(err); err != nil && code != bonafide.CodeBadImage && code != bonafide.CodeTooLarge {
		return p, fmt.Errorf("analysing %s: %w", it.Name, err)
	}
	p.Measurement = newMeasurement(report, err)
	return p, o.Cache.put(p.SHA256, p.Measurement)
}

// rescore applies the calibration in force, which is no part of what a cache is for.
func (o Options) rescore(ctx context.Context, m *Measurement) error {
	for i := range m.Faces {
		liveness, err := o.Analyzer.Score(ctx, m.Faces[i].Cues)
		if err != nil {
			return fmt.Errorf("scoring anew: %w", err)
		}
		m.Faces[i].Liveness = liveness
	}
	return nil
}

func newMeasurement(r bonafide.Report, err error) Measurement {
	if err != nil {
		return Measurement{Error: &Failed{Code: bonafide.CodeOf(err), Message: err.Error()}}
	}
	m := Measurement{Format: r.Format, Width: r.Width, Height: r.Height}
	for _, f := range r.Faces {
		m.Faces = append(m.Faces, Face{Face: f})
	}
	return m
}

// readBounded reads a file, and of one over the limit only so much that the analyzer refuses it. A pipe is not opened: that waits for a writer, maybe
// for ever, and what comes can be read only once, but a picture is read again for its thumbnail.
func readBounded(path string, limit int64) (_ []byte, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("reading %s: not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, limit+1))
}
