package platform_test

import (
	"bytes"
	"slices"
	"testing"

	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/programme"
)

// The projection of a mutation's event is linked to the mutation's own trace.
func TestProjectionJoinsTheTraceOfItsMutation(t *testing.T) {
	recorder := tracetest.NewSpanRecorder()
	before := otel.GetTracerProvider()
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder)))
	defer otel.SetTracerProvider(before)
	r := start(t, t.TempDir(), &bytes.Buffer{})
	id := domain.ProgrammeID(uuid.NewString())
	at := do(t, r, &programme.Aggregate, string(id), programme.Command(programme.Open{
		Stamp: stamp("10000000-0000-4000-8000-000000000001", domain.RoleAdministrator), Programme: id, Name: "Traced"}))
	if err := r.Views.WaitFor(t.Context(), at); err != nil {
		t.Fatal(err)
	}
	r.end(t) // every span has ended

	spans := recorder.Ended()
	command := slices.IndexFunc(spans, func(s sdktrace.ReadOnlySpan) bool { return s.Name() == "command programme.Open" })
	if command < 0 {
		t.Fatal("the mutation has no span")
	}
	for _, s := range spans {
		if s.Name() != "project views" {
			continue
		}
		for _, link := range s.Links() {
			if link.SpanContext.TraceID() == spans[command].SpanContext().TraceID() {
				return
			}
		}
	}
	t.Fatal("no projection is linked to the mutation's trace")
}
