// Package memory is the embedded engine of the views: maps and B-trees under one
// lock. It holds nothing on disk: at start it is rebuilt from the log.
//
// While it is being rebuilt (before Open) it keeps rows only; Open sorts the
// indexes in bulk, which is several times faster than inserting one by one.
// Rows are held as pointers and handed to readers as they are, never copied and
// never encoded.
package memory

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/projections"
)

// Engine implements projections.Engine.
type Engine struct {
	mu       sync.RWMutex
	tables   map[projections.Schema]*table
	epoch    uint64
	position eventstore.Position
	open     bool
	// moved is closed and renewed when the position moves; nil while nobody
	// waits.
	moved chan struct{}
	wait  time.Duration
	// touched is scratch of Apply.
	touched []*table
}

// New makes an empty engine for the tables.
func New(tables ...projections.Schema) *Engine {
	e := &Engine{tables: make(map[projections.Schema]*table, len(tables)), wait: projections.MaxWait}
	for _, t := range tables {
		e.tables[t] = newTable(t)
	}
	return e
}

// Claim implements projections.Engine.
func (e *Engine) Claim(context.Context) (uint64, eventstore.Position, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.epoch++
	return e.epoch, e.position, nil
}

// Load implements projections.Engine.
func (e *Engine) Load(_ context.Context, s projections.Schema, key string) (any, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	t, err := e.table(s)
	if err != nil {
		return nil, err
	}
	return t.rows[key], nil
}

// Apply implements projections.Engine.
func (e *Engine) Apply(_ context.Context, b projections.Batch) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case b.Epoch < e.epoch:
		return projections.ErrStaleEpoch
	case b.To <= e.position:
		return nil
	case b.From != e.position:
		return fmt.Errorf("%w: from %d, at %d", projections.ErrStaleCheckpoint, b.From, e.position)
	}
	e.touched = e.touched[:0]
	for _, op := range b.Ops {
		t, err := e.table(op.Table)
		if err != nil {
			return err // before the first change: all or nothing
		}
		e.touched = append(e.touched, t)
	}
	for i, op := range b.Ops {
		e.touched[i].apply(op, e.open)
	}
	e.position = b.To
	e.announce()
	return nil
}

// Open implements projections.Engine.
func (e *Engine) Open(_ context.Context, epoch uint64) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if epoch < e.epoch {
		return projections.ErrStaleEpoch
	}
	if e.open {
		return nil
	}
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, t := range e.tables {
		g.Go(func() error {
			t.build()
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	e.open = true
	e.announce()
	return nil
}

// announce wakes those who wait. The caller holds the lock.
func (e *Engine) announce() {
	if e.moved != nil {
		close(e.moved)
		e.moved = nil
	}
}

// Read implements projections.Engine.
func (e *Engine) Read(ctx context.Context, atLeast eventstore.Position, fn func(projections.Reader) error) error {
	if err := e.WaitFor(ctx, atLeast); err != nil {
		return err
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	return fn(reader{e})
}

// WaitFor implements projections.Engine.
func (e *Engine) WaitFor(ctx context.Context, position eventstore.Position) error {
	e.mu.RLock()
	reached := e.open && e.position >= position
	e.mu.RUnlock()
	if reached {
		return ctx.Err()
	}
	timer := time.NewTimer(e.wait)
	defer timer.Stop()
	for {
		moved, reached := e.watch(position)
		if reached {
			return nil
		}
		select {
		case <-moved:
		case <-timer.C:
			return projections.ErrBehind
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (e *Engine) watch(position eventstore.Position) (moved <-chan struct{}, reached bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.open && e.position >= position {
		return nil, true
	}
	if e.moved == nil {
		e.moved = make(chan struct{})
	}
	return e.moved, false
}

func (e *Engine) table(s projections.Schema) (*table, error) {
	t, ok := e.tables[s]
	if !ok {
		return nil, fmt.Errorf("memory: table %s is not of this engine", s.TableName())
	}
	return t, nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
