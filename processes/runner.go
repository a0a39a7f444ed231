package processes

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
)

// closeTimeout bounds how long a stopping router waits for the message in hand.
const closeTimeout = 10 * time.Second

// Config is what the runner needs.
type Config struct {
	Store       eventstore.Store
	Codec       *codec.Codec
	Checkpoints Checkpoints
	Backoff     Backoff
	Watch       Watch // may be nil
	Log         *slog.Logger
}

// Run runs the processes until ctx ends. Each has its own subscriber and
// checkpoint, so that a poison event stops one of them. The router cancels work
// in flight when it closes; that is safe, because a process resumes.
func Run(ctx context.Context, cfg Config, processes ...Process) error {
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: closeTimeout}, watermill.NewSlogLogger(quiet(cfg.Log)))
	if err != nil {
		return fmt.Errorf("processes: router: %w", err)
	}
	router.AddMiddleware(middleware.Recoverer)
	for _, p := range processes {
		router.AddConsumerHandler(p.Name, p.topic(),
			NewSubscriber(cfg.Store, cfg.Checkpoints, p.Name, cfg.Backoff, cfg.Watch, cfg.Log), p.handler(cfg.Codec))
	}
	err = router.Run(ctx)
	if err == nil && ctx.Err() == nil {
		// The router calls it success when all its handlers have died.
		err = errors.New("processes: all handlers ended")
	}
	return err
}

// quiet keeps Watermill's own account of every message out of the log: what a
// process does is told by its commands, and its faults by the watch.
func quiet(log *slog.Logger) *slog.Logger {
	return slog.New(errorsOnly{log.Handler()})
}

type errorsOnly struct{ slog.Handler }

func (h errorsOnly) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelError && h.Handler.Enabled(ctx, level)
}

// Health is how each process is doing, for readiness and metrics.
type Health struct {
	mu     sync.Mutex
	states map[string]State
}

// State of one process.
type State struct {
	Handled eventstore.Position `json:"handled"` // everything up to here is done
	StuckAt eventstore.Position `json:"stuckAt,omitzero"`
	Type    string              `json:"type,omitzero"`  // of the event that it is stuck at
	Tries   int                 `json:"tries,omitzero"` // of that event
}

// NewHealth names the processes, so that one which never spoke is seen.
func NewHealth(processes ...Process) *Health {
	h := &Health{states: map[string]State{}}
	for _, p := range processes {
		h.states[p.Name] = State{}
	}
	return h
}

// Handled implements Watch.
func (h *Health) Handled(group string, through eventstore.Position) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.states[group] = State{Handled: through}
}

// Stuck implements Watch.
func (h *Health) Stuck(group string, at eventstore.Position, eventType string, n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.states[group]
	s.StuckAt, s.Type, s.Tries = at, eventType, n
	h.states[group] = s
}

// States is a copy of all states by process.
func (h *Health) States() map[string]State {
	h.mu.Lock()
	defer h.mu.Unlock()
	states := make(map[string]State, len(h.states))
	for name, s := range h.states {
		states[name] = s
	}
	return states
}
