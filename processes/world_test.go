package processes_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/institution"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/domain/programme"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/internal/demo"
	"github.com/diaspora-match/diaspora/internal/platform"
	"github.com/diaspora-match/diaspora/processes"
)

// world is a platform on real engines with one programme, one host, one need
// and two experts, in which tests act as anybody and run processes by hand.
type world struct {
	t     *testing.T
	p     *platform.Platform
	bus   *commands.Bus
	with  processes.Platform
	crash *crashing
	today time.Time
	need  demo.TermsOfReference
	first demo.Person
	other demo.Person
}

// openDoor is a guard that lets everybody in: who may do what is not what these
// tests are about. Commands carry the stamps of those who act.
type openDoor struct{}

func (openDoor) Authorise(context.Context, commands.Caller, string, string, string, domain.Scope) (domain.Role, error) {
	return domain.RoleSystem, nil
}

// crashing is a store that dies at the n-th append from when it is armed.
type crashing struct {
	eventstore.Store
	left  atomic.Int64 // appends until the crash; negative: never
	after bool         // dies after the append was stored, before its answer
}

var errCrash = errors.New("the machine died")

func (c *crashing) Append(ctx context.Context, stream string, at eventstore.Expected, events ...eventstore.Event) (eventstore.Appended, error) {
	if c.left.Load() < 0 {
		return c.Store.Append(ctx, stream, at, events...)
	}
	if c.left.Add(-1) >= 0 {
		return c.Store.Append(ctx, stream, at, events...)
	}
	c.left.Store(0) // dead until armed anew
	if c.after {
		if _, err := c.Store.Append(ctx, stream, at, events...); err != nil {
			return eventstore.Appended{}, err
		}
	}
	return eventstore.Appended{}, eventstore.ErrClosed
}

const (
	manager  = domain.PrincipalID("10000000-0000-4000-8000-000000000001")
	reviewer = domain.PrincipalID("10000000-0000-4000-8000-000000000002")
	focal    = domain.PrincipalID("10000000-0000-4000-8000-000000000003")
	officer  = domain.PrincipalID("10000000-0000-4000-8000-000000000004")
)

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOver(t, "")
}

// newWorldOver has its log in EventStoreDB, unless the connection string is empty.
func newWorldOver(t *testing.T, eventStore string) *world {
	t.Helper()
	w := &world{t: t, today: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	p, err := platform.Open(t.Context(), platform.Config{
		Folder: t.TempDir(), EventStore: eventStore, Clock: func() time.Time { return w.today }, NoReactions: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("platform: %v", err)
		}
		if err := p.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	select {
	case <-p.Runner.Ready():
	case <-time.After(20 * time.Second):
		t.Fatal("the views do not get ready")
	}
	w.p, w.crash = p, &crashing{Store: p.Store}
	w.crash.left.Store(-1)
	w.revive()
	w.populate()
	return w
}

// revive starts a bus with empty memory over the same store, as a restart does.
func (w *world) revive() {
	w.bus = commands.New(w.crash, w.p.Codec, openDoor{}, func() time.Time { return w.today }, nil)
	w.with = processes.Platform{Bus: w.bus, Store: w.p.Store, Views: w.p.Views}
}

// populate opens the programme and publishes one need of the examples.
func (w *world) populate() {
	start := domain.DateOf(w.today)
	cast := demo.Cast{Programme: demo.ProgrammeID(), Manager: manager, FocalPoint: focal, HostOfficer: officer, Start: start}
	for _, c := range cast.OpenProgramme() {
		do(w, &programme.Aggregate, string(cast.Programme), func(domain.Stamp) programme.Command { return c })
	}
	for _, t := range demo.Terms(start) {
		if t.Positions == 1 && t.Country == "SO" {
			w.need = t
			break
		}
	}
	for _, i := range demo.Institutions() {
		if i.ID != w.need.Institution {
			continue
		}
		for _, c := range cast.Host(i) {
			do(w, &institution.Aggregate, string(i.ID), func(domain.Stamp) institution.Command { return c })
		}
	}
	for _, c := range cast.Need(w.need) {
		do(w, &need.Aggregate, string(w.need.ID), func(domain.Stamp) need.Command { return c })
	}
	people := demo.Generate(7, 2, start)
	w.first, w.other = people[0], people[1]
	for _, p := range people {
		for _, c := range cast.Expert(p, "") {
			do(w, &expert.Aggregate, string(p.ID), func(domain.Stamp) expert.Command { return c })
		}
	}
}

// do executes a command whatever its stamp says; a refusal fails the test.
func do[S any, C decider.Command, E decider.Event](w *world, a *decider.Aggregate[S, C, E], id string, build func(domain.Stamp) C) {
	w.t.Helper()
	if _, err := try(w, a, id, build); err != nil {
		w.t.Fatalf("%s: %v", build(domain.Stamp{}).CommandType(), err)
	}
}

func try[S any, C decider.Command, E decider.Event](w *world, a *decider.Aggregate[S, C, E], id string, build func(domain.Stamp) C) (commands.Result, error) {
	return commands.Execute(w.t.Context(), w.bus, a, id, commands.Envelope{Caller: commands.Caller{Principal: domain.Platform, System: true}}, build)
}

// as makes the stamp of somebody in a role.
func (w *world) as(by domain.PrincipalID, role domain.Role) domain.Stamp {
	return domain.Stamp{By: by, Role: role, At: w.today}
}

func (w *world) candidate(p demo.Person) string {
	return string(domain.CandidacyIDFor(w.need.ID, p.ID))
}

func (w *world) candidacy(p demo.Person, c candidacy.Command) {
	w.t.Helper()
	do(w, &candidacy.Aggregate, w.candidate(p), func(domain.Stamp) candidacy.Command { return c })
}

// self is the principal of an expert.
func self(p demo.Person) domain.PrincipalID { return domain.PrincipalID(p.ID) }

func (w *world) apply(p demo.Person) {
	w.t.Helper()
	consent := candidacy.Consent{ID: domain.ConsentID(uuid.NewString()), Until: domain.DateOf(w.today).AddDays(300)}
	w.candidacy(p, candidacy.Apply{
		Stamp: w.as(self(p), domain.RoleExpert),
		Ref: candidacy.Ref{
			Need: w.need.ID, Expert: p.ID, Programme: demo.ProgrammeID(), Institution: w.need.Institution, Country: w.need.Country,
		},
		Motivation: personal.Of(p.ID, "I want to help."), Consent: consent,
	})
	w.candidacy(p, candidacy.ShareWithHost{Stamp: w.as(focal, domain.RoleFocalPoint), Consent: consent})
}

// approve brings a candidate to the manager's approval, which is then pending.
func (w *world) approve(p demo.Person) {
	w.t.Helper()
	w.candidacy(p, candidacy.HostDecide{Stamp: w.as(officer, domain.RoleHost), Accept: true, Reason: candidacy.SuitsTheNeed})
	w.askApproval(p)
}

func (w *world) askApproval(p demo.Person) {
	w.t.Helper()
	from := w.need.Window.Period.From
	w.candidacy(p, candidacy.Approve{
		Stamp: w.as(reviewer, domain.RoleManager), Period: domain.Period{From: from, To: from.AddDays(41)}, Modality: w.need.Modality,
		NeedVersion: 1, Score: candidacy.ScoreShown{Total: 7000, PolicyVersion: 1, TaxonomyVersion: "1", LogPosition: 1}, Rank: 1,
	})
}

// events lists what stands in the log from a position on.
func (w *world) events(after eventstore.Position) []codec.Decoded {
	w.t.Helper()
	var all []codec.Decoded
	for r, err := range w.p.Store.ReadAll(w.t.Context(), after, eventstore.Forwards, 0) {
		if err != nil {
			w.t.Fatal(err)
		}
		d, err := w.p.Codec.Decode(w.t.Context(), r)
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, d)
	}
	return all
}

func (w *world) head() eventstore.Position {
	w.t.Helper()
	head, err := w.p.Store.Head(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return head
}
