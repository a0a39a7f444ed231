package model

import (
	"errors"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/round"
	"github.com/diaspora-match/diaspora/internal/authz"
	"github.com/diaspora-match/diaspora/matcher/planning"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// Bounds of what-ifs (docs/limits.md).
const (
	maxWhatIf  = 5 * time.Second // refused after: a what-if is for looking, not for waiting
	maxChanges = 50              // locks, vetoes and seats of one what-if, each
)

var (
	ruleRounds = rule("Query.rounds")
	ruleWhatIf = rule("Query.whatIf")
)

// Refusals of a what-if.
var (
	ErrNoPlan     = domain.Refuse(domain.Refused, "round.no_plan", "There is no plan under the terms of the round.", "Loosen a quota, remove a lock, or open a need.")
	ErrNeedClosed = domain.Refuse(domain.Refused, "round.need_closed", "The round does not plan this need: it takes no candidates.", "Name a published need of the programme whose deadline has not passed.")
)

// WhatIf compares a round with what it would be under other terms; nil when one
// may not ask. Nothing is recorded.
func (s *Sight) WhatIf(id domain.RoundID, locks, vetoes []round.Pair, seats []round.Seats) (*RoundWhatIf, error) {
	r, err := s.Round(id)
	if err != nil || r == nil || !s.decide(ruleWhatIf, authz.Object{Scope: r.Scope()}).Allowed {
		return nil, err
	}
	if max(len(locks), len(vetoes), len(seats)) > maxChanges {
		return nil, domain.ErrTooMany.At("changes")
	}
	base, shown, err := s.base(r.RoundRow)
	if err != nil {
		return nil, noPlan(err)
	}
	for i, n := range seats {
		switch {
		case n.Seats < 0 || n.Seats > round.MaxSeats:
			return nil, domain.ErrRange.At(domain.Index("seats", i))
		case !base.Open(n.Need):
			return nil, ErrNeedClosed.At(domain.Index("seats", i))
		}
	}
	other, err := base.With(locks, vetoes, seats)
	if errors.Is(err, planning.ErrFar) {
		var again *planning.Solved
		if again, err = s.solve(r.RoundRow.Programme, base.Terms()); err != nil {
			return nil, noPlan(err)
		}
		base, shown = again, shown && again.Basis.Plan == base.Basis.Plan
		other, err = s.solve(r.RoundRow.Programme, base.Terms().With(locks, vetoes, seats))
	}
	out := &RoundWhatIf{
		Shown: shown, Before: domain.Score(base.Plan.Total), Chains: []PlacementChain{}, Comes: []RoundPair{}, Goes: []RoundPair{},
	}
	if err != nil {
		return out.impossible(err)
	}
	s.compare(out, base.Solution, other.Solution)
	return out, nil
}

// impossible tells a plan that there cannot be from a fault, and from an answer
// that took too long.
func (w *RoundWhatIf) impossible(err error) (*RoundWhatIf, error) {
	reason := planning.Failure(err)
	if reason == "" || reason == round.OutOfTime || reason == round.Unproved {
		return nil, err
	}
	w.Failure = &reason
	return w, nil
}

func (s *Sight) compare(out *RoundWhatIf, this, other *planning.Solution) {
	c := planning.Compare(this, other)
	total, change := domain.Score(other.Plan.Total), domain.Score(c.Total)
	out.Possible, out.Total, out.Change, out.Filled = true, &total, &change, c.Filled
	out.Plan, out.Certificate = figures(other.Plan), certified(other.Certificate)
	out.Comes, out.Goes, out.Chains = s.proposed(c.Comes), s.proposed(c.Goes), s.chains(c.Chains)
}

func (s *Sight) proposed(list []round.Proposal) []RoundPair {
	rows := make([]views.RoundPair, len(list))
	for i, p := range list {
		rows[i] = views.RoundPair{Candidacy: p.Pair.Candidacy(), Proposal: p}
	}
	return s.roundPairs(rows)
}

// base is a round's plan under its terms of today, and whether that is the plan
// that it shows. Pairs that were refused since the plan are vetoes of today.
func (s *Sight) base(r *views.RoundRow) (*planning.Solved, bool, error) {
	terms, refused := termsOf(r)
	solved := s.src.Warm.Find(r.ID, r.Attempt, terms)
	if solved == nil || !shows(r, solved) && solved.Basis.Position != s.src.Ranker.Position() {
		var err error
		if solved, err = s.solve(r.Programme, terms); err != nil {
			return nil, false, err
		}
		s.src.Warm.Keep(r.ID, r.Attempt, solved)
	}
	if len(refused) == 0 {
		return solved, shows(r, solved), nil
	}
	today, err := solved.With(nil, refused, nil)
	if errors.Is(err, planning.ErrFar) {
		today, err = s.solve(r.Programme, terms.With(nil, refused, nil))
	}
	return today, false, err
}

// ask asks the solved round that a row shows what one change would do; nil when
// that round is no longer at hand, or no plan has the change.
func (s *Sight) ask(r *views.RoundRow, locks []round.Pair, seats []round.Seats) (*planning.Change, error) {
	terms, _ := termsOf(r)
	solved := s.src.Warm.Find(r.ID, r.Attempt, terms)
	if solved == nil {
		var err error
		if solved, err = s.solve(r.Programme, terms); err != nil {
			return nil, unlessFault(err)
		}
		s.src.Warm.Keep(r.ID, r.Attempt, solved)
	}
	if !shows(r, solved) {
		return nil, nil
	}
	other, err := solved.With(locks, nil, seats)
	if err != nil {
		return nil, unlessFault(err)
	}
	c := planning.Compare(solved.Solution, other.Solution)
	return &c, nil
}

// unlessFault drops an error that only says that there is no answer.
func unlessFault(err error) error {
	if errors.Is(err, planning.ErrFar) || planning.Failure(err) != "" {
		return nil
	}
	return err
}

// shows reports whether a solved round is the one whose plan the row shows.
func shows(r *views.RoundRow, solved *planning.Solved) bool {
	return r.Shown() && solved.Basis.Plan == r.Solution.Basis.Plan && solved.Basis.Input == r.Solution.Basis.Input
}

// termsOf are the terms that a round was solved under, or is to be, and the pairs
// that were refused since.
func termsOf(r *views.RoundRow) (t planning.Terms, refused []round.Pair) {
	t = planning.Terms{Mode: r.Mode, Seed: r.Seed, Locks: r.Marked(true), Quotas: r.Quotas, Seats: r.Seats}
	for _, m := range r.Marks {
		p := round.Pair{Need: m.Need, Expert: m.Expert}
		switch {
		case m.Lock || m.Expert == "":
		case m.Refused && r.Shown() && !m.At.Before(r.Solution.SolvedAt):
			refused = append(refused, p)
		default:
			t.Vetoes = append(t.Vetoes, p)
		}
	}
	return t, refused
}

// solve plans a round of a programme on today's data, within maxWhatIf.
func (s *Sight) solve(programme domain.ProgrammeID, terms planning.Terms) (*planning.Solved, error) {
	var in planning.Input
	err := s.read(func(read projections.Reader) (err error) {
		in, err = views.PlanningInput(read, programme, terms, s.today)
		return err
	})
	if err != nil {
		return nil, err
	}
	p, err := planning.Build(s.src.Ranker, in)
	if err != nil {
		return nil, err
	}
	until := s.src.Now().Add(maxWhatIf)
	return p.Solve(func() bool { return s.ctx.Err() != nil || s.src.Now().After(until) })
}

// noPlan turns what is no fault into a refusal.
func noPlan(err error) error {
	if err == nil || domain.AsRefusals(err) != nil || planning.Failure(err) == "" {
		return err
	}
	if errors.Is(err, planning.ErrTooLarge) {
		return domain.ErrTooMany.At("round")
	}
	return ErrNoPlan
}

// PlacementChain is moves that follow from each other.
type PlacementChain struct{ Moves []PlacementMove }

// PlacementMove is one expert who goes from one need to another.
type PlacementMove struct {
	planning.Move
	need   func(domain.NeedID) (*Need, error)
	expert func(domain.ExpertID) (*Expert, error)
}

func (s *Sight) chains(of [][]planning.Move) []PlacementChain {
	var moves []*planning.Move
	for _, chain := range of {
		for i := range chain {
			moves = append(moves, &chain[i])
		}
	}
	expert := peers(moves, func(m *planning.Move) domain.ExpertID { return m.Expert }, s.expertsByID)
	from := peers(moves, func(m *planning.Move) domain.NeedID { return m.From }, s.needsByID)
	to := peers(moves, func(m *planning.Move) domain.NeedID { return m.To }, s.needsByID)
	need := func(id domain.NeedID) (*Need, error) {
		if n, err := from(id); n != nil || err != nil {
			return n, err
		}
		return to(id)
	}
	out := make([]PlacementChain, len(of))
	for c, chain := range of {
		for _, m := range chain {
			out[c].Moves = append(out[c].Moves, PlacementMove{m, need, expert})
		}
	}
	return out
}

// Expert is the matching profile, or nil.
func (m *PlacementMove) Expert() (*Expert, error) { return m.expert(m.Move.Expert) }

// From is where the expert was planned, or nil.
func (m *PlacementMove) From() (*Need, error) { return m.at(m.Move.From) }

// To is where the expert would be, or nil.
func (m *PlacementMove) To() (*Need, error) { return m.at(m.Move.To) }

func (m *PlacementMove) at(id domain.NeedID) (*Need, error) {
	if id == "" {
		return nil, nil
	}
	return m.need(id)
}
