package platform

import (
	"context"
	"fmt"
	"time"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/internal/identity"
	"github.com/diaspora-match/diaspora/internal/observe"
	"github.com/diaspora-match/diaspora/processes"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// storeObserver turns what the store tells into metrics.
type storeObserver struct{ metrics *observe.Metrics }

func (o storeObserver) Appended(events int, took time.Duration, err error) {
	if err == nil {
		o.metrics.Appended(events, took)
	}
}

func (o storeObserver) Committed(int, int, time.Duration) {}

// busObserver does the same for the command bus.
type busObserver struct{ metrics *observe.Metrics }

func (o busObserver) CommandDone(string, time.Duration, error) {}
func (o busObserver) Conflict(string)                          { o.metrics.Conflicted() }

// projectionsName is the name of the one runner in metrics and health.
const projectionsName = "views"

func (p *Platform) projectionMetrics() projections.Metrics {
	m := p.Config.Metrics
	return projections.Metrics{
		Batch: func(_ int, _ time.Duration, position eventstore.Position, lag time.Duration) {
			head, err := p.Store.Head(context.Background())
			if err == nil {
				m.ProjectionLag(projectionsName, uint64(head-min(head, position)), lag)
			}
		},
		Trace: func(causes []string) func(error) {
			_, span := observe.StartLinkedSpan(context.Background(), "project views", causes...)
			return func(err error) { observe.EndSpan(span, err) }
		},
		Status: func(h projections.Health) {
			switch h.Status {
			case projections.Live:
				m.Process(projectionsName, observe.Running)
				m.ProjectionLag(projectionsName, 0, 0)
			case projections.Poisoned:
				m.Process(projectionsName, observe.Poisoned)
			case projections.Stopped:
				m.Process(projectionsName, observe.Stopped)
			default:
				m.Process(projectionsName, observe.Starting)
			}
		},
	}
}

// stuckAfter is how many refusals in a row make a process count as poisoned.
const stuckAfter = 5

// watch tells the health of processes to metrics too.
func (p *Platform) watch() processes.Watch { return processWatch{p.Health, p.Config} }

type processWatch struct {
	*processes.Health
	cfg Config
}

func (w processWatch) Handled(group string, through eventstore.Position) {
	w.Health.Handled(group, through)
	w.cfg.Metrics.Process(group, observe.Running)
}

func (w processWatch) Stuck(group string, at eventstore.Position, eventType string, n int) {
	w.Health.Stuck(group, at, eventType, n)
	if n == stuckAfter {
		w.cfg.Metrics.Process(group, observe.Poisoned)
		w.cfg.Log.Error("a process is stuck at an event", "group", group, "position", at, "type", eventType, "tries", n)
	}
}

// sessions ends the sign-ins of principals whose sessions were ended by an
// event, also by one from before a restart.
type sessions struct{ endings *identity.Endings }

func (s sessions) Load(_ context.Context, r projections.Reader) error {
	if s.endings == nil {
		return nil
	}
	for row, err := range views.Principals.All(r) {
		if err != nil {
			return err
		}
		s.end(row)
	}
	return nil
}

func (s sessions) Follow(_ context.Context, changes []projections.Change, _ eventstore.Position) error {
	if s.endings == nil {
		return nil
	}
	for _, c := range changes {
		if row, ok := c.Row.(*views.PrincipalRow); ok && row != nil {
			s.end(row)
		}
	}
	return nil
}

func (s sessions) end(row *views.PrincipalRow) {
	if !row.SessionsEndedAt.IsZero() {
		s.endings.EndPrincipalAt(row.ID, row.SessionsEndedAt)
	}
}

// logMarks lets an engine of views know the log that they were folded from.
type logMarks struct{ eventstore.Store }

// Mark implements redis.LogMarks.
func (l logMarks) Mark(ctx context.Context, at eventstore.Position) (string, error) {
	for e, err := range l.ReadAll(ctx, at, eventstore.Backwards, 1) {
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%d %s", e.Position, e.ID), nil
	}
	return "", nil
}
