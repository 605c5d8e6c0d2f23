package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/sync/errgroup"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/access"
	"github.com/bonafide-pad/bonafide/internal/activation"
	"github.com/bonafide-pad/bonafide/internal/admission"
	"github.com/bonafide-pad/bonafide/internal/faceplugin"
	"github.com/bonafide-pad/bonafide/internal/metrics"
	"github.com/bonafide-pad/bonafide/internal/server"
	"github.com/bonafide-pad/bonafide/internal/upload"
)

type serveCmd struct{ serveFlags }

// Help teaches what the flags don't say.
func (serveCmd) Help() string {
	return `Serves the API of docs/api-drop-in.md. SIGTERM or SIGINT stops it: it says that it is no longer ready (/readyz), answers what
it has begun and ends; a second signal ends it at once. SIGHUP makes it read the policy and the API keys again.`
}

// Run serves until a signal comes.
func (c serveCmd) Run(s *streams) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// With the first signal the default behaviour comes back, so that a second one ends the process.
	defer context.AfterFunc(ctx, stop)()
	return c.serve(ctx, s)
}

func (c serveCmd) serve(ctx context.Context, s *streams) (err error) {
	if err := c.validate(); err != nil {
		return err
	}
	log := c.logger(s.err)
	reload, err := c.openReloadable(log)
	if err != nil {
		return err
	}
	keeper, err := openKeeper(c.licenseFlags, c.stateFlags, true, log)
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
	servers, err := c.listen(reload, keeper, analyzer, profiles, log)
	if err != nil {
		return err
	}
	defer reload.onSIGHUP(s.args)()
	printTries(s.out, servers[0].Addr(), c.TLSCert != "")
	running, ctx := errgroup.WithContext(ctx)
	for _, server := range servers {
		running.Go(func() error { return server.Serve(ctx) })
	}
	return running.Wait()
}

// listen puts the APIs together and listens: first for clients, then, where it is wished, for the operator.
func (c serveCmd) listen(reload *reloadable, keeper *activation.Keeper, analyzer engine, all profiles, log *slog.Logger) ([]*server.Server, error) {
	gate, err := admission.NewGate(c.gateConfig())
	if err != nil {
		return nil, err
	}
	memory := upload.NewMemory(c.UploadMemory)
	m := c.watch(gate, memory, keeper)
	reference := &faceplugin.API{
		Analyzer: &admission.Analyzer{
			Gate: gate, Deadline: c.Deadline, Waited: m.Queued,
			Inner: &metrics.Analyzer{Inner: analyzer, Metrics: m, Policy: reload.Policy},
		},
		Policy:   reload.Policy,
		Uploads:  &upload.Reader{Bytes: c.MaxBytes, Memory: memory},
		Licence:  keeper,
		Networks: analyzer.Ready(),
		Log:      log,
	}
	config, err := c.serverConfig(log)
	if err != nil {
		return nil, err
	}
	config.Access, config.Observe = reload.guard, m.Request
	apis := []server.API{all.choosing(reference.Routes())}
	if c.AdminListen == "" {
		apis = append(apis, server.API{Routes: []server.Route{metricsRoute(m)}})
	}
	web, err := server.New(config, readiness(gate, keeper, analyzer), apis...)
	if err != nil {
		return nil, err
	}
	warnOpen(reload.guard, web.Addr(), log)
	if c.AdminListen == "" {
		return []*server.Server{web}, nil
	}
	admin, err := server.New(server.Config{Listen: c.AdminListen, Drain: c.Drain, DrainDelay: c.DrainDelay, Write: time.Minute, Log: log}, nil, adminAPI(m))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("--admin-listen: %w", err), web.Close())
	}
	return []*server.Server{web, admin}, nil
}

// watch makes the metrics of the server's parts.
func (c serveCmd) watch(gate *admission.Gate, memory *upload.Memory, keeper *activation.Keeper) *metrics.Metrics {
	m := metrics.New(productVersion())
	m.WatchGate(gate)
	m.WatchMemory(memory)
	m.WatchLicence(keeper.State)
	return m
}

// readiness is what must be right before requests should come.
func readiness(gate *admission.Gate, keeper *activation.Keeper, analyzer engine) []server.Check {
	return []server.Check{
		{Name: "queue", Ready: gate.Ready},
		{Name: "licence", Ready: keeper.Permit},
		{Name: "networks", Ready: analyzer.Ready},
	}
}

func metricsRoute(m *metrics.Metrics) server.Route {
	handler := promhttp.HandlerFor(m.Gatherer(), promhttp.HandlerOpts{})
	return server.Route{Pattern: "GET /metrics", Scope: access.Admin, Handler: handler}
}

// adminAPI is what the operator's address serves.
func adminAPI(m *metrics.Metrics) server.API {
	return server.API{Routes: []server.Route{
		metricsRoute(m),
		{Pattern: "GET /debug/pprof/", Scope: access.Admin, Handler: http.HandlerFunc(pprof.Index)},
		{Pattern: "GET /debug/pprof/profile", Scope: access.Admin, Handler: http.HandlerFunc(pprof.Profile)},
		{Pattern: "GET /debug/pprof/trace", Scope: access.Admin, Handler: http.HandlerFunc(pprof.Trace)},
	}}
}

// warnOpen warns when everybody who reaches the server may use it.
func warnOpen(guard *access.Guard, address net.Addr, log *slog.Logger) {
	tcp, ok := address.(*net.TCPAddr)
	if ok && tcp.IP.IsLoopback() || !guard.Open() {
		return
	}
	log.Warn("ANYBODY WHO REACHES THIS ADDRESS MAY USE THE SERVER: there is no API key; make one with «bonafide keys add NAME», or listen on 127.0.0.1",
		"address", address.String())
}

// reloadable is what SIGHUP changes.
type reloadable struct {
	guard  *access.Guard
	keys   access.Store
	policy policyBox
	log    *slog.Logger
}

// openReloadable reads policy and keys for the first time.
func (c serveCmd) openReloadable(log *slog.Logger) (*reloadable, error) {
	store, err := c.keys()
	if err != nil {
		return nil, err
	}
	r := &reloadable{guard: access.NewGuard(nil), keys: store, log: log}
	return r, r.load(c.serveFlags)
}

// Policy is the policy in force.
func (r *reloadable) Policy() bonafide.Policy { return r.policy.get() }

// load puts the policy of flags and the keys of the keys file in force, or neither.
func (r *reloadable) load(flags serveFlags) error {
	policy, err := flags.policy()
	if err != nil {
		return err
	}
	keys, err := r.keys.Load()
	if err != nil {
		return err
	}
	r.policy.set(policy)
	r.guard.Reload(keys)
	return nil
}
