package esdb

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/diaspora-match/diaspora/eventstore"
)

// Bounds of a subscription, listed in docs/limits.md.
const (
	// MaxDelivery and MaxDeliveryBytes bound what waits for Next; one event may
	// exceed the latter.
	MaxDelivery      = 512
	MaxDeliveryBytes = 4 << 20
	// refreshAfter is how long Through may stand still while the server passes
	// events that the filter leaves out. Then the subscription begins anew after
	// the last event received, and learns how far it has come.
	refreshAfter = time.Minute
	// searchWindow is how many events the server looks at for a filter at a time.
	searchWindow = 512
)

// subscription follows the log: one goroutine receives, whatever happens to
// connections, and Next takes what it has.
type subscription struct {
	store  *Store
	filter eventstore.Filter
	ctx    context.Context
	close  context.CancelCauseFunc
	failed error // of Next, which is used by one goroutine

	mu      sync.Mutex
	batch   []eventstore.Recorded
	bytes   int
	last    eventstore.Position // of the last event received
	through eventstore.Position
	live    bool          // the server has said that no event waits
	news    bool          // there is something to tell other than events
	moved   time.Time     // when through moved last
	ended   error         // why the receiver has ended
	changed chan struct{} // of capacity 1: wakes Next
	room    chan struct{} // of capacity 1: wakes the receiver
}

// Subscribe implements eventstore.Store. The subscription outlives connections;
// it ends by Close, by the end of the store or of a context of Next, and when the
// server denies access.
func (s *Store) Subscribe(ctx context.Context, after eventstore.Position, filter eventstore.Filter) (eventstore.Subscription, error) {
	if err := s.begin(ctx, &s.pumps); err != nil {
		return nil, err
	}
	u := &subscription{
		store: s, filter: filter, last: after, through: after, moved: time.Now(),
		changed: make(chan struct{}, 1), room: make(chan struct{}, 1),
	}
	u.ctx, u.close = context.WithCancelCause(s.ctx)
	go func() {
		defer s.pumps.Done()
		u.receive()
	}()
	return u, nil
}

// Close ends the subscription; a Next that waits returns ErrClosed.
func (u *subscription) Close() { u.close(eventstore.ErrClosed) }

// Next implements eventstore.Subscription.
func (u *subscription) Next(ctx context.Context) (eventstore.Delivery, error) {
	if u.failed != nil {
		return eventstore.Delivery{}, u.failed
	}
	d, err := u.next(ctx)
	if err != nil {
		u.failed = err
		u.Close()
	}
	return d, err
}

func (u *subscription) next(ctx context.Context) (eventstore.Delivery, error) {
	for {
		if u.ctx.Err() != nil {
			return eventstore.Delivery{}, eventstore.ErrClosed
		}
		if err := ctx.Err(); err != nil {
			return eventstore.Delivery{}, err
		}
		d, ready, err := u.take()
		if ready || err != nil {
			return d, err
		}
		select {
		case <-u.changed:
		case <-ctx.Done():
		case <-u.ctx.Done():
		}
	}
}

// take hands over what there is.
func (u *subscription) take() (d eventstore.Delivery, ready bool, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.batch) == 0 && !u.news {
		return d, false, u.ended
	}
	d = eventstore.Delivery{Events: u.batch, Through: u.through, CaughtUp: u.live}
	u.batch, u.bytes, u.news = nil, 0, false
	signal(u.room)
	return d, true, nil
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// errRefresh ends one run of a subscription in order to learn how far it is.
var errRefresh = errors.New("eventstore/esdb: the subscription begins anew")

// receive follows the log until the subscription ends. After a drop the next run
// begins with a call that finds a node, then subscribes after the last event.
func (u *subscription) receive() {
	l := u.store.reader
	wait := newWait()
	for u.ctx.Err() == nil {
		from := u.position()
		kind, err := l.once(u.ctx, time.Now().Add(l.patience), "$all", func(ctx context.Context, client *esdb.Client) error {
			return u.follow(l.fresh(ctx), client)
		})
		u.mu.Lock()
		u.live = false
		progress := u.through > from
		u.mu.Unlock()
		switch {
		case errors.Is(err, errStopped), u.ctx.Err() != nil:
			continue
		case kind == final && !errors.Is(err, ErrUnavailable) && !errors.Is(err, ErrVersion):
			u.end(fmt.Errorf("eventstore/esdb: subscription: %w", err))
			return
		}
		u.store.options.Log.Warn("a subscription to the event store was dropped, it is taken up again", "through", u.position(), "error", err)
		if progress {
			wait.Reset()
		}
		pause(u.ctx, wait.NextBackOff())
	}
}

func (u *subscription) position() eventstore.Position {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.through
}

func (u *subscription) end(err error) {
	u.mu.Lock()
	u.ended = err
	u.mu.Unlock()
	signal(u.changed)
}

// follow runs the subscription on one connection. The head is read first: once
// the server says that it has caught up, everything up to that head was delivered
// or filtered out. That, and the events, are all that Through trusts.
func (u *subscription) follow(ctx context.Context, client *esdb.Client) error {
	head, err := lastBefore(ctx, client, func(*esdb.RecordedEvent) bool { return true })
	if err != nil {
		return err
	}
	var sub *esdb.Subscription
	err = guard(func() error {
		sub, err = client.SubscribeToAll(ctx, u.request())
		return err
	})
	if err != nil {
		return err
	}
	defer sub.Close()
	for {
		var e *esdb.SubscriptionEvent
		if err := guard(func() error { e = sub.Recv(); return nil }); err != nil {
			return err
		}
		switch {
		case e.SubscriptionDropped != nil:
			return fmt.Errorf("dropped: %w", e.SubscriptionDropped.Error)
		case e.EventAppeared != nil:
			if err := u.add(recorded(e.EventAppeared.OriginalEvent())); err != nil {
				return err
			}
		case e.CaughtUp != nil:
			u.caughtUp(eventstore.Position(head))
		case e.CheckPointReached != nil:
			if u.standsStill(eventstore.Position(e.CheckPointReached.Commit)) {
				return fmt.Errorf("%w: %w", errStopped, errRefresh)
			}
		}
	}
}

// request asks the server for one kind of prefix, which is all that it knows; the
// rest of the filter is applied here.
func (u *subscription) request() esdb.SubscribeToAllOptions {
	o := esdb.SubscribeToAllOptions{
		From: after(uint64(min(u.position(), math.MaxInt64))), MaxSearchWindow: searchWindow, CheckpointInterval: 1,
		Filter: esdb.ExcludeSystemEventsFilter(),
	}
	switch {
	case len(u.filter.StreamPrefixes) > 0:
		o.Filter = &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: u.filter.StreamPrefixes}
	case len(u.filter.TypePrefixes) > 0:
		o.Filter = &esdb.SubscriptionFilter{Type: esdb.EventFilterType, Prefixes: u.filter.TypePrefixes}
	}
	return o
}

// add takes an event, and waits while too much waits for Next.
func (u *subscription) add(r eventstore.Recorded) error {
	for {
		u.mu.Lock()
		if r.Position <= u.last { // a repetition
			u.mu.Unlock()
			return nil
		}
		if len(u.batch) < MaxDelivery && u.bytes < MaxDeliveryBytes {
			u.last, u.through, u.moved = r.Position, max(u.through, r.Position), time.Now()
			if !system(r.Stream) && u.filter.Keeps(r.Stream, r.Type) {
				u.batch = append(u.batch, r)
				u.bytes += len(r.Data) + len(r.Meta)
			} else {
				u.news = u.news || u.live
			}
			u.mu.Unlock()
			signal(u.changed)
			return nil
		}
		u.mu.Unlock()
		select {
		case <-u.room:
		case <-u.ctx.Done():
			return u.ctx.Err()
		}
	}
}

// caughtUp notes that everything up to a head was delivered or filtered out.
func (u *subscription) caughtUp(head eventstore.Position) {
	u.mu.Lock()
	u.live, u.news = true, true
	u.through, u.moved = max(u.through, head), time.Now()
	u.mu.Unlock()
	signal(u.changed)
}

// standsStill reports that the server has passed many events without one for this
// subscription. Its checkpoint is a hint to look, never a position to keep: it
// may be ahead of events that are still to come.
func (u *subscription) standsStill(checkpoint eventstore.Position) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.live && checkpoint > u.through && time.Since(u.moved) > refreshAfter
}
