package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/bonafide-pad/bonafide/internal/access"
	"github.com/bonafide-pad/bonafide/internal/bench"
)

// served is a server in a process of its own, measured from outside.
type served struct {
	command *exec.Cmd
	address string
	clock   bench.Clock
}

// serve measures a server at 1 megapixel with every number of clients, and at the largest size with the most clients.
func (c benchCmd) serve(ctx context.Context, s *streams, b *bench.Bench, original []byte, result *bench.Result) (err error) {
	clients := slices.DeleteFunc(slices.Clone(c.Clients), func(n int) bool { return n == 0 })
	if len(clients) == 0 {
		return nil
	}
	first, err := bench.Scale(original, 1)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bonafide-bench-")
	if err != nil {
		return fmt.Errorf("making a folder for the server: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	keys := filepath.Join(dir, access.FileName)
	if err := os.WriteFile(keys, []byte(`{"keys": []}`), 0o600); err != nil {
		return fmt.Errorf("making a folder for the server: %w", err)
	}
	began := time.Now()
	server, err := c.startServer(ctx, s, keys)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	if err := server.answerOnce(ctx, first); err != nil {
		return err
	}
	result.FirstAnswer = bench.Milliseconds(time.Since(began).Seconds() * 1e3)
	l := levels{c, s, b, original, server, result}
	for _, n := range clients {
		if err := l.add(ctx, 1, n); err != nil {
			return err
		}
	}
	return l.add(ctx, slices.Max(c.Megapixels), slices.Max(clients))
}

// benchEnvironment are the settings of the operator's server that the measured one shares: networks, limits and licence. The rest would record the
// bench's pictures, ask it for keys or let it listen elsewhere.
var benchEnvironment = regexp.MustCompile(`^BONAFIDE_(MODELS|LICENSE_ISSUER|MACHINE_ID_FILE|MAX_[A-Z]+)=`)

func environmentForBench(all []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(setting string) bool {
		return strings.HasPrefix(setting, "OTEL_") || strings.HasPrefix(setting, "BONAFIDE_") && !benchEnvironment.MatchString(setting)
	})
}

// startServer starts this program as a server that lets requests wait: throughput is wanted, not refusals. keys is a file without any.
func (c benchCmd) startServer(ctx context.Context, s *streams, keys string) (*served, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	state, err := c.dir()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program, "--config", os.DevNull, "serve", "--listen", "127.0.0.1:0", "--log-level", "error", "--native-patience", "1m",
		"--data-dir", state, "--keys", keys)
	cmd.Args[0] = os.Args[0]
	cmd.Env, cmd.Stderr = environmentForBench(os.Environ()), s.err
	if c.Models != "" {
		cmd.Args = append(cmd.Args, "--models", c.Models)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting a server: %w", err)
	}
	server := &served{command: cmd, clock: bench.ClockOf(cmd.Process.Pid)}
	greeting, err := bufio.NewReader(out).ReadString('\n')
	if found := regexp.MustCompile(`http://([^/\s]+)`).FindStringSubmatch(greeting); found != nil {
		server.address = found[1]
	}
	if server.address == "" {
		return nil, errors.Join(errors.New("the server did not start"), err, server.stop())
	}
	return server, nil
}

func (s *served) stop() error {
	if err := s.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return s.command.Wait()
}

// levels are loads of one server with one picture in sizes, and where their figures go.
type levels struct {
	benchCmd
	s        *streams
	b        *bench.Bench
	original []byte
	server   *served
	result   *bench.Result
}

// add sends the picture from so many clients and adds what came of it. What one analysis takes is measured before and after: machines change their
// speed within minutes.
func (l levels) add(ctx context.Context, megapixels float64, clients int) error {
	fmt.Fprintf(l.s.err, "serving %v megapixels to %d clients\n", megapixels, clients)
	picture, err := bench.Scale(l.original, megapixels)
	if err != nil {
		return err
	}
	before, err := l.b.Alone(ctx, picture, l.Rounds)
	if err != nil {
		return err
	}
	came, err := l.load(ctx, l.server, picture, clients)
	if err != nil {
		return err
	}
	after, err := l.b.Alone(ctx, picture, l.Rounds)
	if err != nil {
		return err
	}
	level := bench.NewLevel(came.answered, came.elapsed, came.cpu, (before+after)/2, l.result.Cores)
	measured := closest(l.result.Pictures, megapixels)
	level.Width, level.Height, level.Clients, level.Refused = measured.Width, measured.Height, clients, came.refused
	if level.Memory, err = bench.PeakMemoryOf(l.server.command.Process.Pid); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	l.result.Serving = append(l.result.Serving, level)
	return nil
}

// closest is the measured picture whose size is nearest.
func closest(pictures []bench.Picture, megapixels float64) bench.Picture {
	off := func(p bench.Picture) float64 { return math.Abs(float64(p.Width*p.Height)/1e6 - megapixels) }
	return slices.MinFunc(pictures, func(p, q bench.Picture) int { return cmp.Compare(off(p), off(q)) })
}
