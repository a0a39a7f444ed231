package processes

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/domain/round"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/matcher/planning"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// Bounds of solving, listed in docs/limits.md.
const (
	maxSolving  = time.Minute // a round that takes longer fails with out_of_time
	maxBuilding = 3           // how often a problem is laid out anew when the log moved meanwhile
)

// rounds solves what managers ask for, and lets approved pairs go on as
// candidacies.
type rounds struct {
	Platform
	ranker planning.Ranker
	warm   *planning.Warm
	clock  func() time.Time
}

// Rounds makes the process. The ranker stands at least where the views stand, or
// else the event comes again. What was solved is kept warm for those who ask what
// would be if.
func Rounds(p Platform, ranker planning.Ranker, warm *planning.Warm, clock func() time.Time) Process {
	return Process{
		Name:   "rounds",
		Types:  []string{round.SolveRequested{}.EventType(), round.ProposalApproved{}.EventType()},
		Handle: rounds{p, ranker, warm, clock}.handle,
	}
}

func (p rounds) handle(ctx context.Context, d codec.Decoded) error {
	why := cause{"rounds", d}
	switch e := d.Event.(type) {
	case round.SolveRequested:
		return p.solve(ctx, why, e)
	case round.ProposalApproved:
		return p.suggest(ctx, why, e)
	}
	return nil
}

// solve plans the round as it stands and records the plan with its certificate,
// or why there is none. Until one of the two is recorded it may be repeated: the
// aggregate takes the first answer to an attempt and no other.
func (p rounds) solve(ctx context.Context, why cause, e round.SolveRequested) error {
	state, err := commands.Load(ctx, p.Bus, &round.Aggregate, string(e.Round))
	if err != nil {
		return err
	}
	if state.Stage != round.StageSolving || state.Attempt != e.Attempt {
		return nil // answered before, or cancelled
	}
	found, err := p.plan(ctx, state, why.event.Position)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err() // the platform stops: that says nothing about the round
		}
		reason := planning.Failure(err)
		if reason == "" {
			return err
		}
		return p.fail(ctx, why, e, "fail", reason)
	}
	_, err = send(ctx, p.Platform, why, "record", &round.Aggregate, string(e.Round), func(s domain.Stamp) round.Command {
		return round.RecordSolution{
			Stamp: s, Attempt: e.Attempt, Plan: found.Plan, Certificate: found.Certificate, Beside: found.Beside,
			Prices: found.Prices, Quotas: found.Quotas, Closed: found.Closed, Basis: found.Basis, Proposals: found.Proposals,
		}
	})
	if settled(err) {
		return p.fail(ctx, why, e, "refused", failureOf(err))
	}
	if err == nil {
		p.warm.Keep(e.Round, e.Attempt, found)
	}
	return err
}

// failureOf is what a solution that the round refused means for it: a round that
// waits for an answer has to get one.
func failureOf(err error) round.Failure {
	if errors.Is(err, round.ErrUnproved) {
		return round.Unproved
	}
	return round.OtherFailure
}

// fail records why an attempt has no plan, unless it was answered meanwhile.
func (p rounds) fail(ctx context.Context, why cause, e round.SolveRequested, step string, reason round.Failure) error {
	return unlessRefused(send(ctx, p.Platform, why, step, &round.Aggregate, string(e.Round), func(s domain.Stamp) round.Command {
		return round.RecordFailure{Stamp: s, Attempt: e.Attempt, Reason: reason}
	}))
}

// caughtUp waits until the index has taken in a position, a moment after the
// views show it, and tells where it stands.
func (p rounds) caughtUp(ctx context.Context, since eventstore.Position) (uint64, error) {
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	late := time.NewTimer(projections.MaxWait)
	defer late.Stop()
	for {
		at := p.ranker.Position()
		if at >= uint64(since) {
			return at, nil
		}
		select {
		case <-look.C:
		case <-late.C:
			return 0, fmt.Errorf("processes: the index stands at %d, before the round's request at %d", at, since)
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// plan lays the problem out over one state of views and ranker and solves it.
// When the log moves on and on meanwhile, the plan says the position at which
// its last problem was begun; the digest of the problem tells whether a replay
// is the same.
func (p rounds) plan(ctx context.Context, s round.State, since eventstore.Position) (*planning.Solved, error) {
	terms := planning.Terms{Mode: s.Mode, Seed: s.Seed, Locks: s.Locks, Vetoes: s.Vetoes, Quotas: s.Quotas, Seats: s.Seats}
	var problem *planning.Problem
	for range maxBuilding {
		var in planning.Input
		err := p.read(ctx, func(r projections.Reader) (err error) {
			in, err = views.PlanningInput(r, s.Programme, terms, domain.DateOf(p.clock()))
			return err
		})
		if err != nil {
			return nil, err
		}
		begun, err := p.caughtUp(ctx, since)
		if err != nil {
			return nil, err
		}
		if problem, err = planning.Build(p.ranker, in); err != nil {
			return nil, err
		}
		if p.ranker.Position() == begun {
			break
		}
	}
	deadline := p.clock().Add(maxSolving)
	return problem.Solve(func() bool { return ctx.Err() != nil || p.clock().After(deadline) })
}

// suggest begins the candidacy of an approved pair, with the score that was
// shown. From there on it is a candidacy like any other. Where need or expert
// are gone since, or the two had a candidacy that ended, the pair fails.
func (p rounds) suggest(ctx context.Context, why cause, e round.ProposalApproved) error {
	n, err := commands.Load(ctx, p.Bus, &need.Aggregate, string(e.Need))
	if err != nil {
		return err
	}
	_, here := p.ranker.Explain(e.Expert, e.Need, domain.DateOf(p.clock()))
	if here && n.Status == need.StatusPublished {
		_, err = send(ctx, p.Platform, why, "suggest", &candidacy.Aggregate, string(e.Candidacy()), func(s domain.Stamp) candidacy.Command {
			return candidacy.Suggest{
				Stamp: s,
				Ref: candidacy.Ref{
					Need: e.Need, Expert: e.Expert, Programme: n.Programme, Institution: n.Institution, Country: n.Country,
				},
				Score: candidacy.ScoreShown{
					Total: e.Score, PolicyVersion: e.Policy, TaxonomyVersion: e.Taxonomy, LogPosition: e.Position,
				},
				Rank: e.Rank,
			}
		})
		if !settled(err) {
			return err
		}
	}
	return unlessRefused(send(ctx, p.Platform, why, "undo", &round.Aggregate, idOf(why.event), func(s domain.Stamp) round.Command {
		return round.FailProposal{Stamp: s, Pair: e.Pair}
	}))
}
