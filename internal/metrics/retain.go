package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/bonafide-pad/bonafide/internal/retain"
)

// WatchRetained shows how keeping pictures fares. It is called once, where pictures are kept.
func (m *Metrics) WatchRetained(stats func() retain.Stats) {
	for outcome, value := range map[string]func(retain.Stats) uint64{
		"written": func(s retain.Stats) uint64 { return s.Written },
		"dropped": func(s retain.Stats) uint64 { return s.Dropped },
		"expired": func(s retain.Stats) uint64 { return s.Expired },
	} {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "bonafide_retained_pictures_total", Help: "Pictures written, dropped for want of room or by a failing disk, and removed in time.",
			ConstLabels: prometheus.Labels{"outcome": outcome},
		}, func() float64 { return float64(value(stats())) }))
	}
	m.gauge("bonafide_retained_buffered_bytes", "Bytes of pictures waiting for a decision or to be written.", func() float64 { return float64(stats().Buffered) })
	m.gauge("bonafide_retained_bytes", "Bytes of kept pictures in the folder.", func() float64 { return float64(stats().Kept) })
}
