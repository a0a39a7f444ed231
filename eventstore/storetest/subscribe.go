package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/eventstore"
)

// follower is a subscription under test.
type follower struct {
	*log
	sub     eventstore.Subscription
	through eventstore.Position
}

// subscribe follows the category, or what the filter says.
func (l *log) subscribe(after eventstore.Position, filter eventstore.Filter) *follower {
	l.Helper()
	if filter.StreamPrefixes == nil {
		filter.StreamPrefixes = []string{l.category + "-"}
	}
	sub, err := l.Subscribe(l.ctx, after, filter)
	if err != nil {
		l.Fatalf("subscribe: %v", err)
	}
	l.Cleanup(sub.Close)
	return &follower{log: l, sub: sub, through: after}
}

// next takes a delivery, which must be in order.
func (f *follower) next() eventstore.Delivery {
	f.Helper()
	d, err := f.sub.Next(f.ctx)
	if err != nil {
		f.Fatalf("next: %v", err)
	}
	last := f.through
	for _, r := range d.Events {
		if r.Position <= last {
			f.Fatalf("position %d is delivered after %d", r.Position, last)
		}
		last = r.Position
	}
	if d.Through < last {
		f.Fatalf("a delivery is through %d, after an event at %d", d.Through, last)
	}
	f.through = d.Through
	return d
}

// until takes deliveries until they are through a position.
func (f *follower) until(position eventstore.Position) []eventstore.Recorded {
	f.Helper()
	var got []eventstore.Recorded
	for f.through < position {
		got = append(got, f.next().Events...)
	}
	return got
}

func subscription(l *log) {
	stream := l.stream()
	before := l.fill(stream, severalPages)
	f := l.subscribe(l.start, eventstore.Filter{})
	head, err := l.Head(l.ctx)
	if err != nil {
		l.Fatal(err)
	}
	l.same(ids(f.until(head)), idsOf(before))
	for range 20 {
		es := events(3)
		a := l.append(l.stream(), eventstore.NoStream, es...)
		l.same(ids(f.until(a.Position)), idsOf(es))
	}
}

func subscriptionFilters(l *log) {
	want := map[string][]uuid.UUID{}
	var last eventstore.Position
	for i := range 300 {
		kind := []string{"alpha", "beta", "alphabet"}[i%3]
		e := event()
		e.Type = "test." + []string{"Opened", "Closed"}[i%2]
		last = l.append(l.category+"-"+kind+"-"+uuid.NewString(), eventstore.NoStream, e).Position
		for _, key := range []string{"", kind, e.Type, kind + e.Type} {
			want[key] = append(want[key], e.ID)
		}
		if kind == "alphabet" {
			want["alpha+"] = append(want["alpha+"], e.ID)
		}
		if kind == "alpha" {
			want["alpha+"] = append(want["alpha+"], e.ID)
		}
	}
	prefix := l.category + "-"
	for _, c := range []struct {
		key     string
		streams []string
		types   []string
	}{
		{"", nil, nil},
		{"alpha", []string{prefix + "alpha-"}, nil},
		{"alpha+", []string{prefix + "alpha"}, nil},
		{"", []string{prefix + "beta", prefix + "alpha"}, nil},
		{"test.Opened", nil, []string{"test.Op"}},
		{"", nil, []string{"test.Op", "test.Cl"}},
		{"betatest.Closed", []string{prefix + "beta"}, []string{"test.Closed"}},
		{"nothing", []string{prefix + "gamma"}, nil},
		{"nothing", nil, []string{"other."}},
	} {
		f := l.subscribe(l.start, eventstore.Filter{StreamPrefixes: c.streams, TypePrefixes: c.types})
		l.same(ids(f.until(last)), want[c.key])
	}
}

// subscriptionResumes begins again after each position that a subscriber may have
// stored: that of an event, and that of a delivery.
func subscriptionResumes(l *log) {
	var last eventstore.Position
	for range 25 {
		last = l.append(l.stream(), eventstore.NoStream, events(2)...).Position
	}
	all := l.all()
	for i, r := range all {
		l.same(ids(l.subscribe(r.Position, eventstore.Filter{}).until(last)), ids(all[i+1:]))
	}
	f := l.subscribe(l.start, eventstore.Filter{TypePrefixes: []string{"none."}})
	f.until(last)
	more := event()
	a := l.append(l.stream(), eventstore.NoStream, more)
	l.same(ids(l.subscribe(f.through, eventstore.Filter{}).until(a.Position)), idsOf([]eventstore.Event{more}))
}

func subscriptionCatchesUp(l *log) {
	caughtUp := func(f *follower, after eventstore.Position) {
		for {
			if d := f.next(); d.CaughtUp && d.Through >= after {
				return
			}
		}
	}
	empty := l.subscribe(l.start, eventstore.Filter{})
	caughtUp(empty, l.start) // with nothing to deliver
	a := l.append(l.stream(), eventstore.NoStream, event())
	caughtUp(empty, a.Position)
	stream := l.stream()
	l.fill(stream, severalPages)
	head, err := l.Head(l.ctx)
	if err != nil {
		l.Fatal(err)
	}
	caughtUp(l.subscribe(l.start, eventstore.Filter{}), head)
	caughtUp(l.subscribe(head, eventstore.Filter{}), head)
	caughtUp(l.subscribe(l.start, eventstore.Filter{TypePrefixes: []string{"none."}}), head)
}

func subscriptionBesideWriters(l *log) {
	const writers, appends, each, readers = 8, 25, 3, 4
	var writing, reading sync.WaitGroup
	seen := make([][]eventstore.Recorded, readers)
	for i := range readers {
		sub, err := l.Subscribe(l.ctx, l.start, eventstore.Filter{StreamPrefixes: []string{l.category + "-"}})
		if err != nil {
			l.Fatal(err)
		}
		reading.Go(func() {
			defer sub.Close()
			for len(seen[i]) < writers*appends*each {
				d, err := sub.Next(l.ctx)
				if err != nil {
					l.Errorf("reader %d after %d events: %v", i, len(seen[i]), err)
					return
				}
				seen[i] = append(seen[i], d.Events...)
			}
		})
	}
	for range writers {
		stream := l.stream()
		writing.Go(func() {
			for range appends {
				if _, err := l.Append(l.ctx, stream, eventstore.Any, events(each)...); err != nil {
					l.Errorf("append: %v", err)
				}
			}
		})
	}
	writing.Wait()
	reading.Wait()
	want := l.all()
	if len(want) != writers*appends*each {
		l.Errorf("the log has %d events", len(want))
	}
	for i := range seen {
		l.same(ids(seen[i]), ids(want))
	}
}

func subscriptionCloses(l *log) {
	f := l.subscribe(l.start, eventstore.Filter{})
	for !f.next().CaughtUp {
	}
	// One that waits is told.
	waiting := make(chan error, 1)
	go func() {
		for {
			if _, err := f.sub.Next(l.ctx); err != nil {
				waiting <- err
				return
			}
		}
	}()
	f.sub.Close()
	if err := <-waiting; !errors.Is(err, eventstore.ErrClosed) {
		l.Errorf("a wait that was closed ended with %v", err)
	}
	f.sub.Close() // twice does no harm
	if _, err := f.sub.Next(l.ctx); !errors.Is(err, eventstore.ErrClosed) {
		l.Errorf("after Close, Next returns %v", err)
	}

	// One whose context ends, too, and it is over.
	g := l.subscribe(l.start, eventstore.Filter{})
	for !g.next().CaughtUp {
	}
	ctx, cancel := context.WithCancel(l.ctx)
	go func() {
		for {
			if _, err := g.sub.Next(ctx); err != nil {
				waiting <- err
				return
			}
		}
	}()
	cancel()
	if err := <-waiting; !errors.Is(err, context.Canceled) {
		l.Errorf("a wait that was cancelled ended with %v", err)
	}
	// Others go on.
	e := event()
	a := l.append(l.stream(), eventstore.NoStream, e)
	if got := ids(l.subscribe(l.start, eventstore.Filter{}).until(a.Position)); !slices.Equal(got, []uuid.UUID{e.ID}) {
		l.Errorf("a new subscription delivers %v", got)
	}
}
