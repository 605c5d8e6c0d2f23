package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/activation"
	"github.com/bonafide-pad/bonafide/internal/admission"
	"github.com/bonafide-pad/bonafide/internal/audit"
	"github.com/bonafide-pad/bonafide/internal/metrics"
	"github.com/bonafide-pad/bonafide/internal/upload"
	"github.com/bonafide-pad/bonafide/license"
)

// analysis answers with what a test needs.
type analysis struct {
	report bonafide.Report
	err    error
}

func (a analysis) Analyze(context.Context, []byte) (bonafide.Report, error) { return a.report, a.err }

func scrape(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	families, err := m.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&text, f); err != nil {
			t.Fatal(err)
		}
	}
	return text.String()
}

func TestMetricsShowWhatHappenedAndPassTheLinter(t *testing.T) {
	m := metrics.New("v1")
	gate, err := admission.NewGate(admission.Config{Running: 3, Waiting: 7})
	if err != nil {
		t.Fatal(err)
	}
	leave, err := gate.Enter(t.Context(), "", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer leave(true)
	m.WatchGate(gate)
	m.WatchMemory(upload.NewMemory(99))
	m.WatchLicence(func() activation.State {
		l := license.License{Expires: time.Now().Add(-time.Hour), GraceDays: 1, Limits: license.Limits{RequestsPerDay: 5}}
		return activation.State{Enforced: true, License: l, Grace: true, RequestsToday: 3}
	})
	m.Request("POST /x", "POST", 200, time.Millisecond)
	m.Queued(time.Millisecond)
	face := bonafide.Report{Faces: []bonafide.Face{{Liveness: 0.93}}, Timings: []bonafide.Timing{{Stage: "detect", Duration: time.Millisecond}}}
	broken := &bonafide.Error{Code: bonafide.CodeBadImage, Err: errors.New("broken")}
	late := &bonafide.Error{Code: bonafide.CodeCanceled, Err: fmt.Errorf("pose: %w", context.DeadlineExceeded)}
	gone := &bonafide.Error{Code: bonafide.CodeCanceled, Err: fmt.Errorf("pose: %w", context.Canceled)}
	profiled := metrics.WithProfile(t.Context(), "p")
	for _, inner := range []analysis{{report: face}, {report: bonafide.Report{}}, {err: broken}, {err: &activation.QuotaError{}}, {err: late}, {err: gone}} {
		a := metrics.Analyzer{Inner: inner, Metrics: m}
		if _, err := a.Analyze(profiled, nil); !errors.Is(err, inner.err) {
			t.Errorf("error %v, wanted is %v", err, inner.err)
		}
	}
	m.Decided(profiled, audit.Decision{Outcome: "live"})
	m.Decided(t.Context(), audit.Decision{Outcome: "cannot_assess"})
	text := scrape(t, m)
	for _, want := range []string{
		`bonafide_requests_total{method="POST",route="POST /x",status="200"} 1`,
		`bonafide_request_seconds_count{route="POST /x"} 1`,
		`bonafide_decisions_total{decision="live",profile="p"} 1`,
		`bonafide_decisions_total{decision="cannot_assess",profile="default"} 1`,
		`bonafide_liveness_score_bucket{profile="p",le="0.95"} 1`,
		`bonafide_liveness_score_count{profile="p"} 1`,
		`bonafide_faces_count 2`,
		`bonafide_stage_seconds_count{stage="detect"} 1`,
		`bonafide_refused_pictures_total{code="bad_image"} 1`, `bonafide_refused_pictures_total{code="timeout"} 1`, `bonafide_refused_pictures_total{code="canceled"} 1`,
		`bonafide_queue_seconds_count 1`,
		`bonafide_analyses_running 1`, `bonafide_analyses_running_limit 3`, `bonafide_analyses_waiting 0`, `bonafide_analyses_waiting_limit 7`,
		`bonafide_upload_memory_bytes 0`, `bonafide_upload_memory_bytes_limit 99`,
		`bonafide_licence_status 0`, `bonafide_licence_left_seconds 0`, `bonafide_licence_grace_left_seconds 82`,
		`bonafide_licence_pictures_today 3`, `bonafide_licence_pictures_today_limit 5`, `bonafide_refused_pictures_total{code="quota"} 1`,
		`bonafide_build_info{version="v1"} 1`, `go_goroutines`, `process_resident_memory_bytes`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("the linter says %v, error %v", problems, err)
	}
}

func TestALicenceOfCenturiesIsShownWhole(t *testing.T) {
	m := metrics.New("v1")
	m.WatchLicence(func() activation.State {
		return activation.State{License: license.License{Expires: time.Now().AddDate(1000, 0, 0)}}
	})
	if text := scrape(t, m); !strings.Contains(text, "\nbonafide_licence_left_seconds 3.155") {
		t.Errorf("a thousand years are not 3.155… · 10¹⁰ seconds:\n%s", text)
	}
}

func TestWithoutALicenceThereIsOnlyItsStatus(t *testing.T) {
	m := metrics.New("v1")
	m.WatchLicence(func() activation.State { return activation.State{Enforced: true, Status: activation.NotActivated} })
	if text := scrape(t, m); !strings.Contains(text, "bonafide_licence_status -4\n") || strings.Count(text, "\nbonafide_licence") != 1 {
		t.Errorf("of a licence that is not there the metrics show:\n%s", text)
	}
}
