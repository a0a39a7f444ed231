package storetest

import (
	"errors"
	"slices"
	"testing"

	"github.com/diaspora-match/diaspora/eventstore"
)

// several pages of any engine.
const severalPages = 1301

func pagingOfAStream(l *log) {
	stream, other := l.stream(), l.stream()
	want := idsOf(l.fill(stream, severalPages))
	l.fill(other, 20)
	const last = severalPages - 1
	for _, from := range []eventstore.Revision{0, 1, 511, 512, 513, last - 1, last, last + 1, eventstore.EndRevision} {
		for _, limit := range []int{-1, 0, 1, 2, 511, 512, 513, severalPages, severalPages + 1} {
			forwards := want[min(from, severalPages):]
			backwards := reversed(want[:min(from+1, severalPages)])
			if limit > 0 {
				forwards = forwards[:min(limit, len(forwards))]
				backwards = backwards[:min(limit, len(backwards))]
			}
			l.same(ids(l.read(stream, from, eventstore.Forwards, limit)), forwards)
			l.same(ids(l.read(stream, from, eventstore.Backwards, limit)), backwards)
		}
	}
	for i, r := range l.read(stream, eventstore.EndRevision, eventstore.Backwards, 0) {
		if r.Revision != eventstore.Revision(last-i) || r.Stream != stream {
			l.Fatalf("event %d backwards is revision %d of %s", i, r.Revision, r.Stream)
		}
	}
}

func missingStream(l *log) {
	for _, dir := range []eventstore.Direction{eventstore.Forwards, eventstore.Backwards} {
		for _, from := range []eventstore.Revision{0, 5, eventstore.EndRevision} {
			steps := 0
			for _, err := range l.ReadStream(l.ctx, l.stream(), from, dir, 10) {
				if steps++; !errors.Is(err, eventstore.ErrNoStream) {
					l.Errorf("got %v, want ErrNoStream", err)
				}
			}
			if steps != 1 {
				l.Errorf("the read of a missing stream took %d steps", steps)
			}
		}
	}
}

// readingCanStop stops reads early, more often than an engine can have
// connections, and reads from within a read.
func readingCanStop(l *log) {
	stream := l.stream()
	want := idsOf(l.fill(stream, 600))
	for range 100 {
		for r, err := range l.ReadStream(l.ctx, stream, 0, eventstore.Forwards, 0) {
			if err != nil || r.ID != want[0] {
				l.Fatalf("the first step gives %v, %v", r.ID, err)
			}
			break
		}
		for _, err := range l.ReadAll(l.ctx, l.start, eventstore.Forwards, 0) {
			if err != nil {
				l.Fatal(err)
			}
			break
		}
	}
	var within func(depth int)
	within = func(depth int) {
		for _, err := range l.ReadStream(l.ctx, stream, 0, eventstore.Forwards, 1) {
			if err != nil {
				l.Fatal(err)
			}
			if depth > 0 {
				within(depth - 1)
			}
		}
	}
	within(40)
	again := l.ReadStream(l.ctx, stream, 0, eventstore.Forwards, 0)
	for range 2 {
		var got []eventstore.Recorded
		for r, err := range again {
			if err != nil {
				l.Fatal(err)
			}
			got = append(got, r)
		}
		l.same(ids(got), want)
	}
}

func orderOfTheLog(l *log) {
	streams := []string{l.stream(), l.stream(), l.stream()}
	var want []eventstore.Event
	for i := range 60 {
		es := events(1 + i%4)
		l.append(streams[i%len(streams)], eventstore.Any, es...)
		want = append(want, es...)
	}
	got := l.all()
	l.same(ids(got), idsOf(want))
	if !slices.IsSortedFunc(got, func(a, b eventstore.Recorded) int { return int(a.Position) - int(b.Position) }) {
		l.Error("positions do not rise")
	}
	next := map[string]eventstore.Revision{}
	for _, r := range got {
		if r.Revision != next[r.Stream] {
			l.Fatalf("%s continues with %d, want %d", r.Stream, r.Revision, next[r.Stream])
		}
		next[r.Stream]++
	}
	everything := l.collect(l.start, eventstore.Forwards, 0)
	for _, i := range []int{0, 1, len(got) / 2, len(got) - 1} {
		at := got[i].Position
		l.same(ids(l.mine(l.collect(at, eventstore.Forwards, 0))), ids(got[i+1:]))
		back := l.collect(at, eventstore.Backwards, 0)
		l.same(ids(l.mine(back))[:i+1], reversed(ids(got[:i+1])))
		if back[0].Position != at {
			l.Errorf("backwards from %d begins at %d", at, back[0].Position)
		}
		if n := len(l.collect(at, eventstore.Backwards, 1)); n != 1 {
			l.Errorf("a limit of 1 gives %d events", n)
		}
	}
	l.same(ids(l.collect(l.start, eventstore.Forwards, 7)), ids(everything[:7]))
	end := l.collect(eventstore.EndPosition, eventstore.Backwards, 0)
	l.same(ids(l.mine(end))[:len(want)], reversed(idsOf(want)))
	if n := len(l.mine(l.collect(eventstore.EndPosition, eventstore.Forwards, 0))); n != 0 {
		l.Errorf("%d events stand after the end", n)
	}
}

func head(l *log) {
	before := l.start
	for range 5 {
		a := l.append(l.stream(), eventstore.NoStream, events(3)...)
		now, err := l.Head(l.ctx)
		if err != nil || now < a.Position || now <= before {
			l.Errorf("after an append at %d the head is %d, %v; before it was %d", a.Position, now, err, before)
		}
		before = now
	}
}

// reopened closes and opens the log: everything is there, numbering goes on, and
// retries across the restart are known.
func reopened(l *log, reopen func(*testing.T, eventstore.Store) eventstore.Store) {
	stream := l.stream()
	es := l.fill(stream, 700)
	last := l.read(stream, eventstore.EndRevision, eventstore.Backwards, 1)[0]
	before := l.all()

	l.Store = reopen(l.T, l.Store)
	l.holds(stream, es)
	l.same(ids(l.all()), ids(before))
	if a := l.append(stream, 499, es[500:]...); a.Revision != last.Revision || a.Position != last.Position {
		l.Errorf("a retry across the restart is answered with %+v", a)
	}
	more := event()
	a := l.append(stream, eventstore.At(last.Revision), more)
	if a.Revision != last.Revision+1 || a.Position <= last.Position {
		l.Errorf("after the restart the stream goes on at %+v", a)
	}
	l.holds(stream, append(es, more))
	sub := l.subscribe(last.Position, eventstore.Filter{})
	l.same(ids(sub.until(a.Position)), idsOf([]eventstore.Event{more}))
}

// lostWhileReading takes the server away in the middle of a read: the read must
// end with an error or, where all of it had arrived, be whole.
func lostWhileReading(l *log, lose func(*testing.T, eventstore.Store)) {
	stream := l.stream()
	// Large events, so that they cannot all wait in a buffer on this side.
	const n = 64
	for i := range n {
		e := event()
		e.Data = make([]byte, eventstore.MaxAppendBytes/2)
		l.append(stream, eventstore.Expected(i-1), e)
	}
	seen, failed := 0, false
	for _, err := range l.ReadStream(l.ctx, stream, 0, eventstore.Forwards, 0) {
		if err != nil {
			failed = true
			continue
		}
		if seen++; seen == 1 {
			lose(l.T, l.Store)
		}
	}
	if !failed {
		l.Errorf("the read ended after %d of %d events without an error", seen, n)
	}
}
