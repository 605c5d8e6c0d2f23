// Package tracing sends OpenTelemetry traces of what the server does, where the standard variables ask for it.
//
//	POST /v1/liveness              a request; bonafide.request_id, http.route, http.response.status_code
//	├─ wait                        for its turn
//	└─ analyse                     one picture; bonafide.faces
//	   ├─ decode, detect, pose, …  its stages, those of each face anew
//
// A traceparent that a request brings is continued. No span holds an address, a header, a file name, a score or anything else of a
// picture or a person.
//
// # The promise
//
// Tracing never makes an answer wait or fail: spans go to a bounded queue (OTEL_BSP_MAX_QUEUE_SIZE) and are dropped when it is full; a
// receiver that is gone is logged. Where the variables ask for no traces, Open returns nil, and the server is assembled as if
// there were no such package.
package tracing

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// scope names this program's spans among those of libraries.
const scope = "github.com/bonafide-pad/bonafide"

// Tracing makes spans and sends them. It is safe for concurrent use.
type Tracing struct {
	provider   *sdktrace.TracerProvider
	tracer     trace.Tracer
	propagator propagation.TextMapPropagator
}

// Open starts tracing as the environment asks for; it returns nil where it asks for none. version is the program's. Shutdown must be called.
func Open(ctx context.Context, env Environment, version string, log *slog.Logger) (*Tracing, error) {
	plan, err := env.plan()
	if err != nil || !plan.on {
		return nil, err
	}
	// What exporters complain of has no other way out; what they can't use of the environment would go to standard error in a form of its own.
	otel.SetLogger(logr.FromSlogHandler(log.Handler()))
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("sending traces failed", "error", err) }))
	about, err := resource.New(ctx, resource.WithTelemetrySDK(),
		resource.WithAttributes(attribute.String("service.name", "bonafide"), attribute.String("service.version", version)),
		resource.WithFromEnv()) // the last one counts
	if err != nil {
		return nil, fmt.Errorf("tracing: OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	exporter, err := plan.exporter(ctx)
	if err != nil {
		return nil, fmt.Errorf("tracing: %w", err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(about))
	log.Info("traces are sent", "exporter", plan.name, "protocol", plan.protocol)
	return &Tracing{provider: provider, tracer: provider.Tracer(scope, trace.WithInstrumentationVersion(version)), propagator: propagation.TraceContext{}}, nil
}

// Shutdown sends what is left, until ctx ends.
func (t *Tracing) Shutdown(ctx context.Context) error {
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("sending the last traces: %w", err)
	}
	return nil
}

// Request begins the span of a request to a route, which continues the trace that header names, if it does. done ends it with the
// status that was answered.
func (t *Tracing) Request(ctx context.Context, header propagation.HeaderCarrier, method, route, id string) (spanned context.Context, done func(status int)) {
	ctx = t.propagator.Extract(ctx, header)
	ctx, span := t.tracer.Start(ctx, route, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("http.request.method", method), attribute.String("http.route", route), attribute.String("bonafide.request_id", id)))
	return ctx, func(status int) {
		const serverFault = 500
		span.SetAttributes(attribute.Int("http.response.status_code", status))
		if status >= serverFault {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

// Wait begins the span of waiting for a turn; done ends it.
func (t *Tracing) Wait(ctx context.Context) (done func(error)) {
	_, span := t.tracer.Start(ctx, "wait")
	return func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, "no turn")
		}
		span.End()
	}
}

// ID is the trace that ctx belongs to, in hex; "" for none, or none that is sent.
func ID(ctx context.Context) string {
	span := trace.SpanContextFromContext(ctx)
	if !span.IsSampled() {
		return ""
	}
	return span.TraceID().String()
}
