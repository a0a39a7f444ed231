package observe

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

const (
	// checkTimeout bounds one readiness check; a slower one counts as failed.
	checkTimeout = 2 * time.Second
	// checksMax bounds how many checks may be registered.
	checksMax = 64
	// metricsScrapesMax bounds concurrent scrapes of /metrics.
	metricsScrapesMax = 4
)

// Check tells whether a part of the platform is fit for work. It returns nil,
// or an error whose text operators may read. It honours its context.
type Check func(ctx context.Context) error

// Health holds the readiness checks by name. The zero value is ready for use.
type Health struct {
	mu     sync.Mutex
	checks map[string]*check
	// Timeout bounds one check; 0 is checkTimeout.
	Timeout time.Duration
}

// check remembers whether a run is still under way, so that a check that hangs
// costs one goroutine, however often the question is asked.
type check struct {
	run  Check
	mu   sync.Mutex
	busy bool
}

// Register adds a check under a name. A name given twice, an empty one, or more
// than 64 checks are wiring mistakes and panic.
func (h *Health) Register(name string, run Check) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.checks == nil {
		h.checks = map[string]*check{}
	}
	if name == "" || h.checks[name] != nil || len(h.checks) == checksMax {
		panic(fmt.Sprintf("observe: cannot register the check %q", name))
	}
	h.checks[name] = &check{run: run}
}

// State is the answer of one check.
type State struct {
	Name  string `json:"name"`
	Ready bool   `json:"ready"`
	// Reason says why not, for operators.
	Reason     string `json:"reason,omitempty"`
	DurationMs int64  `json:"durationMs"`
}

// States runs all checks at once and returns their answers sorted by name.
func (h *Health) States(ctx context.Context) []State {
	h.mu.Lock()
	names := make([]string, 0, len(h.checks))
	for name := range h.checks {
		names = append(names, name)
	}
	slices.Sort(names)
	checks := make([]*check, len(names))
	for i, name := range names {
		checks[i] = h.checks[name]
	}
	timeout := h.Timeout
	h.mu.Unlock()
	if timeout == 0 {
		timeout = checkTimeout
	}

	states := make([]State, len(names))
	var wg sync.WaitGroup
	for i := range names {
		wg.Go(func() {
			start := time.Now()
			err := checks[i].ask(ctx, timeout)
			states[i] = State{Name: names[i], Ready: err == nil, DurationMs: time.Since(start).Milliseconds()}
			if err != nil {
				states[i].Reason = cut(err.Error())
			}
		})
	}
	wg.Wait()
	return states
}

func (c *check) ask(ctx context.Context, timeout time.Duration) error {
	c.mu.Lock()
	if c.busy {
		c.mu.Unlock()
		return fmt.Errorf("the check has not answered since it was last asked")
	}
	c.busy = true
	c.mu.Unlock()

	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	answer := make(chan error, 1)
	go func() {
		err := guarded(ctx, c.run)
		// Before the answer: whoever has it may ask again at once.
		c.mu.Lock()
		c.busy = false
		c.mu.Unlock()
		answer <- err
	}()
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return fmt.Errorf("no answer within %s", timeout)
	}
}

func guarded(ctx context.Context, run Check) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the check panicked: %T", p)
		}
	}()
	return run(ctx)
}

// OpsHandler serves operators, on a listener of its own: GET /livez (the
// process answers), GET /readyz (200 when every check passes, else 503, with
// each check's state in JSON) and GET /metrics.
func OpsHandler(h *Health, gatherer prometheus.Gatherer) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "live"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		states := h.States(r.Context())
		status, word := http.StatusOK, "ready"
		if slices.ContainsFunc(states, func(s State) bool { return !s.Ready }) {
			status, word = http.StatusServiceUnavailable, "not ready"
		}
		writeJSON(w, status, struct {
			Status string  `json:"status"`
			Checks []State `json:"checks"`
		}{word, states})
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(gatherer, promhttp.HandlerOpts{
		MaxRequestsInFlight: metricsScrapesMax,
		Timeout:             10 * time.Second,
	}))
	return mux
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	// The client may be gone; there is nobody else to tell.
	_ = json.NewEncoder(w).Encode(v)
}
