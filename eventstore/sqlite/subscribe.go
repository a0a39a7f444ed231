package sqlite

import (
	"context"
	"sync"

	"github.com/diaspora-match/diaspora/eventstore"
)

// subscription reads the log a page at a time and waits for commits at its end.
type subscription struct {
	store   *Store
	filter  eventstore.Filter
	through eventstore.Position
	told    bool // that it has caught up, since the last event
	failed  error

	once   sync.Once
	closed chan struct{}
}

// Subscribe implements eventstore.Store. A delivery holds at most a page of
// events; one without events tells how far the filter has looked.
func (s *Store) Subscribe(ctx context.Context, after eventstore.Position, filter eventstore.Filter) (eventstore.Subscription, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	if s.options.ReadOnly {
		return nil, ErrReadOnly
	}
	return &subscription{store: s, filter: filter, through: after, closed: make(chan struct{})}, nil
}

func (u *subscription) Next(ctx context.Context) (eventstore.Delivery, error) {
	if u.failed != nil {
		return eventstore.Delivery{}, u.failed
	}
	d, err := u.next(ctx)
	u.failed = err
	return d, err
}

func (u *subscription) next(ctx context.Context) (eventstore.Delivery, error) {
	select {
	case <-u.closed:
		return eventstore.Delivery{}, eventstore.ErrClosed
	default:
	}
	for {
		head, changed := u.store.head.now()
		if err := u.store.usable(ctx); err != nil {
			return eventstore.Delivery{}, err
		}
		if u.through < head {
			return u.page(ctx)
		}
		if !u.told {
			u.told = true
			return eventstore.Delivery{Through: u.through, CaughtUp: true}, nil
		}
		select {
		case <-changed:
		case <-u.closed:
			return eventstore.Delivery{}, eventstore.ErrClosed
		case <-u.store.closed:
			return eventstore.Delivery{}, eventstore.ErrClosed
		case <-ctx.Done():
			return eventstore.Delivery{}, ctx.Err()
		}
	}
}

// page delivers what stands after through. Its events are fresh memory, because
// the caller may keep them.
func (u *subscription) page(ctx context.Context) (eventstore.Delivery, error) {
	var p page
	query := columns + "WHERE position > ? ORDER BY position LIMIT ?"
	err := u.store.withReader(ctx, func(r *reader) error {
		return p.read(r, query, []int64{int64(u.through)}, pageEvents, u.filter)
	})
	if err != nil {
		return eventstore.Delivery{}, err
	}
	u.through = max(u.through, p.last)
	head, _ := u.store.head.now()
	u.told = u.through >= head
	return eventstore.Delivery{Events: p.events, Through: u.through, CaughtUp: u.told}, nil
}

// Close ends the subscription; a Next that waits returns ErrClosed.
func (u *subscription) Close() { u.once.Do(func() { close(u.closed) }) }
