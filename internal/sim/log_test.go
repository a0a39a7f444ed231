package sim

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/storetest"
)

// memlog is a store in memory, without goroutines of its own.
type memlog struct {
	mu      sync.Mutex
	clock   func() time.Time
	all     []eventstore.Recorded // position p stands at p-1
	streams map[string][]int      // indexes into all
	grown   chan struct{}         // closed and renewed with each append
	closed  bool
}

func newMemlog(clock func() time.Time) *memlog {
	return &memlog{clock: clock, streams: map[string][]int{}, grown: make(chan struct{})}
}

// deliveryEvents bounds a delivery and a page.
const deliveryEvents = 16

func (m *memlog) Append(ctx context.Context, stream string, expected eventstore.Expected, events ...eventstore.Event) (eventstore.Appended, error) {
	if err := eventstore.CheckAppend(stream, events); err != nil {
		return eventstore.Appended{}, err
	}
	if err := ctx.Err(); err != nil {
		return eventstore.Appended{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return eventstore.Appended{}, eventstore.ErrClosed
	}
	stands := m.streams[stream]
	if at, ok := m.repeated(stands, expected, events); ok {
		return at, nil
	}
	actual := eventstore.NoStream
	if len(stands) > 0 {
		actual = eventstore.At(eventstore.Revision(len(stands) - 1))
	}
	fits := expected == actual || expected == eventstore.Any || expected == eventstore.StreamExists && len(stands) > 0
	if !fits {
		return eventstore.Appended{}, &eventstore.WrongRevision{Stream: stream, Expected: expected, Actual: actual}
	}
	return m.store(stream, events), nil
}

// repeated reports whether the events stand where they are to go already: at an
// exact revision there, otherwise at the end of the stream.
func (m *memlog) repeated(stands []int, expected eventstore.Expected, events []eventstore.Event) (eventstore.Appended, bool) {
	from := int(expected) + 1
	if expected < eventstore.NoStream {
		from = len(stands) - len(events)
	}
	if from < 0 || from+len(events) > len(stands) {
		return eventstore.Appended{}, false
	}
	for i, e := range events {
		if m.all[stands[from+i]].ID != e.ID {
			return eventstore.Appended{}, false
		}
	}
	last := m.all[stands[from+len(events)-1]]
	return eventstore.Appended{Revision: last.Revision, Position: last.Position}, true
}

func (m *memlog) store(stream string, events []eventstore.Event) eventstore.Appended {
	var at eventstore.Appended
	for _, e := range events {
		at = eventstore.Appended{Revision: eventstore.Revision(len(m.streams[stream])), Position: eventstore.Position(len(m.all) + 1)}
		e.Data, e.Meta = slices.Clone(e.Data), slices.Clone(e.Meta)
		m.streams[stream] = append(m.streams[stream], len(m.all))
		m.all = append(m.all, eventstore.Recorded{
			Event: e, Stream: stream, Revision: at.Revision, Position: at.Position, Time: m.clock().UTC().Truncate(time.Microsecond),
		})
	}
	close(m.grown)
	m.grown = make(chan struct{})
	return at
}

// ended is why nothing can be read.
func (m *memlog) ended(ctx context.Context) error {
	if m.closed {
		return eventstore.ErrClosed
	}
	return ctx.Err()
}

func (m *memlog) ReadStream(ctx context.Context, stream string, from eventstore.Revision, dir eventstore.Direction, limit int) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) {
		m.mu.Lock()
		list := make([]eventstore.Recorded, 0, len(m.streams[stream]))
		for _, i := range m.streams[stream] {
			list = append(list, m.all[i])
		}
		m.mu.Unlock()
		if err := eventstore.CheckStream(stream); err != nil {
			yield(eventstore.Recorded{}, err)
			return
		}
		if len(list) == 0 {
			m.mu.Lock()
			err := m.ended(ctx)
			m.mu.Unlock()
			if err == nil {
				err = eventstore.ErrNoStream
			}
			yield(eventstore.Recorded{}, err)
			return
		}
		within := func(r eventstore.Recorded) bool { return r.Revision >= from }
		if dir == eventstore.Backwards {
			within = func(r eventstore.Recorded) bool { return r.Revision <= from }
		}
		m.read(ctx, list, dir, limit, within, yield)
	}
}

func (m *memlog) ReadAll(ctx context.Context, from eventstore.Position, dir eventstore.Direction, limit int) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) {
		m.mu.Lock()
		list := m.all[:len(m.all):len(m.all)]
		m.mu.Unlock()
		within := func(r eventstore.Recorded) bool { return r.Position > from }
		if dir == eventstore.Backwards {
			within = func(r eventstore.Recorded) bool { return r.Position <= from }
		}
		m.read(ctx, list, dir, limit, within, yield)
	}
}

// read yields what of a list lies within, in a direction.
func (m *memlog) read(ctx context.Context, list []eventstore.Recorded, dir eventstore.Direction, limit int, within func(eventstore.Recorded) bool, yield func(eventstore.Recorded, error) bool) {
	ordered := slices.All(list)
	if dir == eventstore.Backwards {
		ordered = slices.Backward(list)
	}
	n := 0
	for _, r := range ordered {
		if !within(r) {
			continue
		}
		m.mu.Lock()
		err := m.ended(ctx)
		m.mu.Unlock()
		if err != nil {
			yield(eventstore.Recorded{}, err)
			return
		}
		n++
		if !yield(r, nil) || n == limit {
			return
		}
	}
	m.mu.Lock()
	err := m.ended(ctx)
	m.mu.Unlock()
	if err != nil {
		yield(eventstore.Recorded{}, err)
	}
}

func (m *memlog) Head(ctx context.Context) (eventstore.Position, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return eventstore.Position(len(m.all)), m.ended(ctx)
}

// head is what Head tells, for the scheduler.
func (m *memlog) head() eventstore.Position { return eventstore.Position(len(m.all)) }

func (m *memlog) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed {
		m.closed = true
		close(m.grown)
		m.grown = make(chan struct{})
	}
	return nil
}

// follower is a subscription.
type follower struct {
	log     *memlog
	filter  eventstore.Filter
	through eventstore.Position
	told    bool // that it has caught up, since the last delivery
	once    sync.Once
	over    chan struct{}
	failed  error
}

func (m *memlog) Subscribe(ctx context.Context, after eventstore.Position, filter eventstore.Filter) (eventstore.Subscription, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.ended(ctx); err != nil {
		return nil, err
	}
	return &follower{log: m, filter: filter, through: after, over: make(chan struct{})}, nil
}

func (f *follower) Close() { f.once.Do(func() { close(f.over) }) }

func (f *follower) Next(ctx context.Context) (eventstore.Delivery, error) {
	for f.failed == nil {
		select {
		case <-f.over:
			f.failed = eventstore.ErrClosed
			continue
		default:
		}
		f.log.mu.Lock()
		f.failed = f.log.ended(ctx)
		d, grown := f.look(), f.log.grown
		f.log.mu.Unlock()
		if f.failed != nil {
			break
		}
		if len(d.Events) > 0 || !f.told || d.Through > f.through {
			f.told, f.through = d.CaughtUp, d.Through
			return d, nil
		}
		select {
		case <-grown:
		case <-f.over:
		case <-ctx.Done():
		}
	}
	return eventstore.Delivery{}, f.failed
}

// look is what stands after the position, as much as one delivery takes. The
// caller holds the lock.
func (f *follower) look() eventstore.Delivery {
	d := eventstore.Delivery{Through: f.through}
	for int(d.Through) < len(f.log.all) && len(d.Events) < deliveryEvents {
		r := f.log.all[d.Through]
		if d.Through = r.Position; f.filter.Keeps(r.Stream, r.Type) {
			d.Events = append(d.Events, r)
		}
	}
	d.CaughtUp = int(d.Through) >= len(f.log.all)
	return d
}

// The log of the simulation keeps the contract that the engines keep.
func TestContractOfTheLog(t *testing.T) {
	storetest.Run(t, func(t *testing.T) eventstore.Store {
		m := newMemlog(time.Now)
		t.Cleanup(func() {
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		})
		return m
	})
}

// short names an event in a trace.
func short(e eventstore.Recorded) string {
	return fmt.Sprintf("%d %s %s@%d", e.Position, e.Type, brief(e.Stream), e.Revision)
}

// brief cuts the ids of a name down to what tells them apart.
func brief(s string) string {
	if len(s) > 36 {
		if _, err := uuid.Parse(s[len(s)-36:]); err == nil {
			return s[:len(s)-36] + s[len(s)-36:len(s)-28]
		}
	}
	return s
}
