package processes_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"
	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
	"github.com/diaspora-match/diaspora/processes"
	"github.com/diaspora-match/diaspora/processes/checkpoint"
)

// journal publishes messages as events whose type is the topic, for the suite
// alone: in the platform, only the command bus appends.
type journal struct{ store eventstore.Store }

func (j journal) Publish(topic string, messages ...*message.Message) error {
	for _, m := range messages {
		meta, err := json.Marshal(m.Metadata)
		if err != nil {
			return err
		}
		id, err := uuid.Parse(m.UUID)
		if err != nil {
			return err
		}
		_, err = j.store.Append(context.Background(), "message-"+topic, eventstore.Any,
			eventstore.Event{ID: id, Type: topic, Data: m.Payload, Meta: meta})
		if err != nil {
			return err
		}
	}
	return nil
}

func (j journal) Close() error { return nil }

// carried gives the suite's messages back their own metadata, which travelled as
// the metadata of an event.
type carried struct {
	message.Subscriber
	running sync.WaitGroup
}

// Close ends the subscriptions and, as the suite demands, closes their channels
// before it returns.
func (c *carried) Close() error {
	defer c.running.Wait()
	return c.Subscriber.Close()
}

func (c *carried) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	in, err := c.Subscriber.Subscribe(ctx, topic)
	if err != nil {
		return nil, err
	}
	out := make(chan *message.Message)
	c.running.Go(func() {
		defer close(out)
		for m := range in {
			var own message.Metadata
			if err := json.Unmarshal([]byte(m.Metadata["meta"]), &own); err == nil {
				m.Metadata = own
			}
			select {
			case out <- m:
			case <-m.Context().Done():
			}
		}
	})
	return out, nil
}

var quick = processes.Backoff{First: time.Millisecond, Most: 4 * time.Millisecond}

func openStore(t *testing.T) (eventstore.Store, *checkpoint.File) {
	t.Helper()
	dir := t.TempDir()
	store, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(dir, "events.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	file, err := checkpoint.Open(filepath.Join(dir, "checkpoints.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return store, file
}

// TestWatermillSuite is Watermill's own contract for a subscriber. Not declared:
// exactly-once delivery (handlers are idempotent by command id), a broker to
// restart (the store is in this process), and contexts across the log.
func TestWatermillSuite(t *testing.T) {
	store, file := openStore(t)
	group := func(_ *testing.T, group string) (message.Publisher, message.Subscriber) {
		return journal{store: store}, &carried{Subscriber: processes.NewSubscriber(store, file, group, quick, nil, slog.New(slog.DiscardHandler))}
	}
	tests.TestPubSub(t, tests.Features{
		ConsumerGroups:                      true,
		GuaranteedOrder:                     true,
		GuaranteedOrderWithSingleSubscriber: true,
		Persistent:                          true,
	}, func(t *testing.T) (message.Publisher, message.Subscriber) { return group(t, "suite") }, group)
}

// A refused message comes again and holds up what is behind it, and the watch
// hears of it; once it is taken, the rest follows in order.
func TestRefusedMessageIsNeverSkipped(t *testing.T) {
	store, file := openStore(t)
	watch := &watch{stuck: make(chan int, 100)}
	sub := processes.NewSubscriber(store, file, "poison", quick, watch, slog.New(slog.DiscardHandler))
	defer sub.Close()
	j := journal{store: store}
	first, second := message.NewMessage(uuid.NewString(), []byte("1")), message.NewMessage(uuid.NewString(), []byte("2"))
	if err := j.Publish("poison.Topic", first, second); err != nil {
		t.Fatal(err)
	}
	in, err := sub.Subscribe(t.Context(), "poison.")
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		m := receive(t, in)
		if m.UUID != first.UUID {
			t.Fatalf("got %s while %s is refused", m.UUID, first.UUID)
		}
		m.Nack()
		<-watch.stuck
	}
	for _, want := range []*message.Message{first, second} {
		m := receive(t, in)
		if m.UUID != want.UUID {
			t.Fatalf("got %s, want %s", m.UUID, want.UUID)
		}
		m.Ack()
	}
}

func receive(t *testing.T, in <-chan *message.Message) *message.Message {
	t.Helper()
	select {
	case m := <-in:
		return m
	case <-time.After(10 * time.Second):
		t.Fatal("no message")
		return nil
	}
}

type watch struct{ stuck chan int }

func (w *watch) Handled(string, eventstore.Position) {}
func (w *watch) Stuck(_ string, _ eventstore.Position, _ string, n int) {
	w.stuck <- n
}
