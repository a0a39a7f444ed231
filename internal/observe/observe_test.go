package observe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"github.com/diaspora-match/diaspora/domain/personal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const canary = "Canary-Ayaan-7731"

func TestLogNeverWritesPersonalText(t *testing.T) {
	text := personal.Of("8f8a7e0a-0000-4000-8000-000000000001", canary)
	type row struct{ Name personal.Text }
	type raw struct{ Name string }
	for _, jsonMode := range []bool{true, false} {
		for _, production := range []bool{true, false} {
			var out bytes.Buffer
			log := NewLogger(&out, LogConfig{JSON: jsonMode, Production: production})
			log.With("name", text).WithGroup("state").Info("profile changed",
				"error", text, "reason", &text, "event", row{text}, "view", &row{text},
				"kind", []personal.Text{text}, "state", map[string]personal.Text{"x": text},
				slog.Group("code", "name", text), "status", fmt.Sprintf("%v %+v %#v", text, text, row{text}),
				"path", raw{canary}, "count", []any{text, canary})
			if strings.Contains(out.String(), canary) {
				t.Errorf("json %v, production %v: personal text in %s", jsonMode, production, out.String())
			}
			if !strings.Contains(out.String(), "[personal]") {
				t.Errorf("json %v, production %v: the value is not marked as personal: %s", jsonMode, production, out.String())
			}
		}
	}
}

func TestLogProductionRedactsUnlistedKeys(t *testing.T) {
	var out bytes.Buffer
	log := NewLogger(&out, LogConfig{JSON: true, Production: true, AllowKeys: []string{"shard"}})
	log.Info("m", "email", "ayaan@example.org", "status", 200, "shard", "a", slog.Group("input", "phone", "0612"))
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line["email"] != redacted || line["status"] != 200.0 || line["shard"] != "a" {
		t.Errorf("line: %v", line)
	}
	if strings.Contains(out.String(), "0612") {
		t.Errorf("a grouped unlisted key was written: %s", out.String())
	}
	out.Reset()
	NewLogger(&out, LogConfig{}).Info("m", "email", "a@example.org")
	if !strings.Contains(out.String(), "a@example.org") {
		t.Errorf("development lost an ordinary value: %s", out.String())
	}
}

func TestLogCutsLongValues(t *testing.T) {
	var out bytes.Buffer
	log := NewLogger(&out, LogConfig{})
	log.Info("m", "error", errors.New(strings.Repeat("é", logValueMaxBytes)), "reason", strings.Repeat("x", 10*logValueMaxBytes))
	if out.Len() > 3*logValueMaxBytes {
		t.Errorf("a line of %d bytes", out.Len())
	}
	if cut(strings.Repeat("x", logValueMaxBytes)) != strings.Repeat("x", logValueMaxBytes) {
		t.Error("a value at the bound was cut")
	}
}

func TestMetrics(t *testing.T) {
	reg := prometheus.NewPedanticRegistry()
	m := NewMetrics(reg)
	m.ProjectionLag("needs", 7, 1500*time.Millisecond)
	m.Appended(3, time.Millisecond)
	m.Conflicted()
	m.Process("placement", Running)
	m.Process("placement", Poisoned)
	m.Request("http", "query", "ok", 2*time.Millisecond)
	closeA, closeB := m.SubscriptionOpened("ws"), m.SubscriptionOpened("ws")
	closeA()
	m.CorruptPersonalField()
	m.EdgeRefused("edge.rate")
	want := `
# HELP diaspora_append_conflicts_total Appends refused because another writer was faster.
# TYPE diaspora_append_conflicts_total counter
diaspora_append_conflicts_total 1
# HELP diaspora_edge_refusals_total Requests that the edge turned away before any resolver ran.
# TYPE diaspora_edge_refusals_total counter
diaspora_edge_refusals_total{code="edge.rate"} 1
# HELP diaspora_events_appended_total Events stored.
# TYPE diaspora_events_appended_total counter
diaspora_events_appended_total 3
# HELP diaspora_personal_fields_corrupt_total Sealed personal fields that did not open under an existing key. Anything above 0 is an alarm.
# TYPE diaspora_personal_fields_corrupt_total counter
diaspora_personal_fields_corrupt_total 1
# HELP diaspora_process_state 1 for the state that a process is in, 0 for the others.
# TYPE diaspora_process_state gauge
diaspora_process_state{process="placement",state="poisoned"} 1
diaspora_process_state{process="placement",state="running"} 0
diaspora_process_state{process="placement",state="starting"} 0
diaspora_process_state{process="placement",state="stopped"} 0
diaspora_process_state{process="placement",state="undefined"} 0
# HELP diaspora_projection_lag_positions Positions between the end of the log and a projection's checkpoint.
# TYPE diaspora_projection_lag_positions gauge
diaspora_projection_lag_positions{projection="needs"} 7
# HELP diaspora_projection_lag_seconds Age of the oldest event that a projection has not yet applied, 0 when it is current.
# TYPE diaspora_projection_lag_seconds gauge
diaspora_projection_lag_seconds{projection="needs"} 1.5
# HELP diaspora_subscriptions_open Open subscription connections.
# TYPE diaspora_subscriptions_open gauge
diaspora_subscriptions_open{transport="ws"} 1
`
	if err := testutil.GatherAndCompare(reg, strings.NewReader(want),
		"diaspora_append_conflicts_total", "diaspora_edge_refusals_total", "diaspora_events_appended_total",
		"diaspora_personal_fields_corrupt_total", "diaspora_process_state", "diaspora_projection_lag_positions",
		"diaspora_projection_lag_seconds", "diaspora_subscriptions_open"); err != nil {
		t.Error(err)
	}
	closeB()
	m.Process("placement", "dancing")
	if got := testutil.ToFloat64(m.process.WithLabelValues("placement", string(Undefined))); got != 1 {
		t.Errorf("an unlisted state counts as undefined: %v", got)
	}
	if problems, err := testutil.GatherAndLint(reg); err != nil || len(problems) > 0 {
		t.Errorf("lint: %v %v", problems, err)
	}
}

func TestNilMetricsDoNothing(t *testing.T) {
	var m *Metrics
	m.ProjectionLag("x", 1, 1)
	m.Appended(1, 1)
	m.Conflicted()
	m.Process("x", Running)
	m.Request("http", "query", "ok", 1)
	m.SubscriptionOpened("ws")()
	m.CorruptPersonalField()
	m.EdgeRefused("x")
}

func get(t *testing.T, h http.Handler, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	b, _ := io.ReadAll(w.Result().Body)
	return w.Code, string(b)
}

func TestOpsHandler(t *testing.T) {
	reg := prometheus.NewRegistry()
	NewMetrics(reg).Conflicted()
	var health Health
	ops := OpsHandler(&health, reg)
	if code, _ := get(t, ops, "/livez"); code != 200 {
		t.Errorf("/livez: %d", code)
	}
	var broken error
	health.Register("projections", func(context.Context) error { return broken })
	health.Register("eventstore", func(context.Context) error { return nil })
	code, body := get(t, ops, "/readyz")
	if code != 200 || !strings.Contains(body, `"status":"ready"`) || strings.Index(body, "eventstore") > strings.Index(body, "projections") {
		t.Errorf("/readyz: %d %s", code, body)
	}
	broken = errors.New("12 positions behind")
	code, body = get(t, ops, "/readyz")
	if code != 503 || !strings.Contains(body, `{"name":"projections","ready":false,"reason":"12 positions behind"`) {
		t.Errorf("/readyz: %d %s", code, body)
	}
	if code, body = get(t, ops, "/metrics"); code != 200 || !strings.Contains(body, "diaspora_append_conflicts_total 1") {
		t.Errorf("/metrics: %d", code)
	}
	if code, _ = get(t, ops, "/debug/pprof/"); code != 404 {
		t.Errorf("something else is served: %d", code)
	}
}

func TestHealthHangingAndPanickingChecks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var health Health
		release := make(chan struct{})
		var calls atomic.Int64
		health.Register("hangs", func(context.Context) error { calls.Add(1); <-release; return nil })
		health.Register("panics", func(context.Context) error { panic("oh") })
		for range 3 {
			states := health.States(t.Context())
			if states[0].Ready || states[1].Ready || !strings.Contains(states[1].Reason, "panicked") {
				t.Fatalf("states: %+v", states)
			}
		}
		if n := calls.Load(); n != 1 {
			t.Errorf("a hanging check was asked %d times at once", n)
		}
		close(release)
		synctest.Wait()
		if s := health.States(t.Context()); !s[0].Ready {
			t.Errorf("a recovered check is still unready: %+v", s[0])
		}
	})
}

func TestHealthBounds(t *testing.T) {
	var health Health
	for i := range checksMax {
		health.Register(fmt.Sprint(i), func(context.Context) error { return nil })
	}
	for _, name := range []string{"one more", "0", ""} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("registering %q passed", name)
				}
			}()
			health.Register(name, nil)
		}()
	}
}

func TestTracesWithoutAnEndpointStillHaveIDs(t *testing.T) {
	before := otel.GetTracerProvider()
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	shutdown, err := SetupTracing(t.Context(), TraceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = shutdown(context.Background()) }()
	ctx, span := StartSpan(t.Context(), "need.Submit")
	parent := Traceparent(ctx)
	EndSpan(span, errors.New(canary))
	if !strings.HasPrefix(parent, "00-"+span.SpanContext().TraceID().String()) || !span.SpanContext().IsValid() {
		t.Fatalf("traceparent %q", parent)
	}
	child, childSpan := StartSpan(ContextFromTraceparent(context.Background(), parent), "child")
	defer childSpan.End()
	if trace.SpanContextFromContext(child).TraceID() != span.SpanContext().TraceID() {
		t.Error("the child is of another trace")
	}
	for _, bad := range []string{"", "00-zz", "00-00000000000000000000000000000000-0000000000000000-01"} {
		if Traceparent(ContextFromTraceparent(context.Background(), bad)) != "" {
			t.Errorf("%q was taken for a traceparent", bad)
		}
	}
}

func TestProjectionSpanLinksToItsMutations(t *testing.T) {
	recorder := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(recorder))
	before := otel.GetTracerProvider()
	otel.SetTracerProvider(provider)
	t.Cleanup(func() { otel.SetTracerProvider(before); _ = provider.Shutdown(context.Background()) })

	ctx, mutation := StartSpan(t.Context(), "need.Submit")
	_, projection := StartLinkedSpan(context.Background(), "project needs", Traceparent(ctx), "", "rubbish")
	EndSpan(projection, nil)
	EndSpan(mutation, errors.New(canary))
	spans := recorder.GetSpans()
	if len(spans) != 2 || len(spans[0].Links) != 1 || spans[0].Links[0].SpanContext.TraceID() != mutation.SpanContext().TraceID() {
		t.Fatalf("spans: %+v", spans)
	}
	if strings.Contains(fmt.Sprintf("%+v", spans), canary) {
		t.Error("the text of an error is in a trace")
	}
}

func TestTracesReachAConfiguredEndpoint(t *testing.T) {
	got := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case got <- r.URL.Path + " " + r.Header.Get("Content-Type"):
		default:
		}
	}))
	defer server.Close()
	provider, err := newProvider(t.Context(), TraceConfig{Endpoint: server.URL, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	_, span := provider.Tracer("t").Start(t.Context(), "x")
	span.End()
	if err := provider.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	if s := <-got; s != "/v1/traces application/x-protobuf" {
		t.Errorf("exported to %q", s)
	}
	if _, err := newProvider(t.Context(), TraceConfig{Endpoint: server.URL, SampleRatio: 2}); err == nil {
		t.Error("a sample ratio of 2 passed")
	}
}
