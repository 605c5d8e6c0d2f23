package tracing

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/bonafide-pad/bonafide"
	"github.com/bonafide-pad/bonafide/internal/admission"
	"github.com/bonafide-pad/bonafide/internal/trace"
)

// Analyzer gives every analysis of Inner a span, and each of its stages one.
type Analyzer struct {
	Inner   admission.Analysis
	Tracing *Tracing
}

// Analyze returns what Inner does.
func (a *Analyzer) Analyze(ctx context.Context, picture []byte) (bonafide.Report, error) {
	ctx, span := a.Tracing.tracer.Start(ctx, "analyse")
	defer span.End()
	if span.IsRecording() {
		ctx = trace.With(ctx, trace.Trace{StageDone: func(stage string, took time.Duration) {
			now := time.Now()
			_, s := a.Tracing.tracer.Start(ctx, stage, oteltrace.WithTimestamp(now.Add(-took)))
			s.End(oteltrace.WithTimestamp(now))
		}})
	}
	report, err := a.Inner.Analyze(ctx, picture)
	if err != nil {
		span.SetStatus(codes.Error, string(bonafide.CodeOf(err))) // the error's text could tell of the picture
		return report, err
	}
	span.SetAttributes(attribute.Int("bonafide.faces", len(report.Faces)))
	return report, nil
}
