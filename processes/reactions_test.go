package processes_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/access"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/domain/programme"
	"github.com/diaspora-match/diaspora/internal/demo"
	"github.com/diaspora-match/diaspora/processes"
)

func (w *world) sweep() {
	w.t.Helper()
	d := processes.Deadlines{Platform: w.with, Clock: func() time.Time { return w.today }}
	if err := d.Sweep(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) later(days int) { w.today = w.today.AddDate(0, 0, days) }

// until moves the calendar to a day.
func (w *world) until(d domain.Date) { w.today = d.Time().Add(9 * time.Hour) }

func (w *world) loadCandidacy(p demo.Person) candidacy.State {
	w.t.Helper()
	s, err := commands.Load(w.t.Context(), w.bus, &candidacy.Aggregate, w.candidate(p))
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// A host is reminded once before its term ends, and loses its turn after it;
// sweeping again adds nothing.
func TestHostIsRemindedAndLosesItsTurn(t *testing.T) {
	w := newWorld(t)
	w.apply(w.first)
	by := w.loadCandidacy(w.first).DecideBy
	w.sweep()
	if n := w.loadCandidacy(w.first).Reminders; n != 0 {
		t.Fatalf("reminded %d times with the whole term ahead", n)
	}
	w.until(by.AddDays(-1))
	w.sweep()
	w.sweep()
	if n := w.loadCandidacy(w.first).Reminders; n != 1 {
		t.Fatalf("reminded %d times, want once", n)
	}
	w.until(by)
	w.sweep()
	if !w.loadCandidacy(w.first).AwaitsHost() {
		t.Fatal("the host lost its turn on the last day of its term")
	}
	w.until(by.AddDays(1))
	w.sweep()
	head := w.head()
	w.sweep()
	if w.loadCandidacy(w.first).AwaitsHost() || w.head() != head {
		t.Fatal("the host did not lose its turn, or lost it twice")
	}
}

// A need that nobody filled expires, and its candidates hear of it.
func TestNeedExpiresAndCandidatesHearOfIt(t *testing.T) {
	w := newWorld(t)
	from := w.head()
	w.apply(w.first)
	state, err := commands.Load(t.Context(), w.bus, &need.Aggregate, string(w.need.ID))
	if err != nil {
		t.Fatal(err)
	}
	w.until(state.Terms.Expires())
	w.sweep()
	if s, _ := commands.Load(t.Context(), w.bus, &need.Aggregate, string(w.need.ID)); s.Status != need.StatusPublished {
		t.Fatalf("the need is %s on its last day", s.Status)
	}
	w.later(1)
	w.sweep()
	w.mustSettle(from)
	if s, _ := commands.Load(t.Context(), w.bus, &need.Aggregate, string(w.need.ID)); s.Status != need.StatusExpired {
		t.Fatalf("the need is %s", s.Status)
	}
	if c := w.loadCandidacy(w.first).Closed; c != candidacy.NeedExpired {
		t.Fatalf("the candidate was told %q", c)
	}
}

// A profile that nobody confirms for a year goes dormant; one that was
// confirmed does not.
func TestUnconfirmedProfileGoesDormant(t *testing.T) {
	w := newWorld(t)
	w.later(200)
	do(w, &expert.Aggregate, string(w.other.ID), func(domain.Stamp) expert.Command {
		return expert.Reconfirm{Stamp: w.as(self(w.other), domain.RoleExpert)}
	})
	w.later(200)
	w.sweep()
	for p, want := range map[*demo.Person]bool{&w.first: true, &w.other: false} {
		s, err := commands.Load(t.Context(), w.bus, &expert.Aggregate, string(p.ID))
		if err != nil || s.Dormant != want {
			t.Errorf("dormant is %v, want %v (%v)", s.Dormant, want, err)
		}
	}
}

// Somebody who applies after the end is told at once.
func TestLateApplicantIsTold(t *testing.T) {
	w := newWorld(t)
	w.cancel()
	from := w.head()
	w.apply(w.first)
	w.mustSettle(from)
	if c := w.loadCandidacy(w.first).Closed; c != candidacy.NeedCancelled {
		t.Fatalf("the applicant was told %q", c)
	}
}

// A consent that is withdrawn on the profile stops the sharing that rested on
// it, and no other.
func TestWithdrawnConsentStopsSharing(t *testing.T) {
	w := newWorld(t)
	from := w.head()
	give := func(p demo.Person) candidacy.Consent {
		c := expert.Consent{
			ID: domain.ConsentID(uuid.NewString()), Purpose: expert.ShareWithHost, Institution: w.need.Institution, Need: w.need.ID,
			TextHash: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Language: "en",
			Until: domain.DateOf(w.today).AddDays(300),
		}
		do(w, &expert.Aggregate, string(p.ID), func(domain.Stamp) expert.Command {
			return expert.GiveConsent{Stamp: w.as(self(p), domain.RoleExpert), Consent: c}
		})
		return candidacy.Consent{ID: c.ID, Until: c.Until}
	}
	w.apply(w.first)
	w.apply(w.other)
	consent := give(w.first)
	w.candidacy(w.first, candidacy.GiveConsent{Stamp: w.as(self(w.first), domain.RoleExpert), Consent: consent})
	do(w, &expert.Aggregate, string(w.first.ID), func(domain.Stamp) expert.Command {
		return expert.WithdrawConsent{Stamp: w.as(self(w.first), domain.RoleExpert), Consent: consent.ID}
	})
	w.mustSettle(from)
	if s := w.loadCandidacy(w.first); s.Consent.ID != "" {
		t.Fatalf("the consent stands: %+v", s.Consent)
	}
	if s := w.loadCandidacy(w.other); s.Consent.ID == "" {
		t.Fatal("somebody else's consent is gone")
	}
}

// A hold ends the sessions of the country's officers and of nobody else.
func TestCountryHoldEndsSessionsOfItsOfficers(t *testing.T) {
	w := newWorld(t)
	elsewhere := domain.PrincipalID("10000000-0000-4000-8000-000000000005")
	for who, scope := range map[domain.PrincipalID]domain.Scope{
		officer: {Institution: w.need.Institution}, elsewhere: {Institution: demo.InstitutionID("elsewhere", "GH")},
	} {
		do(w, &access.Aggregate, string(who), func(domain.Stamp) access.Command {
			return access.Grant{Stamp: w.as(manager, domain.RoleAdministrator), Principal: who, Role: domain.RoleHost, Scope: scope, Reason: "appointed"}
		})
	}
	w.later(1)
	from := w.head()
	do(w, &programme.Aggregate, string(demo.ProgrammeID()), func(domain.Stamp) programme.Command {
		return programme.PlaceCountryHold{Stamp: w.as(manager, domain.RoleManager), Country: w.need.Country, Reason: programme.HoldSecurity}
	})
	if err := w.settle(from, processes.CountryHolds(w.with)); err != nil {
		t.Fatal(err)
	}
	for who, want := range map[domain.PrincipalID]bool{officer: true, elsewhere: false} {
		s, err := commands.Load(t.Context(), w.bus, &access.Aggregate, string(who))
		if err != nil || !s.SessionsEnded.IsZero() != want {
			t.Errorf("sessions ended: %v, want %v (%v)", s.SessionsEnded, want, err)
		}
	}
	w.apply(w.first)
	w.approve(w.first)
	w.mustSettle(from)
	if c := w.loadCandidacy(w.first); c.Approval != candidacy.ApprovalUndone {
		t.Errorf("an approval under a hold is %q", c.Approval)
	}
}

// recorded is an eraser that fails a number of times first.
type recorded struct{ fails, calls int }

func (r *recorded) Erase(_ context.Context, _ string) (string, error) {
	r.calls++
	if r.calls <= r.fails {
		return "", errCrash
	}
	return "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", nil
}

// An erasure that cannot be completed comes again until it can; candidacies end
// with the person's departure.
func TestErasureIsRepeatedUntilProven(t *testing.T) {
	w := newWorld(t)
	from := w.head()
	w.apply(w.first)
	do(w, &expert.Aggregate, string(w.first.ID), func(domain.Stamp) expert.Command {
		return expert.RequestErasure{Stamp: w.as(self(w.first), domain.RoleExpert)}
	})
	eraser := &recorded{fails: 2}
	list := append(w.all(), processes.Erasure(w.with, eraser))
	for range 2 {
		if err := w.settle(from, list...); err == nil {
			t.Fatal("a failed erasure passed for done")
		}
	}
	if err := w.settle(from, list...); err != nil {
		t.Fatal(err)
	}
	s, err := commands.Load(t.Context(), w.bus, &expert.Aggregate, string(w.first.ID))
	if err != nil || s.Stage() != expert.StageErased {
		t.Fatalf("the expert is %s (%v)", s.Stage(), err)
	}
	if c := w.loadCandidacy(w.first); !c.Left {
		t.Fatal("the candidacy goes on without the person")
	}
}
