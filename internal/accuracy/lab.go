package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/bonafide-pad/bonafide"
)

// lab is what sections share: the analyzer, the pictures, the reports so far, the printing.
type lab struct {
	analyzer *bonafide.Analyzer
	data     string
	out      io.Writer
	// missed are the figures that miss their bar, as printed.
	missed []string

	mu      sync.Mutex
	reports map[string]outcome
}

// outcome is what Analyze gave for one picture.
type outcome struct {
	report bonafide.Report
	err    error
}

// largest is the largest face of the picture; false where there is none or the picture could not be analysed.
func (o outcome) largest() (bonafide.Face, bool) {
	if o.err != nil || len(o.report.Faces) == 0 {
		return bonafide.Face{}, false
	}
	return o.report.Faces[0], true
}

func newLab(a *bonafide.Analyzer, data string, out io.Writer) *lab {
	return &lab{analyzer: a, data: data, out: out, reports: map[string]outcome{}}
}

// analyze analyses the file at path, once in the lab's life.
func (l *lab) analyze(ctx context.Context, path string) outcome {
	return l.analyzeBytes(ctx, path, func() ([]byte, error) { return os.ReadFile(path) })
}

// analyzeBytes analyses a picture made by read, once for every key: a mirrored or rotated copy of a file, say.
func (l *lab) analyzeBytes(ctx context.Context, key string, read func() ([]byte, error)) outcome {
	l.mu.Lock()
	known, ok := l.reports[key]
	l.mu.Unlock()
	if ok {
		return known
	}
	var o outcome
	picture, err := read()
	if err != nil {
		return outcome{err: err}
	}
	o.report, o.err = l.analyzer.Analyze(bonafide.ForComparison(ctx), picture)
	if ctx.Err() == nil {
		l.mu.Lock()
		l.reports[key] = o
		l.mu.Unlock()
	}
	return o
}

// analyzeRows analyses the pictures of a manifest on all cores; outcomes stand in the order of the rows. It fails only when
// ctx is done.
func (l *lab) analyzeRows(ctx context.Context, rows []row) ([]outcome, error) {
	outcomes := make([]outcome, len(rows))
	err := parallel(ctx, len(rows), func(i int) { outcomes[i] = l.analyze(ctx, rows[i].path) })
	return outcomes, err
}

// parallel calls do for 0 to n−1 on all cores and returns ctx.Err().
func parallel(ctx context.Context, n int, do func(i int)) error {
	next := make(chan int)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := 0; i < n && ctx.Err() == nil; i++ {
		next <- i
	}
	close(next)
	workers.Wait()
	return ctx.Err()
}

// folder is a folder of the evaluation pictures.
func (l *lab) folder(name string) string { return filepath.Join(l.data, name) }

func (l *lab) printf(format string, args ...any) { fmt.Fprintf(l.out, format, args...) }
