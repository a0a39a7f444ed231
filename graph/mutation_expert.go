package graph

import (
	"context"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/graph/model"
	"github.com/diaspora-match/diaspora/internal/edge"
)

func (m mutation) expert(ctx context.Context, to model.ToExpert, build func(domain.Stamp) expert.Command) (model.ExpertResult, error) {
	return m.expertPart(ctx, to, nil, build)
}

// expertPart is for commands that add something with an id of its own.
func (m mutation) expertPart(ctx context.Context, to model.ToExpert, created *string, build func(domain.Stamp) expert.Command) (model.ExpertResult, error) {
	d, r, err := run(ctx, m, &expert.Aggregate, string(to.Expert), to.CommandID, build)
	return answer(d, r, err, func(d done) (model.ExpertResult, error) {
		o, err := d.Expert(to.Expert)
		position, command := d.at()
		return &model.ExpertPayload{Expert: o, Created: created, Position: position, CommandID: command}, err
	})
}

func (m mutation) RegisterExpert(ctx context.Context, in model.RegisterExpertInput) (model.ExpertResult, error) {
	to := model.ToExpert{New: in.New, Expert: newID[domain.ExpertID](ctx, "expert", in.CommandID)}
	return m.expert(ctx, to, func(s domain.Stamp) expert.Command {
		in.Register.Stamp, in.Register.Expert = s, to.Expert
		if !in.OnBehalf {
			in.Register.Principal = edge.Identity(ctx).Principal
		}
		return in.Register
	})
}

func (m mutation) DeclareIdentity(ctx context.Context, in model.DeclareIdentityInput) (model.ExpertResult, error) {
	id, given := in.Expert, in.Identity
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		return expert.DeclareIdentity{Stamp: s, Identity: expert.Identity{
			Name: about(id, given.Name), Email: about(id, deref(given.Email)), Phone: about(id, deref(given.Phone)),
			BirthYear: about(id, deref(given.BirthYear)), Gender: about(id, deref(given.Gender)),
		}}
	})
}

func (m mutation) DeclareMotivation(ctx context.Context, in model.DeclareMotivationInput) (model.ExpertResult, error) {
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		return expert.DeclareMotivation{Stamp: s, Motivation: about(in.Expert, in.Motivation)}
	})
}

func (m mutation) DeclareCv(ctx context.Context, in model.DeclareCVInput) (model.ExpertResult, error) {
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		return expert.DeclareCV{Stamp: s, CV: about(in.Expert, in.CV)}
	})
}

func (m mutation) DeclareReferences(ctx context.Context, in model.DeclareReferencesInput) (model.ExpertResult, error) {
	references := make([]expert.Reference, len(in.References))
	for i, r := range in.References {
		references[i] = expert.Reference{
			Name: about(in.Expert, r.Name), Contact: about(in.Expert, r.Contact), Relation: about(in.Expert, deref(r.Relation)),
		}
	}
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		return expert.DeclareReferences{Stamp: s, References: references}
	})
}

func (m mutation) GiveConsent(ctx context.Context, in model.GiveConsentInput) (model.ExpertResult, error) {
	in.Consent.ID = newID[domain.ConsentID](ctx, "consent", in.CommandID)
	if in.Consent.Need != "" && in.Consent.Institution == "" {
		s, err := sight(ctx)
		if err != nil {
			return refused[model.ExpertResult](err)
		}
		if in.Consent.Institution, err = s.HostOf(in.Consent.Need); err != nil {
			return refused[model.ExpertResult](err)
		}
	}
	return m.expertPart(ctx, in.ToExpert, pointer(in.Consent.ID), func(s domain.Stamp) expert.Command {
		in.Stamp = s
		return in.GiveConsent
	})
}

func (m mutation) SuspendExpert(ctx context.Context, in model.SuspendExpertInput) (model.ExpertResult, error) {
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		in.Stamp, in.Suspend.Note = s, about(in.Expert, in.Note)
		return in.Suspend
	})
}

func (m mutation) ReinstateExpert(ctx context.Context, in model.ReinstateExpertInput) (model.ExpertResult, error) {
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		in.Stamp, in.Reinstate.Note = s, about(in.Expert, in.Note)
		return in.Reinstate
	})
}

func (m mutation) DeclareSkills(ctx context.Context, in model.DeclareSkillsInput) (model.ExpertResult, error) {
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		in.Stamp = s
		return in.DeclareSkills
	})
}

func (m mutation) WithdrawSkills(ctx context.Context, in model.WithdrawSkillsInput) (model.ExpertResult, error) {
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		in.Stamp = s
		return in.WithdrawSkills
	})
}

func (m mutation) DeclareLanguages(ctx context.Context, in model.DeclareLanguagesInput) (model.ExpertResult, error) {
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		in.Stamp = s
		return in.DeclareLanguages
	})
}

func (m mutation) WithdrawLanguages(ctx context.Context, in model.WithdrawLanguagesInput) (model.ExpertResult, error) {
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		in.Stamp = s
		return in.WithdrawLanguages
	})
}

func (m mutation) DeclareEducation(ctx context.Context, in model.DeclareEducationInput) (model.ExpertResult, error) {
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		in.Stamp = s
		return in.DeclareEducation
	})
}

func (m mutation) DeclareExperience(ctx context.Context, in model.DeclareExperienceInput) (model.ExpertResult, error) {
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		in.Stamp = s
		return in.DeclareExperience
	})
}

func (m mutation) DeclareOccupation(ctx context.Context, in model.DeclareOccupationInput) (model.ExpertResult, error) {
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		in.Stamp = s
		return in.DeclareOccupation
	})
}

func (m mutation) DeclareResidence(ctx context.Context, in model.DeclareResidenceInput) (model.ExpertResult, error) {
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		in.Stamp = s
		return in.DeclareResidence
	})
}

func (m mutation) DeclareAvailability(ctx context.Context, in model.DeclareAvailabilityInput) (model.ExpertResult, error) {
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		in.Stamp = s
		return in.DeclareAvailability
	})
}

func (m mutation) DeclarePreferences(ctx context.Context, in model.DeclarePreferencesInput) (model.ExpertResult, error) {
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		in.Stamp = s
		return in.DeclarePreferences
	})
}

func (m mutation) DeclareTransfer(ctx context.Context, in model.DeclareTransferInput) (model.ExpertResult, error) {
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		in.Stamp = s
		return in.DeclareTransfer
	})
}

func (m mutation) WithdrawProfilePart(ctx context.Context, in model.WithdrawProfilePartInput) (model.ExpertResult, error) {
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		in.Stamp = s
		return in.WithdrawPart
	})
}

func (m mutation) DeclareHeritage(ctx context.Context, in model.DeclareHeritageInput) (model.ExpertResult, error) {
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		in.Stamp = s
		return in.DeclareHeritage
	})
}

func (m mutation) WithdrawHeritage(ctx context.Context, in model.WithdrawHeritageInput) (model.ExpertResult, error) {
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		in.Stamp = s
		return in.WithdrawHeritage
	})
}

func (m mutation) CheckHeritage(ctx context.Context, in model.CheckHeritageInput) (model.ExpertResult, error) {
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		in.Stamp = s
		return in.CheckHeritage
	})
}

func (m mutation) RefuseHeritage(ctx context.Context, in model.RefuseHeritageInput) (model.ExpertResult, error) {
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		in.Stamp = s
		return in.RefuseHeritage
	})
}

func (m mutation) RecordEligibility(ctx context.Context, in model.RecordEligibilityInput) (model.ExpertResult, error) {
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		in.Stamp = s
		return in.RecordEligibility
	})
}

func (m mutation) WithdrawConsent(ctx context.Context, in model.WithdrawConsentInput) (model.ExpertResult, error) {
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		in.Stamp = s
		return in.WithdrawConsent
	})
}

func (m mutation) DeclareConflicts(ctx context.Context, in model.DeclareConflictsInput) (model.ExpertResult, error) {
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		in.Stamp = s
		return in.DeclareConflict
	})
}

func (m mutation) ReconfirmProfile(ctx context.Context, in model.ReconfirmProfileInput) (model.ExpertResult, error) {
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		in.Stamp = s
		return in.Reconfirm
	})
}

func (m mutation) LinkExpert(ctx context.Context, in model.LinkExpertInput) (model.ExpertResult, error) {
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		in.LinkPrincipal.Stamp = s
		return in.LinkPrincipal
	})
}

func (m mutation) RequestErasure(ctx context.Context, in model.RequestErasureInput) (model.ExpertResult, error) {
	return m.expert(ctx, in.ToExpert, func(s domain.Stamp) expert.Command {
		in.Stamp = s
		return in.RequestErasure
	})
}
