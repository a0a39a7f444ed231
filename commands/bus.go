// Package commands is the only way to change anything: it loads an aggregate,
// asks whether the caller may, lets the aggregate decide, and appends what was
// decided. A conflict loads and decides again; an unknown outcome appends again
// with the same event ids; the same command id never acts twice. All of it is
// bounded.
//
// It knows no aggregate by name, no view and no transport.
package commands

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
)

// Bounds, listed in docs/limits.md.
const (
	maxAttempts     = 16   // loads and decisions of one command under conflict
	maxAppends      = 3    // appends of one decision with unknown outcome
	maxInFlight     = 1024 // commands at once; more wait
	maxAdmission    = 2 * time.Second
	cachedStates    = 20_000  // folded aggregates kept in memory
	maxStreamEvents = 100_000 // events of one aggregate
)

// Refusals of the bus itself.
var (
	ErrBusy       = domain.Refuse(domain.Busy, "command.busy", "The platform is handling as many commands as it can.", "Send the same command again, with the same command id, in a few seconds.")
	ErrContention = domain.Refuse(domain.Conflict, "command.contention", "Others keep changing the same object.", "Load it again and, if the command still makes sense, send it again.")
	ErrCommandID  = domain.Refuse(domain.Invalid, "command.id", "The command id is not a UUID.", "Send a UUID in lower-case text, or leave it out.").At("commandId")
	ErrIDReused   = domain.Refuse(domain.Invalid, "command.id_reused", "This command id has already been used for another command on this object.", "Choose a new command id for a new command.").At("commandId")
	ErrTooLong    = domain.Refuse(domain.Refused, "command.stream_full", "This object has reached the greatest number of events.", "Ask an administrator: docs/limits.md names the bound.")
	ErrTooLarge   = domain.Refuse(domain.Invalid, "command.too_large", "The command holds more than one event can store.", "Send less text or fewer entries; docs/limits.md names the bound.")
	ErrErased     = domain.Refuse(domain.Refused, "personal.erased", "The personal data of this person was erased.", "Nothing can be added about this person any more.")
)

// errStamp is a mistake of the program: a command that says somebody else sent
// it. Only the platform itself may, to record what others did: an import, the
// demonstration.
var errStamp = errors.New("commands: the command's stamp is not its caller's")

// Guard authorises. It is asked after the aggregate was loaded, with the scope
// that the aggregate or its creating command gives.
type Guard interface {
	// Authorise returns the role to act in, or a refusal. ErrHidden-like
	// refusals answer for objects that the caller may not see.
	Authorise(ctx context.Context, caller Caller, action string, category, id string, scope domain.Scope) (domain.Role, error)
}

// Caller is who sends a command.
type Caller struct {
	Principal  domain.PrincipalID
	ActAs      domain.Role        // wanted role; empty takes the first that may
	OnBehalfOf domain.PrincipalID // whom an operator acts for, if anybody
	System     bool               // the platform itself
}

// Envelope travels with a command into the metadata of its events.
type Envelope struct {
	Command     domain.CommandID // empty: a new one, and no protection on retry
	Caller      Caller
	Causation   string    // id of the event or request that led to this
	Correlation string    // shared by all that one request led to
	At          time.Time // zero: now by the bus's clock
}

// Result is where the aggregate stands after a command.
type Result struct {
	Command  domain.CommandID
	Revision eventstore.Revision
	Position eventstore.Position // 0 when nothing was ever appended
	Events   int                 // appended by this command, now or the first time; 0: it was already so
}

// Observer hears what happened; its methods must be quick.
type Observer interface {
	CommandDone(action string, took time.Duration, err error)
	Conflict(action string)
}

// Bus executes commands.
type Bus struct {
	store    eventstore.Store
	codec    *codec.Codec
	guard    Guard
	clock    func() time.Time
	observer Observer
	states   *lru.Cache[string, any]
	keeping  sync.Mutex // guards comparing and replacing a state
	slots    chan struct{}
	running  sync.WaitGroup
	mu       sync.RWMutex // guards closed against new entries into running
	closed   bool
}

// New makes a bus. The clock gives UTC; observer may be nil.
func New(store eventstore.Store, c *codec.Codec, guard Guard, clock func() time.Time, observer Observer) *Bus {
	states, err := lru.New[string, any](cachedStates)
	if err != nil {
		panic(err) // only for a size that is not positive
	}
	return &Bus{store: store, codec: c, guard: guard, clock: clock, observer: observer, states: states, slots: make(chan struct{}, maxInFlight)}
}

// Drain refuses new commands with ErrBusy and waits for those in flight.
func (b *Bus) Drain(ctx context.Context) error {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	done := make(chan struct{})
	go func() { b.running.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *Bus) admit(ctx context.Context) error {
	b.mu.RLock()
	if b.closed {
		b.mu.RUnlock()
		return ErrBusy
	}
	b.running.Add(1)
	b.mu.RUnlock()
	select {
	case b.slots <- struct{}{}:
		return nil
	default:
	}
	t := time.NewTimer(maxAdmission)
	defer t.Stop()
	select {
	case b.slots <- struct{}{}:
		return nil
	case <-t.C:
		b.running.Done()
		return ErrBusy
	case <-ctx.Done():
		b.running.Done()
		return ctx.Err()
	}
}

func (b *Bus) leave() {
	<-b.slots
	b.running.Done()
}

// Execute runs one command on one aggregate. Build makes the command from the
// stamp that the bus gives it: the caller, the role that the guard allowed, and
// the time. Errors are refusals, ctx.Err(), or internal.
func Execute[S any, C decider.Command, E decider.Event](ctx context.Context, b *Bus, a *decider.Aggregate[S, C, E], id string, env Envelope, build func(domain.Stamp) C) (Result, error) {
	if env.Command == "" {
		env.Command = domain.CommandID(uuid.NewString())
	} else if !domain.ValidID(env.Command) {
		return Result{}, ErrCommandID
	}
	if !domain.ValidID(id) {
		return Result{}, domain.ErrFormat.At("id")
	}
	if env.At.IsZero() {
		env.At = b.clock()
	}
	env.At = env.At.UTC().Truncate(time.Microsecond) // what the stored text keeps
	if err := b.admit(ctx); err != nil {
		return Result{}, err
	}
	defer b.leave()

	run := execution[S, C, E]{bus: b, aggregate: a, id: id, stream: a.Stream(id), env: env, build: build}
	run.action = build(run.stamp("")).CommandType()
	ctx, span := startSpan(ctx, run.action)
	started := time.Now()
	result, err := run.attempt(ctx)
	endSpan(span, result, err)
	if b.observer != nil {
		b.observer.CommandDone(run.action, time.Since(started), err)
	}
	return result, err
}

// execution is one command on its way.
type execution[S any, C decider.Command, E decider.Event] struct {
	bus       *Bus
	aggregate *decider.Aggregate[S, C, E]
	id        string
	stream    string
	action    string
	env       Envelope
	build     func(domain.Stamp) C
}

func (x *execution[S, C, E]) stamp(role domain.Role) domain.Stamp {
	return domain.Stamp{By: x.env.Caller.Principal, Role: role, At: x.env.At}
}

// attempt loads, authorises, decides and appends until it is settled. A state
// from the cache is good enough to append on, since the store compares the
// revision; a refusal or an "already so" is only said of the stream as it is.
func (x *execution[S, C, E]) attempt(ctx context.Context) (Result, error) {
	at, sure, err := x.load(ctx)
	if err != nil {
		return Result{}, err
	}
	for range maxAttempts {
		role, events, err := x.decide(ctx, at)
		if !sure && (err != nil || len(events) == 0) {
			newest, err := x.catchUp(ctx, at)
			if err != nil {
				return Result{}, err
			}
			sure = true
			if newest != at {
				at = newest
				continue
			}
		}
		if err != nil {
			return Result{}, err
		}
		if done, ok := at.find(x.env.Command); ok {
			return done.result(x.env.Command), nil
		}
		if len(events) == 0 {
			return Result{Command: x.env.Command, Revision: at.last(), Position: at.position}, nil
		}
		result, err := x.append(ctx, at, role, events)
		var wrong *eventstore.WrongRevision
		switch {
		case errors.As(err, &wrong):
			if x.bus.observer != nil {
				x.bus.observer.Conflict(x.action)
			}
		case !sure && errors.Is(err, ErrErased): // it may have acted before the erasure
		default:
			return result, err
		}
		if at, err = x.catchUp(ctx, at); err != nil {
			return Result{}, err
		}
		sure = true
	}
	return Result{}, ErrContention
}

// decide asks the guard and the aggregate. A command that has acted decides
// nothing again.
func (x *execution[S, C, E]) decide(ctx context.Context, at *loaded[S]) (domain.Role, []E, error) {
	role, err := x.bus.guard.Authorise(ctx, x.env.Caller, x.action, x.aggregate.Category, x.id, x.aggregate.Scope(at.state, x.build(x.stamp(""))))
	if err != nil {
		return "", nil, err
	}
	if done, ok := at.find(x.env.Command); ok {
		if done.action != x.action {
			return "", nil, ErrIDReused
		}
		return role, nil, nil
	}
	command := x.build(x.stamp(role))
	if command.Stamped() != x.stamp(role) && !x.env.Caller.System {
		return "", nil, errStamp
	}
	events, err := x.aggregate.Decider.Decide(at.state, command)
	return role, events, err
}

// append stores what was decided. An error that does not say what happened is
// retried with the same ids, which is safe at an exact revision.
func (x *execution[S, C, E]) append(ctx context.Context, at *loaded[S], role domain.Role, events []E) (Result, error) {
	if at.count+len(events) > maxStreamEvents {
		return Result{}, ErrTooLong
	}
	stored := make([]eventstore.Event, len(events))
	for i, e := range events {
		meta := codec.Meta{
			Command: x.env.Command, Causation: x.env.Causation, Correlation: x.env.Correlation,
			Actor: x.env.Caller.Principal, Role: role, OnBehalfOf: x.env.Caller.OnBehalfOf,
			At: x.env.At, Traceparent: traceparent(ctx), Action: x.action,
		}
		var err error
		if stored[i], err = x.bus.codec.Encode(ctx, x.stream, x.eventID(i), e, meta); err != nil {
			return Result{}, encodeError(err)
		}
	}
	var appended eventstore.Appended
	var err error
	for range maxAppends {
		appended, err = x.bus.store.Append(ctx, x.stream, at.expected(), stored...)
		if err == nil || settled(err) || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		x.bus.states.Remove(x.stream)
		if errors.Is(err, eventstore.ErrTooLarge) {
			return Result{}, ErrTooLarge
		}
		return Result{}, fmt.Errorf("commands: append to %s: %w", x.aggregate.Category, err)
	}
	next := at.after(x.aggregate.Decider.Fold(at.state, events...), appended, len(events), done{
		command: x.env.Command, action: x.action, appended: appended, events: len(events)})
	x.bus.keep(x.stream, next)
	return Result{x.env.Command, appended.Revision, appended.Position, len(events)}, nil
}

// eventID derives the id of the i-th event, so that sending it again is
// recognised.
func (x *execution[S, C, E]) eventID(i int) uuid.UUID {
	return uuid.NewSHA1(uuid.UUID(eventNamespace), fmt.Appendf(nil, "%s|%s|%d", x.env.Command, x.stream, i))
}

// eventNamespace is part of the storage contract.
var eventNamespace = [16]byte{0x2f, 0x8e, 0x91, 0x47, 0x6d, 0x0a, 0x4b, 0x62, 0xb3, 0x15, 0x7c, 0x5e, 0x33, 0x90, 0xaa, 0x02}

// settled tells errors whose outcome is known: nothing was stored.
func settled(err error) bool {
	var wrong *eventstore.WrongRevision
	return errors.As(err, &wrong) || errors.Is(err, eventstore.ErrTooLarge) ||
		errors.Is(err, eventstore.ErrBadStream) || errors.Is(err, eventstore.ErrClosed)
}
