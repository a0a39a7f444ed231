package world

import (
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/assignment"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/need"
)

// place plays the candidacies: every expert at hand applies for needs in turn,
// and each candidacy goes as far as chance lets it, from the application alone to
// the running assignment.
func (s *script) place() {
	for i := range s.size.Candidacies {
		x := i % len(s.candidates)
		n := s.needs[(i*7+i/len(s.candidates))%len(s.needs)]
		s.candidate(x, n)
	}
}

type candidacyLife = life[candidacy.State, candidacy.Command, candidacy.Event]

// step stamps what somebody does so many days before today.
func step(by domain.PrincipalID, role domain.Role, daysAgo int) domain.Stamp {
	return domain.Stamp{By: by, Role: role, At: today.AddDays(-daysAgo).Time()}
}

// candidate takes a candidacy through its first decisions.
func (s *script) candidate(x int, n *life[need.State, need.Command, need.Event]) {
	of, id, me := n.state, s.people[x].ID, s.owners[x]
	if of.Status != need.StatusPublished {
		return
	}
	c := begin(&candidacy.Aggregate, string(domain.CandidacyIDFor(of.ID, id)))
	s.consents++
	consent := candidacy.Consent{ID: idOf[domain.ConsentID]("consent", s.consents), Until: today.AddDays(200)}
	c.do(candidacy.Apply{
		Stamp:   step(me, domain.RoleExpert, 9),
		Ref:     candidacy.Ref{Need: of.ID, Expert: id, Programme: of.Programme, Institution: of.Institution, Country: of.Country},
		Consent: consent, Motivation: about(id, "I know the ward from my first years of work and want to hand on what I learnt since."),
	})
	c.end(s.ledger)
	far := s.chance.IntN(100)
	manager := s.managers[x%len(s.managers)]
	if far >= 75 {
		return
	}
	c.do(candidacy.Shortlist{Stamp: step(manager, domain.RoleManager, 8)})
	c.do(candidacy.ShareWithHost{Stamp: step(manager, domain.RoleManager, 8), Consent: consent})
	c.end(s.ledger)
	if far >= 55 {
		return
	}
	officer := of.Owner
	focal := domain.PrincipalID(domain.DeriveID(namespace, "focal|"+string(of.Country)))
	c.do(candidacy.RecordInterview{Stamp: step(focal, domain.RoleFocalPoint, 7), Date: today.AddDays(-7), Recommendation: candidacy.Recommended,
		Notes: about(id, "Speaks clearly, knows the equipment, would come for eight weeks.")})
	c.do(candidacy.HostDecide{Stamp: step(officer, domain.RoleHost, 6), Accept: far < 40, Reason: reason(far < 40)})
	c.do(candidacy.Recommend{Stamp: step(focal, domain.RoleFocalPoint, 6), Recommendation: candidacy.Recommended, Reason: about(id, "Fits.")})
	c.end(s.ledger)
	if far < 22 {
		s.assign(c, n, x, far)
	}
}

func reason(accepted bool) candidacy.HostReason {
	if accepted {
		return candidacy.SuitsTheNeed
	}
	return candidacy.SkillsMissing
}

// assign plays the placement, the offer and the assignment. It stops where the
// need has no seat left or the expert is booked.
func (s *script) assign(c *candidacyLife, n *life[need.State, need.Command, need.Event], x, far int) {
	of, id, manager := n.state, s.people[x].ID, s.managers[(x+1)%len(s.managers)]
	from := of.Terms.Window.Period.From
	period := domain.Period{From: from, To: from.AddDays(7*int(of.Terms.Window.MinWeeks) - 1)}
	modality := of.Terms.Modality
	if of.Left() == 0 || len(s.candidates[x].state.Bookings) > 0 {
		return
	}
	system := step(idOf[domain.PrincipalID]("system", 0), domain.RoleSystem, 5)
	c.do(candidacy.Approve{Stamp: step(manager, domain.RoleManager, 5), Period: period, Modality: modality, NeedVersion: of.Version, Rank: 1,
		Score: candidacy.ScoreShown{Total: 7345, PolicyVersion: 1, TaxonomyVersion: "1", LogPosition: uint64(s.ledger.events)}})
	c.end(s.ledger)
	key := domain.CandidacyID(c.id)
	n.do(need.AllocateSeat{Stamp: system, Candidacy: key, Version: of.Version})
	n.end(s.ledger)
	s.candidates[x].do(expert.Book{Stamp: system, Candidacy: key, Period: period})
	s.candidates[x].end(s.ledger)
	c.do(candidacy.ConfirmApproval{Stamp: system})
	c.do(candidacy.MakeOffer{Stamp: step(manager, domain.RoleManager, 4)})
	c.end(s.ledger)
	if far >= 16 {
		return
	}
	c.do(candidacy.AcceptOffer{Stamp: step(s.owners[x], domain.RoleExpert, 3)})
	c.end(s.ledger)
	a := begin(&assignment.Aggregate, string(domain.AssignmentIDFor(key)))
	a.do(assignment.Plan{
		Stamp: system, Need: of.ID, Candidacy: key, Expert: id, Institution: of.Institution, Programme: of.Programme,
		Country: of.Country, Period: period, Modality: modality,
	})
	a.end(s.ledger)
	a.do(assignment.RecordAgreement{Stamp: step(manager, domain.RoleManager, 3), On: today.AddDays(-3)})
	a.do(assignment.ProposeWorkPlan{Stamp: step(s.owners[x], domain.RoleExpert, 2), Items: []assignment.PlanItem{{Output: 1, Activity: "Train the staff of the ward"}}})
	a.do(assignment.AgreeWorkPlan{Stamp: step(of.Owner, domain.RoleHost, 1), Version: 1})
	for _, i := range a.state.Outstanding() {
		a.do(assignment.CompleteItem{Stamp: step(manager, domain.RoleManager, 1), Item: i})
	}
	a.end(s.ledger)
}
