// Package storetest is the contract of eventstore.Store as a test suite: every
// engine runs it. It demands only what the port promises, so that it also judges
// a server whose log holds the events of others: each case writes to streams of a
// category of its own and looks at the global log through that category.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/eventstore"
)

// patience bounds every wait: a case that needs longer hangs.
const patience = time.Minute

// Engine is what the suite needs of an engine. Only Open must be there.
type Engine struct {
	// Open returns a store and has it closed at the end of the test.
	Open func(t *testing.T) eventstore.Store
	// Reopen closes a store and opens another over the same log.
	Reopen func(t *testing.T, store eventstore.Store) eventstore.Store
	// Lose takes away the server behind a store, as a crash would.
	Lose func(t *testing.T, store eventstore.Store)
}

// Run runs the suite against the stores that open returns; open has them closed
// at the end of the test.
func Run(t *testing.T, open func(t *testing.T) eventstore.Store) {
	RunEngine(t, Engine{Open: open})
}

// RunEngine runs the suite with the cases that an engine makes possible.
func RunEngine(t *testing.T, engine Engine) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.run(newLog(t, engine.Open(t))) })
	}
	if engine.Reopen != nil {
		t.Run("Reopened", func(t *testing.T) { reopened(newLog(t, engine.Open(t)), engine.Reopen) })
	}
	if engine.Lose != nil {
		t.Run("LostWhileReading", func(t *testing.T) { lostWhileReading(newLog(t, engine.Open(t)), engine.Lose) })
	}
}

var cases = []struct {
	name string
	run  func(*log)
}{
	{"RoundTrip", roundTrip},
	{"ExpectedRevisions", expectedRevisions},
	{"Replay", replay},
	{"ReplayWithoutExactRevision", replayWithoutExactRevision},
	{"ReplayFromManySides", replayFromManySides},
	{"AllOrNothing", allOrNothing},
	{"AllOrNothingSeenByReaders", allOrNothingSeenByReaders},
	{"OneWinner", oneWinner},
	{"TooLarge", tooLarge},
	{"StreamNames", streamNames},
	{"BadStreamNames", badStreamNames},
	{"BadEvents", badEvents},
	{"PagingOfAStream", pagingOfAStream},
	{"MissingStream", missingStream},
	{"ReadingCanStop", readingCanStop},
	{"OrderOfTheLog", orderOfTheLog},
	{"Head", head},
	{"Subscription", subscription},
	{"SubscriptionFilters", subscriptionFilters},
	{"SubscriptionResumes", subscriptionResumes},
	{"SubscriptionCatchesUp", subscriptionCatchesUp},
	{"SubscriptionBesideWriters", subscriptionBesideWriters},
	{"SubscriptionCloses", subscriptionCloses},
	{"Cancellation", cancellation},
	{"CancelledAppends", cancelledAppends},
	{"Closed", closed},
	{"Linearizable", linearizable},
}

// log is a store under test, seen through one category.
type log struct {
	*testing.T
	eventstore.Store
	ctx      context.Context
	category string
	start    eventstore.Position // where the log ended before the test
}

func newLog(t *testing.T, store eventstore.Store) *log {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	l := &log{T: t, Store: store, ctx: ctx, category: fmt.Sprintf("t%08x", rand.Uint32())}
	start, err := store.Head(ctx)
	if err != nil {
		t.Fatalf("Head: %v", err)
	}
	l.start = start
	return l
}

// stream is a new name within the category.
func (l *log) stream() string { return l.category + "-" + uuid.NewString() }

// event is new, with contents that tell it from others.
func event() eventstore.Event {
	id := uuid.New()
	return eventstore.Event{
		ID:   id,
		Type: "test.Happened",
		Data: []byte(`{"n":"` + id.String() + `"}`),
		Meta: []byte(`{"$correlationId":"` + id.String() + `"}`),
	}
}

func events(n int) []eventstore.Event {
	es := make([]eventstore.Event, n)
	for i := range es {
		es[i] = event()
	}
	return es
}

// fill appends n new events to a stream that does not exist, in as many appends
// as that takes.
func (l *log) fill(stream string, n int) []eventstore.Event {
	l.Helper()
	all := events(n)
	expected := eventstore.NoStream
	for chunk := range slices.Chunk(all, eventstore.MaxAppendEvents) {
		expected = eventstore.At(l.append(stream, expected, chunk...).Revision)
	}
	return all
}

// append must succeed.
func (l *log) append(stream string, expected eventstore.Expected, es ...eventstore.Event) eventstore.Appended {
	l.Helper()
	a, err := l.Append(l.ctx, stream, expected, es...)
	if err != nil {
		l.Fatalf("append of %d events at %v: %v", len(es), expected, err)
	}
	return a
}

// refused must be answered with a WrongRevision that names the actual one.
func (l *log) refused(stream string, expected, actual eventstore.Expected, es ...eventstore.Event) {
	l.Helper()
	_, err := l.Append(l.ctx, stream, expected, es...)
	var wrong *eventstore.WrongRevision
	if !errors.As(err, &wrong) {
		l.Fatalf("append at %v to a stream at %v: got %v, want a *WrongRevision", expected, actual, err)
	}
	if want := (eventstore.WrongRevision{Stream: stream, Expected: expected, Actual: actual}); *wrong != want {
		l.Fatalf("got %+v, want %+v", *wrong, want)
	}
}

// read reads a stream, which must work.
func (l *log) read(stream string, from eventstore.Revision, dir eventstore.Direction, limit int) []eventstore.Recorded {
	l.Helper()
	var got []eventstore.Recorded
	for r, err := range l.ReadStream(l.ctx, stream, from, dir, limit) {
		if err != nil {
			l.Fatalf("read of %s: %v", stream, err)
		}
		got = append(got, r)
	}
	return got
}

// all reads what the category has in the global log after the test's start.
func (l *log) all() []eventstore.Recorded {
	l.Helper()
	return l.mine(l.collect(l.start, eventstore.Forwards, 0))
}

// collect reads the global log, which must work.
func (l *log) collect(from eventstore.Position, dir eventstore.Direction, limit int) []eventstore.Recorded {
	l.Helper()
	var got []eventstore.Recorded
	for r, err := range l.ReadAll(l.ctx, from, dir, limit) {
		if err != nil {
			l.Fatalf("read of the log: %v", err)
		}
		got = append(got, r)
	}
	return got
}

// mine keeps the events of the category.
func (l *log) mine(rs []eventstore.Recorded) []eventstore.Recorded {
	return slices.DeleteFunc(slices.Clone(rs), func(r eventstore.Recorded) bool { return r.Category() != l.category })
}

// holds demands that a stream has exactly these events.
func (l *log) holds(stream string, want []eventstore.Event) {
	l.Helper()
	got := l.read(stream, 0, eventstore.Forwards, 0)
	l.same(ids(got), idsOf(want))
	for i, r := range got {
		if r.Revision != eventstore.Revision(i) {
			l.Fatalf("event %d of %s has revision %d", i, stream, r.Revision)
		}
	}
}

// missing demands that a stream does not exist.
func (l *log) missing(stream string) {
	l.Helper()
	for _, err := range l.ReadStream(l.ctx, stream, 0, eventstore.Forwards, 1) {
		if !errors.Is(err, eventstore.ErrNoStream) {
			l.Fatalf("read of a stream that must not be there: got %v, want ErrNoStream", err)
		}
		return
	}
	l.Fatal("read of a stream that must not be there ended without an error")
}

func (l *log) same(got, want []uuid.UUID) {
	l.Helper()
	if slices.Equal(got, want) {
		return
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			l.Fatalf("got %d events, want %d; the first difference is at %d", len(got), len(want), i)
		}
	}
}

func ids(rs []eventstore.Recorded) []uuid.UUID {
	out := make([]uuid.UUID, len(rs))
	for i, r := range rs {
		out[i] = r.ID
	}
	return out
}

func idsOf(es []eventstore.Event) []uuid.UUID {
	out := make([]uuid.UUID, len(es))
	for i, e := range es {
		out[i] = e.ID
	}
	return out
}

func reversed[T any](s []T) []T {
	s = slices.Clone(s)
	slices.Reverse(s)
	return s
}

// long is a string of n bytes.
func long(n int) string { return strings.Repeat("x", n) }
