package model

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/round"
	"github.com/diaspora-match/diaspora/internal/authz"
	"github.com/diaspora-match/diaspora/matcher/planning"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// Bounds of questions about rounds (docs/limits.md).
const (
	maxWhatIf        = 5 * time.Second // refused after: a what-if is for looking, not for waiting
	maxChanges       = 50              // locks, vetoes and seats of one what-if, each
	maxRoundsLooked  = 50              // how many rounds back a standing is looked for
	strongCandidates = 50              // the longest head of a ranking that is watched
)

var (
	ruleRounds   = rule("Query.rounds")
	ruleStanding = rule("Query.standing")
	ruleWhatIf   = rule("Query.whatIf")
)

// ErrNoPlan is refused where other terms leave no plan.
var ErrNoPlan = domain.Refuse(domain.Refused, "round.no_plan", "There is no plan under these terms.", "Loosen a quota, remove a lock, or open a need.")

// Standing says why the last plan for a need did or did not propose an expert;
// nil when one may not read it or no round has planned the need.
func (s *Sight) Standing(need domain.NeedID, expert domain.ExpertID) (*RoundStanding, error) {
	rows, err := many(s, views.Needs, []domain.NeedID{need})
	if err != nil || rows[need] == nil {
		return nil, err
	}
	n := rows[need]
	o := authz.Object{Scope: n.Scope()}
	o.Expert = expert
	d, err := s.decidePerson(ruleStanding, o)
	if err != nil || !d.Allowed || d.As == domain.RoleExpert && n.PublishedAt.IsZero() {
		return nil, err
	}
	solution, err := s.lastPlan(n)
	if err != nil || solution == nil {
		return nil, err
	}
	return s.standing(solution, n, expert), nil
}

// lastPlan is the newest solution that has the need.
func (s *Sight) lastPlan(n *views.NeedRow) (found *views.RoundSolution, err error) {
	err = s.read(func(r projections.Reader) error {
		looked := 0
		for row, err := range views.Rounds.Walk(r, views.RoundsOfProgramme, string(n.Programme), "") {
			if err != nil {
				return err
			}
			if row.Shown() {
				if _, ok := priceOf(row.Solution, n); ok {
					found = row.Solution
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
	elsewhere := false
	for _, p := range plan.Pairs {
		switch {
		case p.Pair == (round.Pair{Need: n.ID, Expert: expert}):
			out.Planned, out.Score = true, p.Score
		case p.Expert == expert:
			elsewhere = true
		}
	}
	out.Missing = max(out.Price-out.Score, 0)
	switch {
	case out.Planned:
		out.Missing = 0
		out.Text = fmt.Sprintf("The round proposes this placement, with a score of %v.", out.Score)
	case !out.Eligible:
		out.Text = "A rule of the programme or of the need stands against this placement; the explanation of the match names it."
	case elsewhere:
		out.Text = "The round proposes another placement, which adds more to the whole."
	case out.Missing > 0:
		out.Text = fmt.Sprintf("Seats of this need went from a score of %v; this one is %v, so %v is missing.", out.Price, out.Score, out.Missing)
	default:
		out.Text = "The score would have done; a tie, a quota or a manager's decision gave the seats of this need to others."
	}
	return out
}

// WhatIf plans a round anew under its terms and under other ones, and compares;
// nil when one may not. Nothing is recorded.
func (s *Sight) WhatIf(id domain.RoundID, locks, vetoes []round.Pair, seats []round.Seats) (*RoundWhatIf, error) {
	r, err := s.Round(id)
	if err != nil || r == nil || !s.decide(ruleWhatIf, authz.Object{Scope: r.Scope()}).Allowed {
		return nil, err
	}
	if max(len(locks), len(vetoes), len(seats)) > maxChanges {
		return nil, domain.ErrTooMany.At("changes")
	}
	terms := planning.Terms{
		Mode: r.Mode, Seed: r.RoundRow.Seed, Locks: r.Marked(true), Vetoes: r.Marked(false), Quotas: r.RoundRow.Quotas, Seats: r.RoundRow.Seats,
	}
	this, err := s.plan(r, terms)
	if err != nil {
		return nil, err
	}
	other, err := s.plan(r, terms.With(locks, vetoes, seats))
	if err != nil {
		return nil, err
	}
	c := planning.Compare(this, other)
	return &RoundWhatIf{
		Total: domain.Score(c.Total), Filled: c.Filled, Plan: figures(other.Plan), Certificate: certified(other.Certificate),
		Comes: s.proposed(c.Comes), Goes: s.proposed(c.Goes),
	}, nil
}

func (s *Sight) proposed(list []round.Proposal) []RoundPair {
	rows := make([]views.RoundPair, len(list))
	for i, p := range list {
		rows[i] = views.RoundPair{Candidacy: p.Pair.Candidacy(), Proposal: p}
	}
	return s.roundPairs(rows)
}

func (s *Sight) plan(r *Round, terms planning.Terms) (*planning.Solution, error) {
	var in planning.Input
	err := s.read(func(read projections.Reader) (err error) {
		in, err = views.PlanningInput(read, r.RoundRow.Programme, terms, s.today)
		return err
	})
	if err != nil {
		return nil, noPlan(err)
	}
	p, err := planning.Build(s.src.Ranker, in)
	if err != nil {
		return nil, noPlan(err)
	}
	until := s.src.Now().Add(maxWhatIf)
	found, err := p.Solve(func() bool { return s.ctx.Err() != nil || s.src.Now().After(until) })
	return found, noPlan(err)
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

// Head is the head of a need's ranking; nil when one may not rank.
func (s *Sight) Head(need domain.NeedID, first int) ([]Match, error) {
	if first > strongCandidates {
		return nil, domain.ErrRange.At("first")
	}
	rows, err := many(s, views.Needs, []domain.NeedID{need})
	if err != nil || rows[need] == nil {
		return nil, err
	}
	return s.matches("Subscription.strongCandidates", rows[need], first)
}

// Entered are the matches whose expert the head before did not have.
func Entered(before, now []Match) []Match {
	out := []Match{}
	for _, m := range now {
		if !slices.ContainsFunc(before, func(b Match) bool { return b.pair == m.pair }) {
			out = append(out, m)
		}
	}
	return out
}
