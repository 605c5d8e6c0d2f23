package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/bonafide-pad/bonafide/internal/audit"
)

// WatchAudit shows how the record of decisions fares. It is called once, where there is such a record.
func (m *Metrics) WatchAudit(stats func() audit.Stats) {
	for outcome, value := range map[string]func(audit.Stats) uint64{
		"written": func(s audit.Stats) uint64 { return s.Written },
		"dropped": func(s audit.Stats) uint64 { return s.Dropped },
	} {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "bonafide_audit_records_total", Help: "Audit records written, and dropped because the buffer was full.",
			ConstLabels: prometheus.Labels{"outcome": outcome},
		}, func() float64 { return float64(value(stats())) }))
	}
	m.gauge("bonafide_audit_buffered", "Audit records not yet written.", func() float64 { return float64(stats().Buffered) })
	m.gauge("bonafide_audit_failing", "1 while the audit store takes no records.", func() float64 {
		if stats().Failing {
			return 1
		}
		return 0
	})
}
