package observe

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Metrics are the platform's own measurements. All methods are safe for
// concurrent use, and on a nil *Metrics they do nothing, so that a package may
// take one without demanding it.
type Metrics struct {
	lagPositions  *prometheus.GaugeVec
	lagSeconds    *prometheus.GaugeVec
	append        prometheus.Histogram
	appended      prometheus.Counter
	conflicts     prometheus.Counter
	process       *prometheus.GaugeVec
	request       *prometheus.HistogramVec
	subscriptions *prometheus.GaugeVec
	corrupt       prometheus.Counter
	refusals      *prometheus.CounterVec
}

// ProcessState is how a process or a projection stands.
type ProcessState string

const (
	Starting  ProcessState = "starting"
	Running   ProcessState = "running"
	Stopped   ProcessState = "stopped"
	Poisoned  ProcessState = "poisoned" // stopped by an event that it cannot take
	Undefined ProcessState = "undefined"
)

// ProcessStates lists the states in their fixed order.
var ProcessStates = []ProcessState{Starting, Running, Stopped, Poisoned, Undefined}

const namespace = "diaspora"

// NewMetrics registers the platform's metrics and those of the Go runtime and
// the process. It panics when reg already has them: that is a wiring mistake.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		lagPositions: prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: "projection_lag_positions",
			Help: "Positions between the end of the log and a projection's checkpoint."}, []string{"projection"}),
		lagSeconds: prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: "projection_lag_seconds",
			Help: "Age of the oldest event that a projection has not yet applied, 0 when it is current."}, []string{"projection"}),
		append: prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Name: "append_duration_seconds",
			Help: "Time from an append's call to its durable answer.", Buckets: prometheus.ExponentialBuckets(0.00025, 2, 14)}),
		appended: prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: "events_appended_total",
			Help: "Events stored."}),
		conflicts: prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: "append_conflicts_total",
			Help: "Appends refused because another writer was faster."}),
		process: prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: "process_state",
			Help: "1 for the state that a process is in, 0 for the others."}, []string{"process", "state"}),
		request: prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: "request_duration_seconds",
			Help: "Time of an operation at the edge.", Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14)}, []string{"transport", "kind", "outcome"}),
		subscriptions: prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: "subscriptions_open",
			Help: "Open subscription connections."}, []string{"transport"}),
		corrupt: prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: "personal_fields_corrupt_total",
			Help: "Sealed personal fields that did not open under an existing key. Anything above 0 is an alarm."}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: "edge_refusals_total",
			Help: "Requests that the edge turned away before any resolver ran."}, []string{"code"}),
	}
	reg.MustRegister(m.lagPositions, m.lagSeconds, m.append, m.appended, m.conflicts, m.process, m.request,
		m.subscriptions, m.corrupt, m.refusals,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// ProjectionLag sets how far a projection is behind: in positions of the log,
// and as the age of the oldest event that it has not applied.
func (m *Metrics) ProjectionLag(projection string, positions uint64, age time.Duration) {
	if m == nil {
		return
	}
	m.lagPositions.WithLabelValues(projection).Set(float64(positions))
	m.lagSeconds.WithLabelValues(projection).Set(max(0, age.Seconds()))
}

// Appended records a durable append of n events that took d.
func (m *Metrics) Appended(n int, d time.Duration) {
	if m == nil {
		return
	}
	m.append.Observe(d.Seconds())
	m.appended.Add(float64(n))
}

// Conflicted counts an append that lost against a faster writer.
func (m *Metrics) Conflicted() {
	if m != nil {
		m.conflicts.Inc()
	}
}

// Process records the state that a process or projection is in. A state that
// is not listed counts as Undefined.
func (m *Metrics) Process(name string, state ProcessState) {
	if m == nil {
		return
	}
	known := false
	for _, s := range ProcessStates[:len(ProcessStates)-1] {
		value := 0.0
		if s == state {
			known, value = true, 1
		}
		m.process.WithLabelValues(name, string(s)).Set(value)
	}
	undefined := 0.0
	if !known {
		undefined = 1
	}
	m.process.WithLabelValues(name, string(Undefined)).Set(undefined)
}

// Request records an operation at the edge: transport ("http", "sse", "ws"),
// kind ("query", "mutation", "subscription", "none") and outcome ("ok",
// "refused", "failed"), each from a closed set.
func (m *Metrics) Request(transport, kind, outcome string, d time.Duration) {
	if m != nil {
		m.request.WithLabelValues(transport, kind, outcome).Observe(d.Seconds())
	}
}

// SubscriptionOpened counts an open connection; the result closes it, once.
func (m *Metrics) SubscriptionOpened(transport string) (closed func()) {
	if m == nil {
		return func() {}
	}
	gauge := m.subscriptions.WithLabelValues(transport)
	gauge.Inc()
	return gauge.Dec
}

// CorruptPersonalField counts a sealed field that did not open. It alarms.
func (m *Metrics) CorruptPersonalField() {
	if m != nil {
		m.corrupt.Inc()
	}
}

// EdgeRefused counts a request that the edge turned away, by refusal code; the
// codes are a closed set of the edge and identity packages.
func (m *Metrics) EdgeRefused(code string) {
	if m != nil {
		m.refusals.WithLabelValues(code).Inc()
	}
}
