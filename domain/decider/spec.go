package decider

import (
	"errors"
	"reflect"
)

// T is the part of *testing.T that a Spec needs.
type T interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Spec tests a decider as given, when, then. For binds the type parameters
// once:
//
//	spec := decider.For(t, need.Decider)
//	spec.Given(drafted).When(submit).Then(need.Submitted{…})
//	spec.Given(drafted, submitted).When(submit).ThenNothing()
//	spec.Given(closed).When(submit).Refused(need.ErrClosed)
type Spec[S any, C Command, E Event] struct {
	t T
	d Decider[S, C, E]
}

// For starts the specification of a decider.
func For[S any, C Command, E Event](t T, d Decider[S, C, E]) Spec[S, C, E] {
	return Spec[S, C, E]{t, d}
}

// Given says what has happened so far.
func (s Spec[S, C, E]) Given(events ...E) Given[S, C, E] { return Given[S, C, E]{s, events} }

// Given is a history, waiting for its command.
type Given[S any, C Command, E Event] struct {
	spec   Spec[S, C, E]
	events []E
}

// When says what is asked for.
func (g Given[S, C, E]) When(command C) Outcome[S, C, E] {
	state := g.spec.d.Fold(g.spec.d.Initial(), g.events...)
	events, err := g.spec.d.Decide(state, command)
	return Outcome[S, C, E]{g.spec, command, state, events, err}
}

// Outcome is what a command led to.
type Outcome[S any, C Command, E Event] struct {
	spec    Spec[S, C, E]
	command C
	before  S
	events  []E
	err     error
}

// Then demands exactly these events, and that the same command again adds
// nothing.
func (o Outcome[S, C, E]) Then(want ...E) {
	o.spec.t.Helper()
	if o.err != nil {
		o.spec.t.Fatalf("%s: want %d events, got refusal: %v", o.command.CommandType(), len(want), o.err)
	}
	if len(o.events) != len(want) {
		o.spec.t.Fatalf("%s: want %d events %+v, got %d: %+v", o.command.CommandType(), len(want), want, len(o.events), o.events)
	}
	for i := range want {
		if !reflect.DeepEqual(o.events[i], want[i]) {
			o.spec.t.Fatalf("%s: event %d:\n got %+v\nwant %+v", o.command.CommandType(), i, o.events[i], want[i])
		}
	}
	again, err := o.spec.d.Decide(o.spec.d.Fold(o.before, o.events...), o.command)
	if err == nil && len(again) != 0 {
		o.spec.t.Fatalf("%s twice adds %+v", o.command.CommandType(), again)
	}
}

// ThenNothing demands that it is already so.
func (o Outcome[S, C, E]) ThenNothing() {
	o.spec.t.Helper()
	if o.err != nil || len(o.events) != 0 {
		o.spec.t.Fatalf("%s: want nothing, got %+v, %v", o.command.CommandType(), o.events, o.err)
	}
}

// Refused demands this refusal, by code, and no event beside it.
func (o Outcome[S, C, E]) Refused(want error) {
	o.spec.t.Helper()
	if !errors.Is(o.err, want) {
		o.spec.t.Fatalf("%s: want refusal %v, got %+v, %v", o.command.CommandType(), want, o.events, o.err)
	}
	if len(o.events) != 0 {
		o.spec.t.Fatalf("%s: refused, yet with events %+v", o.command.CommandType(), o.events)
	}
}
