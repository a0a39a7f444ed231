package processes_test

import (
	"testing"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/programme"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/internal/demo"
	"github.com/diaspora-match/diaspora/processes"
)

// What internal/sim found, told in peace.

// A process that dies with a seat, or with seat and booking, and finds the country
// on hold when it comes back, gives them back; and so it does when it dies once
// more, before or after it has said why the approval failed.
func TestAHoldAfterADeathGivesTheSeatBack(t *testing.T) {
	for taken := int64(1); taken <= 2; taken++ {
		for undone := int64(0); undone <= 3; undone++ {
			w := newWorld(t)
			from := w.head()
			w.apply(w.first)
			w.apply(w.other)
			w.approve(w.first)
			w.dieAfter(taken, from)
			do(w, &programme.Aggregate, string(demo.ProgrammeID()), func(domain.Stamp) programme.Command {
				return programme.PlaceCountryHold{Stamp: w.as(manager, domain.RoleManager), Country: w.need.Country, Reason: programme.HoldSecurity}
			})
			w.dieAfter(undone, from)
			w.mustSettle(from)
			want := "need published, 0 seats taken; approval_failed with 0 bookings; awaiting_host_decision with 0 bookings"
			if got := w.outcome(); got != want {
				t.Fatalf("dead after %d steps, and after %d of undoing them:\n got %s\nwant %s", taken, undone, got, want)
			}
		}
	}
}

// dieAfter runs the processes until so many appends are made, and starts them anew.
func (w *world) dieAfter(appends int64, from eventstore.Position) {
	w.crash.left.Store(appends)
	_ = w.settle(from, w.all()...) // it dies, or had less to do
	w.crash.left.Store(-1)
	w.revive()
}

// Somebody who applies while the request for their erasure is on its way leaves
// all the same.
func TestAnApplicationAfterTheRequestForErasureEnds(t *testing.T) {
	w := newWorld(t)
	from := w.head()
	do(w, &expert.Aggregate, string(w.first.ID), func(domain.Stamp) expert.Command {
		return expert.RequestErasure{Stamp: w.as(self(w.first), domain.RoleExpert)}
	})
	w.mustSettle(from)
	from = w.head() // the request was handled, and does not come again
	w.apply(w.first)
	w.apply(w.other)
	if err := w.settle(from, processes.Departure(w.with)); err != nil {
		t.Fatal(err)
	}
	if !w.loadCandidacy(w.first).Left || w.loadCandidacy(w.other).Left {
		t.Fatalf("who is gone is %s, who stays is %s", w.loadCandidacy(w.first).Stage(), w.loadCandidacy(w.other).Stage())
	}
}

// Who is approved out of the reserve of a filled need, in vain, hears of it.
func TestAFailedApprovalOutOfTheReserveIsClosed(t *testing.T) {
	w := newWorld(t)
	from := w.head()
	w.apply(w.first)
	w.apply(w.other)
	w.candidacy(w.other, candidacy.HostDecide{Stamp: w.as(officer, domain.RoleHost), Accept: true, Reason: candidacy.SuitsTheNeed})
	w.candidacy(w.other, candidacy.PlaceInReserve{Stamp: w.as(reviewer, domain.RoleManager)})
	w.approve(w.first)
	w.mustSettle(from)
	if c := w.loadCandidacy(w.other); c.Stage() != candidacy.StageReserve {
		t.Fatalf("the reserve of a filled need is %s", c.Stage())
	}
	from = w.head() // what was handled does not come again
	w.askApproval(w.other)
	w.mustSettle(from)
	if c := w.loadCandidacy(w.other); c.Closed != candidacy.NeedFilled {
		t.Fatalf("who was approved in vain is %s", c.Stage())
	}
}
