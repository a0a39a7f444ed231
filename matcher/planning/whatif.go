package planning

import (
	"cmp"
	"errors"
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/round"
	"github.com/diaspora-match/diaspora/matcher/rounds"
)

// ErrFar says that other terms cannot be answered from a solved round: they name
// somebody who was not ranked for it, ask for more than was ranked, or make a
// quota bind that did not. A round built anew answers.
var ErrFar = errors.New("planning: the solved round does not reach that far")

// With solves the round again under other terms, from where it stands: each way
// of moving people is followed once, nothing is ranked and nothing starts anew.
// The newer word holds, as in Terms.With. What comes back is the solution that a
// round built anew would have, without basis and without the plans beside it; its
// prices may be others, where more than one set of prices proves the same plan.
func (s *Solved) With(locks, vetoes []round.Pair, seats []round.Seats) (*Solved, error) {
	changes, err := s.changes(locks, vetoes, seats)
	if err != nil {
		return nil, err
	}
	out, err := s.round.WhatIf(changes...)
	if errors.Is(err, errBeyond) {
		return nil, ErrFar
	}
	if err != nil {
		return nil, err
	}
	x := *s.problem
	x.in.Terms = x.in.With(locks, vetoes, seats)
	x.openings = x.reseated(seats)
	x.p = *out.Round.Problem
	next := &Solved{x.solution(out.Round), &x, out.Round}
	f, err := out.Round.Figures()
	next.Plan = x.figures(f)
	return next, err
}

// Terms are what the round was solved under.
func (s *Solved) Terms() Terms { return s.problem.in.Terms }

// Open reports whether the round plans a need.
func (s *Solved) Open(need domain.NeedID) bool {
	_, open := s.problem.opening(need)
	return open
}

// changes tells the solver what is new.
func (s *Solved) changes(locks, vetoes []round.Pair, seats []round.Seats) ([]rounds.Change, error) {
	x := s.problem
	var out []rounds.Change
	mark := func(kind rounds.ChangeKind, p round.Pair, same, other []round.Pair) {
		pair, _ := x.edge(p)
		if slices.Contains(other, p) {
			out = append(out, rounds.Change{Kind: rounds.Unlock, Pair: pair})
		} else if slices.Contains(same, p) {
			return
		}
		out = append(out, rounds.Change{Kind: kind, Pair: pair})
	}
	for _, p := range locks {
		if _, known := x.edge(p); !known || slices.Contains(x.in.Taken, p) || slices.Contains(vetoes, p) {
			return nil, ErrFar
		}
		mark(rounds.Lock, p, x.in.Locks, x.in.Vetoes)
	}
	for k, p := range vetoes {
		if _, known := x.edge(p); known && !slices.Contains(x.in.Taken, p) && !slices.Contains(vetoes[:k], p) {
			mark(rounds.Veto, p, x.in.Vetoes, x.in.Locks)
		}
	}
	after := x.reseated(seats)
	for j, o := range after {
		if more := o.Seats - x.openings[j].Seats; more != 0 {
			out = append(out, rounds.Change{Kind: rounds.Seats, Need: int32(j), Seats: int32(more)})
		}
	}
	if len(out) > rounds.MaxChanges || !x.stillBinds(after) {
		return nil, ErrFar
	}
	return out, nil
}

// edge finds a pair by its numbers; false when it was not ranked.
func (x *Problem) edge(p round.Pair) (rounds.Pair, bool) {
	j, open := x.opening(p.Need)
	i, known := x.expert(p.Expert)
	pair := rounds.Pair{Expert: i, Need: j}
	if !open || !known {
		return pair, false
	}
	_, ranked := x.rank[pair]
	return pair, ranked
}

// reseated are the openings with other numbers of seats.
func (x *Problem) reseated(seats []round.Seats) []Opening {
	out := slices.Clone(x.openings)
	for _, n := range seats {
		if j, open := x.opening(n.Need); open {
			out[j].Seats = n.Seats
		}
	}
	return out
}

// stillBinds reports whether the same quotas bind with other numbers of seats,
// and the round stays within its bounds.
func (x *Problem) stillBinds(openings []Opening) bool {
	seats := 0
	for _, o := range openings {
		seats += o.Seats
	}
	return seats > 0 && seats <= round.MaxSeats &&
		!slices.ContainsFunc(x.quotas, func(g group) bool { return g.binds != g.mayBind(openings) })
}

// Change is what another plan would do otherwise than this one.
type Change struct {
	Total  int64            // how much more its total is; below 0: what it costs
	Filled int              // how many more seats it fills
	Comes  []round.Proposal // pairs that it has and this one has not
	Goes   []round.Proposal // pairs that this one has and it has not: who is displaced
	Chains [][]Move         // the same in order: each step is about the place that the step before took or left
}

// Move is one expert who goes from one need to another; a need is empty where
// the expert had no place before, or has none after.
type Move struct {
	Expert   domain.ExpertID
	From, To domain.NeedID
}

// Compare tells how another plan differs from this one.
func Compare(this, other *Solution) Change {
	c := Change{Total: other.Plan.Total - this.Plan.Total, Filled: other.Plan.Filled - this.Plan.Filled}
	c.Comes, c.Goes = without(other.Proposals, this.Proposals), without(this.Proposals, other.Proposals)
	c.Chains = moves(c.Goes, c.Comes)
	return c
}

// moves orders what goes and what comes into chains, in numbers that both plans
// share.
func moves(goes, comes []round.Proposal) [][]Move {
	var experts []domain.ExpertID
	var needs []domain.NeedID
	for _, p := range slices.Concat(goes, comes) {
		experts, needs = append(experts, p.Expert), append(needs, p.Need)
	}
	slices.Sort(experts)
	slices.Sort(needs)
	experts, needs = slices.Compact(experts), slices.Compact(needs)
	plan := func(list []round.Proposal) rounds.Plan {
		out := make(rounds.Plan, len(list))
		for k, p := range list {
			i, _ := slices.BinarySearch(experts, p.Expert)
			j, _ := slices.BinarySearch(needs, p.Need)
			out[k] = rounds.Edge{Expert: int32(i), Need: int32(j)}
		}
		slices.SortFunc(out, func(a, b rounds.Edge) int {
			return cmp.Or(cmp.Compare(a.Expert, b.Expert), cmp.Compare(a.Need, b.Need))
		})
		return out
	}
	at := func(j int32) domain.NeedID {
		if j < 0 {
			return ""
		}
		return needs[j]
	}
	var out [][]Move
	for _, chain := range rounds.Chains(plan(goes), plan(comes)) {
		steps := make([]Move, len(chain))
		for k, s := range chain {
			steps[k] = Move{experts[s.Expert], at(s.From), at(s.To)}
		}
		out = append(out, steps)
	}
	return out
}

func without(list, others []round.Proposal) []round.Proposal {
	known := map[round.Pair]bool{}
	for _, p := range others {
		known[p.Pair] = true
	}
	var out []round.Proposal
	for _, p := range list {
		if !known[p.Pair] {
			out = append(out, p)
		}
	}
	return out
}

// With are the terms after one more lock, veto or number of seats. The newer
// word holds.
func (t Terms) With(locks, vetoes []round.Pair, seats []round.Seats) Terms {
	drop := func(list, gone []round.Pair) []round.Pair {
		return slices.DeleteFunc(slices.Clone(list), func(p round.Pair) bool { return slices.Contains(gone, p) })
	}
	t.Locks = append(drop(drop(t.Locks, vetoes), locks), locks...)
	t.Vetoes = append(drop(drop(t.Vetoes, locks), vetoes), vetoes...)
	kept := slices.DeleteFunc(slices.Clone(t.Seats), func(s round.Seats) bool {
		return slices.ContainsFunc(seats, func(o round.Seats) bool { return o.Need == s.Need })
	})
	t.Seats = append(kept, seats...)
	return t
}
