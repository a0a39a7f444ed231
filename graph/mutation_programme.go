package graph

import (
	"context"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/access"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/domain/programme"
	"github.com/diaspora-match/diaspora/graph/model"
)

func (m mutation) programme(ctx context.Context, to model.ToProgramme, build func(domain.Stamp) programme.Command) (model.ProgrammeResult, error) {
	d, r, err := run(ctx, m, &programme.Aggregate, string(to.Programme), to.CommandID, build)
	return answer(d, r, err, func(d done) (model.ProgrammeResult, error) {
		o, err := d.Programme(to.Programme)
		position, command := d.at()
		return &model.ProgrammePayload{Programme: o, Position: position, CommandID: command}, err
	})
}

func (m mutation) OpenProgramme(ctx context.Context, in model.OpenProgrammeInput) (model.ProgrammeResult, error) {
	to := model.ToProgramme{New: in.New, Programme: newID[domain.ProgrammeID](ctx, "programme", in.CommandID)}
	return m.programme(ctx, to, func(s domain.Stamp) programme.Command {
		in.Open.Stamp, in.Open.Programme = s, to.Programme
		return in.Open
	})
}

func (m mutation) PublishScoring(ctx context.Context, in model.PublishScoringInput) (model.ProgrammeResult, error) {
	weights := map[policy.Part]domain.Score{}
	for _, w := range in.Scoring.Weights {
		if _, twice := weights[w.Part]; twice {
			return refused[model.ProgrammeResult](ErrPartTwice)
		}
		weights[w.Part] = w.Weight
	}
	return m.programme(ctx, in.ToProgramme, func(s domain.Stamp) programme.Command {
		in.PublishScoring.Stamp = s
		in.PublishScoring.Scoring = policy.Scoring{Version: in.Scoring.Version, Validity: deref(in.Scoring.Validity), Weights: weights}
		return in.PublishScoring
	})
}

func (m mutation) grants(ctx context.Context, principal domain.PrincipalID, given domain.CommandID, build func(domain.Stamp) access.Command) (model.AccessResult, error) {
	d, r, err := run(ctx, m, &access.Aggregate, string(principal), given, build)
	return answer(d, r, err, func(d done) (model.AccessResult, error) {
		grants, err := d.Grants(principal)
		position, command := d.at()
		if grants == nil {
			grants = []model.Grant{}
		}
		return &model.AccessPayload{Grants: grants, Position: position, CommandID: command}, err
	})
}

func (m mutation) GrantRole(ctx context.Context, in model.GrantRoleInput) (model.AccessResult, error) {
	return m.grants(ctx, in.Principal, in.CommandID, func(s domain.Stamp) access.Command {
		in.Grant.Stamp = s
		return in.Grant
	})
}

func (m mutation) RevokeGrant(ctx context.Context, in model.RevokeGrantInput) (model.AccessResult, error) {
	return m.grants(ctx, in.Principal, in.CommandID, func(s domain.Stamp) access.Command {
		in.Revoke.Stamp, in.Revoke.GrantID = s, in.Grant
		return in.Revoke
	})
}

func (m mutation) EndSessions(ctx context.Context, in model.EndSessionsInput) (model.AccessResult, error) {
	return m.grants(ctx, in.Principal, in.CommandID, func(s domain.Stamp) access.Command {
		in.EndSessions.Stamp = s
		return in.EndSessions
	})
}

func (m mutation) RenameProgramme(ctx context.Context, in model.RenameProgrammeInput) (model.ProgrammeResult, error) {
	return m.programme(ctx, in.ToProgramme, func(s domain.Stamp) programme.Command {
		in.Stamp = s
		return in.Rename
	})
}

func (m mutation) SetProgrammeSectors(ctx context.Context, in model.SetProgrammeSectorsInput) (model.ProgrammeResult, error) {
	return m.programme(ctx, in.ToProgramme, func(s domain.Stamp) programme.Command {
		in.Stamp = s
		return in.SetSectors
	})
}

func (m mutation) SetProgrammeCountry(ctx context.Context, in model.SetProgrammeCountryInput) (model.ProgrammeResult, error) {
	return m.programme(ctx, in.ToProgramme, func(s domain.Stamp) programme.Command {
		in.Stamp = s
		return in.SetCountry
	})
}

func (m mutation) RemoveProgrammeCountry(ctx context.Context, in model.RemoveProgrammeCountryInput) (model.ProgrammeResult, error) {
	return m.programme(ctx, in.ToProgramme, func(s domain.Stamp) programme.Command {
		in.Stamp = s
		return in.RemoveCountry
	})
}

func (m mutation) PublishProgrammeScope(ctx context.Context, in model.PublishProgrammeScopeInput) (model.ProgrammeResult, error) {
	return m.programme(ctx, in.ToProgramme, func(s domain.Stamp) programme.Command {
		in.Stamp = s
		return in.PublishScope
	})
}

func (m mutation) PublishEligibility(ctx context.Context, in model.PublishEligibilityInput) (model.ProgrammeResult, error) {
	return m.programme(ctx, in.ToProgramme, func(s domain.Stamp) programme.Command {
		in.Stamp = s
		return in.PublishEligibility
	})
}

func (m mutation) SetProgrammeDeadlines(ctx context.Context, in model.SetProgrammeDeadlinesInput) (model.ProgrammeResult, error) {
	return m.programme(ctx, in.ToProgramme, func(s domain.Stamp) programme.Command {
		in.Stamp = s
		return in.SetDeadlines
	})
}

func (m mutation) PlaceCountryHold(ctx context.Context, in model.PlaceCountryHoldInput) (model.ProgrammeResult, error) {
	return m.programme(ctx, in.ToProgramme, func(s domain.Stamp) programme.Command {
		in.Stamp = s
		return in.PlaceCountryHold
	})
}

func (m mutation) LiftCountryHold(ctx context.Context, in model.LiftCountryHoldInput) (model.ProgrammeResult, error) {
	return m.programme(ctx, in.ToProgramme, func(s domain.Stamp) programme.Command {
		in.Stamp = s
		return in.LiftCountryHold
	})
}

func (m mutation) CloseProgramme(ctx context.Context, in model.CloseProgrammeInput) (model.ProgrammeResult, error) {
	return m.programme(ctx, in.ToProgramme, func(s domain.Stamp) programme.Command {
		in.Stamp = s
		return in.Close
	})
}
