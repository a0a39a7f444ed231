package processes_test

import (
	"testing"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/assignment"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/internal/demo"
)

// An extension into a time in which the expert is booked elsewhere is taken back;
// any other moves the booking.
func TestAnExtensionTakesTheBookingWithItOrIsUndone(t *testing.T) {
	w := newWorld(t)
	from := w.head()
	w.apply(w.first)
	w.approve(w.first)
	w.mustSettle(from)
	w.candidacy(w.first, candidacy.MakeOffer{Stamp: w.as(reviewer, domain.RoleManager)})
	w.candidacy(w.first, candidacy.AcceptOffer{Stamp: w.as(self(w.first), domain.RoleExpert)})
	w.mustSettle(from)
	own := domain.CandidacyID(w.candidate(w.first))
	id := string(domain.AssignmentIDFor(own))
	last := w.begin(id)
	do(w, &expert.Aggregate, string(w.first.ID), func(domain.Stamp) expert.Command {
		return expert.Book{
			Stamp: w.as(domain.Platform, domain.RoleSystem), Candidacy: domain.CandidacyIDFor(demo.NeedID("another"), w.first.ID),
			Period: domain.Period{From: last.AddDays(20), To: last.AddDays(40)},
		}
	})
	for _, c := range []struct{ to, want domain.Date }{{last.AddDays(10), last.AddDays(10)}, {last.AddDays(30), last.AddDays(10)}} {
		do(w, &assignment.Aggregate, id, func(domain.Stamp) assignment.Command {
			return assignment.Extend{Stamp: w.as(reviewer, domain.RoleManager), To: c.to, Reason: personal.Of(w.first.ID, "The ward asks for it.")}
		})
		w.mustSettle(from)
		a, err := commands.Load(t.Context(), w.bus, &assignment.Aggregate, id)
		if err != nil {
			t.Fatal(err)
		}
		e, err := commands.Load(t.Context(), w.bus, &expert.Aggregate, string(w.first.ID))
		if err != nil {
			t.Fatal(err)
		}
		b, _ := e.Booking(own)
		if a.Period.To != c.want || b.Period.To != c.want {
			t.Errorf("extended to %s, the assignment ends on %s and the booking on %s; want %s", c.to, a.Period.To, b.Period.To, c.want)
		}
	}
}

// Two extensions, the second before the first was looked at, go back together: to
// the last day that is booked.
func TestExtensionsOneUponTheOtherAreUndoneTogether(t *testing.T) {
	w := newWorld(t)
	from := w.head()
	w.apply(w.first)
	w.approve(w.first)
	w.mustSettle(from)
	w.candidacy(w.first, candidacy.MakeOffer{Stamp: w.as(reviewer, domain.RoleManager)})
	w.candidacy(w.first, candidacy.AcceptOffer{Stamp: w.as(self(w.first), domain.RoleExpert)})
	w.mustSettle(from)
	own := domain.CandidacyID(w.candidate(w.first))
	id := string(domain.AssignmentIDFor(own))
	last := w.begin(id)
	do(w, &expert.Aggregate, string(w.first.ID), func(domain.Stamp) expert.Command {
		return expert.Book{
			Stamp: w.as(domain.Platform, domain.RoleSystem), Candidacy: domain.CandidacyIDFor(demo.NeedID("another"), w.first.ID),
			Period: domain.Period{From: last.AddDays(20), To: last.AddDays(40)},
		}
	})
	for _, days := range []int{25, 30} {
		from = w.head() // the first is passed over, since the second moved the end
		do(w, &assignment.Aggregate, id, func(domain.Stamp) assignment.Command {
			return assignment.Extend{Stamp: w.as(reviewer, domain.RoleManager), To: last.AddDays(days), Reason: personal.Of(w.first.ID, "The ward asks for it.")}
		})
	}
	w.mustSettle(from)
	a, err := commands.Load(t.Context(), w.bus, &assignment.Aggregate, id)
	if err != nil || a.Period.To != last {
		t.Errorf("the assignment ends on %s, and is booked to %s (%v)", a.Period.To, last, err)
	}
}

// begin starts an assignment on its first day, everything prepared, and is its
// last day.
func (w *world) begin(id string) domain.Date {
	w.t.Helper()
	a, err := commands.Load(w.t.Context(), w.bus, &assignment.Aggregate, id)
	if err != nil {
		w.t.Fatal(err)
	}
	w.until(a.Period.From)
	manager := w.as(reviewer, domain.RoleManager)
	steps := []assignment.Command{
		assignment.RecordAgreement{Stamp: manager},
		assignment.ProposeWorkPlan{Stamp: manager, Items: []assignment.PlanItem{{Output: 1, Activity: "Teach at the bedside"}}},
		assignment.AgreeWorkPlan{Stamp: w.as(self(w.first), domain.RoleExpert), Version: 1},
		assignment.AgreeWorkPlan{Stamp: w.as(officer, domain.RoleHost), Version: 1},
	}
	for _, item := range assignment.Checklist(a.Modality) {
		if item != assignment.WorkPlan {
			steps = append(steps, assignment.CompleteItem{Stamp: manager, Item: item})
		}
	}
	for _, step := range append(steps, assignment.Start{Stamp: manager}) {
		do(w, &assignment.Aggregate, id, func(domain.Stamp) assignment.Command { return step })
	}
	return a.Period.To
}
