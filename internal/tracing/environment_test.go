package tracing

import (
	"bytes"
	"log/slog"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestEnvironment(t *testing.T) {
	for name, c := range map[string]struct {
		env   map[string]string
		want  plan
		wrong string // what the error names, "" for none
	}{
		"nothing set":         {nil, plan{protocol: protobuf}, ""},
		"an endpoint":         {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, plan{true, otlp, protobuf}, ""},
		"one for traces":      {map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://x:1/v1/traces"}, plan{true, otlp, protobuf}, ""},
		"an exporter":         {map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, plan{true, otlp, protobuf}, ""},
		"the console":         {map[string]string{"OTEL_TRACES_EXPORTER": "console"}, plan{true, console, protobuf}, ""},
		"gRPC":                {map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, plan{true, otlp, grpc}, ""},
		"gRPC but for traces": {map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf"}, plan{true, otlp, protobuf}, ""},
		"none":                {map[string]string{"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x:1"}, plan{false, none, protobuf}, ""},
		"disabled":            {map[string]string{"OTEL_SDK_DISABLED": "TRUE", "OTEL_TRACES_EXPORTER": "wrong"}, plan{}, ""},
		"unknown exporter":    {map[string]string{"OTEL_TRACES_EXPORTER": "jaeger"}, plan{}, `OTEL_TRACES_EXPORTER is "jaeger", allowed are otlp, console, none`},
		"unknown protocol":    {map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/json"}, plan{}, `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL is "http/json"`},
		"unknown sampler":     {map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_TRACES_SAMPLER": "some"}, plan{}, `OTEL_TRACES_SAMPLER is "some"`},
		"a ratio":             {map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25"}, plan{true, otlp, protobuf}, ""},
		"an unused ratio":     {map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_TRACES_SAMPLER_ARG": "abc"}, plan{true, otlp, protobuf}, ""},
		"no ratio":            {map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "abc"}, plan{}, `OTEL_TRACES_SAMPLER_ARG is "abc", allowed is 0 to 1`},
		"too large a ratio":   {map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "1.5"}, plan{}, `OTEL_TRACES_SAMPLER_ARG is "1.5"`},
		"no URL":              {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}, plan{}, `OTEL_EXPORTER_OTLP_ENDPOINT is "collector:4318"`},
	} {
		env := Environment(func(name string) string { return c.env[name] })
		got, err := env.plan()
		if c.wrong == "" && err != nil || c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)) {
			t.Errorf("%s: error %v, wanted is %q", name, err, c.wrong)
		}
		if got != c.want {
			t.Errorf("%s: %+v, wanted is %+v", name, got, c.want)
		}
	}
}

// TestWhatCannotBeUsedIsInTheLog: in its form and not in OpenTelemetry's own.
func TestWhatCannotBeUsedIsInTheLog(t *testing.T) {
	t.Setenv("OTEL_TRACES_EXPORTER", "otlp")
	t.Setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", "/no/such/file")
	var log bytes.Buffer
	tracing, err := Open(t.Context(), os.Getenv, "test", slog.New(slog.NewJSONHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if err := tracing.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), `"open /no/such/file: no such file or directory"`) {
		t.Errorf("the log has no word of the certificate that isn't there:\n%s", &log)
	}
}

// What can't be used is found before anything runs that nobody would end.
func TestNothingIsLeftRunningWhereAttributesCannotBeUsed(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	t.Setenv("OTEL_TRACES_EXPORTER", "otlp")
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", grpc)
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "novalue")
	if _, err := Open(t.Context(), os.Getenv, "test", slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "OTEL_RESOURCE_ATTRIBUTES") {
		t.Errorf("error %v, wanted is one that names OTEL_RESOURCE_ATTRIBUTES", err)
	}
}
