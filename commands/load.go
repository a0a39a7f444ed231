package commands

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/eventstore"
)

// loaded is a folded aggregate. It is shared between commands through the
// cache, and never written to: a later state is a new value.
type loaded[S any] struct {
	state    S
	count    int // events in the stream
	position eventstore.Position
	commands []done // in the order of the stream
}

// done is a command that has acted.
type done struct {
	command  domain.CommandID
	action   string
	appended eventstore.Appended
	events   int
}

func (d done) result(id domain.CommandID) Result {
	return Result{id, d.appended.Revision, d.appended.Position, d.events}
}

func (l *loaded[S]) expected() eventstore.Expected {
	if l.count == 0 {
		return eventstore.NoStream
	}
	return eventstore.At(l.last())
}

func (l *loaded[S]) last() eventstore.Revision {
	if l.count == 0 {
		return 0
	}
	return eventstore.Revision(l.count - 1)
}

// find looks from the end, where a retry most likely finds itself.
func (l *loaded[S]) find(id domain.CommandID) (done, bool) {
	for i := len(l.commands) - 1; i >= 0; i-- {
		if l.commands[i].command == id {
			return l.commands[i], true
		}
	}
	return done{}, false
}

func (l *loaded[S]) after(state S, at eventstore.Appended, events int, d done) *loaded[S] {
	return &loaded[S]{
		state: state, count: l.count + events, position: at.Position,
		commands: append(l.commands[:len(l.commands):len(l.commands)], d),
	}
}

// load takes the folded state from the cache, or folds the stream. What comes
// from the cache may lack events that other commands have stored but not yet
// kept: it is not sure.
func (x *execution[S, C, E]) load(ctx context.Context) (l *loaded[S], sure bool, err error) {
	if cached, ok := x.bus.states.Get(x.stream); ok {
		return cached.(*loaded[S]), false, nil
	}
	l, err = x.catchUp(ctx, &loaded[S]{state: x.aggregate.Decider.Initial()})
	return l, true, err
}

// catchUp folds what the stream holds beyond l into a new value, and returns l
// itself when there is nothing.
func (x *execution[S, C, E]) catchUp(ctx context.Context, l *loaded[S]) (*loaded[S], error) {
	known := l.count
	for r, err := range x.bus.store.ReadStream(ctx, x.stream, eventstore.Revision(known), eventstore.Forwards, maxStreamEvents) {
		if errors.Is(err, eventstore.ErrNoStream) {
			return l, nil
		}
		if err != nil {
			return nil, fmt.Errorf("commands: read %s: %w", x.aggregate.Category, err)
		}
		decoded, err := x.bus.codec.Decode(ctx, r)
		if err != nil {
			return nil, fmt.Errorf("commands: decode %s at %d: %w", x.aggregate.Category, r.Position, err)
		}
		event, ok := decoded.Event.(E)
		if !ok {
			return nil, fmt.Errorf("commands: %s at %d is no event of %s", r.Type, r.Position, x.aggregate.Category)
		}
		if l.count == known { // the first: others hold l
			l = &loaded[S]{state: l.state, count: l.count, commands: slices.Clone(l.commands)}
		}
		l.state = x.aggregate.Decider.Evolve(l.state, event)
		l.count++
		l.position = r.Position
		l.note(decoded.Meta.Command, decoded.Meta.Action, eventstore.Appended{Revision: r.Revision, Position: r.Position})
	}
	if l.count > known {
		x.bus.keep(x.stream, l)
	}
	return l, nil
}

// length is the number of events that are folded.
func (l *loaded[S]) length() int { return l.count }

// keep remembers the folded state of a stream, unless a later one is known:
// commands end in another order than they append.
func (b *Bus) keep(stream string, l interface{ length() int }) {
	b.keeping.Lock()
	defer b.keeping.Unlock()
	if known, ok := b.states.Peek(stream); ok && known.(interface{ length() int }).length() > l.length() {
		return
	}
	b.states.Add(stream, l)
}

// note records that a command put an event here.
func (l *loaded[S]) note(id domain.CommandID, action string, at eventstore.Appended) {
	if n := len(l.commands); n > 0 && l.commands[n-1].command == id {
		l.commands[n-1].appended = at
		l.commands[n-1].events++
		return
	}
	l.commands = append(l.commands, done{id, action, at, 1})
}

func encodeError(err error) error {
	if errors.Is(err, personal.ErrErased) {
		return ErrErased
	}
	return fmt.Errorf("commands: encode: %w", err)
}

// Load folds one aggregate for a process that must know it before it acts. The
// state holds every event that was stored before the call: a process that reacts
// to an event finds it in there.
func Load[S any, C decider.Command, E decider.Event](ctx context.Context, b *Bus, a *decider.Aggregate[S, C, E], id string) (S, error) {
	x := execution[S, C, E]{bus: b, aggregate: a, id: id, stream: a.Stream(id)}
	at, sure, err := x.load(ctx)
	if err == nil && !sure {
		at, err = x.catchUp(ctx, at)
	}
	if err != nil {
		return a.Decider.Initial(), err
	}
	return at.state, nil
}

// Forget drops the folded state of a stream: after an erasure nothing of the
// person may stay in memory.
func (b *Bus) Forget(stream string) { b.states.Remove(stream) }
