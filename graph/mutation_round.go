package graph

import (
	"context"
	"hash/fnv"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/domain/round"
	"github.com/diaspora-match/diaspora/graph/model"
)

func (m mutation) round(ctx context.Context, to model.ToRound, build func(domain.Stamp) round.Command) (model.RoundResult, error) {
	d, r, err := run(ctx, m, &round.Aggregate, string(to.Round), to.CommandID, build)
	return answer(d, r, err, func(d done) (model.RoundResult, error) {
		o, err := d.Round(to.Round)
		position, command := d.at()
		return &model.RoundPayload{Round: o, Position: position, CommandID: command}, err
	})
}

// OpenRound takes the seed from the round's id: nobody chooses how ties fall.
func (m mutation) OpenRound(ctx context.Context, in model.OpenRoundInput) (model.RoundResult, error) {
	s, err := sight(ctx)
	if err != nil {
		return nil, err
	}
	position, err := s.Position()
	if err != nil {
		return nil, err
	}
	to := model.ToRound{New: in.New, Round: newID[domain.RoundID](ctx, "round", in.CommandID)}
	seed := fnv.New64a()
	_, _ = seed.Write([]byte(to.Round))
	return m.round(ctx, to, func(s domain.Stamp) round.Command {
		return round.Open{Stamp: s, Round: to.Round, Programme: in.Programme, Mode: in.Mode, Seed: seed.Sum64(), Position: uint64(position)}
	})
}

// reason is a text about the expert of a pair; nothing stays nothing.
func reason(p round.Pair, text string) personal.Text {
	if text == "" {
		return personal.Text{}
	}
	return about(p.Expert, text)
}

func (m mutation) LockPair(ctx context.Context, in model.LockPairInput) (model.RoundResult, error) {
	return m.round(ctx, in.ToRound, func(s domain.Stamp) round.Command {
		return round.Lock{Stamp: s, Pair: in.Pair, Reason: reason(in.Pair, in.Reason)}
	})
}

func (m mutation) VetoPair(ctx context.Context, in model.VetoPairInput) (model.RoundResult, error) {
	return m.round(ctx, in.ToRound, func(s domain.Stamp) round.Command {
		return round.Veto{Stamp: s, Pair: in.Pair, Reason: reason(in.Pair, in.Reason)}
	})
}

func (m mutation) UnlockPair(ctx context.Context, in model.UnlockPairInput) (model.RoundResult, error) {
	return m.round(ctx, in.ToRound, func(s domain.Stamp) round.Command {
		return round.Unlock{Stamp: s, Pair: in.Pair, Reason: reason(in.Pair, in.Reason)}
	})
}

func (m mutation) SetRoundQuota(ctx context.Context, in model.SetRoundQuotaInput) (model.RoundResult, error) {
	place, of := in.Place()
	return m.round(ctx, in.ToRound, func(s domain.Stamp) round.Command {
		return round.SetQuota{Stamp: s, Quota: round.Quota{Place: place, Of: of, Lower: in.Lower, Upper: in.Upper}}
	})
}

func (m mutation) DropRoundQuota(ctx context.Context, in model.DropRoundQuotaInput) (model.RoundResult, error) {
	place, of := in.Place()
	return m.round(ctx, in.ToRound, func(s domain.Stamp) round.Command { return round.DropQuota{Stamp: s, Place: place, Of: of} })
}

func (m mutation) SetRoundSeats(ctx context.Context, in model.SetRoundSeatsInput) (model.RoundResult, error) {
	return m.round(ctx, in.ToRound, func(s domain.Stamp) round.Command {
		return round.SetSeats{Stamp: s, Seats: round.Seats{Need: in.Need, Seats: in.Seats}}
	})
}

func (m mutation) SolveRound(ctx context.Context, in model.SolveRoundInput) (model.RoundResult, error) {
	return m.round(ctx, in.ToRound, func(s domain.Stamp) round.Command { return round.Solve{Stamp: s} })
}

func (m mutation) ApproveProposal(ctx context.Context, in model.ApproveProposalInput) (model.RoundResult, error) {
	return m.round(ctx, in.ToRound, func(s domain.Stamp) round.Command {
		return round.ApproveProposal{Stamp: s, Pair: in.Pair, Reason: reason(in.Pair, in.Reason)}
	})
}

func (m mutation) RefuseProposal(ctx context.Context, in model.RefuseProposalInput) (model.RoundResult, error) {
	return m.round(ctx, in.ToRound, func(s domain.Stamp) round.Command {
		return round.RefuseProposal{Stamp: s, Pair: in.Pair, Reason: in.Reason, Note: reason(in.Pair, in.Note)}
	})
}

func (m mutation) CloseRound(ctx context.Context, in model.CloseRoundInput) (model.RoundResult, error) {
	return m.round(ctx, in.ToRound, func(s domain.Stamp) round.Command { return round.Close{Stamp: s} })
}

func (m mutation) CancelRound(ctx context.Context, in model.CancelRoundInput) (model.RoundResult, error) {
	return m.round(ctx, in.ToRound, func(s domain.Stamp) round.Command { return round.Cancel{Stamp: s, Reason: in.Reason} })
}
