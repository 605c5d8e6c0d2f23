package tracing

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Environment gives the value of a variable, "" for one that isn't set; os.Getenv is one. What is not looked at here (headers,
// certificates, timeouts, the batch's bounds) is read by OpenTelemetry's own packages from the process's environment.
type Environment func(name string) string

// Validate names the first variable whose value cannot be used, and what is allowed.
func (env Environment) Validate() error {
	_, err := env.plan()
	return err
}

const (
	otlp, console, none = "otlp", "console", "none"
	protobuf, grpc      = "http/protobuf", "grpc"
)

var samplers = []string{"always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"}

// plan is what the variables ask for.
type plan struct {
	on             bool
	name, protocol string
}

func (env Environment) plan() (plan, error) {
	if strings.EqualFold(env("OTEL_SDK_DISABLED"), "true") {
		return plan{}, nil
	}
	// Variables with this suffix mean traces alone and go first.
	of := func(prefix, suffix string) (name, value string) {
		if v := env(prefix + "TRACES_" + suffix); v != "" {
			return prefix + "TRACES_" + suffix, v
		}
		return prefix + suffix, env(prefix + suffix)
	}
	endpointName, endpoint := of("OTEL_EXPORTER_OTLP_", "ENDPOINT")
	protocolName, protocol := of("OTEL_EXPORTER_OTLP_", "PROTOCOL")
	p := plan{name: env("OTEL_TRACES_EXPORTER"), protocol: cmp.Or(protocol, protobuf)}
	if p.name == "" && endpoint != "" {
		p.name = otlp
	}
	p.on = p.name != "" && p.name != none
	if !p.on {
		return p, nil
	}
	for _, check := range []struct {
		name, value string
		allowed     []string
	}{
		{"OTEL_TRACES_EXPORTER", p.name, []string{otlp, console, none}},
		{protocolName, p.protocol, []string{protobuf, grpc}},
		{"OTEL_TRACES_SAMPLER", cmp.Or(env("OTEL_TRACES_SAMPLER"), samplers[0]), samplers},
	} {
		if !slices.Contains(check.allowed, check.value) {
			return plan{}, fmt.Errorf("tracing: %s is %q, allowed are %s", check.name, check.value, strings.Join(check.allowed, ", "))
		}
	}
	if u, err := url.Parse(endpoint); endpoint != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return plan{}, fmt.Errorf("tracing: %s is %q, wanted is http://HOST:PORT or https://HOST:PORT", endpointName, endpoint)
	}
	if err := env.checkRatio(); err != nil {
		return plan{}, err
	}
	return p, nil
}

// checkRatio looks at what the samplers by ratio take; 1 where it isn't set.
func (env Environment) checkRatio() error {
	const name = "OTEL_TRACES_SAMPLER_ARG"
	value := env(name)
	if value == "" || !strings.HasSuffix(env("OTEL_TRACES_SAMPLER"), "traceidratio") {
		return nil
	}
	if ratio, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err != nil || !(ratio >= 0 && ratio <= 1) {
		return fmt.Errorf("tracing: %s is %q, allowed is 0 to 1", name, value)
	}
	return nil
}

func (p plan) exporter(ctx context.Context) (sdktrace.SpanExporter, error) {
	switch {
	case p.name == console:
		return stdouttrace.New()
	case p.protocol == grpc:
		return otlptracegrpc.New(ctx)
	default:
		return otlptracehttp.New(ctx)
	}
}
