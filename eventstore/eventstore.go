// Package eventstore is the port to the store of record: what an engine must do,
// in the words that every engine shares. eventstore/storetest is its contract as
// a test suite; eventstore/sqlite is the embedded engine. eventstore/codec turns
// events of the domain into the bytes that are stored here.
package eventstore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// Position is the place of an event in the global order: ordered, opaque, not
// dense. Zero is before the first event.
type Position uint64

// Revision is the place of an event in its stream, from 0 without gaps.
type Revision uint64

// Expected is the revision that a writer believes the stream to be at.
type Expected int64

const (
	// NoStream demands that the stream does not exist.
	NoStream Expected = -1
	// StreamExists demands that it does, at any revision.
	StreamExists Expected = -2
	// Any demands nothing; a retry is then best effort only.
	Any Expected = -3
)

// At is the exact expected revision.
func At(r Revision) Expected { return Expected(r) }

func (e Expected) String() string {
	switch e {
	case NoStream:
		return "no stream"
	case StreamExists:
		return "stream exists"
	case Any:
		return "any"
	}
	return fmt.Sprintf("revision %d", int64(e))
}

// Event is what a writer appends.
type Event struct {
	ID   uuid.UUID
	Type string
	Data []byte
	Meta []byte
}

// Recorded is an event as it was stored.
type Recorded struct {
	Event
	Stream   string
	Revision Revision
	Position Position
	Time     time.Time // UTC, set by the engine
}

// Category is the part of the stream name before its first dash.
func (r Recorded) Category() string { return Category(r.Stream) }

// Category is the part of a stream name before its first dash.
func Category(stream string) string {
	c, _, _ := strings.Cut(stream, "-")
	return c
}

// Appended is where the last event of an append stands.
type Appended struct {
	Revision Revision
	Position Position
}

// Direction of a read.
type Direction bool

const (
	Forwards  Direction = false
	Backwards Direction = true
)

// End reads backwards from the end.
const (
	EndRevision = Revision(1<<63 - 1)
	EndPosition = Position(1<<63 - 1)
)

// Filter keeps events whose stream or type begins with one of the prefixes. The
// zero value keeps all.
type Filter struct {
	StreamPrefixes []string
	TypePrefixes   []string
}

// Keeps reports whether the filter lets an event through: each list that is not
// empty must hold a prefix of it.
func (f Filter) Keeps(stream, eventType string) bool {
	return anyPrefix(f.StreamPrefixes, stream) && anyPrefix(f.TypePrefixes, eventType)
}

func anyPrefix(prefixes []string, s string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return len(prefixes) == 0
}

// Delivery is what a subscription hands over at a time: a batch of events in
// order, or news without events.
type Delivery struct {
	Events []Recorded
	// Through is the position up to which everything was delivered or filtered
	// out. Storing it after handling Events is safe.
	Through Position
	// CaughtUp tells that no event was waiting when this was delivered.
	CaughtUp bool
}

// Subscription is a live, ordered read of the global log. It is used by one
// goroutine at a time.
type Subscription interface {
	// Next blocks for the next delivery. It returns ctx.Err(), ErrClosed, or the
	// engine's error; after an error the subscription is over, and the caller
	// subscribes again after the last position that it handled.
	Next(ctx context.Context) (Delivery, error)
	Close()
}

// Store is the store of record. All methods may be called at once from many
// goroutines, honour ctx, and return typed errors.
type Store interface {
	// Append adds all events to one stream, or none. When the events already
	// stand at the expected revision with the same ids, it returns where they
	// stand: a retry is safe. It returns a *WrongRevision, ErrTooLarge,
	// ErrBadStream, ErrBadEvent, ErrClosed. When ctx ends first, ctx.Err() says
	// that nothing was stored or, if the engine cannot know, that a retry with the
	// same ids will tell.
	Append(ctx context.Context, stream string, expected Expected, events ...Event) (Appended, error)

	// ReadStream yields the events of a stream from a revision, included, at most
	// limit of them (zero or less: all). A missing stream is ErrNoStream at the
	// first step. A read that breaks off yields its error; it is never silently
	// short.
	ReadStream(ctx context.Context, stream string, from Revision, dir Direction, limit int) iter.Seq2[Recorded, error]

	// ReadAll yields the global log: forwards the events after a position,
	// backwards those up to and including it. The limit is that of ReadStream.
	ReadAll(ctx context.Context, from Position, dir Direction, limit int) iter.Seq2[Recorded, error]

	// Subscribe delivers the events after a position, then each new one.
	Subscribe(ctx context.Context, after Position, filter Filter) (Subscription, error)

	// Head is the position of the last event.
	Head(ctx context.Context) (Position, error)

	// Close ends everything; calls in flight finish or return ErrClosed.
	Close() error
}

var (
	ErrNoStream  = errors.New("eventstore: no such stream")
	ErrTooLarge  = errors.New("eventstore: append is larger than MaxAppendBytes")
	ErrBadStream = errors.New("eventstore: bad stream name")
	ErrBadEvent  = errors.New("eventstore: bad event")
	ErrClosed    = errors.New("eventstore: closed")
	ErrNoEvent   = errors.New("eventstore: no event stands there")
)

// WrongRevision says that the stream is not where the writer believed.
type WrongRevision struct {
	Stream   string
	Expected Expected
	Actual   Expected // NoStream, or the revision
}

func (e *WrongRevision) Error() string {
	return fmt.Sprintf("eventstore: %s is at %v, not at %v", e.Stream, e.Actual, e.Expected)
}

// Bounds, listed in docs/limits.md. They are those of EventStoreDB's defaults,
// so that what one engine takes, the other takes.
const (
	MaxAppendBytes  = 1 << 20 // data and metadata of one append
	MaxAppendEvents = 500
	MaxStreamBytes  = 512 // UTF-8 bytes of a stream name
	MaxTypeBytes    = 256 // UTF-8 bytes of an event type
)

// CheckStream returns ErrBadStream for a name that an engine would not take:
// empty, too long, system ("$…"), without "category-id", not UTF-8, or with
// control characters.
func CheckStream(stream string) error {
	category, id, ok := strings.Cut(stream, "-")
	if !ok || category == "" || id == "" || len(stream) > MaxStreamBytes || stream[0] == '$' || !printable(stream) {
		return fmt.Errorf("%w: %q", ErrBadStream, stream)
	}
	return nil
}

// CheckAppend is what every engine checks before it takes an append: ErrBadStream
// for the name, ErrTooLarge beyond MaxAppendEvents or MaxAppendBytes, ErrBadEvent
// for an append without events, an event without id, two with the same id, or a
// type that is empty, too long or not printable.
func CheckAppend(stream string, events []Event) error {
	if err := CheckStream(stream); err != nil {
		return err
	}
	if len(events) == 0 {
		return fmt.Errorf("%w: an append needs at least one", ErrBadEvent)
	}
	if len(events) > MaxAppendEvents {
		return fmt.Errorf("%w: %d events, at most %d", ErrTooLarge, len(events), MaxAppendEvents)
	}
	size := 0
	for i, e := range events {
		switch {
		case e.ID == uuid.Nil:
			return fmt.Errorf("%w: event %d has no id", ErrBadEvent, i)
		case slices.ContainsFunc(events[:i], func(o Event) bool { return o.ID == e.ID }):
			return fmt.Errorf("%w: event %d has the id of an earlier one", ErrBadEvent, i)
		case e.Type == "" || len(e.Type) > MaxTypeBytes || !printable(e.Type):
			return fmt.Errorf("%w: event %d has the type %.64q", ErrBadEvent, i, e.Type)
		}
		size += len(e.Data) + len(e.Meta)
	}
	if size > MaxAppendBytes {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, size, MaxAppendBytes)
	}
	return nil
}

func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}
