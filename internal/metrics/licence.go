package metrics

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/activation"
)

// WatchLicence shows the machine's licence. It is called once.
func (m *Metrics) WatchLicence(state func() activation.State) {
	m.registry.MustRegister(licence(state))
}

// licence is a collector of gauges, of which those without meaning for the state are left out.
type licence func() activation.State

var (
	licenceStatus = licenceDesc("status", "0 while pictures are analysed, below 0 why they are not: -1 unreadable, -2 another machine, -3 expired, -4 not activated.")
	licenceLeft   = licenceDesc("left_seconds", "Time until the licence expires; 0 afterwards.")
	licenceGrace  = licenceDesc("grace_left_seconds", "Time until the licence's grace period is over; 0 afterwards.")
	licenceToday  = licenceDesc("pictures_today", "Pictures counted against the licence since midnight, UTC.")
	licenceLimit  = licenceDesc("pictures_today_limit", "Most pictures a day that the licence allows.")
)

func licenceDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("bonafide_licence_"+name, help, nil, nil)
}

func (licence) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{licenceStatus, licenceLeft, licenceGrace, licenceToday, licenceLimit} {
		descs <- d
	}
}

func (state licence) Collect(metrics chan<- prometheus.Metric) {
	s := state()
	show := func(d *prometheus.Desc, value float64) {
		metrics <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value)
	}
	show(licenceStatus, float64(s.Status))
	if !s.License.Expires.IsZero() {
		show(licenceLeft, secondsUntil(s.License.Expires))
		show(licenceGrace, secondsUntil(s.License.Ends()))
	}
	if limit := s.License.Limits.RequestsPerDay; limit > 0 {
		show(licenceToday, float64(s.RequestsToday))
		show(licenceLimit, float64(limit))
	}
}

// secondsUntil is 0 once t is over. A time.Duration would hold no more than 292 years.
func secondsUntil(t time.Time) float64 {
	return float64(max(0, t.Unix()-time.Now().Unix()))
}

// refusalCode is the code under which a picture that was not analysed is counted, as the APIs answer it: that of the domain, of the licence, or
// timeout.
func refusalCode(err error) string {
	var refusal *activation.RefusalError
	var quota *activation.QuotaError
	switch {
	case errors.As(err, &refusal):
		return "not_activated"
	case errors.As(err, &quota):
		return "quota"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	}
	return string(bonafide.CodeOf(err))
}
