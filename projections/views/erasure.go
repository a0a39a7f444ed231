package views

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
)

// erasureView clears a person out of every table at the fence of the erasure,
// before the key is destroyed: from then on nobody can find what the key would
// have opened. It folds last, so that what other views write for the same event
// goes too. What has to stay for others (that a candidacy was, and how it ended)
// stays without the person.
var erasureView = projections.View{
	Name: "erasure", Categories: []string{"expert"}, Fold: foldErasure,
}

func foldErasure(tx *projections.Tx, e *codec.Decoded) error {
	if _, ok := e.Event.(expert.ErasureRequested); !ok {
		return nil
	}
	id := idOf(e)
	row := Involvements.Edit(tx, id)
	if row == nil {
		return missing(e)
	}
	person := *row
	*row = InvolvementRow{Expert: person.Expert, Erased: true}

	Experts.Delete(tx, id)
	People.Delete(tx, id)
	Monitoring.Delete(tx, id)
	Disclosures.Delete(tx, id)
	Inboxes.Delete(tx, string(ToExpert(person.Expert)))
	for _, category := range personStreams {
		History.Delete(tx, category+"-"+id)
	}
	for _, p := range person.Principals {
		erasePrincipal(tx, p, person.Expert)
	}
	who := anonymiser(person.Principals)
	for _, c := range person.Candidacies {
		if r := Candidacies.Edit(tx, c.ID); r != nil {
			who.candidacy(r)
		}
		who.history(tx, "candidacy-"+c.ID)
	}
	for _, id := range person.Rounds {
		if r := Rounds.Edit(tx, string(id)); r != nil {
			who.round(r, person.Expert)
		}
	}
	for _, id := range person.Ranked {
		if r := Rankings.Edit(tx, string(id)); r != nil {
			who.rankings(r, person.Expert)
		}
	}
	for _, a := range person.Assignments {
		if r := Assignments.Edit(tx, a.ID); r != nil {
			who.assignment(r)
		}
		who.history(tx, "assignment-"+a.ID)
	}
	return nil
}

// erasePrincipal takes the expert's part out of what a principal may do. Who is
// nothing else is forgotten; an officer or a manager stays one.
func erasePrincipal(tx *projections.Tx, id domain.PrincipalID, gone domain.ExpertID) {
	row := Principals.Edit(tx, string(id))
	if row == nil {
		return
	}
	row.Grants = slices.DeleteFunc(slices.Clone(row.Grants), func(g Grant) bool { return g.Scope.Expert == gone })
	row.Expert = ""
	if len(row.Grants) == 0 {
		Principals.Delete(tx, string(id))
		Inboxes.Delete(tx, string(ToPrincipal(id)))
	}
}

// anonymiser knows the principals of a person who is erased. Rows share what
// lies behind pointers and slices with their readers, so it changes copies.
type anonymiser []domain.PrincipalID

func (a anonymiser) clear(by *domain.PrincipalID) {
	if slices.Contains(a, *by) {
		*by = ""
	}
}

func (a anonymiser) candidacy(r *CandidacyRow) {
	r.Expert = ""
	a.clear(&r.OriginBy)
	if r.Ended != nil {
		ended := *r.Ended
		a.clear(&ended.By)
		r.Ended = &ended
	}
	if r.Offer != nil && r.Offer.Answer != nil {
		offer, answer := *r.Offer, *r.Offer.Answer
		a.clear(&answer.By)
		offer.Answer = &answer
		r.Offer = &offer
	}
}

func (a anonymiser) assignment(r *AssignmentRow) {
	r.Expert = ""
	a.clear(&r.WorkPlan.By)
	r.Checklist = cleared(r.Checklist, a, func(c *CheckItem) *domain.PrincipalID { return &c.By })
	r.Steps = cleared(r.Steps, a, func(s *Step) *domain.PrincipalID { return &s.By })
	r.CheckIns = cleared(r.CheckIns, a, func(c *CheckIn) *domain.PrincipalID { return &c.By })
	r.Reports = cleared(r.Reports, a, func(p *Report) *domain.PrincipalID { return &p.By })
	r.FollowUps = cleared(r.FollowUps, a, func(f *FollowUp) *domain.PrincipalID { return &f.By })
}

func cleared[T any](list []T, a anonymiser, by func(*T) *domain.PrincipalID) []T {
	list = slices.Clone(list)
	for i := range list {
		a.clear(by(&list[i]))
	}
	return list
}

func (a anonymiser) history(tx *projections.Tx, stream string) {
	row := History.Edit(tx, stream)
	if row == nil {
		return
	}
	row.Entries = slices.Clone(row.Entries)
	for i := range row.Entries {
		a.clear(&row.Entries[i].Actor)
		act := *row.Entries[i].Act
		if a.clear(&act.OnBehalfOf); act.OnBehalfOf != row.Entries[i].OnBehalfOf {
			row.Entries[i].Act = shared(act)
		}
	}
}
