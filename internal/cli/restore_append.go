package cli

import (
	"context"
	"io"
	"iter"

	"github.com/diaspora-match/diaspora/eventstore"
)

// maxRestoreBytes bounds the data and metadata of one append of a restore. An event
// may exceed it alone.
const maxRestoreBytes = 256 << 10

// writing gives bytes to writeFile.
func writing(b []byte) func(io.Writer) error {
	return func(w io.Writer) error { _, err := w.Write(b); return err }
}

// appendTo appends events to a store in their order, one after the other: views
// fold across streams, so that nothing may overtake. What the store holds already
// must be how the events begin, and is left as it is: so a restore that was cut
// short goes on. errLogInUse.
func appendTo(ctx context.Context, store eventstore.Store, events iter.Seq2[eventstore.Recorded, error]) error {
	there, stop := iter.Pull2(store.ReadAll(ctx, 0, eventstore.Forwards, 0))
	defer stop()
	run := appending{store: store}
	for e, err := range events {
		if err != nil {
			return err
		}
		got, err, more := there()
		switch {
		case !more:
			if err := run.add(ctx, e); err != nil {
				return err
			}
		case err != nil:
			return err
		case got.ID != e.ID || got.Stream != e.Stream || got.Revision != e.Revision || got.Type != e.Type:
			return errLogInUse.At("event-store")
		}
	}
	if _, err, more := there(); more {
		if err != nil {
			return err
		}
		return errLogInUse.At("event-store")
	}
	return run.flush(ctx)
}

// appending is a run of events of one stream, appended together.
type appending struct {
	store  eventstore.Store
	stream string
	from   eventstore.Revision
	events []eventstore.Event
	bytes  int
}

func (a *appending) add(ctx context.Context, e eventstore.Recorded) error {
	size := len(e.Data) + len(e.Meta)
	if e.Stream != a.stream || len(a.events) == eventstore.MaxAppendEvents || a.bytes+size > maxRestoreBytes {
		if err := a.flush(ctx); err != nil {
			return err
		}
		a.stream, a.from = e.Stream, e.Revision
	}
	a.events, a.bytes = append(a.events, e.Event), a.bytes+size
	return nil
}

// flush appends the run. The expected revision and the ids make it safe to repeat.
func (a *appending) flush(ctx context.Context) error {
	if len(a.events) == 0 {
		return nil
	}
	expected := eventstore.NoStream
	if a.from > 0 {
		expected = eventstore.At(a.from - 1)
	}
	_, err := a.store.Append(ctx, a.stream, expected, a.events...)
	a.events, a.bytes = nil, 0
	return err
}
