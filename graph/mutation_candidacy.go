package graph

import (
	"context"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/graph/model"
)

func (m mutation) candidacy(ctx context.Context, to model.ToCandidacy, build func(domain.Stamp) candidacy.Command) (model.CandidacyResult, error) {
	d, r, err := run(ctx, m, &candidacy.Aggregate, string(to.Candidacy), to.CommandID, build)
	return answer(d, r, err, func(d done) (model.CandidacyResult, error) {
		o, err := d.Candidacy(to.Candidacy)
		position, command := d.at()
		return &model.CandidacyPayload{Candidacy: o, Position: position, CommandID: command}, err
	})
}

// on is candidacy for commands that need to know whom it is about: personal text
// names its subject.
func (m mutation) on(ctx context.Context, to model.ToCandidacy, build func(domain.Stamp, *model.Candidacy) candidacy.Command) (model.CandidacyResult, error) {
	c, err := one(ctx, to.Candidacy, (*model.Sight).Candidacy)
	if err != nil {
		return refused[model.CandidacyResult](err)
	}
	return m.candidacy(ctx, to, func(s domain.Stamp) candidacy.Command { return build(s, c) })
}

// deciding is on for decisions, which keep what the platform showed: score, place
// and the list that was seen last.
func (m mutation) deciding(ctx context.Context, to model.ToCandidacy, build func(domain.Stamp, *model.Candidacy, candidacy.Shown) candidacy.Command) (model.CandidacyResult, error) {
	c, err := one(ctx, to.Candidacy, (*model.Sight).Candidacy)
	if err != nil {
		return refused[model.CandidacyResult](err)
	}
	shown, err := m.shown(ctx, c.CandidacyRow.Need, c.CandidacyRow.Expert)
	if err != nil {
		return refused[model.CandidacyResult](err)
	}
	return m.candidacy(ctx, to, func(s domain.Stamp) candidacy.Command { return build(s, c, shown) })
}

// ref names a new candidacy for a need that the principal may read.
func ref(n *model.Need, e domain.ExpertID) candidacy.Ref {
	return candidacy.Ref{
		Need: n.ID, Expert: e, Programme: n.NeedRow.Programme, Institution: n.NeedRow.Institution, Country: n.Country,
	}
}

func target(given model.New, n domain.NeedID, e domain.ExpertID) model.ToCandidacy {
	return model.ToCandidacy{New: given, Candidacy: domain.CandidacyIDFor(n, e)}
}

func (m mutation) SuggestExpert(ctx context.Context, in model.SuggestExpertInput) (model.CandidacyResult, error) {
	n, err := one(ctx, in.Need, (*model.Sight).Need)
	if err != nil {
		return refused[model.CandidacyResult](err)
	}
	if _, err := one(ctx, in.Expert, (*model.Sight).Expert); err != nil {
		return refused[model.CandidacyResult](err)
	}
	shown, err := m.acting(ctx, in.Need, in.Expert)
	if err != nil {
		return refused[model.CandidacyResult](err)
	}
	return m.candidacy(ctx, target(in.New, in.Need, in.Expert), func(s domain.Stamp) candidacy.Command {
		return candidacy.Suggest{Stamp: s, Ref: ref(n, in.Expert), Score: shown.Score, Rank: shown.Rank, Seen: shown.Seen}
	})
}

func (m mutation) NominateExpert(ctx context.Context, in model.NominateExpertInput) (model.CandidacyResult, error) {
	n, err := one(ctx, in.Need, (*model.Sight).Need)
	if err != nil {
		return refused[model.CandidacyResult](err)
	}
	return m.candidacy(ctx, target(in.New, in.Need, in.Expert), func(s domain.Stamp) candidacy.Command {
		return candidacy.Nominate{Stamp: s, Ref: ref(n, in.Expert), Reason: about(in.Expert, in.Reason)}
	})
}

func (m mutation) ApplyForNeed(ctx context.Context, in model.ApplyForNeedInput) (model.CandidacyResult, error) {
	expert, err := own(ctx)
	if err != nil {
		return refused[model.CandidacyResult](err)
	}
	p, err := one(ctx, in.Need, (*model.Sight).Published)
	if err != nil {
		return refused[model.CandidacyResult](err)
	}
	if !p.Open() {
		return refused[model.CandidacyResult](ErrNotOpen)
	}
	consent, err := m.consent(ctx, expert, in.Need, in.Consent)
	if err != nil {
		return refused[model.CandidacyResult](err)
	}
	of := p.Ref(expert)
	return m.candidacy(ctx, target(in.New, in.Need, expert), func(s domain.Stamp) candidacy.Command {
		return candidacy.Apply{Stamp: s, Ref: of, Motivation: about(expert, in.Motivation), Consent: consent}
	})
}

// consent looks a consent up on the expert's own record.
func (m mutation) consent(ctx context.Context, expert domain.ExpertID, need domain.NeedID, id domain.ConsentID) (candidacy.Consent, error) {
	e, err := one(ctx, expert, (*model.Sight).Expert)
	if err != nil {
		return candidacy.Consent{}, err
	}
	for _, c := range e.ExpertRow.Consents {
		if c.ID == id && c.Need == need {
			return candidacy.Consent{ID: c.ID, Until: c.Until}, nil
		}
	}
	return candidacy.Consent{}, ErrNoConsent.At("consent")
}

func (m mutation) AgreeToNomination(ctx context.Context, in model.AgreeToNominationInput) (model.CandidacyResult, error) {
	consent, err := m.consentFor(ctx, in.Candidacy, in.Consent)
	if err != nil {
		return refused[model.CandidacyResult](err)
	}
	return m.candidacy(ctx, in.ToCandidacy, func(s domain.Stamp) candidacy.Command {
		return candidacy.AgreeToNomination{Stamp: s, Consent: consent}
	})
}

func (m mutation) RenewSharingConsent(ctx context.Context, in model.RenewSharingConsentInput) (model.CandidacyResult, error) {
	consent, err := m.consentFor(ctx, in.Candidacy, in.Consent)
	if err != nil {
		return refused[model.CandidacyResult](err)
	}
	return m.candidacy(ctx, in.ToCandidacy, func(s domain.Stamp) candidacy.Command {
		return candidacy.GiveConsent{Stamp: s, Consent: consent}
	})
}

func (m mutation) consentFor(ctx context.Context, id domain.CandidacyID, consent domain.ConsentID) (candidacy.Consent, error) {
	c, err := one(ctx, id, (*model.Sight).Candidacy)
	if err != nil {
		return candidacy.Consent{}, err
	}
	return m.consent(ctx, c.CandidacyRow.Expert, c.CandidacyRow.Need, consent)
}

func (m mutation) ShareWithHost(ctx context.Context, in model.ShareWithHostInput) (model.CandidacyResult, error) {
	return m.on(ctx, in.ToCandidacy, func(s domain.Stamp, c *model.Candidacy) candidacy.Command {
		return candidacy.ShareWithHost{Stamp: s, Consent: c.CandidacyRow.Consent, DecideBy: in.DecideBy}
	})
}

func (m mutation) WithdrawCandidacy(ctx context.Context, in model.WithdrawCandidacyInput) (model.CandidacyResult, error) {
	return m.on(ctx, in.ToCandidacy, func(s domain.Stamp, c *model.Candidacy) candidacy.Command {
		in.Stamp, in.Withdraw.Note = s, about(c.CandidacyRow.Expert, in.Note)
		return in.Withdraw
	})
}

func (m mutation) RecordInterview(ctx context.Context, in model.RecordInterviewInput) (model.CandidacyResult, error) {
	return m.on(ctx, in.ToCandidacy, func(s domain.Stamp, c *model.Candidacy) candidacy.Command {
		in.Stamp, in.RecordInterview.Notes = s, about(c.CandidacyRow.Expert, in.Notes)
		return in.RecordInterview
	})
}

func (m mutation) DecideAsHost(ctx context.Context, in model.DecideAsHostInput) (model.CandidacyResult, error) {
	return m.deciding(ctx, in.ToCandidacy, func(s domain.Stamp, c *model.Candidacy, shown candidacy.Shown) candidacy.Command {
		in.Stamp, in.HostDecide.Note, in.Shown = s, about(c.CandidacyRow.Expert, in.Note), shown
		return in.HostDecide
	})
}

func (m mutation) RecommendCandidacy(ctx context.Context, in model.RecommendCandidacyInput) (model.CandidacyResult, error) {
	return m.deciding(ctx, in.ToCandidacy, func(s domain.Stamp, c *model.Candidacy, shown candidacy.Shown) candidacy.Command {
		in.Stamp, in.Recommend.Reason, in.Shown = s, about(c.CandidacyRow.Expert, in.Reason), shown
		return in.Recommend
	})
}

func (m mutation) ApproveCandidacy(ctx context.Context, in model.ApproveCandidacyInput) (model.CandidacyResult, error) {
	c, err := one(ctx, in.Candidacy, (*model.Sight).Candidacy)
	if err != nil {
		return refused[model.CandidacyResult](err)
	}
	expert := c.CandidacyRow.Expert
	shown, err := m.acting(ctx, c.CandidacyRow.Need, expert)
	if err != nil {
		return refused[model.CandidacyResult](err)
	}
	return m.candidacy(ctx, in.ToCandidacy, func(s domain.Stamp) candidacy.Command {
		in.Stamp, in.Score, in.Rank, in.Seen = s, shown.Score, shown.Rank, shown.Seen
		in.Approve.Override = about(expert, in.Override)
		return in.Approve
	})
}

func (m mutation) RefuseCandidacy(ctx context.Context, in model.RefuseCandidacyInput) (model.CandidacyResult, error) {
	return m.deciding(ctx, in.ToCandidacy, func(s domain.Stamp, c *model.Candidacy, shown candidacy.Shown) candidacy.Command {
		in.Stamp, in.Refuse.Note, in.Shown = s, about(c.CandidacyRow.Expert, in.Note), shown
		return in.Refuse
	})
}

func (m mutation) DeclineOffer(ctx context.Context, in model.DeclineOfferInput) (model.CandidacyResult, error) {
	return m.on(ctx, in.ToCandidacy, func(s domain.Stamp, c *model.Candidacy) candidacy.Command {
		in.Stamp, in.DeclineOffer.Note = s, about(c.CandidacyRow.Expert, in.Note)
		return in.DeclineOffer
	})
}

func (m mutation) SupersedeCandidacy(ctx context.Context, in model.SupersedeCandidacyInput) (model.CandidacyResult, error) {
	if _, err := one(ctx, in.InFavourOf, (*model.Sight).Candidacy); err != nil {
		return refused[model.CandidacyResult](err)
	}
	return m.candidacy(ctx, in.ToCandidacy, func(s domain.Stamp) candidacy.Command {
		return candidacy.Supersede{Stamp: s, Candidacy: in.InFavourOf}
	})
}

func (m mutation) StopSharing(ctx context.Context, in model.StopSharingInput) (model.CandidacyResult, error) {
	return m.candidacy(ctx, in.ToCandidacy, func(s domain.Stamp) candidacy.Command {
		in.Stamp = s
		return in.WithdrawConsent
	})
}

func (m mutation) ShortlistCandidacy(ctx context.Context, in model.ShortlistCandidacyInput) (model.CandidacyResult, error) {
	return m.candidacy(ctx, in.ToCandidacy, func(s domain.Stamp) candidacy.Command {
		in.Stamp = s
		return in.Shortlist
	})
}

func (m mutation) MakeOffer(ctx context.Context, in model.MakeOfferInput) (model.CandidacyResult, error) {
	return m.candidacy(ctx, in.ToCandidacy, func(s domain.Stamp) candidacy.Command {
		in.Stamp = s
		return in.MakeOffer
	})
}

func (m mutation) AcceptOffer(ctx context.Context, in model.AcceptOfferInput) (model.CandidacyResult, error) {
	return m.candidacy(ctx, in.ToCandidacy, func(s domain.Stamp) candidacy.Command {
		in.Stamp = s
		return in.AcceptOffer
	})
}

func (m mutation) PlaceInReserve(ctx context.Context, in model.PlaceInReserveInput) (model.CandidacyResult, error) {
	return m.candidacy(ctx, in.ToCandidacy, func(s domain.Stamp) candidacy.Command {
		in.Stamp = s
		return in.PlaceInReserve
	})
}

func (m mutation) CallFromReserve(ctx context.Context, in model.CallFromReserveInput) (model.CandidacyResult, error) {
	return m.candidacy(ctx, in.ToCandidacy, func(s domain.Stamp) candidacy.Command {
		in.Stamp = s
		return in.CallFromReserve
	})
}
