package storetest

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/eventstore"
)

func roundTrip(l *log) {
	binary := make([]byte, 256)
	for i := range binary {
		binary[i] = byte(i)
	}
	want := []eventstore.Event{
		event(),
		{ID: uuid.New(), Type: "test.Leeg", Data: nil, Meta: nil},
		{ID: uuid.New(), Type: "test.Binair", Data: binary, Meta: binary},
		{ID: uuid.New(), Type: "test.حدث", Data: []byte(`"نعم"`), Meta: []byte{}},
		{ID: uuid.New(), Type: long(eventstore.MaxTypeBytes), Data: []byte(`{}`)},
	}
	stream := l.stream()
	before := time.Now()
	a := l.append(stream, eventstore.NoStream, want...)
	if a.Revision != eventstore.Revision(len(want)-1) || a.Position <= l.start {
		l.Errorf("the append is answered with %+v", a)
	}
	for _, got := range [][]eventstore.Recorded{l.read(stream, 0, eventstore.Forwards, 0), l.all()} {
		l.same(ids(got), idsOf(want))
		for i, r := range got {
			w := want[i]
			if r.Type != w.Type || !bytes.Equal(r.Data, w.Data) || !bytes.Equal(r.Meta, w.Meta) {
				l.Errorf("event %d came back as %q, %q, %q", i, r.Type, r.Data, r.Meta)
			}
			if r.Stream != stream || r.Revision != eventstore.Revision(i) {
				l.Errorf("event %d stands in %s at %d", i, r.Stream, r.Revision)
			}
			if r.Time.Location() != time.UTC || r.Time.Before(before.Add(-time.Minute)) || r.Time.After(time.Now().Add(time.Minute)) {
				l.Errorf("event %d has the time %v", i, r.Time)
			}
		}
		if last := got[len(got)-1]; last.Position != a.Position {
			l.Errorf("the last event is at %d, the append was answered with %d", last.Position, a.Position)
		}
	}
}

func expectedRevisions(l *log) {
	const exists, nothing, whatever = eventstore.StreamExists, eventstore.NoStream, eventstore.Any
	for _, c := range []struct {
		length   int
		expected eventstore.Expected
		fits     bool
	}{
		{0, nothing, true}, {0, exists, false}, {0, whatever, true}, {0, 0, false}, {0, 1, false},
		{1, nothing, false}, {1, exists, true}, {1, whatever, true}, {1, 0, true}, {1, 1, false}, {1, 7, false},
		{3, nothing, false}, {3, exists, true}, {3, whatever, true}, {3, 0, false}, {3, 1, false}, {3, 2, true}, {3, 3, false},
		{3, eventstore.At(eventstore.EndRevision), false},
	} {
		stream := l.stream()
		var before []eventstore.Event
		if c.length > 0 {
			before = l.fill(stream, c.length)
		}
		added := events(2)
		if c.fits {
			a := l.append(stream, c.expected, added...)
			if want := eventstore.Revision(c.length + 1); a.Revision != want {
				l.Errorf("append at %v to %d events: at revision %d, want %d", c.expected, c.length, a.Revision, want)
			}
			l.holds(stream, append(before, added...))
			continue
		}
		l.refused(stream, c.expected, eventstore.Expected(c.length-1), added...)
		if c.length == 0 {
			l.missing(stream)
		} else {
			l.holds(stream, before)
		}
	}
}

func replay(l *log) {
	stream := l.stream()
	first, second, third := events(2), events(3), events(1)
	a := l.append(stream, eventstore.NoStream, first...)
	b := l.append(stream, eventstore.At(a.Revision), second...)
	c := l.append(stream, eventstore.At(b.Revision), third...)
	// Each again, in another order, when the stream has moved on.
	for _, r := range []struct {
		expected eventstore.Expected
		events   []eventstore.Event
		want     eventstore.Appended
	}{
		{eventstore.At(a.Revision), second, b},
		{eventstore.NoStream, first, a},
		{eventstore.At(b.Revision), third, c},
	} {
		if got := l.append(stream, r.expected, r.events...); got != r.want {
			l.Errorf("the retry at %v is answered with %+v, the first was with %+v", r.expected, got, r.want)
		}
	}
	everything := append(append(first, second...), third...)
	l.holds(stream, everything)

	// What only resembles a retry is none.
	last := eventstore.At(c.Revision)
	l.refused(stream, eventstore.At(a.Revision), last, second[0], second[1], event())
	l.refused(stream, eventstore.At(a.Revision), last, second[1], second[0], second[2])
	l.refused(stream, eventstore.At(a.Revision+1), last, second...)
	l.refused(stream, eventstore.At(b.Revision), last, third[0], event())
	l.refused(stream, eventstore.NoStream, last, events(2)...)
	l.holds(stream, everything)
}

func replayWithoutExactRevision(l *log) {
	stream := l.stream()
	es := events(3)
	a := l.append(stream, eventstore.Any, es...)
	for _, expected := range []eventstore.Expected{eventstore.Any, eventstore.StreamExists} {
		if again := l.append(stream, expected, es...); again != a {
			l.Errorf("the retry at %v is answered with %+v, the first was with %+v", expected, again, a)
		}
	}
	l.holds(stream, es)
}

func replayFromManySides(l *log) {
	const sides = 8
	stream := l.stream()
	es := events(4)
	answers := make([]eventstore.Appended, sides)
	errs := make([]error, sides)
	var wg sync.WaitGroup
	for i := range sides {
		wg.Go(func() { answers[i], errs[i] = l.Append(l.ctx, stream, eventstore.NoStream, es...) })
	}
	wg.Wait()
	for i := range sides {
		if errs[i] != nil || answers[i] != answers[0] {
			l.Errorf("side %d got %+v, %v; side 0 got %+v", i, answers[i], errs[i], answers[0])
		}
	}
	l.holds(stream, es)
}

func allOrNothing(l *log) {
	stream := l.stream()
	es := events(eventstore.MaxAppendEvents)
	a := l.append(stream, eventstore.NoStream, es...)
	if a.Revision != eventstore.MaxAppendEvents-1 {
		l.Errorf("the last of %d events is at revision %d", len(es), a.Revision)
	}
	l.holds(stream, es)
	l.refused(stream, eventstore.NoStream, eventstore.At(a.Revision), events(3)...)
	l.holds(stream, es)
	for i, r := range l.all()[1:] {
		if r.Revision != eventstore.Revision(i+1) {
			l.Fatalf("the events of one append stand in the log as revision %d after %d", r.Revision, i)
		}
	}
}

func allOrNothingSeenByReaders(l *log) {
	const appends, each = 40, 7
	stream := l.stream()
	l.append(stream, eventstore.NoStream, events(each)...)
	var wg sync.WaitGroup
	done := make(chan struct{})
	wg.Go(func() {
		defer close(done)
		for range appends {
			if _, err := l.Append(l.ctx, stream, eventstore.StreamExists, events(each)...); err != nil {
				l.Errorf("append: %v", err)
			}
		}
	})
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		if n := len(l.read(stream, 0, eventstore.Forwards, 0)); n%each != 0 {
			l.Errorf("a reader saw %d events, where each append has %d", n, each)
			running = false
		}
	}
	wg.Wait()
	if n := len(l.read(stream, 0, eventstore.Forwards, 0)); n != (appends+1)*each {
		l.Errorf("the stream has %d events, want %d", n, (appends+1)*each)
	}
}

func oneWinner(l *log) {
	const rounds, writers = 10, 16
	stream := l.stream()
	expected := eventstore.NoStream
	var won []eventstore.Event
	for round := range rounds {
		mine := events(writers)
		errs := make([]error, writers)
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() { _, errs[i] = l.Append(l.ctx, stream, expected, mine[i]) })
		}
		wg.Wait()
		winners := 0
		for i, err := range errs {
			var wrong *eventstore.WrongRevision
			switch {
			case err == nil:
				winners++
				won = append(won, mine[i])
			case !errors.As(err, &wrong) || wrong.Actual != expected+1:
				l.Errorf("a loser of round %d got %v", round, err)
			}
		}
		if winners != 1 {
			l.Fatalf("round %d has %d winners", round, winners)
		}
		expected++
	}
	l.holds(stream, won)
}

func tooLarge(l *log) {
	const half = eventstore.MaxAppendBytes / 2
	stream := l.stream()
	for name, es := range map[string][]eventstore.Event{
		"one event":            {{ID: uuid.New(), Type: "test.Big", Data: make([]byte, eventstore.MaxAppendBytes+1)}},
		"data and metadata":    {{ID: uuid.New(), Type: "test.Big", Data: make([]byte, half), Meta: make([]byte, half+1)}},
		"two events together":  {{ID: uuid.New(), Type: "test.Big", Data: make([]byte, half)}, {ID: uuid.New(), Type: "test.Big", Data: make([]byte, half+1)}},
		"more than may events": events(eventstore.MaxAppendEvents + 1),
	} {
		if _, err := l.Append(l.ctx, stream, eventstore.Any, es...); !errors.Is(err, eventstore.ErrTooLarge) {
			l.Errorf("%s: got %v, want ErrTooLarge", name, err)
		}
	}
	l.missing(stream)

	most := eventstore.Event{ID: uuid.New(), Type: "test.Big", Data: bytes.Repeat([]byte("d"), half), Meta: bytes.Repeat([]byte("m"), half)}
	l.append(stream, eventstore.NoStream, most)
	got := l.read(stream, 0, eventstore.Forwards, 0)
	if len(got) != 1 || !bytes.Equal(got[0].Data, most.Data) || !bytes.Equal(got[0].Meta, most.Meta) {
		l.Error("the largest event that is allowed did not come back whole")
	}
}

func streamNames(l *log) {
	category := l.category + "-"
	names := []string{
		category + uuid.NewString(),
		category + "één-ŋ-北京-🌍-" + uuid.NewString(),
		category + "e\u0301", // not the same as the next: names are bytes
		category + "\u00e9",
		category + "with space, 'quotes\" %_*?\\/#",
		category + "-",
		category + "A", category + "a",
		category + long(eventstore.MaxStreamBytes-len(category)),
		category + strings.Repeat("ش", (eventstore.MaxStreamBytes-len(category))/2),
	}
	want := map[string]eventstore.Event{}
	for _, name := range names {
		want[name] = event()
		l.append(name, eventstore.NoStream, want[name])
	}
	for _, name := range names {
		l.holds(name, []eventstore.Event{want[name]})
	}
	all := l.all()
	if len(all) != len(names) {
		l.Fatalf("the log has %d events, want %d", len(all), len(names))
	}
	for i, r := range all {
		if r.Stream != names[i] || r.ID != want[names[i]].ID || r.Category() != l.category {
			l.Errorf("event %d came back in %q of category %q, want %q", i, r.Stream, r.Category(), names[i])
		}
	}
}

func badStreamNames(l *log) {
	for _, name := range []string{
		"", "-", "need", "need-", "-7", "$all", "$system-7", "need-\x00", "need-\n", "need-\xff",
		"need-" + long(eventstore.MaxStreamBytes),
	} {
		if _, err := l.Append(l.ctx, name, eventstore.Any, event()); !errors.Is(err, eventstore.ErrBadStream) {
			l.Errorf("append to %q: got %v, want ErrBadStream", name, err)
		}
		for _, err := range l.ReadStream(l.ctx, name, 0, eventstore.Forwards, 1) {
			if !errors.Is(err, eventstore.ErrBadStream) {
				l.Errorf("read of %q: got %v, want ErrBadStream", name, err)
			}
		}
	}
}

func badEvents(l *log) {
	stream, twice := l.stream(), event()
	for name, es := range map[string][]eventstore.Event{
		"no event":      {},
		"no id":         {{Type: "test.Happened"}},
		"no type":       {{ID: uuid.New()}},
		"a long type":   {{ID: uuid.New(), Type: long(eventstore.MaxTypeBytes + 1)}},
		"a binary type": {{ID: uuid.New(), Type: "test.\x00"}},
		"an id twice":   {twice, event(), twice},
	} {
		if _, err := l.Append(l.ctx, stream, eventstore.Any, es...); !errors.Is(err, eventstore.ErrBadEvent) {
			l.Errorf("%s: got %v, want ErrBadEvent", name, err)
		}
	}
	l.missing(stream)
}
