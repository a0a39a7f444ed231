package redis

import (
	"context"
	"sync"
	"time"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/projections"
)

// pollEvery is how often a process looks where the views stand while somebody in
// it waits, listed in docs/limits.md. Looking heals what a lost message would not.
const pollEvery = 2 * time.Millisecond

// watch is where the views stood when this process last heard of it: from its own
// batches, its reads, and while somebody waits by looking.
type watch struct {
	engine *Engine

	mu       sync.Mutex
	position eventstore.Position
	open     bool
	moved    chan struct{} // closed at a move; nil while nobody waits
	waiters  int
	looking  bool
}

func (w *watch) saw(position eventstore.Position, open bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.position == position && w.open == open {
		return
	}
	w.position, w.open = position, open
	if w.moved != nil {
		close(w.moved)
		w.moved = nil
	}
}

// reached reports whether the views are known to be there; if not, what closes
// when they have moved.
func (w *watch) reached(position eventstore.Position) (<-chan struct{}, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open && w.position >= position {
		return nil, true
	}
	if w.moved == nil {
		w.moved = make(chan struct{})
	}
	return w.moved, false
}

// await waits until the views are open and at a position, or until a moment.
func (w *watch) await(ctx context.Context, position eventstore.Position, until time.Time) error {
	moved, reached := w.reached(position)
	if reached {
		return ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	w.join()
	defer w.leave()
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	for !reached {
		select {
		case <-moved:
		case <-timer.C:
			return projections.ErrBehind
		case <-ctx.Done():
			return ctx.Err()
		}
		moved, reached = w.reached(position)
	}
	return nil
}

func (w *watch) join() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiters++
	if !w.looking {
		w.looking = true
		go w.look()
	}
}

func (w *watch) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiters--
}

// look looks where the views stand, for all who wait, until nobody does.
func (w *watch) look() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		<-timer.C
		ctx, cancel := context.WithTimeout(context.Background(), projections.MaxWait)
		h, err := w.engine.look(ctx)
		cancel()
		if err == nil {
			w.saw(h.position, h.open)
		}
		w.mu.Lock()
		if w.waiters == 0 {
			w.looking = false
			w.mu.Unlock()
			return
		}
		w.mu.Unlock()
		timer.Reset(pollEvery)
	}
}

// WaitFor implements projections.Engine.
func (e *Engine) WaitFor(ctx context.Context, position eventstore.Position) error {
	return e.watch.await(ctx, position, time.Now().Add(e.wait))
}
