package esdb

import (
	"context"
	"errors"
	"io"
	"iter"
	"math"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/diaspora-match/diaspora/eventstore"
)

// cursor is a read that can be taken up where it has stopped.
type cursor interface {
	// over reports that nothing is left to read.
	over() bool
	// open asks the server for what is left, or for a part of it.
	open(context.Context, *esdb.Client) (stream *esdb.ReadStream, asked uint64, err error)
	// take moves past an event, and reports whether it belongs to the read.
	take(*esdb.RecordedEvent) bool
	// ended is told that the server has sent all that was asked for, which may be
	// fewer events because no more are there.
	ended(all bool)
}

// ReadStream implements eventstore.Store.
func (s *Store) ReadStream(ctx context.Context, stream string, from eventstore.Revision, dir eventstore.Direction, limit int) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) {
		if err := eventstore.CheckStream(stream); err != nil {
			yield(eventstore.Recorded{}, err)
			return
		}
		s.read(ctx, s.leader, stream, &streamCursor{stream: stream, from: from, dir: dir, left: bound(limit)}, yield)
	}
}

// ReadAll implements eventstore.Store.
func (s *Store) ReadAll(ctx context.Context, from eventstore.Position, dir eventstore.Direction, limit int) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) {
		var c cursor = &forwards{after: uint64(from), left: bound(limit), done: from >= eventstore.EndPosition}
		if dir == eventstore.Backwards {
			c = &backwards{before: uint64(from), left: bound(limit), done: from == 0, inclusive: from < eventstore.EndPosition}
		}
		s.read(ctx, s.reader, "$all", c, yield)
	}
}

func bound(limit int) uint64 {
	if limit <= 0 {
		return math.MaxInt64
	}
	return uint64(limit)
}

// read yields what the cursor reads, and takes it up again when the connection
// breaks. Patience begins anew with each event.
func (s *Store) read(ctx context.Context, l *link, name string, c cursor, yield func(eventstore.Recorded, error) bool) {
	if err := s.usable(ctx); err != nil {
		yield(eventstore.Recorded{}, err)
		return
	}
	ctx, done := within(l.fresh(ctx), s.ctx)
	defer done()
	a := l.attempts()
	for !c.over() {
		progress := false
		kind, err := l.once(ctx, a.deadline, name, func(ctx context.Context, client *esdb.Client) error {
			return stretch(ctx, client, c, func(r eventstore.Recorded) bool {
				progress = true
				return yield(r, nil)
			})
		})
		if errors.Is(err, errStopped) {
			return
		}
		if progress {
			a = l.attempts()
		}
		if err != nil && kind != final {
			err = a.another(ctx, err)
		}
		if err != nil {
			yield(eventstore.Recorded{}, err)
			return
		}
	}
}

// stretch reads until the cursor has all that it asked for, or an error. It
// returns errStopped when yield does not want more.
func stretch(ctx context.Context, client *esdb.Client, c cursor, yield func(eventstore.Recorded) bool) error {
	stream, asked, err := c.open(ctx, client)
	if err != nil {
		return err
	}
	defer stream.Close()
	for got := uint64(0); ; got++ {
		e, err := receive(stream)
		if errors.Is(err, io.EOF) {
			c.ended(got < asked)
			return nil
		}
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if c.take(e) && !yield(recorded(e)) {
			return errStopped
		}
	}
}

// receive takes the next event of a read. The library panics over messages that
// it does not know.
func receive(stream *esdb.ReadStream) (event *esdb.RecordedEvent, err error) {
	err = guard(func() error {
		e, err := stream.Recv()
		if err == nil {
			event = e.OriginalEvent()
		}
		return err
	})
	return event, err
}

func readAll(ctx context.Context, c *esdb.Client, dir esdb.Direction, from esdb.AllPosition, count uint64) (stream *esdb.ReadStream, err error) {
	err = guard(func() error {
		stream, err = c.ReadAll(ctx, esdb.ReadAllOptions{Direction: dir, From: from}, count)
		return err
	})
	return stream, err
}

func recorded(e *esdb.RecordedEvent) eventstore.Recorded {
	return eventstore.Recorded{
		Event:    eventstore.Event{ID: e.EventID, Type: e.EventType, Data: e.Data, Meta: e.UserMetadata},
		Stream:   e.StreamID,
		Revision: eventstore.Revision(e.EventNumber),
		Position: eventstore.Position(e.Position.Commit),
		Time:     e.CreatedDate,
	}
}

// streamCursor reads a stream.
type streamCursor struct {
	stream string
	from   eventstore.Revision
	dir    eventstore.Direction
	left   uint64
	done   bool
}

func (c *streamCursor) over() bool { return c.done || c.left == 0 }

// beyond reports a read forwards from the end, which asks only whether the stream
// is there.
func (c *streamCursor) beyond() bool {
	return c.dir == eventstore.Forwards && c.from >= eventstore.EndRevision
}

func (c *streamCursor) open(ctx context.Context, client *esdb.Client) (stream *esdb.ReadStream, asked uint64, err error) {
	options := esdb.ReadStreamOptions{Direction: esdb.Forwards, From: esdb.Revision(uint64(c.from))}
	asked = c.left
	if c.dir == eventstore.Backwards || c.beyond() {
		options.Direction = esdb.Backwards
	}
	if c.from >= eventstore.EndRevision {
		options.From = esdb.End{}
	}
	if c.beyond() {
		asked = 1
	}
	err = guard(func() error {
		stream, err = client.ReadStream(ctx, c.stream, options, asked)
		return err
	})
	return stream, asked, err
}

func (c *streamCursor) take(e *esdb.RecordedEvent) bool {
	if c.beyond() {
		return false
	}
	revision := eventstore.Revision(e.EventNumber)
	c.left--
	switch {
	case c.dir == eventstore.Forwards:
		c.from = revision + 1
	case revision == 0:
		c.done = true
	default:
		c.from = revision - 1
	}
	return true
}

func (c *streamCursor) ended(all bool) { c.done = c.done || all || c.beyond() }

// forwards reads the log after a position. The server includes what it is asked
// for, so one more is asked for and skipped.
type forwards struct {
	after uint64
	left  uint64
	done  bool
}

func (c *forwards) over() bool { return c.done || c.left == 0 }

func (c *forwards) open(ctx context.Context, client *esdb.Client) (*esdb.ReadStream, uint64, error) {
	asked := min(c.left+1, math.MaxInt64)
	stream, err := readAll(ctx, client, esdb.Forwards, after(c.after), asked)
	return stream, asked, err
}

// after is where the server begins to look for what stands after a position.
func after(position uint64) esdb.AllPosition {
	if position == 0 {
		return esdb.Start{}
	}
	return at(position)
}

func at(position uint64) esdb.Position { return esdb.Position{Commit: position, Prepare: position} }

func (c *forwards) take(e *esdb.RecordedEvent) bool {
	position := e.Position.Commit
	if position <= c.after || c.left == 0 {
		return false
	}
	c.after = position
	if system(e.StreamID) {
		return false
	}
	c.left--
	return true
}

func (c *forwards) ended(all bool) { c.done = all }

// backwards reads the log before a position. Servers differ in whether a read
// backwards includes what it is asked for; so an event that is to be included is
// read by itself first, and later skipped.
type backwards struct {
	before    uint64
	inclusive bool
	left      uint64
	done      bool
}

func (c *backwards) over() bool { return c.done || c.left == 0 }

func (c *backwards) open(ctx context.Context, client *esdb.Client) (stream *esdb.ReadStream, asked uint64, err error) {
	switch {
	case c.inclusive:
		stream, err = readAll(ctx, client, esdb.Forwards, at(c.before), 1)
		return stream, 1, err
	case c.before >= uint64(eventstore.EndPosition):
		stream, err = readAll(ctx, client, esdb.Backwards, esdb.End{}, c.left)
		return stream, c.left, err
	}
	asked = min(c.left+1, math.MaxInt64)
	stream, err = readAll(ctx, client, esdb.Backwards, at(c.before), asked)
	return stream, asked, err
}

func (c *backwards) take(e *esdb.RecordedEvent) bool {
	position := e.Position.Commit
	if c.inclusive {
		if position != c.before {
			return false
		}
	} else if position >= c.before || c.left == 0 {
		return false
	} else {
		c.before = position
	}
	if system(e.StreamID) {
		return false
	}
	c.left--
	return true
}

func (c *backwards) ended(all bool) {
	if c.inclusive {
		c.inclusive = false
		return
	}
	c.done = all
}
