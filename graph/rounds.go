package graph

import (
	"cmp"
	"context"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/round"
	"github.com/diaspora-match/diaspora/graph/model"
	"github.com/diaspora-match/diaspora/graph/scalar"
	"github.com/diaspora-match/diaspora/graph/schema"
	"github.com/diaspora-match/diaspora/internal/authz"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

var _ = schema.Claim("Query.round")

func (q query) Round(ctx context.Context, id scalar.GlobalID) (*model.Round, error) {
	return find(ctx, id, (*model.Sight).Round, scalar.TypeRound)
}

func (q query) Rounds(ctx context.Context, programme scalar.GlobalID, first *int, after *string, last *int, before *string) (*model.RoundConnection, error) {
	id, ok := scalar.Of[domain.ProgrammeID](programme, scalar.TypeProgramme)
	if !ok {
		return nil, nil
	}
	return list(ctx, first, after, last, before, func(s *model.Sight, p projections.Paging) (*model.RoundConnection, error) {
		return s.Rounds(id, p)
	})
}

func (q query) Standing(ctx context.Context, need, expert scalar.GlobalID) (*model.RoundStanding, error) {
	n, ok := scalar.Of[domain.NeedID](need, scalar.TypeNeed, scalar.TypePublished)
	e, known := scalar.Of[domain.ExpertID](expert, scalar.TypeExpert)
	if !ok || !known {
		return nil, nil
	}
	s, err := sight(ctx)
	if err != nil {
		return nil, err
	}
	return s.Standing(n, e)
}

func (q query) SeatWorth(ctx context.Context, need scalar.GlobalID) (*model.SeatWorth, error) {
	return find(ctx, need, (*model.Sight).SeatWorth, scalar.TypeNeed)
}

func (q query) WhatIf(ctx context.Context, id scalar.GlobalID, locks, vetoes []round.Pair, seats []round.Seats) (*model.RoundWhatIf, error) {
	of, ok := scalar.Of[domain.RoundID](id, scalar.TypeRound)
	if !ok {
		return nil, nil
	}
	s, err := sight(ctx)
	if err != nil {
		return nil, err
	}
	return s.WhatIf(of, locks, vetoes, seats)
}

func (r subscription) RoundProgress(ctx context.Context, id scalar.GlobalID) (<-chan *model.RoundEvent, error) {
	o, err := find(ctx, id, (*model.Sight).Round, scalar.TypeRound)
	if err != nil {
		return nil, err
	}
	if o == nil {
		return nil, authz.ErrHidden
	}
	of := o.ID
	return stream(ctx, r.Deps, func(c *projections.Change) bool {
		return c.Table == views.Rounds.Name && c.Key == string(of)
	}, func(s *model.Sight, c changed) ([]*model.RoundEvent, error) {
		o, err := s.Round(of)
		if o == nil || err != nil {
			return nil, err
		}
		return []*model.RoundEvent{{Round: o, Position: c.position}}, nil
	}), nil
}

// StrongCandidates tells when somebody comes into the head of a ranking: any
// expert may, so every change of an expert is looked at; the head is kept by the
// index and costs a read.
func (r subscription) StrongCandidates(ctx context.Context, id scalar.GlobalID, first int, blind bool) (<-chan *model.RankingEvent, error) {
	of, ok := scalar.Of[domain.NeedID](id, scalar.TypeNeed)
	if !ok {
		return nil, authz.ErrHidden
	}
	s, err := sight(ctx)
	if err != nil {
		return nil, err
	}
	n, err := s.Need(of)
	if err != nil {
		return nil, err
	}
	if n == nil {
		return nil, authz.ErrHidden
	}
	// Only what is heard after the head was read can have changed it.
	l, stop := r.Hub.listen(func(c *projections.Change) bool {
		switch c.Table {
		case views.Experts.Name:
			return true
		case views.Needs.Name:
			return c.Key == string(of)
		case views.Institutions.Name:
			return c.Key == string(n.Scope().Institution)
		case views.Programmes.Name:
			return c.Key == string(n.Scope().Programme)
		}
		return false
	})
	ask := model.Ask{First: first, Blind: blind}
	before, err := s.Head(of, ask)
	if err != nil || before == nil {
		stop()
		return nil, cmp.Or(err, error(authz.ErrHidden))
	}
	return follow(ctx, r.Deps, l, stop, func(s *model.Sight, c changed) ([]*model.RankingEvent, error) {
		now, err := s.Head(of, ask)
		if err != nil || now == nil {
			return nil, err
		}
		entered := model.Entered(before, now)
		before = now
		if len(entered) == 0 {
			return nil, nil
		}
		if err := now.Show(); err != nil {
			return nil, err
		}
		return []*model.RankingEvent{{Matches: now.Matches, Entered: entered, Position: c.position}}, nil
	}), nil
}
