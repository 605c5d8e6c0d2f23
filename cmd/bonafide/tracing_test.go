package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/bonafide-pad/bonafide/internal/programtest"
)

// receiver takes traces by OTLP, as a collector does.
type receiver struct {
	collector.UnimplementedTraceServiceServer
	mu    sync.Mutex
	spans []*tracepb.Span
	about map[string]string // of the resource
}

// Export is OTLP over gRPC.
func (r *receiver) Export(_ context.Context, request *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.about = map[string]string{}
	for _, resource := range request.ResourceSpans {
		for _, a := range resource.Resource.Attributes {
			r.about[a.Key] = a.Value.GetStringValue()
		}
		for _, s := range resource.ScopeSpans {
			r.spans = append(r.spans, s.Spans...)
		}
	}
	return &collector.ExportTraceServiceResponse{}, nil
}

// ServeHTTP is OTLP over HTTP.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body := io.Reader(req.Body)
	if req.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body = unzipped
	}
	raw, err := io.ReadAll(body)
	var request collector.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(raw, &request)
	}
	if err != nil || req.URL.Path != "/v1/traces" {
		http.Error(w, "not OTLP", http.StatusBadRequest)
		return
	}
	_, _ = r.Export(req.Context(), &request) // it cannot fail
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// named are the spans with a name.
func (r *receiver) named(name string) []*tracepb.Span {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.spans), func(s *tracepb.Span) bool { return s.Name != name })
}

const (
	testTrace  = "4bf92f3577b34da6a3ce929d0e0e4736"
	testParent = "00f067aa0ba902b7"
)

// traced sends the test picture within a trace, stops the server and returns its log.
func traced(t *testing.T, binary, endpoint string) string {
	t.Helper()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
	p := startServer(t, binary)
	contentType, body := formBody(t, testPicture(t, "astronaut.jpg"))
	req, err := http.NewRequest(http.MethodPost, p.url+"/v1/liveness", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("X-Request-Id", "known")
	req.Header.Set("Traceparent", "00-"+testTrace+"-"+testParent+"-01")
	if status, body := read(t, req); status != http.StatusOK || !strings.Contains(body, `"decision"`) {
		t.Fatalf("status %d, %.300s", status, body)
	}
	if resp, err := http.Get(p.url + "/readyz"); err != nil || resp.Body.Close() != nil {
		t.Fatal(err)
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.wait(t); err != nil {
		t.Error(err)
	}
	return p.stderr.String()
}

func TestTraces(t *testing.T) {
	binary := programtest.Build(t)
	t.Run("over HTTP", func(t *testing.T) {
		r := &receiver{}
		web := httptest.NewServer(r)
		defer web.Close()
		t.Setenv("OTEL_SERVICE_NAME", "door")
		log := traced(t, binary, web.URL)
		if !strings.Contains(log, "trace="+testTrace) {
			t.Errorf("the log does not name the trace: %s", log)
		}
		testSpans(t, r)
	})
	t.Run("over gRPC", func(t *testing.T) {
		r := &receiver{}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		server := grpc.NewServer()
		collector.RegisterTraceServiceServer(server, r)
		go func() { _ = server.Serve(listener) }() // it ends with Stop
		defer server.Stop()
		t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
		t.Setenv("OTEL_SERVICE_NAME", "door")
		traced(t, binary, "http://"+listener.Addr().String())
		testSpans(t, r)
	})
	t.Run("a receiver that fails or hangs", func(t *testing.T) { testDeadReceiver(t, binary) })
	t.Run("off", func(t *testing.T) { testNoTraces(t, binary) })
}

func testSpans(t *testing.T, r *receiver) {
	t.Helper()
	if r.about["service.name"] != "door" || r.about["service.version"] == "" {
		t.Errorf("the service is %v", r.about)
	}
	requests, waits, analyses := r.named("POST /v1/liveness"), r.named("wait"), r.named("analyse")
	if len(requests) != 1 || len(waits) != 1 || len(analyses) != 1 || len(r.spans) < 10 {
		t.Fatalf("%d spans: %v", len(r.spans), r.spans)
	}
	request, analysis := requests[0], analyses[0]
	if hex.EncodeToString(request.TraceId) != testTrace || hex.EncodeToString(request.ParentSpanId) != testParent {
		t.Errorf("the request's span is %v", request)
	}
	if !bytes.Equal(waits[0].ParentSpanId, request.SpanId) || !bytes.Equal(analysis.ParentSpanId, request.SpanId) {
		t.Errorf("the wait is %v, the analysis %v", waits[0], analysis)
	}
	end := analysis.EndTimeUnixNano
	var last uint64
	for _, name := range []string{"decode", "detect", "pose", "occlusion", "eyes", "mouth", "quality", "liveness"} {
		stages := r.named(name)
		if len(stages) != 1 {
			t.Fatalf("%d spans of %s", len(stages), name)
		}
		s := stages[0]
		if !bytes.Equal(s.ParentSpanId, analysis.SpanId) || s.StartTimeUnixNano < analysis.StartTimeUnixNano || s.EndTimeUnixNano > end ||
			s.StartTimeUnixNano >= s.EndTimeUnixNano || s.EndTimeUnixNano < last {
			t.Errorf("the stage %s is %v, the one before ended at %d", name, s, last)
		}
		last = s.EndTimeUnixNano
	}
	// Nothing but this is told.
	var told []string
	for _, s := range r.spans {
		for _, a := range s.Attributes {
			told = append(told, a.Key+"="+strings.Trim(a.Value.String(), "{}"))
		}
	}
	slices.Sort(told)
	for i, want := range []string{
		"bonafide.faces=", "bonafide.request_id=", "http.request.method=", "http.response.status_code=", "http.route="} {
		if len(told) != 5 || !strings.HasPrefix(told[i], want) {
			t.Fatalf("attributes are %q", told)
		}
	}
	if !strings.Contains(told[1], `"known"`) || !strings.Contains(told[3], "200") {
		t.Errorf("attributes are %q", told)
	}
}

// testDeadReceiver: answers and the stop are as ever; traced sees to it.
func testDeadReceiver(t *testing.T, binary string) {
	hanging := make(chan struct{})
	for name, receive := range map[string]http.HandlerFunc{
		"fails": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusBadRequest) },
		"hangs": func(http.ResponseWriter, *http.Request) { <-hanging },
	} {
		t.Run(name, func(t *testing.T) {
			web := httptest.NewServer(receive)
			t.Cleanup(web.Close)
			if name == "hangs" {
				t.Cleanup(func() { close(hanging) })
			}
			if log := traced(t, binary, web.URL); !strings.Contains(log, "traces failed") && !strings.Contains(log, "the last traces") {
				t.Errorf("nothing is logged of it: %s", log)
			}
		})
	}
}

func testNoTraces(t *testing.T, binary string) {
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("it sent %s", r.URL) }))
	defer web.Close()
	for variable, value := range map[string]string{"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "none", "OTEL_TRACES_SAMPLER": "always_off"} {
		t.Run(variable, func(t *testing.T) {
			t.Setenv(variable, value)
			if log := traced(t, binary, web.URL); strings.Contains(log, "trace=") {
				t.Errorf("it made traces: %s", log)
			}
		})
	}
}
