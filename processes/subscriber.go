package processes

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/eventstore"
)

// Backoff is the wait before a refused message comes again: First, then twice
// as long each time, up to Most.
type Backoff struct{ First, Most time.Duration }

// DefaultBackoff is listed in docs/limits.md.
var DefaultBackoff = Backoff{First: 50 * time.Millisecond, Most: 10 * time.Second}

// Checkpoints remembers how far a group has come and who reads for it. Losing a
// checkpoint only repeats messages: handlers are idempotent by command id.
type Checkpoints interface {
	// Claim blocks until the caller is the one reader of the group, and returns
	// how far the group has come. Release gives the place to the next.
	Claim(ctx context.Context, group string) (after eventstore.Position, release func(), err error)
	Save(ctx context.Context, group string, through eventstore.Position) error
}

// Subscriber is a Watermill subscriber over the event store: durable, ordered,
// one message at a time, one reader a group. A topic is a comma-separated list
// of event type prefixes ("need.Filled,need.Closed").
//
// A message that is not acknowledged comes again, ever later, and nothing behind
// it is delivered: a poison event stops its own process and nobody else's.
type Subscriber struct {
	store       eventstore.Store
	checkpoints Checkpoints
	group       string
	backoff     Backoff
	watch       Watch
	log         *slog.Logger

	closing chan struct{}
	once    sync.Once
	running sync.WaitGroup
}

// Watch hears how a group is doing; its methods must be quick.
type Watch interface {
	// Handled tells that everything through a position is done.
	Handled(group string, through eventstore.Position)
	// Stuck tells that a message was refused, for the n-th time in a row.
	Stuck(group string, at eventstore.Position, eventType string, n int)
}

// NewSubscriber makes the subscriber of a group. Watch may be nil.
func NewSubscriber(store eventstore.Store, checkpoints Checkpoints, group string, backoff Backoff, watch Watch, log *slog.Logger) *Subscriber {
	return &Subscriber{store: store, checkpoints: checkpoints, group: group, backoff: backoff, watch: watch, log: log, closing: make(chan struct{})}
}

// ErrSubscriberClosed is returned by Subscribe after Close.
var ErrSubscriberClosed = errors.New("processes: subscriber is closed")

// Subscribe delivers until ctx ends or the subscriber is closed; then the
// channel is closed.
func (s *Subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	select {
	case <-s.closing:
		return nil, ErrSubscriberClosed
	default:
	}
	ctx, cancel := context.WithCancel(ctx)
	out := make(chan *message.Message)
	s.running.Add(2)
	go func() {
		defer s.running.Done()
		select {
		case <-s.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	go func() {
		defer s.running.Done()
		defer close(out)
		defer cancel()
		s.serve(ctx, topic, out)
	}()
	return out, nil
}

// Close ends all subscriptions and waits for them.
func (s *Subscriber) Close() error {
	s.once.Do(func() { close(s.closing) })
	s.running.Wait()
	return nil
}

// serve holds the group's place and reads until ctx ends; a lost store is tried
// again from the last checkpoint.
func (s *Subscriber) serve(ctx context.Context, topic string, out chan<- *message.Message) {
	wait := s.backoff.First
	for ctx.Err() == nil {
		after, release, err := s.checkpoints.Claim(ctx, s.key(topic))
		if err == nil {
			err = s.read(ctx, topic, after, out, func() { wait = s.backoff.First })
			release()
		}
		if ctx.Err() != nil {
			return
		}
		s.log.Warn("process subscription broke off", "group", s.group, "error", err)
		if !pause(ctx, wait) {
			return
		}
		wait = min(2*wait, s.backoff.Most)
	}
}

// key separates the topics of one group.
func (s *Subscriber) key(topic string) string { return s.group + "|" + topic }

func (s *Subscriber) read(ctx context.Context, topic string, after eventstore.Position, out chan<- *message.Message, progress func()) error {
	sub, err := s.store.Subscribe(ctx, after, eventstore.Filter{TypePrefixes: strings.Split(topic, ",")})
	if err != nil {
		return err
	}
	defer sub.Close()
	for {
		d, err := sub.Next(ctx)
		if err != nil {
			return err
		}
		progress()
		for _, r := range d.Events {
			if err := s.deliver(ctx, r, out); err != nil {
				return err
			}
			if err := s.done(ctx, topic, r.Position); err != nil {
				return err
			}
		}
		if err := s.done(ctx, topic, d.Through); err != nil {
			return err
		}
	}
}

func (s *Subscriber) done(ctx context.Context, topic string, through eventstore.Position) error {
	if err := s.checkpoints.Save(ctx, s.key(topic), through); err != nil {
		return err
	}
	if s.watch != nil {
		s.watch.Handled(s.group, through)
	}
	return nil
}

// deliver hands one event over until it is acknowledged.
func (s *Subscriber) deliver(ctx context.Context, r eventstore.Recorded, out chan<- *message.Message) error {
	wait := s.backoff.First
	for n := 1; ; n++ {
		msg := toMessage(r)
		msgCtx, cancel := context.WithCancel(ctx)
		msg.SetContext(msgCtx)
		acked, err := offer(ctx, msg, out)
		cancel()
		if acked || err != nil {
			return err
		}
		if s.watch != nil {
			s.watch.Stuck(s.group, r.Position, r.Type, n)
		}
		if !pause(ctx, wait) {
			return ctx.Err()
		}
		wait = min(2*wait, s.backoff.Most)
	}
}

func offer(ctx context.Context, msg *message.Message, out chan<- *message.Message) (acked bool, err error) {
	select {
	case out <- msg:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	select {
	case <-msg.Acked():
		return true, nil
	case <-msg.Nacked():
		return false, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Keys of a message's metadata. The payload is the stored data, still sealed.
const (
	keyStream   = "stream"
	keyType     = "type"
	keyRevision = "revision"
	keyPosition = "position"
	keyStored   = "stored"
	keyMeta     = "meta"
)

func toMessage(r eventstore.Recorded) *message.Message {
	msg := message.NewMessage(r.ID.String(), r.Data)
	msg.Metadata = message.Metadata{
		keyStream:   r.Stream,
		keyType:     r.Type,
		keyRevision: strconv.FormatUint(uint64(r.Revision), 10),
		keyPosition: strconv.FormatUint(uint64(r.Position), 10),
		keyStored:   r.Time.Format(time.RFC3339Nano),
		keyMeta:     string(r.Meta),
	}
	return msg
}

// fromMessage is the event that a message carries.
func fromMessage(msg *message.Message) (eventstore.Recorded, error) {
	var r eventstore.Recorded
	var errs [4]error
	var revision, position uint64
	r.ID, errs[0] = uuid.Parse(msg.UUID)
	revision, errs[1] = strconv.ParseUint(msg.Metadata[keyRevision], 10, 64)
	position, errs[2] = strconv.ParseUint(msg.Metadata[keyPosition], 10, 64)
	r.Time, errs[3] = time.Parse(time.RFC3339Nano, msg.Metadata[keyStored])
	r.Stream, r.Type = msg.Metadata[keyStream], msg.Metadata[keyType]
	r.Revision, r.Position = eventstore.Revision(revision), eventstore.Position(position)
	r.Data, r.Meta = msg.Payload, []byte(msg.Metadata[keyMeta])
	return r, errors.Join(errs[:]...)
}
