package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	eh "github.com/looplab/eventhorizon"
	acceptance "github.com/looplab/eventhorizon/eventstore"
	ehuuid "github.com/looplab/eventhorizon/uuid"

	"github.com/diaspora-match/diaspora/eventstore"
)

// TestEventHorizonJudgesTheEngines runs the acceptance test that Event Horizon
// has for stores over our port.
func TestEventHorizonJudgesTheEngines(t *testing.T) {
	for name, open := range engines {
		t.Run(name, func(t *testing.T) {
			saved := acceptance.AcceptanceTest(t, &horizon{store: open(t)}, t.Context())
			if len(saved) < 7 {
				t.Errorf("the suite saved %d events", len(saved))
			}
		})
	}
}

// horizon is our port in the words of that library. Its streams are named by the
// aggregate alone, so the category is ours.
type horizon struct {
	store eventstore.Store
	kinds sync.Map // aggregate id → its type
}

// kept is an event's envelope.
type kept struct {
	Timestamp time.Time
	Metadata  map[string]any
}

func (h *horizon) Save(ctx context.Context, events []eh.Event, original int) error {
	if len(events) == 0 {
		return &eh.EventStoreError{Err: eh.ErrMissingEvents, Op: eh.EventStoreOpSave}
	}
	first := events[0]
	fail := func(err error) error {
		return &eh.EventStoreError{Err: err, Op: eh.EventStoreOpSave, AggregateType: first.AggregateType(), AggregateID: first.AggregateID(), AggregateVersion: original, Events: events}
	}
	batch := make([]eventstore.Event, len(events))
	for i, e := range events {
		switch {
		case e.AggregateID() != first.AggregateID():
			return fail(eh.ErrMismatchedEventAggregateIDs)
		case e.AggregateType() != first.AggregateType():
			return fail(eh.ErrMismatchedEventAggregateTypes)
		case e.Version() != original+i+1:
			return fail(eh.ErrIncorrectEventVersion)
		}
		data, err := json.Marshal(e.Data())
		if err != nil {
			return fail(err)
		}
		meta, err := json.Marshal(kept{e.Timestamp(), e.Metadata()})
		if err != nil {
			return fail(err)
		}
		batch[i] = eventstore.Event{ID: uuid.New(), Type: string(e.EventType()), Data: data, Meta: meta}
	}
	expected := eventstore.NoStream
	if original > 0 {
		expected = eventstore.At(eventstore.Revision(original - 1))
	}
	_, err := h.store.Append(ctx, "horizon-"+first.AggregateID().String(), expected, batch...)
	if wrong := (*eventstore.WrongRevision)(nil); errors.As(err, &wrong) {
		return fail(eh.ErrEventConflictFromOtherSave)
	} else if err != nil {
		return fail(err)
	}
	h.kinds.Store(first.AggregateID(), first.AggregateType())
	return nil
}

func (h *horizon) Load(ctx context.Context, id ehuuid.UUID) ([]eh.Event, error) {
	return h.LoadFrom(ctx, id, 1)
}

func (h *horizon) LoadFrom(ctx context.Context, id ehuuid.UUID, version int) ([]eh.Event, error) {
	fail := func(err error) error {
		return &eh.EventStoreError{Err: err, Op: eh.EventStoreOpLoad, AggregateID: id, AggregateVersion: version}
	}
	kind, _ := h.kinds.LoadOrStore(id, eh.AggregateType(""))
	var out []eh.Event
	for r, err := range h.store.ReadStream(ctx, "horizon-"+id.String(), eventstore.Revision(max(version-1, 0)), eventstore.Forwards, 0) {
		if errors.Is(err, eventstore.ErrNoStream) {
			return nil, fail(eh.ErrAggregateNotFound)
		} else if err != nil {
			return nil, fail(err)
		}
		e, err := revive(r, kind.(eh.AggregateType), id)
		if err != nil {
			return nil, fail(err)
		}
		out = append(out, e)
	}
	return out, nil
}

func revive(r eventstore.Recorded, kind eh.AggregateType, id ehuuid.UUID) (eh.Event, error) {
	var k kept
	if err := json.Unmarshal(r.Meta, &k); err != nil {
		return nil, err
	}
	var data eh.EventData
	if !slices.Equal(r.Data, []byte("null")) {
		var err error
		if data, err = eh.CreateEventData(eh.EventType(r.Type)); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(r.Data, data); err != nil {
			return nil, err
		}
	}
	return eh.NewEvent(eh.EventType(r.Type), data, k.Timestamp, eh.ForAggregate(kind, id, int(r.Revision)+1), eh.WithMetadata(k.Metadata)), nil
}

func (h *horizon) Close() error { return h.store.Close() }
