package processes_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/esdb/esdbtest"
	"github.com/diaspora-match/diaspora/eventstore/sqlite"
	"github.com/diaspora-match/diaspora/internal/demo"
	"github.com/diaspora-match/diaspora/processes"
)

// settle runs the processes over the log until they add nothing more. Each pass
// hands every event over again, as a lost checkpoint does.
func (w *world) settle(from eventstore.Position, list ...processes.Process) error {
	for {
		before := w.head()
		for _, d := range w.events(from) {
			for _, p := range list {
				if !slices.Contains(p.Types, d.Event.EventType()) {
					continue
				}
				if err := p.Handle(w.t.Context(), d); err != nil {
					return err
				}
			}
		}
		if w.head() == before {
			return nil
		}
	}
}

func (w *world) all() []processes.Process {
	return []processes.Process{processes.Placement(w.with), processes.ClosingNotices(w.with), processes.Departure(w.with)}
}

func (w *world) mustSettle(from eventstore.Position) {
	w.t.Helper()
	if err := w.settle(from, w.all()...); err != nil {
		w.t.Fatal(err)
	}
}

// outcome is what a placement leaves behind, in words.
func (w *world) outcome() string {
	w.t.Helper()
	ctx := w.t.Context()
	n, err := commands.Load(ctx, w.bus, &need.Aggregate, string(w.need.ID))
	if err != nil {
		w.t.Fatal(err)
	}
	text := fmt.Sprintf("need %s, %d seats taken", n.Status, len(n.Seats))
	for _, p := range []demo.Person{w.first, w.other} {
		c, err := commands.Load(ctx, w.bus, &candidacy.Aggregate, w.candidate(p))
		if err != nil {
			w.t.Fatal(err)
		}
		e, err := commands.Load(ctx, w.bus, &expert.Aggregate, string(p.ID))
		if err != nil {
			w.t.Fatal(err)
		}
		text += fmt.Sprintf("; %s with %d bookings", c.Stage(), len(e.Bookings))
	}
	return text
}

// One candidate is approved and offered; the other is in the way of nobody and
// hears that the need was filled.
func TestPlacementFillsTheNeed(t *testing.T) {
	w := newWorld(t)
	from := w.head()
	w.apply(w.first)
	w.apply(w.other)
	w.approve(w.first)
	w.mustSettle(from)
	want := "need filled, 1 seats taken; approved with 1 bookings; closed with 0 bookings"
	if got := w.outcome(); got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
	w.candidacy(w.first, candidacy.MakeOffer{Stamp: w.as(reviewer, domain.RoleManager)})
	w.candidacy(w.first, candidacy.DeclineOffer{Stamp: w.as(self(w.first), domain.RoleExpert), Reason: candidacy.NotAvailable})
	w.mustSettle(from)
	want = "need published, 0 seats taken; declined with 0 bookings; closed with 0 bookings"
	if got := w.outcome(); got != want {
		t.Fatalf("after the decline: got  %s\nwant %s", got, want)
	}
}

// The second of two approvals for one seat fails, and says why.
func TestSecondApprovalFindsNoSeat(t *testing.T) {
	w := newWorld(t)
	from := w.head()
	w.apply(w.first)
	w.apply(w.other)
	w.approve(w.first)
	w.approve(w.other)
	w.mustSettle(from)
	c, err := commands.Load(t.Context(), w.bus, &candidacy.Aggregate, w.candidate(w.other))
	if err != nil {
		t.Fatal(err)
	}
	if c.Approval != candidacy.ApprovalUndone {
		t.Fatalf("approval is %q", c.Approval)
	}
	want := "need filled, 1 seats taken; approved with 1 bookings; closed with 0 bookings"
	if got := w.outcome(); got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
}

// An expert who is taken elsewhere cannot be placed: the seat comes back.
func TestTakenExpertGivesTheSeatBack(t *testing.T) {
	w := newWorld(t)
	do(w, &expert.Aggregate, string(w.first.ID), func(domain.Stamp) expert.Command {
		return expert.Book{
			Stamp: w.as(domain.Platform, domain.RoleSystem), Candidacy: domain.CandidacyIDFor(demo.NeedID("another"), w.first.ID),
			Period: domain.Period{From: w.need.Window.Period.From, To: w.need.Window.Period.From.AddDays(3)},
		}
	})
	from := w.head()
	w.apply(w.first)
	w.apply(w.other)
	w.approve(w.first)
	w.mustSettle(from)
	want := "need published, 0 seats taken; approval_failed with 1 bookings; awaiting_host_decision with 0 bookings"
	if got := w.outcome(); got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
}

// Killed before or after any of its appends, and started again with nothing in
// memory, the processes come to the same outcome.
func TestKilledBetweenAnyTwoStepsComesToTheSame(t *testing.T) {
	stories := map[string]func(w *world){
		"placed":    func(w *world) { w.approve(w.first) },
		"no seat":   func(w *world) { w.approve(w.first); w.approve(w.other) },
		"withdrawn": func(w *world) { w.approve(w.first); w.withdraw(w.first) },
		"cancelled": func(w *world) { w.cancel() },
	}
	for name, tell := range stories {
		t.Run(name, func(t *testing.T) { killed(t, tell, func() string { return "" }) })
	}
	t.Run("placed, in EventStoreDB", func(t *testing.T) {
		killed(t, stories["placed"], func() string { return esdbtest.Over(t, aLog(t)).ConnectionString() })
	})
}

// aLog is one in a file of the test.
func aLog(t *testing.T) eventstore.Store {
	t.Helper()
	log, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "log.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	return log
}

// killed tells a story in peace, and then with a death at each of its appends.
// eventStore gives a world of its own to each.
func killed(t *testing.T, tell func(*world), eventStore func() string) {
	calm := newWorldOver(t, eventStore())
	from := calm.head()
	calm.apply(calm.first)
	calm.apply(calm.other)
	tell(calm)
	calm.mustSettle(from)
	want := calm.outcome()
	for _, after := range []bool{false, true} {
		for step := int64(0); ; step++ {
			w := newWorldOver(t, eventStore())
			from := w.head()
			w.apply(w.first)
			w.apply(w.other)
			tell(w)
			w.crash.after = after
			w.crash.left.Store(step)
			err := w.settle(from, w.all()...)
			w.crash.left.Store(-1)
			if err == nil {
				if step == 0 {
					t.Fatal("nothing was appended: the test tests nothing")
				}
				break // more steps than there are
			}
			w.revive()
			w.mustSettle(from)
			if got := w.outcome(); got != want {
				t.Fatalf("killed at append %d (after it was stored: %v):\n got %s\nwant %s", step, after, got, want)
			}
		}
	}
}

func (w *world) withdraw(p demo.Person) {
	w.t.Helper()
	w.candidacy(p, candidacy.Withdraw{Stamp: w.as(self(p), domain.RoleExpert), Reason: candidacy.FamilyReason})
}

func (w *world) cancel() {
	w.t.Helper()
	do(w, &need.Aggregate, string(w.need.ID), func(domain.Stamp) need.Command {
		return need.Cancel{Stamp: w.as(reviewer, domain.RoleManager), Reason: need.FundingReason}
	})
}
