package esdb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/cenkalti/backoff/v5"
	"google.golang.org/grpc/metadata"

	"github.com/diaspora-match/diaspora/eventstore"
)

// Bounds of reconnection, listed in docs/limits.md. Each wait is longer than the
// one before, with jitter, until a connection has answered a call.
const (
	FirstWait = 20 * time.Millisecond
	LongWait  = 5 * time.Second
)

// minVersion is the oldest server that says when a subscription has caught up.
var minVersion = version{major: 23, minor: 10}

// session is one client of the library, and those who use it.
type session struct {
	client *esdb.Client
	good   atomic.Bool // it has answered a call

	users   int  // guarded by link.mu, as is retired
	retired bool // nobody else may use it, and the last user closes it
}

// link keeps a connection to a node: one session at a time that is known to work,
// replaced at the first sign of trouble. A session is closed when nobody uses it,
// because a call of the library that fails after Close panics.
type link struct {
	config    esdb.Configuration
	followers bool // any node may answer
	patience  time.Duration
	log       *slog.Logger
	ctx       context.Context // ends with the store

	mu      sync.Mutex
	current *session
	doubted *session      // sent to the leader: to be tried once more
	refused error         // why there is none, where trying again will not help
	failed  error         // why there is none
	changed chan struct{} // closed when one of these changes
	lost    chan struct{} // wakes the supervisor; of capacity 1
}

func newLink(ctx context.Context, config esdb.Configuration, o Options) *link {
	// The supervisor makes the attempts, with waits that grow; the library makes
	// one, so that its answer comes while somebody wants it.
	config.MaxDiscoverAttempts = 1
	config.DiscoveryInterval = 1
	config.Logger = interrupt
	return &link{
		config: config, followers: config.NodePreference != esdb.NodePreferenceLeader,
		patience: o.Patience, log: o.Log, ctx: ctx,
		changed: make(chan struct{}), lost: make(chan struct{}, 1),
	}
}

// run supervises until the store ends.
func (l *link) run() {
	wait := newWait()
	for l.ctx.Err() == nil {
		s, err := l.connect()
		if err != nil {
			l.fail(err)
			pause(l.ctx, wait.NextBackOff())
			continue
		}
		l.publish(s)
		select {
		case <-l.lost:
		case <-l.ctx.Done():
		}
		if s.good.Load() {
			wait.Reset()
		} else {
			pause(l.ctx, wait.NextBackOff())
		}
	}
	l.mu.Lock()
	s := l.current
	l.current = nil
	l.mu.Unlock()
	if s != nil {
		l.retire(s)
	}
}

func newWait() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = FirstWait, LongWait
	b.Reset()
	return b
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// connect returns a session that works: the one in doubt, if it does, or another.
func (l *link) connect() (*session, error) {
	l.mu.Lock()
	doubted := l.doubted
	l.doubted = nil
	l.mu.Unlock()
	if doubted != nil {
		if err := l.probe(doubted.client, func() { l.retire(doubted) }); err == nil {
			return doubted, nil
		}
	}
	config := l.config
	client, err := esdb.NewClient(&config)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if err := l.probe(client, func() { _ = client.Close() }); err != nil {
		return nil, err
	}
	return &session{client: client}, nil
}

// probe makes the client discover a node and learn its version; one that fails is
// disposed of. The library cannot be told to stop, so it is left behind when the
// store ends; it gives up within twice the gossip timeout for each node.
func (l *link) probe(client *esdb.Client, dispose func()) error {
	answered := make(chan error, 1)
	go func() { answered <- guard(func() error { return checkVersion(client) }) }()
	select {
	case err := <-answered:
		if err != nil {
			dispose()
		}
		return err
	case <-l.ctx.Done():
		go func() {
			<-answered
			dispose()
		}()
		return eventstore.ErrClosed
	}
}

func checkVersion(client *esdb.Client) error {
	v, err := client.GetServerVersion()
	if err != nil {
		if strings.Contains(err.Error(), "invalid EventStoreDB server version format") {
			return fmt.Errorf("%w: it is a pre-release", ErrVersion)
		}
		return err
	}
	if got := (version{v.Major, v.Minor, v.Patch}); got.before(minVersion) {
		return fmt.Errorf("%w: it is %v, and the oldest that can be used is %v", ErrVersion, got, minVersion)
	}
	return nil
}

func (l *link) publish(s *session) {
	l.change(func() { l.current, l.refused, l.failed = s, nil, nil })
	l.log.Debug("connected to the event store", "followers", l.followers)
}

func (l *link) fail(err error) {
	kind, err := judge("", err)
	l.change(func() {
		l.failed = err
		if l.refused = nil; kind == final {
			l.refused = err
		}
	})
	if l.ctx.Err() == nil {
		l.log.Warn("the event store is out of reach", "error", err)
	}
}

func (l *link) change(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
	close(l.changed)
	l.changed = make(chan struct{})
}

// acquire waits for a session, until ctx ends or the deadline has passed.
func (l *link) acquire(ctx context.Context, deadline time.Time) (*session, error) {
	for {
		l.mu.Lock()
		s, changed, refused, failed := l.current, l.changed, l.refused, l.failed
		if s != nil {
			s.users++
		}
		l.mu.Unlock()
		if s != nil {
			return s, nil
		}
		if refused != nil {
			return nil, refused
		}
		timer := time.NewTimer(time.Until(deadline))
		select {
		case <-changed:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			return nil, cause(ctx)
		case <-timer.C:
			return nil, unanswered(failed)
		}
	}
}

func unanswered(err error) error {
	if err == nil {
		return ErrUnavailable
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// release gives a session back; the last one out closes it if it is retired.
func (l *link) release(s *session) {
	l.mu.Lock()
	s.users--
	over := s.retired && s.users == 0
	l.mu.Unlock()
	if over {
		_ = s.client.Close()
	}
}

// retire closes a session, or has its last user do so.
func (l *link) retire(s *session) {
	l.mu.Lock()
	over := !s.retired && s.users == 0
	s.retired = true
	l.mu.Unlock()
	if over {
		_ = s.client.Close()
	}
}

// distrust takes a session out of use after a failed call on it: for good, or
// until it has been tried again at the leader to which the library is moving.
func (l *link) distrust(s *session, kind trouble, err error) {
	l.mu.Lock()
	if l.current != s {
		l.mu.Unlock()
		return
	}
	l.current = nil
	if kind == notLeader {
		l.doubted = s
	}
	l.mu.Unlock()
	if kind != notLeader {
		l.retire(s)
	}
	l.log.Debug("the connection to the event store is given up", "error", err)
	select {
	case l.lost <- struct{}{}:
	default:
	}
}

// request is a call of the library, under guard. It returns the library's error.
type request func(context.Context, *esdb.Client) error

// once makes a call on a session that works. It returns the error of the port and
// what it means for another try.
func (l *link) once(ctx context.Context, deadline time.Time, stream string, call request) (trouble, error) {
	s, err := l.acquire(ctx, deadline)
	if err != nil {
		return final, err
	}
	defer l.release(s)
	err = call(ctx, s.client)
	if err == nil || errors.Is(err, errStopped) {
		s.good.Store(true)
		return final, err
	}
	if ctx.Err() != nil {
		return final, cause(ctx)
	}
	kind, err := judge(stream, err)
	if kind == final {
		s.good.Store(true)
	} else {
		l.distrust(s, kind, err)
	}
	return kind, err
}

// fresh asks for the leader, where it must answer a read. The library means to send
// this, and puts it where nobody reads it. Appends do without: a follower hands
// them on.
func (l *link) fresh(ctx context.Context) context.Context {
	if l.followers {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, "requires-leader", "true")
}

// errStopped ends a call that its caller has had enough of.
var errStopped = errors.New("eventstore/esdb: stopped")

// attempts makes calls until one is answered, and bounds how long.
type attempts struct {
	deadline time.Time
	wait     *backoff.ExponentialBackOff
}

func (l *link) attempts() *attempts { return &attempts{deadline: time.Now().Add(l.patience)} }

// another waits before the next attempt. It returns why there is none: ctx has
// ended, or patience.
func (a *attempts) another(ctx context.Context, last error) error {
	if a.wait == nil {
		a.wait = newWait()
	}
	pause(ctx, min(a.wait.NextBackOff(), max(time.Until(a.deadline), 0)))
	if ctx.Err() != nil {
		return cause(ctx)
	}
	if time.Now().After(a.deadline) {
		return unanswered(last)
	}
	return nil
}
