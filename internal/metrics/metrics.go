// Package metrics counts and measures what the server does, for Prometheus.
//
//	bonafide_requests_total{route,method,status}     requests answered; route is a pattern, "none" for unknown paths
//	bonafide_request_seconds{route}                  from the first byte to the end of the answer
//	bonafide_decisions_total{profile,decision}       live, spoof, cannot_assess: on a picture, or on a capture's frames
//	bonafide_liveness_score{profile}                 of every face: a drift of the distribution shows a changed input
//	bonafide_faces                                   faces in a picture
//	bonafide_stage_seconds{stage}                    decode, detect, … of one picture
//	bonafide_refused_pictures_total{code}            pictures that could not be analysed: bad_image, too_large, timeout, …
//	bonafide_queue_seconds                           waiting for a turn
//	bonafide_analyses_running, _waiting              now, beside …_limit
//	bonafide_upload_memory_bytes                     held by pictures, beside …_limit
//	bonafide_licence_status                          0: pictures are analysed; below 0: why not, as activationStatus
//	bonafide_licence_left_seconds                    until the licence expires; only with one that does
//	bonafide_licence_grace_left_seconds              until its grace is over; only with one that expires
//	bonafide_licence_pictures_today, …_limit         only with a limit
//	bonafide_audit_records_total{outcome}            audit records written and dropped; only with --audit, like the next two
//	bonafide_audit_buffered, _failing                not yet written; 1 while the store takes none
//	bonafide_retained_pictures_total{outcome}        pictures written, dropped and expired; only with --retain, like the next two
//	bonafide_retained_buffered_bytes, _bytes         not yet written; in the folder
//
// and Go's and the process's own. No label holds anything of a client or a picture.
package metrics

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/bonafide-pad/bonafide/internal/admission"
	"github.com/bonafide-pad/bonafide/internal/upload"
)

// Metrics holds what was counted and measured. It is safe for concurrent use.
type Metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	decisions *prometheus.CounterVec
	scores    *prometheus.HistogramVec
	faces     prometheus.Histogram
	stages    *prometheus.HistogramVec
	refused   *prometheus.CounterVec
	queued    prometheus.Histogram
}

// stageBuckets are from 0.1 ms to 1.6 s.
var stageBuckets = prometheus.ExponentialBuckets(0.0001, 4, 8)

// waitBuckets are from 1 ms to 33 s.
var waitBuckets = prometheus.ExponentialBuckets(0.001, 2, 16)

// New makes the metrics of a server of the given version.
func New(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bonafide_requests_total", Help: "Requests answered."}, []string{"route", "method", "status"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "bonafide_request_seconds", Help: "Time to answer a request.", Buckets: waitBuckets}, []string{"route"}),
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bonafide_decisions_total", Help: "Decisions on pictures, and on the frames of captures."}, []string{"profile", "decision"}),
		scores: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "bonafide_liveness_score", Help: "Liveness of faces, 0 (attack) to 1 (bona fide).",
			Buckets: []float64{.05, .1, .2, .3, .4, .5, .6, .7, .8, .9, .95, .99}}, []string{"profile"}),
		faces: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "bonafide_faces", Help: "Faces found in a picture.", Buckets: prometheus.LinearBuckets(0, 1, 11)}),
		stages: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "bonafide_stage_seconds", Help: "Time of one stage for one picture.", Buckets: stageBuckets}, []string{"stage"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bonafide_refused_pictures_total", Help: "Pictures that could not be analysed."}, []string{"code"}),
		queued: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "bonafide_queue_seconds", Help: "Waiting for a turn to be analysed.", Buckets: waitBuckets}),
	}
	built := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "bonafide_build_info", Help: "Always 1; the label has the version.", ConstLabels: prometheus.Labels{"version": version}})
	built.Set(1)
	m.registry.MustRegister(m.requests, m.durations, m.decisions, m.scores, m.faces, m.stages, m.refused, m.queued, built,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Gatherer gives the metrics out.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }

// Request counts a request that was answered.
func (m *Metrics) Request(route, method string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	m.durations.WithLabelValues(route).Observe(took.Seconds())
}

// Queued notes how long an analysis waited for its turn.
func (m *Metrics) Queued(waited time.Duration) { m.queued.Observe(waited.Seconds()) }

// WatchGate shows how busy gate is. It is called once.
func (m *Metrics) WatchGate(gate *admission.Gate) {
	for _, g := range []struct {
		name, help string
		value      func(admission.Load) int
	}{
		{"bonafide_analyses_running", "Analyses running now.", func(l admission.Load) int { return l.Running }},
		{"bonafide_analyses_running_limit", "Most analyses at once.", func(l admission.Load) int { return l.MostRunning }},
		{"bonafide_analyses_waiting", "Analyses waiting for a turn.", func(l admission.Load) int { return l.Waiting }},
		{"bonafide_analyses_waiting_limit", "Most analyses waiting.", func(l admission.Load) int { return l.MostWaiting }},
	} {
		m.gauge(g.name, g.help, func() float64 { return float64(g.value(gate.Load())) })
	}
}

// WatchMemory shows what pictures hold of memory. It is called once.
func (m *Metrics) WatchMemory(memory *upload.Memory) {
	m.gauge("bonafide_upload_memory_bytes", "Bytes held by pictures.", func() float64 {
		held, _ := memory.Held()
		return float64(held)
	})
	m.gauge("bonafide_upload_memory_bytes_limit", "Most bytes that pictures may hold.", func() float64 {
		_, most := memory.Held()
		return float64(most)
	})
}

func (m *Metrics) gauge(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
}
