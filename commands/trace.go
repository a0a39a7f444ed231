package commands

import (
	"context"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/diaspora-match/diaspora/domain"
)

var tracer = otel.Tracer("github.com/diaspora-match/diaspora/commands")

func startSpan(ctx context.Context, action string) (context.Context, trace.Span) {
	return tracer.Start(ctx, "command "+action)
}

func endSpan(span trace.Span, r Result, err error) {
	if refusals := domain.AsRefusals(err); refusals != nil {
		span.SetAttributes(attribute.String("refusal", refusals[0].Code))
	} else if err != nil {
		span.SetStatus(codes.Error, "internal")
	}
	span.SetAttributes(attribute.Int64("position", int64(r.Position)))
	span.End()
}

// traceparent is the W3C text of the span in ctx, stored with each event so that
// the projections which it causes join the trace of the mutation.
func traceparent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier["traceparent"]
}

// Caused continues the trace that a stored traceparent names, so that what a
// process does joins the mutation that caused it. Without one, ctx is unchanged.
func Caused(ctx context.Context, traceparent string) context.Context {
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": traceparent})
}
