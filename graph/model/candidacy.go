package model

import (
	"context"
	"slices"
	"sync"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/disclosure"
	"github.com/diaspora-match/diaspora/domain/ranking"
	"github.com/diaspora-match/diaspora/internal/authz"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

var (
	ruleCandidacy  = rule("Candidacy")
	ruleMotivation = rule("Candidacy.motivation")

	ruleCandidacyTexts = rule("Candidacy.texts")
)

// ErrPlace: the list would have to be put together out of several places.
var ErrPlace = domain.Refuse(domain.Invalid, "view.place", "This list needs a place: your grants reach into several.", "Name a need, an expert, an institution, a programme or a country in the filter.").At("filter")

// Candidacy is a candidacy as a principal sees it.
type Candidacy struct {
	*views.CandidacyRow
	s           *Sight
	need        func(domain.NeedID) (*Need, error)
	published   func(domain.NeedID) (*PublishedNeed, error)
	expert      func(domain.ExpertID) (*Expert, error)
	institution func(domain.InstitutionID) (*Institution, error)
	programme   func(domain.ProgrammeID) (*Programme, error)
	assignment  func(domain.AssignmentID) (*Assignment, error)
	verdicts    func() (map[pair]*Verdict, error) // of all candidacies of the list
}

// IsNode marks an object with a global id.
func (Candidacy) IsNode() {}

func candidacyObject(r *views.CandidacyRow) authz.Object { return authz.Object{Scope: r.Scope()} }

func pairOf(r *views.CandidacyRow) pair { return pair{r.Expert, r.Need} }

func assignmentOf(r *views.CandidacyRow) domain.AssignmentID { return domain.AssignmentIDFor(r.ID) }

func (s *Sight) candidacies(rows []*views.CandidacyRow) ([]*Candidacy, error) {
	needOf := func(r *views.CandidacyRow) domain.NeedID { return r.Need }
	group := Candidacy{
		s: s, need: peers(rows, needOf, s.needsByID), published: peers(rows, needOf, s.publishedByID),
		expert:      peers(rows, func(r *views.CandidacyRow) domain.ExpertID { return r.Expert }, s.expertsByID),
		institution: peers(rows, func(r *views.CandidacyRow) domain.InstitutionID { return r.Institution }, s.institutionsByID),
		programme:   peers(rows, func(r *views.CandidacyRow) domain.ProgrammeID { return r.Programme }, s.programmesByID),
		assignment:  peers(rows, assignmentOf, s.assignmentsByID),
	}
	out := make([]*Candidacy, len(rows))
	group.verdicts = sync.OnceValues(func() (map[pair]*Verdict, error) { return s.verdictsBeside(out) })
	for i, r := range rows {
		d, err := s.decidePerson(ruleCandidacy, candidacyObject(r))
		if err != nil {
			return nil, err
		}
		if d.Allowed {
			c := group
			c.CandidacyRow = r
			out[i] = &c
		}
	}
	return out, nil
}

// verdictsBeside judges candidacies that are shown together.
func (s *Sight) verdictsBeside(list []*Candidacy) (map[pair]*Verdict, error) {
	var pairs []pair
	for _, c := range list {
		if c != nil && c.CandidacyRow.Expert != "" {
			pairs = append(pairs, pairOf(c.CandidacyRow))
		}
	}
	return s.verdicts(ranking.Candidates, pairs)
}

func (s *Sight) candidaciesByID(ids []domain.CandidacyID) (map[domain.CandidacyID]*Candidacy, error) {
	return seenErr(s, views.Candidacies, ids, s.candidacies)
}

// Candidacy is the candidacy of an id, or nil.
func (s *Sight) Candidacy(id domain.CandidacyID) (*Candidacy, error) {
	return one(id, s.candidaciesByID)
}

// CandidacyFilter chooses candidacies; empty fields do not restrict.
type CandidacyFilter struct {
	Stage       []candidacy.Stage
	Open        *bool
	Need        domain.NeedID
	Expert      domain.ExpertID
	Institution domain.InstitutionID
	Programme   domain.ProgrammeID
	Country     domain.Country
}

func (f CandidacyFilter) keeps(r *views.CandidacyRow) bool {
	return anyOf(f.Stage, r.Stage) && (f.Open == nil || *f.Open != r.Over()) && wanted(f.Need, r.Need) &&
		wanted(f.Expert, r.Expert) && wanted(f.Institution, r.Institution) &&
		wanted(f.Programme, r.Programme) && wanted(f.Country, r.Country)
}

func wanted[T ~string](want, is T) bool { return want == "" || want == is }

// place chooses the index: the nearest place that the filter names, or the one
// that the principal's only grant is bound to.
func (f CandidacyFilter) place(who authz.Principal) (index, id string, ok bool) {
	switch {
	case f.Need != "":
		return views.CandidaciesOfNeed, string(f.Need), true
	case f.Expert != "":
		return views.CandidaciesOfExpert, string(f.Expert), true
	case f.Institution != "":
		return views.CandidaciesOfInstitution, string(f.Institution), true
	case f.Programme != "":
		return views.CandidaciesOfProgramme, string(f.Programme), true
	case f.Country != "":
		return views.CandidaciesOfCountry, string(f.Country), true
	}
	switch scope := onlyScope(who); {
	case scope.Expert != "":
		return views.CandidaciesOfExpert, string(scope.Expert), true
	case scope.Institution != "":
		return views.CandidaciesOfInstitution, string(scope.Institution), true
	case scope.Country != "":
		return views.CandidaciesOfCountry, string(scope.Country), true
	case scope.Programme != "":
		return views.CandidaciesOfProgramme, string(scope.Programme), true
	}
	return "", "", false
}

// onlyScope is the scope of the principal's only grant.
func onlyScope(who authz.Principal) domain.Scope {
	if len(who.Grants) != 1 {
		return domain.Scope{}
	}
	return who.Grants[0].Scope
}

// Candidacies lists the candidacies that the principal may see.
func (s *Sight) Candidacies(f CandidacyFilter, p projections.Paging) (*CandidacyConnection, error) {
	index, id, ok := f.place(s.who)
	if !ok {
		return nil, ErrPlace
	}
	q := views.CandidacyQuery{Index: index, ID: id}
	if len(f.Stage) == 1 {
		q.Stage = f.Stage[0]
	}
	if _, err := s.holds(); err != nil { // before the views are locked by the read
		return nil, err
	}
	q.Keep = func(r *views.CandidacyRow) bool {
		if !f.keeps(r) {
			return false
		}
		d, err := s.decidePerson(ruleCandidacy, candidacyObject(r))
		return err == nil && d.Allowed
	}
	var page projections.Page[views.CandidacyRow]
	err := s.read(func(r projections.Reader) (err error) {
		page, err = views.FindCandidacies(r, q, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	found, err := s.candidacies(page.Rows)
	if err != nil {
		return nil, err
	}
	return connect(page, found, false), nil
}

// Ended reports whether nothing more can be decided.
func (c *Candidacy) Ended() bool { return c.Over() }

// Need is the need, or nil.
func (c *Candidacy) Need() (*Need, error) { return c.need(c.CandidacyRow.Need) }

// PublishedNeed is the public text of the need, or nil.
func (c *Candidacy) PublishedNeed() (*PublishedNeed, error) { return c.published(c.CandidacyRow.Need) }

// Expert is the matching profile, or nil.
func (c *Candidacy) Expert() (*Expert, error) {
	if c.CandidacyRow.Expert == "" {
		return nil, nil
	}
	return c.expert(c.CandidacyRow.Expert)
}

// Institution is the host.
func (c *Candidacy) Institution() (*Institution, error) {
	return c.institution(c.CandidacyRow.Institution)
}

// Programme is the programme.
func (c *Candidacy) Programme() (*Programme, error) { return c.programme(c.CandidacyRow.Programme) }

// Assignment is what came of it, or nil.
func (c *Candidacy) Assignment() (*Assignment, error) {
	return c.assignment(assignmentOf(c.CandidacyRow))
}

// Consent is the consent to share that holds, or nil.
func (c *Candidacy) Consent() *candidacy.Consent {
	if !c.CandidacyRow.Consent.ValidOn(c.s.today) {
		return nil
	}
	return &c.CandidacyRow.Consent
}

// ScoreShown is the score of the suggestion, or nil.
func (c *Candidacy) ScoreShown() *ScoreShown { return scoreShown(c.Score) }

// Motivation is why the expert applies; empty when one may not read it.
func (c *Candidacy) Motivation(ctx context.Context) (string, error) {
	e, err := c.Expert()
	if err != nil {
		return "", err
	}
	texts, err := c.s.texts(ctx, ruleMotivation, e, string(c.ID), disclosure.Motivation)
	for _, t := range slices.Backward(texts) {
		if t.Kind == string(views.ApplicationText) {
			return deref(t.Text), err
		}
	}
	return "", err
}

// Texts are what was written about the expert; nil when one may not read it.
func (c *Candidacy) Texts(ctx context.Context) ([]CaseText, error) {
	e, err := c.Expert()
	if err != nil {
		return nil, err
	}
	return c.s.texts(ctx, ruleCandidacyTexts, e, string(c.ID), disclosure.Notes)
}

// Sharing is the last sharing with the host, or nil.
func (c *Candidacy) Sharing() *views.Sharing { return c.Shared }

// Interviews are those recorded, the latest last.
func (c *Candidacy) Interviews() []views.Interview { return listed(c.CandidacyRow.Interviews) }

// HostDecision is the host's decision, or nil.
func (c *Candidacy) HostDecision() *HostDecision {
	if c.Host == nil {
		return nil
	}
	return &HostDecision{c.Host}
}

// Recommendation is the focal point's opinion, or nil.
func (c *Candidacy) Recommendation() *FocalPointRecommendation {
	if c.CandidacyRow.Recommendation == nil {
		return nil
	}
	return &FocalPointRecommendation{c.CandidacyRow.Recommendation}
}

// Approval is the manager's decision, or nil.
func (c *Candidacy) Approval() *Approval {
	if c.CandidacyRow.Approval == nil {
		return nil
	}
	return &Approval{c.CandidacyRow.Approval}
}

// Offer is the offer, or nil.
func (c *Candidacy) Offer() *Offer {
	if c.CandidacyRow.Offer == nil {
		return nil
	}
	return &Offer{c.CandidacyRow.Offer}
}

// Ending is how it ended, or nil.
func (c *Candidacy) Ending() *views.Ending { return c.CandidacyRow.Ended }

// Verdict judges the two as they are now; nil when one may not read it.
func (c *Candidacy) Verdict() (*Verdict, error) {
	found, err := c.verdicts()
	return found[pairOf(c.CandidacyRow)], err
}

// History lists what happened to it; nil when one may not read it.
func (c *Candidacy) History(first *int, after *string, last *int, before *string) (*HistoryConnection, error) {
	return c.s.historyOf("Candidacy.history", "candidacy", string(c.ID), candidacyObject(c.CandidacyRow), first, after, last, before)
}

// Approval is the manager's decision.
type Approval struct{ *views.Approval }

// Score is the score that the manager had before them, or nil.
func (a *Approval) Score() *ScoreShown { return scoreShown(a.Approval.Score) }

// Period is the days of the placement; nil for a refusal.
func (a *Approval) Period() *domain.Period {
	if a.Approval.Period.From.IsZero() {
		return nil
	}
	return &a.Approval.Period
}

// Offer is an offer with its answer.
type Offer struct{ *views.Offer }

// Accepted is the answer, or nil.
func (o *Offer) Accepted() *bool {
	if o.Answer == nil {
		return nil
	}
	return &o.Answer.Accepted
}
