package esdb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"github.com/diaspora-match/diaspora/eventstore"
)

// Bounds and their defaults, listed in docs/limits.md.
const (
	DefaultPatience    = 30 * time.Second
	DefaultCallTimeout = 10 * time.Second
	// CloseGrace is how long Close waits for appends that are on their way.
	CloseGrace = 2 * time.Second
	// ServerMaxAppend is the server's own bound of an append, unless it is
	// configured otherwise (EVENTSTORE_MAX_APPEND_SIZE). The server counts the types
	// of events too, so that an append of just eventstore.MaxAppendBytes needs a
	// server with a little more.
	ServerMaxAppend = 1 << 20
)

// loggedBytes is what an event takes in the server's log at the least, where
// positions are offsets: what the platform stores of a short one, and the server's
// record around it.
const loggedBytes = 400

// Options of a store. Only ConnectionString is needed.
type Options struct {
	// ConnectionString as EventStoreDB documents it: esdb://user:password@host:2113,
	// several hosts of a cluster, or esdb+discover://; with tls, tlsCaFile,
	// nodePreference, keepAliveInterval and so on. maxDiscoverAttempts and
	// discoveryInterval are ignored: discovery goes on until it succeeds.
	ConnectionString string
	// FollowerReads lets subscriptions and reads of the log go to a follower, to
	// unburden the leader: for projections. They may then lag behind an append
	// that is answered. Streams and Head are always read from the leader.
	FollowerReads bool
	// Patience bounds how long a call without a deadline waits for a server:
	// DefaultPatience where zero. Subscriptions wait for ever.
	Patience time.Duration
	// CallTimeout bounds one attempt at an append; DefaultCallTimeout where zero.
	CallTimeout time.Duration
	// Observer hears of every append; it may be nil.
	Observer Observer
	// Log hears of connections won and lost; it may be nil.
	Log *slog.Logger
}

// Observer receives what metrics are made of. It is called from many goroutines
// and must not block.
type Observer interface {
	// Appended is called when an append is answered, with the time from call to
	// answer, retries included, and its error, if any.
	Appended(events int, took time.Duration, err error)
}

// Store is the engine. It implements eventstore.Store.
type Store struct {
	options Options
	leader  *link // appends, streams, the head
	reader  *link // the log: the leader's, or a follower's
	head    atomic.Uint64

	ctx  context.Context // ends reads and subscriptions
	end  context.CancelCauseFunc
	late context.Context // ends appends, after a grace
	stop context.CancelCauseFunc

	mu       sync.Mutex
	closing  bool
	appends  sync.WaitGroup
	pumps    sync.WaitGroup
	links    sync.WaitGroup
	released chan struct{} // closed when Close is done
}

var (
	_ eventstore.Store  = (*Store)(nil)
	_ eventstore.Sparse = (*Store)(nil)
)

// Open connects to a server, and waits for one as long as ctx and
// Options.Patience allow. It returns ErrConfig, ErrVersion, ErrDenied at once.
func Open(ctx context.Context, o Options) (*Store, error) {
	o.Patience = cmp.Or(o.Patience, DefaultPatience)
	o.CallTimeout = cmp.Or(o.CallTimeout, DefaultCallTimeout)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	config, err := configure(o.ConnectionString)
	if err != nil {
		return nil, err
	}
	s := &Store{options: o, released: make(chan struct{})}
	s.ctx, s.end = context.WithCancelCause(context.Background())
	s.late, s.stop = context.WithCancelCause(context.Background())
	s.leader = newLink(s.late, *config, o)
	s.reader = s.leader
	s.links.Go(s.leader.run)
	if o.FollowerReads {
		follower := *config
		follower.NodePreference = esdb.NodePreferenceFollower
		s.reader = newLink(s.late, follower, o)
		s.links.Go(s.reader.run)
	}
	if _, err := s.Head(ctx); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("eventstore/esdb: open: %w", err)
	}
	return s, nil
}

// configure reads a connection string and refuses what would fail silently.
func configure(text string) (*esdb.Configuration, error) {
	config, err := esdb.ParseConnectionString(text)
	if err != nil {
		var parsing *url.Error // holds the whole string, password and all
		if errors.As(err, &parsing) {
			err = parsing.Err
		}
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	switch {
	case config.DisableTLS && config.Username != "":
		return nil, fmt.Errorf("%w: with tls=false the client sends no credentials; use TLS, or leave them out", ErrConfig)
	case config.Username != "" && config.Password == "":
		return nil, fmt.Errorf("%w: a user without a password is not sent", ErrConfig)
	}
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return config, nil
}

// Close ends reads and subscriptions, lets appends on their way finish within
// CloseGrace, and closes the connections.
func (s *Store) Close() error {
	s.mu.Lock()
	first := !s.closing
	s.closing = true
	s.mu.Unlock()
	if !first {
		<-s.released
		return nil
	}
	s.end(eventstore.ErrClosed)
	grace := time.AfterFunc(CloseGrace, func() { s.stop(eventstore.ErrClosed) })
	s.appends.Wait()
	grace.Stop()
	s.stop(eventstore.ErrClosed)
	s.pumps.Wait()
	s.links.Wait()
	close(s.released)
	return nil
}

// begin counts a call that Close waits for, or refuses it.
func (s *Store) begin(ctx context.Context, calls *sync.WaitGroup) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return eventstore.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	calls.Add(1)
	return nil
}

// usable returns ErrClosed or the error of ctx.
func (s *Store) usable(ctx context.Context) error {
	if s.ctx.Err() != nil {
		return eventstore.ErrClosed
	}
	return ctx.Err()
}

// within is ctx that ends with the store, too.
func within(ctx, store context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(store, func() { cancel(eventstore.ErrClosed) })
	return ctx, func() {
		stop()
		cancel(nil)
	}
}

// Append implements eventstore.Store. An append with an exact expected revision is
// repeated until a server has answered; one with Any or StreamExists only where
// nothing can have been stored.
func (s *Store) Append(ctx context.Context, stream string, expected eventstore.Expected, events ...eventstore.Event) (eventstore.Appended, error) {
	began := time.Now()
	answer, err := s.append(ctx, stream, expected, events)
	if o := s.options.Observer; o != nil {
		o.Appended(len(events), time.Since(began), err)
	}
	return answer, err
}

func (s *Store) append(ctx context.Context, stream string, expected eventstore.Expected, events []eventstore.Event) (eventstore.Appended, error) {
	if err := s.begin(ctx, &s.appends); err != nil {
		return eventstore.Appended{}, err
	}
	defer s.appends.Done()
	if err := eventstore.CheckAppend(stream, events); err != nil {
		return eventstore.Appended{}, err
	}
	ctx, done := within(ctx, s.late)
	defer done()
	options := esdb.AppendToStreamOptions{ExpectedRevision: expectation(expected), Deadline: &s.options.CallTimeout}
	proposed := proposals(events)
	var result *esdb.WriteResult
	call := func(ctx context.Context, c *esdb.Client) error {
		return guard(func() (err error) {
			result, err = c.AppendToStream(ctx, stream, options, proposed...)
			return err
		})
	}
	if err := s.untilAnswered(ctx, stream, expected, events, call); err != nil {
		return eventstore.Appended{}, err
	}
	return eventstore.Appended{
		Revision: eventstore.Revision(result.NextExpectedVersion),
		Position: eventstore.Position(result.CommitPosition),
	}, nil
}

// untilAnswered repeats an append as long as that is harmless.
func (s *Store) untilAnswered(ctx context.Context, stream string, expected eventstore.Expected, events []eventstore.Event, call request) error {
	a := s.leader.attempts()
	for ended := 0; ; {
		kind, err := s.leader.once(ctx, a.deadline, stream, call)
		if err == nil {
			return nil
		}
		if wrong, ok := wrongRevision(stream, expected, err); ok {
			return wrong
		}
		if kind == final {
			return refusedAppend(events, err)
		}
		// An append that is too large for the server reads as the end of a file, as
		// does one whose connection breaks: twice tells them apart.
		if endedEarly(err) {
			if ended++; ended > 1 && serverBytes(events) > ServerMaxAppend {
				return tooLarge(events)
			}
		}
		if exact := expected >= eventstore.NoStream; !exact && kind != notLeader {
			return unanswered(err)
		}
		if err := a.another(ctx, err); err != nil {
			return err
		}
	}
}

// refusedAppend finds the server's bound in its refusal.
func refusedAppend(events []eventstore.Event, err error) error {
	if serverBytes(events) > ServerMaxAppend && strings.Contains(strings.ToLower(err.Error()), "append") {
		return tooLarge(events)
	}
	return err
}

func tooLarge(events []eventstore.Event) error {
	return fmt.Errorf("%w: the server counts %d bytes, types included, and takes fewer", eventstore.ErrTooLarge, serverBytes(events))
}

// serverBytes is the size of an append as the server counts it.
func serverBytes(events []eventstore.Event) (n int) {
	for _, e := range events {
		n += len(e.Data) + len(e.Meta) + 2*len(e.Type)
	}
	return n
}

func expectation(e eventstore.Expected) esdb.ExpectedRevision {
	switch e {
	case eventstore.NoStream:
		return esdb.NoStream{}
	case eventstore.StreamExists:
		return esdb.StreamExists{}
	case eventstore.Any:
		return esdb.Any{}
	}
	return esdb.Revision(uint64(e))
}

func proposals(events []eventstore.Event) []esdb.EventData {
	out := make([]esdb.EventData, len(events))
	for i, e := range events {
		out[i] = esdb.EventData{EventID: e.ID, EventType: e.Type, ContentType: esdb.ContentTypeBinary, Data: e.Data, Metadata: e.Meta}
		if len(e.Data) > 0 && e.Data[0] == '{' { // a guess that steers how the server shows it, nothing else
			out[i].ContentType = esdb.ContentTypeJson
		}
	}
	return out
}

// Head implements eventstore.Store. Events of system streams do not count: the
// log is read backwards to the first other one, or to the last head known.
func (s *Store) Head(ctx context.Context) (eventstore.Position, error) {
	if err := s.usable(ctx); err != nil {
		return 0, err
	}
	ctx, done := within(s.leader.fresh(ctx), s.ctx)
	defer done()
	a := s.leader.attempts()
	for {
		known := s.head.Load()
		var found uint64
		kind, err := s.leader.once(ctx, a.deadline, "", func(ctx context.Context, c *esdb.Client) (err error) {
			found, err = lastBefore(ctx, c, func(e *esdb.RecordedEvent) bool {
				return e.Position.Commit <= known || !system(e.StreamID)
			})
			return err
		})
		if err == nil {
			found = max(found, known)
			s.head.CompareAndSwap(known, found)
			return eventstore.Position(found), nil
		}
		if kind == final {
			return 0, err
		}
		if err := a.another(ctx, err); err != nil {
			return 0, err
		}
	}
}

// EventsUpTo implements eventstore.Sparse.
func (s *Store) EventsUpTo(p eventstore.Position) uint64 { return uint64(p) / loggedBytes }

// lastBefore is the position of the last event of the log that is accepted, zero
// if there is none.
func lastBefore(ctx context.Context, c *esdb.Client, accept func(*esdb.RecordedEvent) bool) (uint64, error) {
	stream, err := readAll(ctx, c, esdb.Backwards, esdb.End{}, math.MaxInt64)
	if err != nil {
		return 0, err
	}
	defer stream.Close()
	for {
		e, err := receive(stream)
		if errors.Is(err, io.EOF) {
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
		if accept(e) {
			return e.Position.Commit, nil
		}
	}
}

// system reports streams that the server keeps for itself.
func system(stream string) bool { return strings.HasPrefix(stream, "$") }
