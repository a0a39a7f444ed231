package model

import (
	"context"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/assignment"
	"github.com/diaspora-match/diaspora/domain/disclosure"
	"github.com/diaspora-match/diaspora/internal/authz"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

var (
	ruleAssignment      = rule("Assignment")
	ruleAssignmentTexts = rule("Assignment.texts")
)

// Assignment is an assignment as a principal sees it.
type Assignment struct {
	*views.AssignmentRow
	s           *Sight
	need        func(domain.NeedID) (*Need, error)
	published   func(domain.NeedID) (*PublishedNeed, error)
	candidacy   func(domain.CandidacyID) (*Candidacy, error)
	expert      func(domain.ExpertID) (*Expert, error)
	institution func(domain.InstitutionID) (*Institution, error)
	programme   func(domain.ProgrammeID) (*Programme, error)
	follows     func(domain.AssignmentID) (*Assignment, error)
}

// IsNode marks an object with a global id.
func (Assignment) IsNode() {}

func assignmentObject(r *views.AssignmentRow) authz.Object { return authz.Object{Scope: r.Scope()} }

func (s *Sight) assignments(rows []*views.AssignmentRow) ([]*Assignment, error) {
	type row = views.AssignmentRow
	needOf := func(r *row) domain.NeedID { return r.Need }
	group := Assignment{
		s: s, need: peers(rows, needOf, s.needsByID), published: peers(rows, needOf, s.publishedByID),
		candidacy:   peers(rows, func(r *row) domain.CandidacyID { return r.Candidacy }, s.candidaciesByID),
		expert:      peers(rows, func(r *row) domain.ExpertID { return r.Expert }, s.expertsByID),
		institution: peers(rows, func(r *row) domain.InstitutionID { return r.Institution }, s.institutionsByID),
		programme:   peers(rows, func(r *row) domain.ProgrammeID { return r.Programme }, s.programmesByID),
		follows:     peers(rows, func(r *row) domain.AssignmentID { return r.Follows }, s.assignmentsByID),
	}
	out := make([]*Assignment, len(rows))
	for i, r := range rows {
		d, err := s.decidePerson(ruleAssignment, assignmentObject(r))
		if err != nil {
			return nil, err
		}
		if d.Allowed {
			a := group
			a.AssignmentRow = r
			out[i] = &a
		}
	}
	return out, nil
}

func (s *Sight) assignmentsByID(ids []domain.AssignmentID) (map[domain.AssignmentID]*Assignment, error) {
	return seenErr(s, views.Assignments, ids, s.assignments)
}

// Assignment is the assignment of an id, or nil.
func (s *Sight) Assignment(id domain.AssignmentID) (*Assignment, error) {
	return one(id, s.assignmentsByID)
}

// AssignmentFilter chooses assignments; empty fields do not restrict.
type AssignmentFilter struct {
	Status      []assignment.Status
	Need        domain.NeedID
	Expert      domain.ExpertID
	Institution domain.InstitutionID
	Programme   domain.ProgrammeID
	Country     domain.Country
}

func (f AssignmentFilter) keeps(r *views.AssignmentRow) bool {
	return anyOf(f.Status, r.Status) && wanted(f.Need, r.Need) && wanted(f.Expert, r.Expert) &&
		wanted(f.Institution, r.Institution) && wanted(f.Programme, r.Programme) && wanted(f.Country, r.Country)
}

// place chooses the index, as for candidacies.
func (f AssignmentFilter) place(who authz.Principal) (index, id string, ok bool) {
	switch {
	case f.Need != "":
		return views.AssignmentsOfNeed, string(f.Need), true
	case f.Expert != "":
		return views.AssignmentsOfExpert, string(f.Expert), true
	case f.Institution != "":
		return views.AssignmentsOfInstitution, string(f.Institution), true
	case f.Programme != "":
		return views.AssignmentsOfProgramme, string(f.Programme), true
	case f.Country != "":
		return views.AssignmentsOfCountry, string(f.Country), true
	}
	switch scope := onlyScope(who); {
	case scope.Expert != "":
		return views.AssignmentsOfExpert, string(scope.Expert), true
	case scope.Institution != "":
		return views.AssignmentsOfInstitution, string(scope.Institution), true
	case scope.Country != "":
		return views.AssignmentsOfCountry, string(scope.Country), true
	case scope.Programme != "":
		return views.AssignmentsOfProgramme, string(scope.Programme), true
	}
	return "", "", false
}

// Assignments lists the assignments that the principal may see.
func (s *Sight) Assignments(f AssignmentFilter, p projections.Paging) (*AssignmentConnection, error) {
	index, id, ok := f.place(s.who)
	if !ok {
		return nil, ErrPlace
	}
	if _, err := s.holds(); err != nil { // before the views are locked by the read
		return nil, err
	}
	keep := func(r *views.AssignmentRow) bool {
		if !f.keeps(r) {
			return false
		}
		d, err := s.decidePerson(ruleAssignment, assignmentObject(r))
		return err == nil && d.Allowed
	}
	var page projections.Page[views.AssignmentRow]
	err := s.read(func(r projections.Reader) (err error) {
		page, err = views.Assignments.Filter(r, index, id, p, keep)
		return err
	})
	if err != nil {
		return nil, err
	}
	found, err := s.assignments(page.Rows)
	if err != nil {
		return nil, err
	}
	return connect(page, found, false), nil
}

// Need is the need, or nil.
func (a *Assignment) Need() (*Need, error) { return a.need(a.AssignmentRow.Need) }

// PublishedNeed is the public text of the need, or nil.
func (a *Assignment) PublishedNeed() (*PublishedNeed, error) {
	return a.published(a.AssignmentRow.Need)
}

// Candidacy is what it came of, or nil.
func (a *Assignment) Candidacy() (*Candidacy, error) { return a.candidacy(a.AssignmentRow.Candidacy) }

// Expert is the matching profile, or nil.
func (a *Assignment) Expert() (*Expert, error) {
	if a.AssignmentRow.Expert == "" {
		return nil, nil
	}
	return a.expert(a.AssignmentRow.Expert)
}

// Institution is the host.
func (a *Assignment) Institution() (*Institution, error) {
	return a.institution(a.AssignmentRow.Institution)
}

// Programme is the programme.
func (a *Assignment) Programme() (*Programme, error) { return a.programme(a.AssignmentRow.Programme) }

// Follows is the earlier assignment in the chain, or nil.
func (a *Assignment) Follows() (*Assignment, error) { return a.follows(a.AssignmentRow.Follows) }

// Next are the later assignments in the chain.
func (a *Assignment) Next() ([]*Assignment, error) {
	return inOrder(a.AssignmentRow.Next, a.s.assignmentsByID)
}

// WorkPlan is the latest version, or nil.
func (a *Assignment) WorkPlan() *views.WorkPlan {
	if a.AssignmentRow.WorkPlan.Version == 0 {
		return nil
	}
	return &a.AssignmentRow.WorkPlan
}

// Checklist, CheckIns, Activities, Evaluations, FollowUps and Steps are lists of
// the row.
func (a *Assignment) Checklist() []views.CheckItem    { return listed(a.AssignmentRow.Checklist) }
func (a *Assignment) CheckIns() []views.CheckIn       { return listed(a.AssignmentRow.CheckIns) }
func (a *Assignment) Activities() []views.Activity    { return listed(a.AssignmentRow.Activities) }
func (a *Assignment) Evaluations() []views.Evaluation { return listed(a.AssignmentRow.Evaluations) }
func (a *Assignment) FollowUps() []views.FollowUp     { return listed(a.AssignmentRow.FollowUps) }
func (a *Assignment) Steps() []views.Step             { return listed(a.AssignmentRow.Steps) }

// Reports lists the reports handed in, then those to be handed in.
func (a *Assignment) Reports() []Report {
	out := make([]Report, 0, len(a.AssignmentRow.Reports)+1)
	for _, r := range a.AssignmentRow.Reports {
		out = append(out, Report{Kind: r.Kind, Status: r.Status, Version: r.Version, At: r.At})
	}
	for _, due := range a.ReportsDue() {
		kind := assignment.ReportKind(due.What)
		known := false
		for i := range out {
			if out[i].Kind == kind {
				out[i].Due, known = due.By, true
			}
		}
		if !known {
			out = append(out, Report{Kind: kind, Due: due.By})
		}
	}
	return out
}

// Texts are the texts of reports, check-ins and notes; nil when one may not read
// them.
func (a *Assignment) Texts(ctx context.Context) ([]CaseText, error) {
	e, err := a.Expert()
	if err != nil {
		return nil, err
	}
	return a.s.texts(ctx, ruleAssignmentTexts, e, string(a.ID), disclosure.Notes)
}

// Report is where a report stands.
type Report struct {
	Kind    assignment.ReportKind
	Status  assignment.ReportStatus // empty: not handed in
	Version int
	Due     domain.Date // zero: handed in
	At      time.Time
}

// History lists what happened to it; nil when one may not read it.
func (a *Assignment) History(first *int, after *string, last *int, before *string) (*HistoryConnection, error) {
	return a.s.historyOf("Assignment.history", "assignment", string(a.ID), assignmentObject(a.AssignmentRow), first, after, last, before)
}
