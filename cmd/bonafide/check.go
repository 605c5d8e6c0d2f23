package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/annotate"
	"github.com/bonafide-pad/bonafide/internal/decode"
)

type checkCmd struct {
	Paths    []string `arg:"" name:"path" help:"Pictures, folders (every picture below), or - for standard input."`
	JSON     bool     `name:"json" help:"One JSON line a picture, with every measure." xor:"form"`
	CSV      bool     `name:"csv" help:"Comma-separated values with a header line." xor:"form"`
	Annotate string   `help:"Write each picture into DIR as PNG, with boxes, landmarks and verdict drawn." placeholder:"DIR"`
	profileFlag
	engineFlags
	stateFlags
	licenseFlags
	policyFlags `prefix:"policy-" envprefix:"BONAFIDE_POLICY_"`
}

// Help teaches what the exit code says.
func (checkCmd) Help() string {
	return `The kind of a file is found from its bytes. In a folder, files named like pictures are taken
(.jpg .jpeg .png .apng .webp .gif .bmp .tif .tiff); a file named itself is always taken.

Exit code: 0 all live; 1 some not live, or without exactly one face; 2 some could not be analysed, or it was interrupted.`
}

// checked is one picture with what came of it.
type checked struct {
	path    string
	picture []byte
	report  bonafide.Report
	verdict bonafide.Verdict
	err     error
}

// Run analyses every picture and prints the results in the order of the arguments.
func (c checkCmd) Run(s *streams) error {
	if err := c.validateEngine(); err != nil {
		return err
	}
	policy, err := c.policy()
	if err != nil {
		return err
	}
	paths, err := picturePaths(c.Paths)
	if err != nil {
		return err
	}
	drawn, err := c.annotated(paths)
	if err != nil {
		return err
	}
	keeper, err := openKeeper(c.licenseFlags, c.stateFlags, false, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer keeper.Close()
	analyzer, err := openReady(c.config(), c.profileFlag, keeper)
	if err != nil {
		return err
	}
	ctx, release := untilStopped()
	defer release()
	code, err := c.checkAll(ctx, s, analyzer, policy, paths, drawn)
	if err = errors.Join(err, analyzer.Close()); err != nil {
		return err
	}
	if code != exitOK {
		return exitError{code}
	}
	return nil
}

// checkAll returns once nothing is analysed any more. It breaks off where ctx ends, before the first picture that is not done. The pictures are
// drawn into the files drawn, where there are any.
func (c checkCmd) checkAll(ctx context.Context, s *streams, analyzer engine, policy bonafide.Policy, paths, drawn []string) (int, error) {
	write, finish := c.printer(s.out)
	bar := progressFor(s, len(paths))
	code, done := exitOK, 0
	for r := range inOrder(ctx, paths, runtime.GOMAXPROCS(0), func(ctx context.Context, path string) checked {
		return checkOne(ctx, s.in, analyzer, policy, path)
	}) {
		if errors.Is(r.err, context.Canceled) {
			break
		}
		if r.err == nil && drawn != nil {
			r.err = annotate.Write(drawn[done], r.picture, analyzer.Limits(), r.report, r.verdict)
		}
		code = max(code, r.exitCode())
		if err := bar.Clear(); err != nil {
			return code, fmt.Errorf("drawing progress: %w", err)
		}
		if err := write(r); err != nil {
			return code, fmt.Errorf("writing results: %w", err)
		}
		if err := bar.Add(1); err != nil {
			return code, fmt.Errorf("drawing progress: %w", err)
		}
		done++
	}
	err := errors.Join(finish(), bar.Clear())
	if err == nil && done < len(paths) {
		err = fmt.Errorf("interrupted after %d of %d pictures", done, len(paths))
	}
	return code, err
}

func (r checked) exitCode() int {
	switch {
	case r.err != nil:
		return exitFailed
	case r.verdict.Result != bonafide.Real:
		return exitNotLive
	default:
		return exitOK
	}
}

func checkOne(ctx context.Context, stdin io.Reader, analyzer engine, policy bonafide.Policy, path string) checked {
	r := checked{path: path}
	r.picture, r.err = readPicture(ctx, stdin, path, analyzer.Limits().Bytes)
	if r.err != nil {
		return r
	}
	r.report, r.err = analyzer.Analyze(ctx, r.picture)
	if r.err == nil {
		r.verdict = bonafide.Judge(r.report, policy)
		r.report.Faces = r.report.Faces[:analyzer.keeper.State().Faces(len(r.report.Faces))]
	}
	return r
}

// readPicture is readBounded until ctx ends: a read of a terminal or a pipe can't be broken off, and is then left to itself.
func readPicture(ctx context.Context, stdin io.Reader, path string, limit int64) ([]byte, error) {
	type file struct {
		content []byte
		err     error
	}
	read := make(chan file, 1)
	go func() {
		content, err := readBounded(stdin, path, limit)
		read <- file{content, err}
	}()
	select {
	case f := <-read:
		return f.content, f.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// readBounded reads a file, or standard input for "-", and no more than one byte over the limit, which Analyze then names.
func readBounded(stdin io.Reader, path string, limit int64) ([]byte, error) {
	if path == stdinPath {
		return io.ReadAll(io.LimitReader(stdin, limit+1))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit+1))
}

// stdinPath stands for standard input.
const stdinPath = "-"

// picturePaths replaces every folder by the pictures below it.
func picturePaths(args []string) ([]string, error) {
	var paths []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		if arg == stdinPath || err != nil || !info.IsDir() {
			paths = append(paths, arg) // what can't be read is reported in its place
			continue
		}
		before := len(paths)
		err = filepath.WalkDir(arg, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && decode.HasExtension(path) && !isPipeOrDevice(path, d) {
				paths = append(paths, path)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("looking for pictures: %w", err)
		}
		if len(paths) == before {
			return nil, fmt.Errorf("no pictures below %s (looked for %s)", arg, strings.Join(decode.Extensions(), " "))
		}
	}
	return paths, nil
}

// isPipeOrDevice tells what a folder's pictures are not, or lead to as links: opening a pipe waits for a writer, maybe for ever.
func isPipeOrDevice(path string, d fs.DirEntry) bool {
	if d.Type().IsRegular() {
		return false
	}
	info, err := os.Stat(path)
	return err == nil && !info.IsDir() && !info.Mode().IsRegular()
}

// annotated makes the folder of the annotated pictures and names a file in it for each path; nil for none.
func (c checkCmd) annotated(paths []string) ([]string, error) {
	if c.Annotate == "" {
		return nil, nil
	}
	if err := os.MkdirAll(c.Annotate, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder for annotated pictures: %w", err)
	}
	return annotate.Targets(c.Annotate, paths)
}

// progressFor is a bar on standard error when there are many pictures and a person watches, and a silent one otherwise.
func progressFor(s *streams, n int) *progressbar.ProgressBar {
	f, ok := s.err.(*os.File)
	if n < 3 || !ok || !term.IsTerminal(int(f.Fd())) {
		return progressbar.DefaultSilent(int64(n))
	}
	return progressbar.NewOptions(n, progressbar.OptionSetWriter(f), progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(true), progressbar.OptionFullWidth(), progressbar.OptionClearOnFinish())
}

// inOrder runs work on every item, at most n at once, and yields the results in the items' order. It starts none once ctx is done, and
// ends when none runs any more: those whose results nobody asks for have their context cancelled.
func inOrder[T, R any](ctx context.Context, items []T, n int, work func(context.Context, T) R) iter.Seq[R] {
	return func(yield func(R) bool) {
		ctx, cancel := context.WithCancel(ctx)
		waiting, running := items, []chan R{}
		defer func() {
			cancel()
			for _, result := range running {
				<-result
			}
		}()
		for {
			for len(waiting) > 0 && len(running) < n && ctx.Err() == nil {
				result, item := make(chan R, 1), waiting[0]
				go func() { result <- work(ctx, item) }()
				waiting, running = waiting[1:], append(running, result)
			}
			if len(running) == 0 {
				return
			}
			next := <-running[0]
			running = running[1:]
			if !yield(next) {
				return
			}
		}
	}
}
