package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/bonafide-pad/bonafide/internal/activation"
	"github.com/bonafide-pad/bonafide/internal/admission"
	"github.com/bonafide-pad/bonafide/internal/faceplugin"
	"github.com/bonafide-pad/bonafide/internal/server"
	"github.com/bonafide-pad/bonafide/internal/upload"
)

type serveCmd struct {
	profilesFlag
	engineFlags
	policyFlags
	stateFlags
	licenseFlags
	listenFlags
	workFlags
	logFlags
}

// listenFlags say where and how the server listens.
type listenFlags struct {
	Listen      string        `help:"Address to listen on, HOST:PORT (default: every address, on the port of --port)." env:"BONAFIDE_LISTEN" placeholder:"ADDR" group:"Server"`
	Port        uint16        `help:"Port to listen on, unless --listen names one." env:"PORT" default:"8888" group:"Server"`
	Connections int           `help:"Most connections open at once." env:"BONAFIDE_CONNECTIONS" default:"1024" group:"Server"`
	BodyTime    time.Duration `help:"Longest time that a request may take to arrive." env:"BONAFIDE_BODY_TIME" default:"60s" group:"Server"`
	DrainDelay  time.Duration `help:"How long to go on accepting requests after a stop has made the server not ready." env:"BONAFIDE_DRAIN_DELAY" default:"0s" group:"Server"`
	Drain       time.Duration `help:"How long requests in flight have to finish after a stop." env:"BONAFIDE_DRAIN" default:"20s" group:"Server"`
}

func (f listenFlags) address() string {
	if f.Listen != "" {
		return f.Listen
	}
	return net.JoinHostPort("", strconv.Itoa(int(f.Port)))
}

// workFlags bound the work that is done at once.
type workFlags struct {
	Workers      int           `help:"Most analyses at once (default: one for each core)." env:"BONAFIDE_WORKERS" group:"Work"`
	Queue        int           `help:"Most analyses waiting; beyond it requests are refused with 503." env:"BONAFIDE_QUEUE" default:"128" group:"Work"`
	Patience     time.Duration `help:"Longest wait for a turn; who would wait longer is refused at once." env:"BONAFIDE_PATIENCE" default:"10s" group:"Work"`
	Deadline     time.Duration `help:"Longest time for one analysis, waiting included." env:"BONAFIDE_DEADLINE" default:"30s" group:"Work"`
	UploadMemory int64         `help:"Most bytes held by all pictures being received or analysed." env:"BONAFIDE_UPLOAD_MEMORY" default:"536870912" group:"Work"`
}

type logFlags struct {
	LogFormat string     `help:"text or json." enum:"text,json" env:"BONAFIDE_LOG_FORMAT" default:"text" group:"Log"`
	LogLevel  slog.Level `help:"debug, info, warn or error." env:"BONAFIDE_LOG_LEVEL" default:"info" group:"Log"`
}

func (f logFlags) logger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: f.LogLevel}
	if f.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// Help teaches what the flags don't say.
func (serveCmd) Help() string {
	return `Serves the API of docs/api-drop-in.md. SIGTERM or SIGINT stops it: it says that it is no longer ready (/readyz), answers what
it has begun and ends; a second signal ends it at once.`
}

// Run serves until a signal comes.
func (c serveCmd) Run(s *streams) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// With the first signal the default behaviour comes back, so that a second one ends the process.
	defer context.AfterFunc(ctx, stop)()
	return c.serve(ctx, s)
}

func (c serveCmd) serve(ctx context.Context, s *streams) (err error) {
	policy, err := c.policy()
	if err != nil {
		return err
	}
	log := c.logger(s.err)
	keeper, err := openKeeper(c.licenseFlags, c.stateFlags, true, log)
	if err != nil {
		return err
	}
	gate, err := admission.NewGate(admission.Config{Running: c.Workers, Waiting: c.Queue, Patience: c.Patience})
	if err != nil {
		return err
	}
	analyzer, err := openEngine(c.config(), keeper)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, analyzer.Close()) }()
	if err := analyzer.Ready(); err != nil {
		log.Error("no picture can be analysed: the networks failed to load", "error", err)
	}
	profiles, err := c.load(analyzer)
	if err != nil {
		return err
	}
	defer background(ctx, keeper)()

	reference := &faceplugin.API{
		Analyzer: &admission.Analyzer{Gate: gate, Inner: analyzer, Deadline: c.Deadline},
		Policy:   policy,
		Uploads:  &upload.Reader{Bytes: c.MaxBytes, Memory: upload.NewMemory(c.UploadMemory)},
		Licence:  keeper,
		Networks: analyzer.Ready(),
		Log:      log,
	}
	web, err := server.New(server.Config{
		Listen: c.address(), Connections: c.Connections, Body: server.Pace{Total: c.BodyTime},
		DrainDelay: c.DrainDelay, Drain: c.Drain, Log: log,
	}, readiness(gate, keeper, analyzer), profiles.choosing(reference.Routes()))
	if err != nil {
		return err
	}
	printTries(s.out, web.Addr())
	return web.Serve(ctx)
}

// readiness is what must be right before requests should come.
func readiness(gate *admission.Gate, keeper *activation.Keeper, analyzer engine) []server.Check {
	return []server.Check{
		{Name: "queue", Ready: gate.Ready},
		{Name: "licence", Ready: keeper.Permit},
		{Name: "networks", Ready: analyzer.Ready},
	}
}

// printTries prints three lines to try.
func printTries(w io.Writer, address net.Addr) {
	picture := samplePicture()
	fmt.Fprintf(w, "curl -F file=@%s http://%s/liveness-detection\n", picture, localAddress(address))
	fmt.Fprintf(w, "bonafide check %s\n", picture)
	fmt.Fprintf(w, "docs: docs/api-drop-in.md, bonafide serve --help\n")
}

// samplePicture is a picture that is there, or a name to be replaced.
func samplePicture() string {
	const sample = "testdata/astronaut.jpg"
	candidates := []string{sample}
	if exe, err := os.Executable(); err == nil {
		candidates = append(candidates, filepath.Join(filepath.Dir(exe), "..", sample))
	}
	for _, c := range append(candidates, "/usr/share/bonafide/"+sample) {
		if _, err := os.Stat(c); err == nil {
			return c
		}
	}
	return "PICTURE.jpg"
}

// localAddress is the address as a client on this machine writes it.
func localAddress(a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return a.String()
	}
	return net.JoinHostPort("localhost", strconv.Itoa(tcp.Port))
}
