package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/hallgren/eventsourcing/core"
	"github.com/hallgren/eventsourcing/core/testsuite"

	"github.com/diaspora-match/diaspora/eventstore"
)

// TestHallgrenJudgesTheEngines runs the suite that hallgren/eventsourcing has for
// stores over our port.
func TestHallgrenJudgesTheEngines(t *testing.T) {
	for name, open := range engines {
		t.Run(name, func(t *testing.T) {
			testsuite.Test(t, func() (core.EventStore, func(), error) { return hallgren{open(t)}, func() {}, nil })
		})
	}
}

// hallgren is our port in the words of that library: versions count from 1.
type hallgren struct{ store eventstore.Store }

// envelope keeps what our port has no place for.
type envelope struct {
	Timestamp time.Time
	Metadata  []byte
}

func streamOf(aggregateType, id string) string { return aggregateType + "-" + id }

func (h hallgren) Save(events []core.Event) error {
	if len(events) == 0 {
		return nil
	}
	first := events[0]
	expected := eventstore.NoStream
	if first.Version > 1 {
		expected = eventstore.At(eventstore.Revision(first.Version - 2))
	}
	batch := make([]eventstore.Event, len(events))
	for i, e := range events {
		meta, err := json.Marshal(envelope{e.Timestamp, e.Metadata})
		if err != nil {
			return err
		}
		batch[i] = eventstore.Event{ID: uuid.New(), Type: e.Reason, Data: e.Data, Meta: meta}
	}
	at, err := h.store.Append(context.Background(), streamOf(first.AggregateType, first.AggregateID), expected, batch...)
	if wrong := (*eventstore.WrongRevision)(nil); errors.As(err, &wrong) {
		return fmt.Errorf("%w: %w", core.ErrConcurrency, err)
	} else if err != nil {
		return err
	}
	for i := range events {
		events[i].GlobalVersion = core.Version(at.Position) - core.Version(len(events)-1-i)
	}
	return nil
}

func (h hallgren) Get(ctx context.Context, id, aggregateType string, after core.Version) (core.Iterator, error) {
	var out iterator
	for r, err := range h.store.ReadStream(ctx, streamOf(aggregateType, id), eventstore.Revision(after), eventstore.Forwards, 0) {
		if errors.Is(err, eventstore.ErrNoStream) {
			break
		} else if err != nil {
			return nil, err
		}
		var kept envelope
		if err := json.Unmarshal(r.Meta, &kept); err != nil {
			return nil, err
		}
		out.events = append(out.events, core.Event{
			AggregateID: id, AggregateType: aggregateType, Version: core.Version(r.Revision) + 1, GlobalVersion: core.Version(r.Position),
			Timestamp: kept.Timestamp, Reason: r.Type, Data: r.Data, Metadata: kept.Metadata,
		})
	}
	return &out, nil
}

type iterator struct {
	events []core.Event
	next   int
}

func (i *iterator) Next() bool                 { i.next++; return i.next <= len(i.events) }
func (i *iterator) Value() (core.Event, error) { return i.events[i.next-1], nil }
func (i *iterator) Close()                     {}
