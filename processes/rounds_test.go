package processes_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/domain/round"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/internal/demo"
	"github.com/diaspora-match/diaspora/matcher"
	"github.com/diaspora-match/diaspora/matcher/planning"
	"github.com/diaspora-match/diaspora/processes"
)

const roundID = domain.RoundID("20000000-0000-7000-8000-000000000001")

func (w *world) round(commands ...round.Command) {
	w.t.Helper()
	for _, c := range commands {
		do(w, &round.Aggregate, string(roundID), func(domain.Stamp) round.Command { return c })
	}
}

// fit replaces the two experts by two who are eligible for the need, the first
// with the better record.
func (w *world) fit() {
	w.t.Helper()
	start := domain.DateOf(w.today)
	cast := demo.Cast{Programme: demo.ProgrammeID(), Manager: manager, FocalPoint: focal, HostOfficer: officer, Start: start}
	for i, p := range demo.Generate(9, 2, start) {
		f := &p.Profile
		f.Heritage = []matcher.HeritageLink{{Country: w.need.Country, Checked: true}}
		f.Languages, f.Skills = nil, nil
		for _, l := range w.need.Languages {
			f.Languages = append(f.Languages, domain.LanguageClaim{Language: l.Language, Level: domain.Native})
		}
		for k, s := range w.need.Skills {
			if i == 0 || k == 0 {
				f.Skills = append(f.Skills, domain.SkillClaim{Skill: s.Skill, Level: max(s.MinLevel, 1), Years: 5})
			}
		}
		f.Education = []domain.Education{{Level: 8, Field: "0912"}}
		f.TotalYears, f.Modalities = 20, nil
		f.Available = []domain.Availability{{Period: w.need.Window.Period}}
		for _, c := range cast.Expert(p, "") {
			do(w, &expert.Aggregate, string(p.ID), func(domain.Stamp) expert.Command { return c })
		}
		if i == 0 {
			w.first = p
		} else {
			w.other = p
		}
	}
	if err := w.p.Views.WaitFor(w.t.Context(), w.head()); err != nil {
		w.t.Fatal(err)
	}
	for look := time.NewTicker(time.Millisecond); w.p.Index.Position() < uint64(w.head()); <-look.C {
		if w.t.Context().Err() != nil {
			w.t.Fatal("the index does not catch up")
		}
	}
	r, _ := w.p.Index.TopExperts(w.need.ID, 10, start)
	if len(r.Rows) != 2 || r.Rows[0].Expert != w.first.ID {
		v, _ := w.p.Index.Explain(w.first.ID, w.need.ID, start)
		w.t.Fatalf("the two do not fit: %+v, %+v", r.Rows, v.Failures)
	}
}

func (w *world) rounds() []processes.Process {
	return append(w.all(), processes.Rounds(w.with, w.p.Index, w.p.Warm, w.p.Config.Clock))
}

func (w *world) settleRounds(from eventstore.Position) error {
	if err := w.p.Views.WaitFor(w.t.Context(), w.head()); err != nil {
		return err
	}
	return w.settle(from, w.rounds()...)
}

func (w *world) roundState() round.State {
	w.t.Helper()
	s, err := commands.Load(w.t.Context(), w.bus, &round.Aggregate, string(roundID))
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) pair(p demo.Person) round.Pair { return round.Pair{Need: w.need.ID, Expert: p.ID} }

// ask opens a round and asks for its plan.
func (w *world) ask(more ...round.Command) {
	w.t.Helper()
	boss := w.as(manager, domain.RoleManager)
	w.round(round.Open{Stamp: boss, Round: roundID, Programme: demo.ProgrammeID(), Mode: round.Best})
	w.round(more...)
	w.round(round.Solve{Stamp: boss})
}

func (w *world) mustSettleRounds(from eventstore.Position) {
	w.t.Helper()
	if err := w.settleRounds(from); err != nil {
		w.t.Fatal(err)
	}
}

// told is what a round leaves behind, in words.
func (w *world) told() string {
	w.t.Helper()
	s := w.roundState()
	text := fmt.Sprintf("round %s %s", s.Stage, s.Failure)
	for _, c := range s.Proposals {
		text += fmt.Sprintf("; %s at %d of rank %d %s", c.Expert, c.Score, c.Rank, c.Choice)
	}
	return text + "; " + w.outcome()
}

// A round proposes the better of the two for the one seat; the approved pair
// goes on as an ordinary candidacy with the score that was shown.
func TestARoundBecomesACandidacy(t *testing.T) {
	w := newWorld(t)
	w.fit()
	from := w.head()
	w.ask()
	w.mustSettleRounds(from)
	s := w.roundState()
	if s.Stage != round.StageProposed || len(s.Proposals) != 1 || s.Proposals[0].Pair != w.pair(w.first) || s.Proposals[0].Rank != 1 {
		t.Fatalf("proposed %+v", s)
	}
	if kept := w.p.Warm.Find(roundID, 1, planning.Terms{Mode: round.Best}); kept == nil || kept.Basis != s.Basis {
		t.Errorf("the solved round is not at hand: %+v", kept)
	}
	if s.Basis.Position < uint64(from) || s.Basis.Pairs != 2 || s.Basis.Seats != 1 {
		t.Errorf("it rests on %+v", s.Basis)
	}
	w.round(round.ApproveProposal{Stamp: w.as(manager, domain.RoleManager), Pair: w.pair(w.first)})
	w.mustSettleRounds(from)
	var found *candidacy.Suggested
	for _, d := range w.events(from) {
		if e, ok := d.Event.(candidacy.Suggested); ok {
			found = &e
		}
	}
	if found == nil || found.Expert != w.first.ID || found.Role != domain.RoleSystem || found.Score.Total != s.Proposals[0].Score ||
		found.Score.LogPosition != s.Basis.Position || found.Rank != 1 {
		t.Fatalf("suggested %+v", found)
	}
	w.round(round.Close{Stamp: w.as(manager, domain.RoleManager)})
}

func TestARoundHeedsItsTerms(t *testing.T) {
	w := newWorld(t)
	w.fit()
	from := w.head()
	boss := w.as(manager, domain.RoleManager)
	veto := round.Veto{Stamp: boss, Pair: w.pair(w.first), Reason: personal.Of(w.first.ID, "Is needed at home.")}
	w.ask(veto)
	w.mustSettleRounds(from)
	if s := w.roundState(); len(s.Proposals) != 1 || s.Proposals[0].Expert != w.other.ID || s.Proposals[0].Rank != 2 {
		t.Fatalf("after the veto: %+v", s.Proposals)
	}
	w.round(
		round.SetSeats{Stamp: boss, Seats: round.Seats{Need: w.need.ID, Seats: 2}},
		round.Lock{Stamp: boss, Pair: w.pair(w.first), Reason: personal.Of(w.first.ID, "Agreed with the family.")},
		round.Solve{Stamp: boss})
	w.mustSettleRounds(from)
	if s := w.roundState(); len(s.Proposals) != 2 || !s.Proposals[0].Locked && !s.Proposals[1].Locked {
		t.Fatalf("with two seats and a lock: %+v", s.Proposals)
	}
	w.round(
		round.SetQuota{Stamp: boss, Quota: round.Quota{Place: round.OverCountry, Of: string(w.need.Country), Lower: 3, Upper: 3}},
		round.Solve{Stamp: boss})
	w.mustSettleRounds(from)
	if s := w.roundState(); s.Stage != round.StageFailed || s.Failure != round.Impossible {
		t.Fatalf("three of two: %s %s", s.Stage, s.Failure)
	}
}

// A solution that the round refuses still answers it: the round does not wait for
// ever, and may be tried again.
func TestARefusedSolutionFailsTheRound(t *testing.T) {
	w := newWorld(t)
	w.fit()
	from := w.head()
	boss := w.as(manager, domain.RoleManager)
	// Its manager has seen a log that nobody has: no solution rests on it.
	w.round(
		round.Open{Stamp: boss, Round: roundID, Programme: demo.ProgrammeID(), Mode: round.Best, Position: 1 << 40},
		round.Solve{Stamp: boss})
	w.mustSettleRounds(from)
	if s := w.roundState(); s.Stage != round.StageFailed || s.Failure != round.OtherFailure {
		t.Fatalf("the round is %s %s", s.Stage, s.Failure)
	}
	if w.p.Warm.Find(roundID, 1, planning.Terms{Mode: round.Best}) != nil {
		t.Error("a solution that was refused is kept")
	}
	w.round(round.Solve{Stamp: boss})
	if s := w.roundState(); s.Stage != round.StageSolving {
		t.Fatalf("tried again, the round is %s", s.Stage)
	}
}

// What ended as a candidacy is not proposed, and an approval that comes too late
// fails visibly.
func TestAnApprovedPairThatCannotGoOn(t *testing.T) {
	w := newWorld(t)
	w.fit()
	from := w.head()
	w.ask()
	w.mustSettleRounds(from)
	w.apply(w.first)
	w.withdraw(w.first)
	w.round(round.ApproveProposal{Stamp: w.as(manager, domain.RoleManager), Pair: w.pair(w.first)})
	w.mustSettleRounds(from)
	if c, _ := w.roundState().Chosen(w.pair(w.first)); c.Choice != round.Undone {
		t.Fatalf("the pair is %q", c.Choice)
	}
}

// Killed before or after any of its appends, the process comes to the same
// outcome.
func TestARoundKilledBetweenAnyTwoStepsComesToTheSame(t *testing.T) {
	story := func(w *world, from eventstore.Position) error {
		if err := w.settleRounds(from); err != nil {
			return err
		}
		if s := w.roundState(); s.Stage == round.StageProposed {
			_, err := try(w, &round.Aggregate, string(roundID), func(domain.Stamp) round.Command {
				return round.ApproveProposal{Stamp: w.as(manager, domain.RoleManager), Pair: w.pair(w.first)}
			})
			if err != nil {
				return err
			}
		}
		return w.settleRounds(from)
	}
	calm := newWorld(t)
	calm.fit()
	from := calm.head()
	calm.ask()
	if err := story(calm, from); err != nil {
		t.Fatal(err)
	}
	want := calm.told()
	for _, after := range []bool{false, true} {
		for step := int64(0); ; step++ {
			w := newWorld(t)
			w.fit()
			from := w.head()
			w.ask()
			w.crash.after = after
			w.crash.left.Store(step)
			err := story(w, from)
			w.crash.left.Store(-1)
			if err == nil {
				if step == 0 {
					t.Fatal("nothing was appended: the test tests nothing")
				}
				break
			}
			w.revive()
			if err := story(w, from); err != nil {
				t.Fatal(err)
			}
			if got := w.told(); got != want {
				t.Fatalf("killed at append %d (after it was stored: %v):\n got %s\nwant %s", step, after, got, want)
			}
		}
	}
}
