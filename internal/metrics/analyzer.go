package metrics

import (
	"context"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/admission"
	"github.com/bonafide-pad/bonafide/internal/audit"
)

// Analyzer measures every analysis of Inner.
type Analyzer struct {
	Inner   admission.Analysis
	Metrics *Metrics
}

// Analyze returns what Inner does.
func (a *Analyzer) Analyze(ctx context.Context, picture []byte) (bonafide.Report, error) {
	report, err := a.Inner.Analyze(ctx, picture)
	m := a.Metrics
	if err != nil {
		m.refused.WithLabelValues(refusalCode(err)).Inc()
		return report, err
	}
	profile := profileFrom(ctx)
	m.faces.Observe(float64(len(report.Faces)))
	for _, t := range report.Timings {
		m.stages.WithLabelValues(t.Stage).Observe(t.Duration.Seconds())
	}
	for _, f := range report.Faces {
		m.scores.WithLabelValues(profile).Observe(f.Liveness)
	}
	return report, nil
}

// Decided counts a decision on a request with the context ctx.
func (m *Metrics) Decided(ctx context.Context, d audit.Decision) {
	m.decisions.WithLabelValues(profileFrom(ctx), d.Outcome).Inc()
}

type profileKey struct{}

// WithProfile returns a context for an analysis whose scores and decisions are counted under the name of a profile.
func WithProfile(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, profileKey{}, name)
}

func profileFrom(ctx context.Context) string {
	if name, ok := ctx.Value(profileKey{}).(string); ok {
		return name
	}
	return "default"
}
