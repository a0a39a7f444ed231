package observe

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

const (
	// tracerName is the instrumentation scope of every span.
	tracerName = "github.com/diaspora-match/diaspora"
	// spanQueueMax bounds the spans that wait for export; later ones are dropped.
	spanQueueMax = 2048
	// exportTimeout bounds one export.
	exportTimeout = 5 * time.Second
)

// TraceConfig says where traces go. With no endpoint nothing is exported, yet
// trace ids are made all the same, so that the events that a mutation stores
// name their trace.
type TraceConfig struct {
	Endpoint string // OTLP/HTTP base URL, "http://127.0.0.1:4318"; empty exports nothing
	Service  string // service.name; empty is "diaspora"
	Version  string // service.version
	// SampleRatio of root spans in 0..1; 0 with an endpoint means 1. A parent's
	// decision is followed.
	SampleRatio float64
}

// SetupTracing installs the tracer provider of the process and returns the
// function that flushes and ends it. It reaches no network by itself: an
// endpoint that is away costs dropped spans, never a request.
func SetupTracing(ctx context.Context, cfg TraceConfig) (shutdown func(context.Context) error, err error) {
	provider, err := newProvider(ctx, cfg)
	if err != nil {
		return nil, err
	}
	otel.SetTracerProvider(provider)
	return provider.Shutdown, nil
}

func newProvider(ctx context.Context, cfg TraceConfig) (*sdktrace.TracerProvider, error) {
	if cfg.Service == "" {
		cfg.Service = "diaspora"
	}
	opts := []sdktrace.TracerProviderOption{sdktrace.WithResource(resource.NewSchemaless(
		attribute.String("service.name", cfg.Service), attribute.String("service.version", cfg.Version)))}
	if cfg.Endpoint == "" {
		return sdktrace.NewTracerProvider(append(opts, sdktrace.WithSampler(sdktrace.NeverSample()))...), nil
	}
	if cfg.SampleRatio < 0 || cfg.SampleRatio > 1 {
		return nil, errors.New("observe: the sample ratio is outside 0 to 1")
	}
	if cfg.SampleRatio == 0 {
		cfg.SampleRatio = 1
	}
	endpoint, err := url.JoinPath(cfg.Endpoint, "v1", "traces")
	if err != nil {
		return nil, fmt.Errorf("observe: trace endpoint: %w", err)
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint),
		otlptracehttp.WithTimeout(exportTimeout))
	if err != nil {
		return nil, fmt.Errorf("observe: trace exporter: %w", err)
	}
	return sdktrace.NewTracerProvider(append(opts,
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(cfg.SampleRatio))),
		sdktrace.WithBatcher(exporter, sdktrace.WithMaxQueueSize(spanQueueMax), sdktrace.WithExportTimeout(exportTimeout)),
	)...), nil
}

// StartSpan starts a span named after what the code does ("need.Submit",
// "project needs"), never after input. End it with EndSpan.
func StartSpan(ctx context.Context, name string, attrs ...attribute.KeyValue) (context.Context, trace.Span) {
	return otel.Tracer(tracerName).Start(ctx, name, trace.WithAttributes(attrs...))
}

// StartLinkedSpan starts a span of its own trace that is linked to the trace
// that caused it: a projection applies a batch of events of many mutations, so
// that none of them is its parent. Malformed or empty traceparents are passed
// over.
func StartLinkedSpan(ctx context.Context, name string, causes ...string) (context.Context, trace.Span) {
	var links []trace.Link
	for _, cause := range causes {
		if sc := trace.SpanContextFromContext(ContextFromTraceparent(context.Background(), cause)); sc.IsValid() {
			links = append(links, trace.Link{SpanContext: sc})
		}
	}
	return otel.Tracer(tracerName).Start(ctx, name, trace.WithLinks(links...))
}

// EndSpan ends a span; an error marks it as failed by its kind alone, because
// the text of an error has no business in a trace.
func EndSpan(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, "failed")
	}
	span.End()
}

// traceparent of W3C Trace Context; baggage is not taken from anybody.
var propagator = propagation.TraceContext{}

// Traceparent is the W3C traceparent of the context's span, or "" when there is
// none. It goes into the metadata of events.
func Traceparent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagator.Inject(ctx, carrier)
	return carrier.Get("traceparent")
}

// ContextFromTraceparent gives a context whose remote parent span is the one
// that s names; a malformed or empty s gives ctx unchanged.
func ContextFromTraceparent(ctx context.Context, s string) context.Context {
	if s == "" {
		return ctx
	}
	return propagator.Extract(ctx, propagation.MapCarrier{"traceparent": s})
}
