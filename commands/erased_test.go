package commands_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/eventstore/codec/codectest"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
)

type (
	remarked struct {
		Text personal.Text `json:"text"`
	}
	remark struct {
		domain.Stamp
		Text personal.Text
	}
)

func (remarked) EventType() string { return "remark.Remarked" }
func (remark) CommandType() string { return "remark.Remark" }

// remarks takes every remark about anybody.
var remarks = decider.Aggregate[int, decider.Command, decider.Event]{
	Category: "remark",
	Decider: decider.Decider[int, decider.Command, decider.Event]{
		Initial: func() int { return 0 },
		Decide: func(_ int, c decider.Command) ([]decider.Event, error) {
			return []decider.Event{remarked{c.(remark).Text}}, nil
		},
		Evolve: func(n int, _ decider.Event) int { return n + 1 },
	},
	Events: []decider.Event{remarked{}},
	Scope:  func(int, decider.Command) domain.Scope { return domain.Scope{} },
}

// A command that acted before an erasure is answered as it was, also by a bus that
// has not seen it; one that did not is refused.
func TestARepetitionAfterAnErasureIsAnsweredAsBefore(t *testing.T) {
	store, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "events.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	keys := codectest.NewKeys()
	c := codec.New(codec.NewRegistry(remarked{}), keys)
	bus := func() *commands.Bus { return commands.New(store, c, gate{}, time.Now, nil) }
	here, there, id, subject := bus(), bus(), newID(), newID()
	send := func(b *commands.Bus, command string) (commands.Result, error) {
		return commands.Execute(t.Context(), b, &remarks, id, commands.Envelope{Command: domain.CommandID(command)}, func(s domain.Stamp) decider.Command {
			return remark{s, personal.Of(subject, "Speaks well.")}
		})
	}
	second := newID()
	if _, err := send(here, newID()); err != nil {
		t.Fatal(err)
	}
	want, err := send(there, second)
	if err != nil {
		t.Fatal(err)
	}
	keys.Erase(subject)
	if got, err := send(here, second); err != nil || got != want {
		t.Errorf("repeated: %+v, %v; it was %+v", got, err, want)
	}
	if _, err := send(here, newID()); !errors.Is(err, commands.ErrErased) {
		t.Errorf("a new one: %v", err)
	}
}
