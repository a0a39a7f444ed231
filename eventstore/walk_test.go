package eventstore_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/eventstore"
)

func event(at eventstore.Position, stream string, r eventstore.Revision) eventstore.Recorded {
	return eventstore.Recorded{
		Event:  eventstore.Event{ID: uuid.MustParse("10000000-0000-4000-8000-000000000001"), Type: "counter.Counted", Data: []byte("{}")},
		Stream: stream, Revision: r, Position: at, Time: time.UnixMicro(int64(at)).UTC(),
	}
}

// A walk takes sparse positions, and names the first event out of order.
func TestAWalkFindsWhatIsOutOfOrder(t *testing.T) {
	good := []eventstore.Recorded{event(64, "a-1", 0), event(128, "b-1", 0), event(640, "a-1", 1)}
	for name, bad := range map[string]eventstore.Recorded{
		"the same position": event(640, "b-1", 1), "an earlier position": event(600, "b-1", 1),
		"a revision left out": event(704, "b-1", 2), "a revision twice": event(704, "b-1", 0),
		"a stream without its beginning": event(704, "c-1", 1),
	} {
		var w eventstore.Walker
		var chain eventstore.Chain
		for _, e := range good {
			if err := w.Add(e); err != nil {
				t.Fatal(err)
			}
			chain.Add(e)
		}
		var broken *eventstore.BrokenChain
		if err := w.Add(bad); !errors.As(err, &broken) || broken.Position != bad.Position || broken.Stream != bad.Stream {
			t.Errorf("%s: %v", name, err)
		}
		if w.Head() != chain.Head() || w.Last() != 640 || w.Events() != 3 {
			t.Errorf("%s: the walk went on: %d events up to %d", name, w.Events(), w.Last())
		}
		if err := w.Add(event(704, "b-1", 1)); err != nil {
			t.Errorf("%s: the right event after the bad one: %v", name, err)
		}
	}
}
