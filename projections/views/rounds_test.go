package views_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/domain/round"
	"github.com/diaspora-match/diaspora/matcher/planning"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

const roundID = domain.RoundID("70000000-0000-7000-8000-000000000001")

func (w *world) round(c round.Command) bool { return do(w, round.Aggregate, string(roundID), c) }

func roundPair(n, x int) round.Pair { return round.Pair{Need: needID(n), Expert: expertID(x)} }

// solution plans these pairs.
func (w *world) solution(pairs ...round.Pair) round.RecordSolution {
	s, _ := w.states["round-"+string(roundID)].(round.State)
	digest := strings.Repeat("ab", 32)
	c := round.RecordSolution{
		Stamp: w.asSystem(), Attempt: s.Attempt, Certificate: round.Certificate{Valid: true},
		Prices: []round.Price{{Need: needID(0), Seats: 1, Filled: 1, Price: 300}},
		Basis:  round.Basis{Position: 1 << 40, Engine: "1", Taxonomy: "1", Policy: 1, Input: digest, Plan: digest},
	}
	for i, p := range pairs {
		c.Proposals = append(c.Proposals, round.Proposal{Pair: p, Score: 7000, Rank: i + 1})
	}
	return c
}

func (w *world) openRound() {
	w.round(round.Open{Stamp: w.asManager(), Round: roundID, Programme: programmeID(0), Mode: round.Best})
}

func (w *world) randomRound(t *rapid.T, n, x int) {
	p := roundPair(n, x)
	commands := []round.Command{
		round.Lock{Stamp: w.asManager(), Pair: p, Reason: about(x, "known")},
		round.Veto{Stamp: w.asManager(), Pair: p, Reason: about(x, "needed at home")},
		round.Unlock{Stamp: w.asManager(), Pair: p, Reason: about(x, "free again")},
		round.SetQuota{Stamp: w.asManager(), Quota: round.Quota{Place: round.OverCountry, Of: "SO", Upper: n}},
		round.DropQuota{Stamp: w.asManager(), Place: round.OverCountry, Of: "SO"},
		round.SetSeats{Stamp: w.asManager(), Seats: round.Seats{Need: needID(n), Seats: x}},
		round.Solve{Stamp: w.asManager()},
		round.Solve{Stamp: w.asManager()},
		w.solution(p, roundPair(n, (x+1)%4)),
		w.solution(p, roundPair(n, (x+1)%4)),
		round.RecordFailure{Stamp: w.asSystem(), Attempt: 1, Reason: round.Impossible},
		round.ApproveProposal{Stamp: w.asManager(), Pair: p, Reason: about(x, "fits")},
		round.RefuseProposal{Stamp: w.asManager(), Pair: p, Reason: round.NotSuitable, Note: about(x, "no")},
		round.FailProposal{Stamp: w.asSystem(), Pair: p},
	}
	if drawInt(t, 20, "end") == 0 {
		commands = []round.Command{round.Close{Stamp: w.asManager()}, round.Cancel{Stamp: w.asManager(), Reason: "over"}}
	}
	w.openRound()
	s, _ := w.states["round-"+string(roundID)].(round.State)
	switch {
	case s.Stage == round.StageSolving && drawInt(t, 2, "solved") == 0:
		commands = []round.Command{w.solution(p, roundPair(n, (x+1)%4))}
	case s.Stage == round.StageProposed && drawInt(t, 2, "decide") == 0:
		commands = []round.Command{round.ApproveProposal{Stamp: w.asManager(), Pair: s.Proposals[0].Pair}}
	}
	w.round(commands[drawInt(t, len(commands), "round command")])
}

// agreesWith holds a row to the aggregate's state: what was chosen is counted,
// since an erasure takes names out of rows.
func agreesWith(row *views.RoundRow, s round.State) bool {
	if row == nil || row.Stage != s.Stage || row.Failure != s.Failure || row.Attempt != s.Attempt || len(row.Quotas) != len(s.Quotas) ||
		len(row.Seats) != len(s.Seats) || len(row.Marks) != len(s.Locks)+len(s.Vetoes) || !s.Ended() && row.Shown() != (len(s.Proposals) > 0) {
		return false
	}
	if !row.Shown() {
		return true
	}
	chosen := map[domain.CandidacyID]round.Choice{}
	for _, c := range s.Proposals {
		chosen[c.Candidacy()] = c.Choice
	}
	for _, p := range row.Solution.Pairs {
		if s.Proposals != nil && chosen[p.Candidacy] != p.Choice {
			return false
		}
	}
	return true
}

func TestRounds(t *testing.T) {
	w := newWorld(t)
	w.openProgramme(0)
	w.approveHost(0)
	w.toPublished(0, 0)
	w.registerExpert(0)
	w.registerExpert(1)
	w.openRound()
	w.must(w.round(round.Veto{Stamp: w.asManager(), Pair: roundPair(0, 2), Reason: about(2, "needed at home")}), "veto")
	w.must(w.round(round.Solve{Stamp: w.asManager()}), "solve")
	w.must(w.round(w.solution(roundPair(0, 0), roundPair(0, 1))), "solution")
	w.must(w.round(round.ApproveProposal{Stamp: w.asManager(), Pair: roundPair(0, 0)}), "approve")
	w.must(w.round(round.RefuseProposal{Stamp: w.asManager(), Pair: roundPair(0, 1), Reason: round.BudgetConstraint}), "refuse")
	w.view(t, func(r projections.Reader) {
		page := must[projections.Page[views.RoundRow]](t)(views.FindRounds(r, programmeID(0), ten))
		row := page.Rows[0]
		if row.Stage != round.StageDecided || !row.Shown() || row.Solution.Pairs[0].Choice != round.Approved || row.Solution.Pairs[1].Reason != round.BudgetConstraint {
			t.Errorf("%+v", row.Solution)
		}
		if len(row.Marked(false)) != 2 || len(row.Marked(true)) != 0 {
			t.Errorf("a refused pair joins the vetoes: %+v", row.Marks)
		}
		texts := must[*views.PersonRow](t)(views.People.Get(r, string(expertID(2)))).TextsOf(string(roundID))
		if len(texts) != 1 || texts[0].Kind != views.VetoReason {
			t.Errorf("texts %+v", texts)
		}
	})
	w.erase(1)
	w.view(t, func(r projections.Reader) {
		row := must[*views.RoundRow](t)(views.Rounds.Get(r, string(roundID)))
		if row.Solution.Pairs[1].Expert != "" || row.Solution.Pairs[1].Choice != round.Refused || len(row.Marked(false)) != 1 {
			t.Errorf("after the erasure: %+v %+v", row.Solution.Pairs, row.Marks)
		}
	})
}

func TestPlanningInput(t *testing.T) {
	w := story(t) // a need with two seats, one of them held by expert 0
	w.registerExpert(2)
	w.candidacy(0, 2, candidacy.Suggest{Stamp: w.asManager(), Ref: w.ref(0, 2), Score: w.shown(), Rank: 1})
	w.candidacy(0, 2, candidacy.Refuse{Stamp: w.asManager(), Reason: candidacy.NotSuitable})
	w.view(t, func(r projections.Reader) {
		n := must[*views.NeedRow](t)(views.Needs.Get(r, string(needID(0))))
		in, err := views.PlanningInput(r, programmeID(0), planning.Terms{}, w.today())
		if err != nil || n.Status != need.StatusPublished || len(in.Openings) != 1 || in.Openings[0].Seats != 1 || in.Openings[0].Country != "SO" {
			t.Fatalf("%+v (%v) of %+v", in.Openings, err, n)
		}
		if len(in.Taken) != 2 || !slices.Contains(in.Taken, roundPair(0, 0)) || !slices.Contains(in.Taken, roundPair(0, 2)) {
			t.Errorf("taken %+v: one holds a seat, one was refused", in.Taken)
		}
		host := must[*views.InstitutionRow](t)(views.Institutions.Get(r, string(hostID(0))))
		if limited := host.MaxConcurrent > 0; limited != (len(in.Hosts) == 1) || limited && in.Hosts[0].Room != max(int(host.MaxConcurrent)-host.Load, 0) {
			t.Errorf("hosts %+v of %+v", in.Hosts, host)
		}
		later, err := views.PlanningInput(r, programmeID(0), planning.Terms{}, n.Deadline+1)
		if err != nil || len(later.Openings) != 0 {
			t.Errorf("after its deadline the need still takes candidates: %+v (%v)", later.Openings, err)
		}
	})
}
