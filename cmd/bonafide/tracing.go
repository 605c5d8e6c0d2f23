package main

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"github.com/bonafide-pad/bonafide/internal/admission"
	"github.com/bonafide-pad/bonafide/internal/server"
	"github.com/bonafide-pad/bonafide/internal/tracing"
)

// openTracing starts tracing where the environment asks for it; it is nil otherwise.
func openTracing(ctx context.Context, log *slog.Logger) (*tracing.Tracing, error) {
	return tracing.Open(context.WithoutCancel(ctx), os.Getenv, productVersion(), log)
}

// lastTraces bounds how long a stop waits for spans to be sent.
const lastTraces = 5 * time.Second

// closeTracing sends what is left. A receiver that is gone does not make a stop fail.
func (a *assembly) closeTracing() {
	if a.tracing == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), lastTraces)
	defer cancel()
	if err := a.tracing.Shutdown(ctx); err != nil {
		a.log.Warn("stopping", "error", err)
	}
}

// traced makes spans of an analyser's waits and analyses.
func (a *assembly) traced(analyzer *admission.Analyzer) *admission.Analyzer {
	if a.tracing != nil {
		analyzer.Watch = a.tracing.Wait
		analyzer.Inner = &tracing.Analyzer{Inner: analyzer.Inner, Tracing: a.tracing}
	}
	return analyzer
}

// watchRequests makes spans of requests, but for those that ask only how the server is; nil where there are no traces.
func (a *assembly) watchRequests() func(*http.Request, string, string) (context.Context, []slog.Attr, func(int)) {
	if a.tracing == nil {
		return nil
	}
	return func(r *http.Request, method, route string) (context.Context, []slog.Attr, func(int)) {
		switch route {
		case "GET /healthz", "GET /readyz", "GET /metrics":
			return r.Context(), nil, func(int) {}
		}
		ctx, done := a.tracing.Request(r.Context(), propagation.HeaderCarrier(r.Header), method, route, server.RequestID(r.Context()))
		if id := tracing.ID(ctx); id != "" {
			return ctx, []slog.Attr{slog.String("trace", id)}, done
		}
		return ctx, nil, done
	}
}
