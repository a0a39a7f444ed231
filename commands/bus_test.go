package commands_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/eventstore/codec/codectest"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The aggregate of these tests counts to a limit.
type (
	count struct{ N int }
	added struct {
		N int `json:"n"`
	}
	add struct {
		domain.Stamp
		N int
	}
	reset struct{ domain.Stamp }
)

func (added) EventType() string { return "count.Added" }
func (add) CommandType() string { return "count.Add" }
func (reset) CommandType() string {
	return "count.Reset"
}

var errLimit = domain.Refuse(domain.Refused, "count.limit", "The limit is reached.", "Stop.")

const limit = 1000

var counter = decider.Aggregate[count, decider.Command, decider.Event]{
	Category: "count",
	Decider: decider.Decider[count, decider.Command, decider.Event]{
		Initial: func() count { return count{} },
		Decide: func(s count, c decider.Command) ([]decider.Event, error) {
			a, ok := c.(add)
			if !ok || a.N == 0 {
				return nil, nil
			}
			if s.N+a.N > limit {
				return nil, errLimit
			}
			return []decider.Event{added{a.N}}, nil
		},
		Evolve: func(s count, e decider.Event) count {
			if a, ok := e.(added); ok {
				s.N += a.N
			}
			return s
		},
	},
	Events: []decider.Event{added{}},
	Scope:  func(count, decider.Command) domain.Scope { return domain.Scope{} },
}

// gate is a guard that knows one stranger.
type gate struct{}

const stranger = domain.PrincipalID("20000000-0000-4000-8000-000000000009")

var errHidden = domain.Refuse(domain.NotFound, "object.not_found", "No.", "No.")

func (gate) Authorise(_ context.Context, c commands.Caller, _, _, _ string, _ domain.Scope) (domain.Role, error) {
	if c.Principal == stranger {
		return "", errHidden
	}
	return domain.RoleManager, nil
}

// flaky is a store whose answers get lost, or whose appends wait.
type flaky struct {
	eventstore.Store
	lose    atomic.Int64 // answers to lose, after the append was stored
	appends atomic.Int64
	hold    chan struct{} // when set, appends wait for it
	reached chan struct{} // and say that they have begun
	stored  chan struct{} // when set, answers wait for it, after the append was stored
}

var errLost = errors.New("connection reset")

func (f *flaky) Append(ctx context.Context, stream string, at eventstore.Expected, events ...eventstore.Event) (eventstore.Appended, error) {
	f.appends.Add(1)
	if f.hold != nil {
		close(f.reached)
		<-f.hold
	}
	a, err := f.Store.Append(ctx, stream, at, events...)
	if stored := f.stored; stored != nil {
		f.stored = nil // the next one is not held
		f.reached <- struct{}{}
		<-stored
	}
	if err == nil && f.lose.Add(-1) >= 0 {
		return eventstore.Appended{}, errLost
	}
	return a, err
}

func open(t *testing.T) (*flaky, func() *commands.Bus) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "events.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	f := &flaky{Store: store}
	c := codec.New(codec.NewRegistry(added{}), codectest.NewKeys())
	return f, func() *commands.Bus {
		return commands.New(f, c, gate{}, func() time.Time { return time.Now().UTC() }, nil)
	}
}

func run(t *testing.T, b *commands.Bus, id string, env commands.Envelope, n int) (commands.Result, error) {
	t.Helper()
	return commands.Execute(t.Context(), b, &counter, id, env, func(s domain.Stamp) decider.Command { return add{s, n} })
}

func value(t *testing.T, b *commands.Bus, id string) int {
	t.Helper()
	s, err := commands.Load(t.Context(), b, &counter, id)
	if err != nil {
		t.Fatal(err)
	}
	return s.N
}

func newID() string { return uuid.NewString() }

func TestCommandTwiceActsOnce(t *testing.T) {
	_, start := open(t)
	bus, id := start(), newID()
	env := commands.Envelope{Command: domain.CommandID(newID())}
	first, err := run(t, bus, id, env, 3)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, bus, id, commands.Envelope{}, 4); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]*commands.Bus{"warm": bus, "after a restart": start()} {
		again, err := run(t, b, id, env, 3)
		if err != nil || again != first {
			t.Errorf("%s: got %+v, %v, want %+v", name, again, err, first)
		}
		if n := value(t, b, id); n != 7 {
			t.Errorf("%s: the count is %d, want 7", name, n)
		}
	}
	_, err = commands.Execute(t.Context(), bus, &counter, id, env, func(s domain.Stamp) decider.Command { return reset{s} })
	if !errors.Is(err, commands.ErrIDReused) {
		t.Errorf("another command under the same id: %v", err)
	}
}

func TestAlreadySoAddsNothing(t *testing.T) {
	f, start := open(t)
	bus, id := start(), newID()
	if _, err := run(t, bus, id, commands.Envelope{}, 1); err != nil {
		t.Fatal(err)
	}
	before := f.appends.Load()
	r, err := run(t, bus, id, commands.Envelope{}, 0)
	if err != nil || r.Events != 0 || r.Position == 0 || f.appends.Load() != before {
		t.Fatalf("got %+v, %v after %d appends", r, err, f.appends.Load()-before)
	}
}

// A lost answer is asked for again with the same ids and found stored.
func TestLostAnswerIsNoSecondEvent(t *testing.T) {
	f, start := open(t)
	bus, id := start(), newID()
	f.lose.Store(2)
	if _, err := run(t, bus, id, commands.Envelope{}, 5); err != nil {
		t.Fatal(err)
	}
	if n := value(t, start(), id); n != 5 {
		t.Fatalf("the count is %d, want 5", n)
	}
}

// When every answer is lost the caller hears of a fault, and sending the same
// command again finds what was stored.
func TestUnknownOutcomeIsSettledByTheSameCommand(t *testing.T) {
	f, start := open(t)
	bus, id := start(), newID()
	f.lose.Store(100)
	env := commands.Envelope{Command: domain.CommandID(newID())}
	if _, err := run(t, bus, id, env, 5); !errors.Is(err, errLost) || domain.AsRefusals(err) != nil {
		t.Fatalf("got %v, want a fault", err)
	}
	f.lose.Store(0)
	if r, err := run(t, bus, id, env, 5); err != nil || r.Events != 1 {
		t.Fatalf("got %+v, %v", r, err)
	}
	if n := value(t, bus, id); n != 5 {
		t.Fatalf("the count is %d, want 5", n)
	}
}

// Two buses with their own caches, as two machines have, race for one stream:
// no command is lost, none acts twice, and the limit holds.
func TestRacingWritersKeepTheInvariant(t *testing.T) {
	_, start := open(t)
	buses, id := []*commands.Bus{start(), start()}, newID()
	var acknowledged atomic.Int64
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for range 40 {
				switch _, err := run(t, buses[w%2], id, commands.Envelope{}, 7); {
				case err == nil:
					acknowledged.Add(7)
				case errors.Is(err, errLimit), errors.Is(err, commands.ErrContention):
				default:
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	n := value(t, start(), id)
	if int64(n) != acknowledged.Load() || n > limit || n == 0 {
		t.Fatalf("the count is %d, acknowledged %d, limit %d", n, acknowledged.Load(), limit)
	}
}

func TestRefusals(t *testing.T) {
	_, start := open(t)
	bus, id := start(), newID()
	if _, err := run(t, bus, id, commands.Envelope{}, limit+1); !errors.Is(err, errLimit) {
		t.Errorf("the domain's refusal: %v", err)
	}
	if _, err := run(t, bus, id, commands.Envelope{Command: "seven"}, 1); !errors.Is(err, commands.ErrCommandID) {
		t.Errorf("a bad command id: %v", err)
	}
	if _, err := run(t, bus, "../etc", commands.Envelope{}, 1); !errors.Is(err, domain.ErrFormat) {
		t.Errorf("a bad id: %v", err)
	}
	if _, err := run(t, bus, id, commands.Envelope{Caller: commands.Caller{Principal: stranger}}, 1); !errors.Is(err, errHidden) {
		t.Errorf("a stranger: %v", err)
	}
	if n := value(t, bus, id); n != 0 {
		t.Errorf("refused commands left %d", n)
	}
}

// Subscribers hear of an event before the command that stored it has returned. A
// process that loads the aggregate then finds the event in it, and nobody is
// refused for what is no longer so.
func TestWhatIsStoredIsKnownBeforeItsCommandReturns(t *testing.T) {
	for name, ask := range map[string]func(t *testing.T, bus *commands.Bus, id string){
		"a process": func(t *testing.T, bus *commands.Bus, id string) {
			if n := value(t, bus, id); n != limit-10 {
				t.Errorf("loaded %d, stored %d", n, limit-10)
			}
		},
		"a command": func(t *testing.T, bus *commands.Bus, id string) {
			if _, err := run(t, bus, id, commands.Envelope{}, 5); err != nil {
				t.Errorf("refused for what is no longer so: %v", err)
			}
		},
		"nothing to do": func(t *testing.T, bus *commands.Bus, id string) {
			if r, err := run(t, bus, id, commands.Envelope{}, 0); err != nil || r.Revision != 1 {
				t.Errorf("already so at revision %d, %v", r.Revision, err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, start := open(t)
			bus, id := start(), newID()
			if _, err := run(t, bus, id, commands.Envelope{}, limit); err != nil {
				t.Fatal(err)
			}
			f.stored, f.reached = make(chan struct{}), make(chan struct{})
			release, ended := f.stored, make(chan error, 1)
			go func() {
				_, err := run(t, bus, id, commands.Envelope{}, -10)
				ended <- err
			}()
			<-f.reached
			ask(t, bus, id)
			close(release)
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

// Draining lets what was admitted finish and admits nothing more.
func TestDrain(t *testing.T) {
	f, start := open(t)
	bus, id := start(), newID()
	f.hold, f.reached = make(chan struct{}), make(chan struct{})
	answered := make(chan error, 1)
	go func() { _, err := run(t, bus, id, commands.Envelope{}, 1); answered <- err }()
	<-f.reached
	drained := make(chan error, 1)
	go func() { drained <- bus.Drain(t.Context()) }()
	for {
		_, err := run(t, bus, newID(), commands.Envelope{}, 0)
		if errors.Is(err, commands.ErrBusy) {
			break
		}
	}
	select {
	case <-drained:
		t.Fatal("drained while a command was in flight")
	default:
	}
	close(f.hold)
	if err := <-answered; err != nil {
		t.Fatalf("the admitted command: %v", err)
	}
	if err := <-drained; err != nil {
		t.Fatal(err)
	}
}
