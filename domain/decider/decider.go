// Package decider holds the shape of every aggregate: three pure functions over
// a state, and the Spec that tests read as a specification.
package decider

import "github.com/diaspora-match/diaspora/domain"

// Event is a fact. Its type name is the storage contract: it is never changed
// and never reused.
type Event interface {
	// EventType is the package, a dot and the name: "need.Published".
	EventType() string
}

// Command asks for something. It carries its actor and its time.
type Command interface {
	// CommandType is the package, a dot and the name: "need.Publish". The
	// authorisation table speaks of commands by it.
	CommandType() string
	Stamped() domain.Stamp
}

// Decider is an aggregate as three functions. State goes by value. Evolve is
// total, because facts cannot fail. Decide returns no events for "already so",
// and a *domain.Refusal or domain.Refusals for "no".
type Decider[S any, C Command, E Event] struct {
	Initial func() S
	Decide  func(S, C) ([]E, error)
	Evolve  func(S, E) S
}

// Fold replays events over a state.
func (d Decider[S, C, E]) Fold(s S, events ...E) S {
	for _, e := range events {
		s = d.Evolve(s, e)
	}
	return s
}

// Aggregate says how a decider is stored and who it concerns.
type Aggregate[S any, C Command, E Event] struct {
	// Category is the part of the stream name before the dash.
	Category string
	Decider  Decider[S, C, E]
	// Events holds the zero value of each event: what the codec can read.
	Events []E
	// Scope locates the aggregate for authorisation. For an aggregate that
	// does not exist yet, the command that creates it tells.
	Scope func(S, C) domain.Scope
}

// Stream is the name of the stream of one aggregate.
func (a Aggregate[S, C, E]) Stream(id string) string { return a.Category + "-" + id }
