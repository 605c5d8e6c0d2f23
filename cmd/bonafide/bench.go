package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"

	"github.com/bonafide-pad/bonafide/internal/bench"
)

type benchCmd struct {
	Picture    string    `arg:"" help:"JPEG with one face; it is measured in each of the sizes."`
	Megapixels []float64 `help:"Sizes to measure in (default: 0.3,1,3,12)." default:"0.3,1,3,12" placeholder:"MP"`
	Rounds     int       `help:"Analyses of each size." default:"25"`
	Clients    []int     `help:"Clients at once, over HTTP; 0 leaves HTTP out (default: 1,2,8,64)." default:"1,2,8,64" placeholder:"N"`
	Requests   int       `help:"Most requests for each number of clients." default:"1000"`
	Seconds    float64   `help:"Longest time for each number of clients." default:"20"`
	Against    []string  `help:"ONNX networks of one input; all networks of the picture are also compared with one run of each of these." placeholder:"FILE"`
	JSON       bool      `name:"json" help:"Print JSON."`
	engineFlags
	stateFlags
	licenseFlags
}

// Help teaches how to read the figures.
func (benchCmd) Help() string {
	return `Each stage is measured against its limit: decoding against libjpeg-turbo alone, each network against a bare run of ONNX Runtime
and against the network as its publisher has it, the whole against the sum of the limits. Then a server of its own is started on the
loopback interface: at 1 megapixel with each number of clients, at the largest size with the most clients.`
}

// Validate names what is wrong.
func (c benchCmd) Validate() error {
	for _, m := range c.Megapixels {
		if m < 0.01 || m > 40 {
			return fmt.Errorf("--megapixels: %v, allowed is 0.01 to 40", m)
		}
	}
	for _, n := range c.Clients {
		if n < 0 || n > 1000 {
			return fmt.Errorf("--clients: %d, allowed is 0 to 1000", n)
		}
	}
	if c.Rounds < 1 || c.Requests < 1 || c.Seconds <= 0 {
		return errors.New("--rounds, --requests and --seconds must be over 0")
	}
	return nil
}

// Run measures and prints.
func (c benchCmd) Run(s *streams) error {
	if err := c.validateEngine(); err != nil {
		return err
	}
	ctx, release := untilStopped()
	defer release()
	original, err := os.ReadFile(c.Picture)
	if err != nil {
		return err
	}
	result := bench.Result{Cores: runtime.GOMAXPROCS(0)}
	if err := c.opened(func(b *bench.Bench) error { return c.fill(ctx, s, b, original, &result) }); err != nil {
		return err
	}
	if c.JSON {
		encoder := json.NewEncoder(s.out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(result)
	}
	return result.Text(s.out)
}

// opened lends use the analyser and its networks, bare.
func (c benchCmd) opened(use func(*bench.Bench) error) (err error) {
	keeper, err := openKeeper(c.licenseFlags, c.stateFlags, false, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer keeper.Close()
	if err := keeper.Permit(); err != nil {
		return err
	}
	analyzer, err := openEngine(c.config(), keeper)
	if err = errors.Join(err, analyzer.Ready()); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, analyzer.Close()) }()
	b, err := bench.Open(analyzer, c.Models, c.Against...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	return use(b)
}

// fill measures the analyser itself, then a server.
func (c benchCmd) fill(ctx context.Context, s *streams, b *bench.Bench, original []byte, result *bench.Result) (err error) {
	if result.Pictures, err = c.measure(ctx, s, b, original); err != nil {
		return err
	}
	if result.PeakMemory, err = bench.PeakMemory(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return c.serve(ctx, s, b, original, result)
}

// measure measures the analyser itself in every size.
func (c benchCmd) measure(ctx context.Context, s *streams, b *bench.Bench, original []byte) (pictures []bench.Picture, err error) {
	for _, megapixels := range c.Megapixels {
		fmt.Fprintf(s.err, "measuring %v megapixels\n", megapixels)
		picture, err := bench.Scale(original, megapixels)
		if err != nil {
			return nil, err
		}
		p, err := b.Measure(ctx, picture, c.Rounds)
		if err != nil {
			return nil, fmt.Errorf("%v megapixels: %w", megapixels, err)
		}
		pictures = append(pictures, p)
	}
	return pictures, nil
}
