package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/bonafide-pad/bonafide/internal/access"
	"github.com/bonafide-pad/bonafide/internal/activation"
	"github.com/bonafide-pad/bonafide/internal/admission"
	"github.com/bonafide-pad/bonafide/internal/apiv1"
	"github.com/bonafide-pad/bonafide/internal/faceplugin"
	"github.com/bonafide-pad/bonafide/internal/metrics"
	"github.com/bonafide-pad/bonafide/internal/retain"
	"github.com/bonafide-pad/bonafide/internal/server"
	"github.com/bonafide-pad/bonafide/internal/tracing"
	"github.com/bonafide-pad/bonafide/internal/upload"
)

// assembly holds the parts of the server that its APIs share.
type assembly struct {
	serveFlags
	reload   *reloadable
	keeper   *activation.Keeper
	analyzer engine
	gate     *admission.Gate
	uploads  *upload.Reader
	metrics  *metrics.Metrics
	audit    *auditing
	retained *retain.Keeper   // nil for none
	tracing  *tracing.Tracing // nil for none
	log      *slog.Logger
}

func (f serveFlags) assemble(reload *reloadable, keeper *activation.Keeper, analyzer engine, log *slog.Logger) (*assembly, error) {
	gate, err := admission.NewGate(f.gateConfig())
	if err != nil {
		return nil, err
	}
	memory := upload.NewSharedMemory(f.UploadMemory, upload.Share(f.UploadMemory, f.MaxBytes))
	m := metrics.New(productVersion())
	m.WatchGate(gate)
	m.WatchMemory(memory)
	m.WatchLicence(keeper.State)
	return &assembly{
		serveFlags: f, reload: reload, keeper: keeper, analyzer: analyzer, gate: gate,
		uploads: &upload.Reader{Bytes: f.MaxBytes, Memory: memory}, metrics: m, log: log,
	}, nil
}

// admitted is the analyser behind the gate, the licence and the metrics.
func (a *assembly) admitted(p patience) *admission.Analyzer {
	return a.traced(a.holding(&admission.Analyzer{
		Turns: admission.Turns{Gate: a.gate, Patience: time.Duration(p), Deadline: a.Deadline, Waited: a.metrics.Queued},
		Inner: &metrics.Analyzer{Inner: a.analyzer, Metrics: a.metrics},
	}))
}

// reference is the reference system's API.
func (a *assembly) reference() server.API {
	api := &faceplugin.API{
		Analyzer: a.admitted(a.Patience),
		Policy:   a.reload.Policy,
		Uploads:  a.uploads,
		Licence:  a.keeper,
		Networks: a.analyzer.Ready(),
		Decided:  a.decided,
		Log:      a.log,
	}
	return a.retaining(a.audit.noting(choosing(a.reload.Profiles, api.Routes())))
}

// native is bonafide's own API.
func (a *assembly) native() server.API {
	api := &apiv1.API{
		Analyzer:       a.admitted(a.Patience),
		Single:         a.admitted(a.NativePatience),
		Turn:           admission.Turns{Gate: a.gate, Patience: time.Duration(a.Patience), Deadline: a.Deadline}.Do,
		Policies:       a.reload.Policies,
		AllowOverrides: a.reload.Overrides,
		Uploads:        a.uploads,
		Limits:         a.config().Limits,
		Permit:         a.keeper.Permit,
		Reported:       func(found int) int { return a.keeper.State().Faces(found) },
		Models:         a.analyzer.models(),
		Version:        productVersion(),
		Parallel:       a.gate.Load().MostRunning,
		Decided:        a.decided,
		KeepsNothing:   a.retained == nil,
		Log:            a.log,
	}
	return a.retaining(a.audit.noting(choosing(a.reload.Profiles, api.Routes())))
}

// listen listens: first for clients, then, where it is wished, for the operator.
func (a *assembly) listen() ([]*server.Server, error) {
	config, err := a.serverConfig(a.log)
	if err != nil {
		return nil, err
	}
	config.Access, config.Observe, config.Watch = a.reload.guard, a.metrics.Request, a.watchRequests()
	site, err := a.site()
	if err != nil {
		return nil, err
	}
	apis := []server.API{a.reference(), a.native(), site}
	if a.AdminListen == "" {
		apis = append(apis, server.API{Routes: []server.Route{metricsRoute(a.metrics)}})
	}
	web, err := server.New(config, a.readiness(), apis...)
	if err != nil {
		return nil, err
	}
	warnOpen(a.reload.guard, web.Addr(), a.log)
	if a.AdminListen == "" {
		return []*server.Server{web}, nil
	}
	admin, err := server.New(a.adminConfig(a.log), nil, adminAPI(a.metrics))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("--admin-listen: %w", err), web.Close())
	}
	return []*server.Server{web, admin}, nil
}

// readiness is what must be right before requests should come.
func (a *assembly) readiness() []server.Check {
	return []server.Check{
		{Name: "queue", Ready: a.gate.Ready},
		{Name: "licence", Ready: a.keeper.Permit},
		{Name: "networks", Ready: a.analyzer.Ready},
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

// close writes what the record, the kept pictures and the traces still hold, all at once: a stop takes at most the drain for it.
func (a *assembly) close() error {
	var audited, retained error
	var all sync.WaitGroup
	all.Go(a.closeTracing)
	all.Go(func() { audited = a.audit.close(a.Drain) })
	all.Go(func() { retained = a.closeRetained() })
	all.Wait()
	return errors.Join(audited, retained)
}
