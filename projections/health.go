package projections

import (
	"errors"
	"fmt"
	"time"

	"github.com/diaspora-match/diaspora/eventstore"
)

// Status is what a runner is doing.
type Status string

const (
	Starting   Status = "starting"    // has not subscribed yet
	CatchingUp Status = "catching_up" // folds the past
	Live       Status = "live"
	Waiting    Status = "waiting"  // the store, the keys or the engine are away; tries again
	Poisoned   Status = "poisoned" // stopped by an event; needs a human
	Stopped    Status = "stopped"  // ended, or another runner took over
)

// Health is where a runner stands.
type Health struct {
	Status   Status
	Position eventstore.Position // checkpoint of the views
	Epoch    uint64
	// Poison names the event that stopped the runner; nil otherwise.
	Poison *Poison
	// Err is why the runner waits or stopped.
	Err error
}

// OK reports whether readers can rely on the views.
func (h Health) OK() bool { return h.Status == Live }

// Poison is an event that could not be decoded or folded. It is never skipped.
type Poison struct {
	Position eventstore.Position
	Stream   string
	Type     string
	View     string // empty: it could not be decoded
	Err      error
}

func (p *Poison) Error() string {
	by := "the codec"
	if p.View != "" {
		by = "view " + p.View
	}
	return fmt.Sprintf("projections: event %s at %d of %s stopped %s: %v", p.Type, p.Position, p.Stream, by, p.Err)
}

func (p *Poison) Unwrap() error { return p.Err }

// ErrPoisoned is what every Poison is.
var ErrPoisoned = errors.New("projections: poison event")

// Is makes errors.Is(err, ErrPoisoned) true.
func (p *Poison) Is(target error) bool { return target == ErrPoisoned }

// Metrics are hooks of the runner; each may be nil. They must not block.
type Metrics struct {
	// Batch is called after a batch was committed: its events, how long folding
	// and committing took, the position that it led to, and how long ago its
	// last event was stored (the lag; zero for a batch without events).
	Batch func(events int, took time.Duration, position eventstore.Position, lag time.Duration)
	// Trace is called before a live batch is folded, with the traceparents of the
	// mutations that caused its events; what it returns is called at the end.
	Trace func(causes []string) (end func(error))
	// Retry is called when the runner lost its store, keys or engine and will
	// try again after the wait.
	Retry func(err error, wait time.Duration)
	// Status is called when the status changes.
	Status func(Health)
}
