package seed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/assignment"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// SharingText is what the synthetic people agreed to when they applied.
const SharingText = "The host institution of this need may see who I am and read my profile, to decide about this need. I can withdraw this at any time."

// consentDays is how long their consent holds.
const consentDays = 180

// scene is a tale with who acts in it and when.
type scene struct {
	*Plan
	tale
	id      domain.CandidacyID
	ref     candidacy.Ref
	consent candidacy.Consent
	person  domain.PrincipalID
	host    domain.PrincipalID
	focal   domain.PrincipalID
}

func (p *Plan) scene(t tale) scene {
	cast := p.cast(t.need.Country, t.need.Institution)
	id := domain.CandidacyIDFor(t.need.ID, t.expert)
	return scene{
		Plan: p, tale: t, id: id, person: p.principalOf(t.expert), host: cast.HostOfficer, focal: cast.FocalPoint,
		ref: candidacy.Ref{
			Need: t.need.ID, Expert: t.expert, Programme: p.places.Programme, Institution: t.need.Institution, Country: t.need.Country,
		},
		consent: candidacy.Consent{
			ID: domain.ConsentID(domain.DeriveID(namespace, "consent|"+string(id))), Until: p.today().AddDays(consentDays),
		},
	}
}

func (s scene) at(day, hour int, role domain.Role) domain.Stamp {
	by := map[domain.Role]domain.PrincipalID{
		domain.RoleExpert: s.person, domain.RoleHost: s.host, domain.RoleFocalPoint: s.focal,
		domain.RoleManager: s.cfg.Personas.Manager, domain.RoleSystem: domain.Platform,
	}[role]
	return domain.Stamp{By: by, Role: role, At: s.hour(day, hour)}
}

func (s scene) text(t string) personal.Text { return personal.Of(s.expert, t) }

// play lets a candidacy go its way, in the streams that it touches.
func (p *Plan) play(ctx context.Context, bus *commands.Bus, t tale) error {
	s := p.scene(t)
	if s.path > nominatedOnly {
		if err := send(ctx, bus, &expert.Aggregate, string(s.expert), "consent "+string(s.id), s.consents()); err != nil {
			return err
		}
	}
	if err := send(ctx, bus, &candidacy.Aggregate, string(s.id), "begin", s.begin()...); err != nil {
		return err
	}
	if s.path >= awaitingHost {
		if err := send(ctx, bus, &candidacy.Aggregate, string(s.id), "host", s.beforeHost()...); err != nil {
			return err
		}
	}
	if s.path < offered {
		return nil
	}
	return p.playPlacement(ctx, bus, s)
}

func (s scene) consents() expert.Command {
	digest := sha256.Sum256([]byte(SharingText))
	return expert.GiveConsent{Stamp: s.at(1, 8, domain.RoleExpert), Consent: expert.Consent{
		ID: s.consent.ID, Purpose: expert.ShareWithHost, Institution: s.need.Institution, Need: s.need.ID,
		TextHash: hex.EncodeToString(digest[:]), Language: "en", Until: s.consent.Until,
	}}
}

// begin is how the candidacy began, until the host hears of it.
func (s scene) begin() []candidacy.Command {
	switch s.path {
	case suggestedOnly:
		return []candidacy.Command{candidacy.Suggest{Stamp: s.at(2, 10, domain.RoleManager), Ref: s.ref, Score: s.score, Rank: s.rank}}
	case nominatedOnly:
		return []candidacy.Command{candidacy.Nominate{Stamp: s.at(3, 11, domain.RoleFocalPoint), Ref: s.ref,
			Reason: s.text("Known to the mission from an earlier visit; the host asked for somebody with this experience.")}}
	}
	out := []candidacy.Command{candidacy.Apply{
		Stamp: s.at(1, 9, domain.RoleExpert), Ref: s.ref, Consent: s.consent,
		Motivation: s.text("This is the work I do every day, and I would like to do it there for some weeks."),
	}}
	switch {
	case s.path == withdrawn:
		return append(out, candidacy.Withdraw{Stamp: s.at(2, 17, domain.RoleExpert), Reason: candidacy.EmployerRefuses})
	case s.path >= shortlisted:
		out = append(out, candidacy.Shortlist{Stamp: s.at(2, 11, domain.RoleFocalPoint)})
	}
	if s.path == reserved {
		out = append(out, candidacy.PlaceInReserve{Stamp: s.at(3, 9, domain.RoleManager)})
	}
	return out
}

// beforeHost is what happened once the profile was shared.
func (s scene) beforeHost() []candidacy.Command {
	out := []candidacy.Command{candidacy.ShareWithHost{Stamp: s.at(2, 14, domain.RoleFocalPoint), Consent: s.consent}}
	if s.path == awaitingHost {
		return out
	}
	out = append(out, candidacy.RecordInterview{
		Stamp: s.at(3, 10, domain.RoleFocalPoint), Date: s.cfg.Start.AddDays(3), Recommendation: candidacy.Recommended,
		Notes: s.text("A calm conversation by video; has taught colleagues before."),
	})
	switch s.path {
	case interviewed:
		return out
	case hostDeclined:
		return append(out, candidacy.HostDecide{Stamp: s.at(4, 9, domain.RoleHost), Reason: candidacy.DatesUnsuitable})
	}
	out = append(out, candidacy.HostDecide{Stamp: s.at(4, 9, domain.RoleHost), Accept: true, Reason: candidacy.SuitsTheNeed})
	if s.path == hostAccepted {
		return out
	}
	return append(out, candidacy.Recommend{
		Stamp: s.at(4, 15, domain.RoleFocalPoint), Recommendation: candidacy.Recommended,
		Reason: s.text("The host knows what it wants, and this profile has it."),
	})
}

// playPlacement approves, takes seat and time as the placement process would,
// and makes the offer; further on, the expert accepts and prepares.
func (p *Plan) playPlacement(ctx context.Context, bus *commands.Bus, s scene) error {
	system := s.at(5, 10, domain.RoleSystem)
	approve := candidacy.Approve{
		Stamp: s.at(5, 9, domain.RoleManager), Period: s.period, Modality: s.need.Modality, NeedVersion: 1, Score: s.score, Rank: s.rank,
	}
	if s.rank > candidacy.MaxRankWithoutReason {
		approve.Override = s.text("Those ranked before cannot travel in this period.")
	}
	offer := []candidacy.Command{
		candidacy.ConfirmApproval{Stamp: system}, candidacy.MakeOffer{Stamp: s.at(5, 11, domain.RoleManager)},
	}
	if s.path > offered {
		offer = append(offer, candidacy.AcceptOffer{Stamp: s.at(5, 18, domain.RoleExpert)})
	}
	steps := []func() error{
		func() error {
			return send(ctx, bus, &candidacy.Aggregate, string(s.id), "approve", candidacy.Command(approve))
		},
		func() error {
			return send(ctx, bus, &need.Aggregate, string(s.need.ID), "seat "+string(s.id),
				need.Command(need.AllocateSeat{Stamp: system, Candidacy: s.id, Version: 1}))
		},
		func() error {
			return send(ctx, bus, &expert.Aggregate, string(s.expert), "book "+string(s.id),
				expert.Command(expert.Book{Stamp: system, Candidacy: s.id, Period: s.period}))
		},
		func() error { return send(ctx, bus, &candidacy.Aggregate, string(s.id), "offer", offer...) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	if s.path == offered {
		return nil
	}
	return send(ctx, bus, &assignment.Aggregate, string(domain.AssignmentIDFor(s.id)), "prepare", s.prepare()...)
}

// prepare plans the assignment and begins its checklist.
func (s scene) prepare() []assignment.Command {
	out := []assignment.Command{assignment.Plan{
		Stamp: s.at(5, 18, domain.RoleSystem), Need: s.need.ID, Candidacy: s.id, Expert: s.expert,
		Institution: s.need.Institution, Programme: s.places.Programme, Country: s.need.Country,
		Period: s.period, Modality: s.need.Modality,
	}}
	if s.path == placed {
		return out
	}
	return append(out,
		assignment.RecordAgreement{Stamp: s.at(6, 9, domain.RoleManager), On: s.cfg.Start.AddDays(6)},
		assignment.ProposeWorkPlan{Stamp: s.at(6, 11, domain.RoleExpert), Items: []assignment.PlanItem{
			{Output: 1, Activity: "Look at the work as it is done now, with the team", Due: s.period.From.AddDays(6)},
			{Output: 1, Activity: "Try the new way with two colleagues, and write down what they say", Due: s.period.To},
		}},
		assignment.CompleteItem{Stamp: s.at(6, 15, domain.RoleFocalPoint), Item: assignment.HostBriefing, On: s.cfg.Start.AddDays(6)})
}

// hour is a moment of the story.
func (p *Plan) hour(day, hour int) time.Time {
	return p.cfg.Start.AddDays(day).Time().Add(time.Duration(hour) * time.Hour)
}
