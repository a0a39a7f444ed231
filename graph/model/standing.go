package model

import (
	"fmt"
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/ranking"
	"github.com/diaspora-match/diaspora/domain/round"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// Bounds of questions about rounds (docs/limits.md).
const (
	maxRoundsLooked  = 50 // how many rounds back a standing is looked for
	strongCandidates = 50 // the longest head of a ranking that is watched
)

var (
	ruleStanding  = rule("Query.standing")
	ruleSeatWorth = rule("Query.seatWorth")
)

// Standing says why the last plan for a need did or did not propose an expert;
// nil when one may not read it or no round has planned the need.
func (s *Sight) Standing(need domain.NeedID, expert domain.ExpertID) (*RoundStanding, error) {
	n, o, err := s.pairObject(need, expert)
	if err != nil || n == nil {
		return nil, err
	}
	d, err := s.decidePerson(ruleStanding, o)
	if err != nil || !d.Allowed || d.As == domain.RoleExpert && n.PublishedAt.IsZero() {
		return nil, err
	}
	plan, err := s.lastPlan(n)
	if err != nil || plan == nil {
		return nil, err
	}
	out := s.standing(plan.Solution, n, expert)
	if out.Planned {
		none, zero := 0, domain.Score(0)
		out.Cost, out.Displaced = &zero, &none
		return out, nil
	}
	if out.Eligible {
		err = s.cost(plan, round.Pair{Need: need, Expert: expert}, out)
	}
	return out, err
}

// cost asks the solved round what planning the pair in any case would change.
func (s *Sight) cost(plan *views.RoundRow, p round.Pair, out *RoundStanding) error {
	c, err := s.ask(plan, []round.Pair{p}, nil)
	if err != nil || c == nil {
		return err
	}
	others := map[domain.ExpertID]bool{}
	for _, chain := range c.Chains {
		for _, m := range chain {
			others[m.Expert] = m.Expert != p.Expert
		}
	}
	cost, displaced := domain.Score(-c.Total), count(others)
	out.Cost, out.Displaced = &cost, &displaced
	return nil
}

func count(of map[domain.ExpertID]bool) int {
	n := 0
	for _, counts := range of {
		if counts {
			n++
		}
	}
	return n
}

// SeatWorth says what one more seat of a need would have brought in the last
// round that planned it; nil when one may not read it or none did.
func (s *Sight) SeatWorth(need domain.NeedID) (*SeatWorth, error) {
	rows, err := many(s, views.Needs, []domain.NeedID{need})
	n := rows[need]
	if err != nil || n == nil || !s.decide(ruleSeatWorth, needObject(n)).Allowed {
		return nil, err
	}
	plan, err := s.lastPlan(n)
	if err != nil || plan == nil {
		return nil, err
	}
	i := slices.IndexFunc(plan.Solution.Prices, func(p round.Price) bool { return p.Need == need })
	price := plan.Solution.Prices[i]
	out := &SeatWorth{Seats: price.Seats, Filled: price.Filled, Price: domain.Score(price.Price)}
	c, err := s.ask(plan, nil, []round.Seats{{Need: need, Seats: price.Seats + 1}})
	if err != nil {
		return nil, err
	}
	if c != nil {
		who := map[domain.ExpertID]bool{}
		for _, chain := range c.Chains {
			for _, m := range chain {
				who[m.Expert] = true
			}
		}
		worth, moves := domain.Score(c.Total), count(who)
		out.Worth, out.Moves = &worth, &moves
	}
	out.Text = wordsOfSeat(out)
	return out, nil
}

func wordsOfSeat(w *SeatWorth) string {
	filled := fmt.Sprintf("%d of %d seats found somebody; one more would ", w.Filled, w.Seats)
	switch {
	case w.Filled < w.Seats:
		return filled + "stay empty."
	case w.Worth == nil:
		return filled + fmt.Sprintf("add %v at most.", w.Price)
	case *w.Worth <= 0:
		return filled + "add nothing."
	}
	return filled + fmt.Sprintf("add %v to the round.", *w.Worth)
}

// lastPlan is the newest round whose solution has the need.
func (s *Sight) lastPlan(n *views.NeedRow) (found *views.RoundRow, err error) {
	err = s.read(func(r projections.Reader) error {
		found = nil
		looked := 0
		for row, err := range views.Rounds.Walk(r, views.RoundsOfProgramme, string(n.Programme), "") {
			if err != nil {
				return err
			}
			if row.Shown() {
				if _, ok := priceOf(row.Solution, n); ok {
					found = row
					return nil
				}
			}
			if looked++; looked == maxRoundsLooked {
				return nil
			}
		}
		return nil
	})
	return found, err
}

func (s *Sight) standing(plan *views.RoundSolution, n *views.NeedRow, expert domain.ExpertID) *RoundStanding {
	price, _ := priceOf(plan, n)
	out := &RoundStanding{Price: domain.Score(price)}
	if v, ok := s.src.Ranker.Explain(expert, n.ID, s.today); ok {
		out.Eligible, out.Score = v.Eligible, v.Total
	}
	for _, p := range plan.Pairs {
		switch {
		case p.Pair == (round.Pair{Need: n.ID, Expert: expert}):
			out.Planned, out.Score = true, p.Score
		case p.Expert == expert:
			out.Elsewhere = max(domain.Score(p.Price), 0)
		}
	}
	out.Missing = max(out.Price+out.Elsewhere-out.Score, 0)
	switch {
	case out.Planned:
		out.Missing = 0
		out.Text = fmt.Sprintf("The round proposes this placement, with a score of %v.", out.Score)
	case !out.Eligible:
		out.Text = "A rule of the programme or of the need stands against this placement; the explanation of the match names it."
	case out.Elsewhere > 0 && out.Missing > 0:
		out.Text = fmt.Sprintf("The round proposes another placement, where the time is worth %v; with that, this one misses %v.", out.Elsewhere, out.Missing)
	case out.Missing > 0:
		out.Text = fmt.Sprintf("Seats of this need went from a score of %v; this one is %v, so %v is missing.", out.Price, out.Score, out.Missing)
	default:
		out.Text = "The score would have done; a tie, another placement or a manager's decision stood before it."
	}
	return out
}

// Head is the head of a need's ranking, before it is shown; nil when one may not
// rank.
func (s *Sight) Head(need domain.NeedID, ask Ask) (*List, error) {
	if ask.First > strongCandidates {
		return nil, domain.ErrRange.At("first")
	}
	rows, err := many(s, views.Needs, []domain.NeedID{need})
	if err != nil || rows[need] == nil {
		return nil, err
	}
	return s.rank("Subscription.strongCandidates", ranking.StrongCandidates, rows[need], ask)
}

// Entered are the matches whose expert the head before did not have.
func Entered(before, now *List) []Match {
	out := []Match{}
	for _, m := range now.Matches {
		if !slices.ContainsFunc(before.Matches, func(b Match) bool { return b.pair == m.pair }) {
			out = append(out, m)
		}
	}
	return out
}
