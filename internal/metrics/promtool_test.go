package metrics_test

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/bonafide-pad/bonafide/internal/admission"
	"github.com/bonafide-pad/bonafide/internal/metrics"
	"github.com/bonafide-pad/bonafide/internal/upload"
)

// TestPromtoolHasNothingToObject lets Prometheus's own linter read what the server gives out.
func TestPromtoolHasNothingToObject(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed (on Debian: apt-get install prometheus)")
	}
	gate, err := admission.NewGate(admission.Config{})
	if err != nil {
		t.Fatal(err)
	}
	m := metrics.New("1.0")
	m.WatchGate(gate)
	m.WatchMemory(upload.NewMemory(1 << 20))
	m.Request("POST /v1/liveness", http.MethodPost, http.StatusOK, time.Millisecond)
	m.Queued(time.Millisecond)
	page := httptest.NewRecorder()
	promhttp.HandlerFor(m.Gatherer(), promhttp.HandlerOpts{}).ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	check := exec.CommandContext(t.Context(), promtool, "check", "metrics")
	check.Stdin = page.Body
	if output, err := check.CombinedOutput(); err != nil {
		t.Errorf("promtool: %v: %s", err, output)
	}
}
