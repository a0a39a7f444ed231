package model

import (
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/domain/programme"
	"github.com/diaspora-match/diaspora/internal/authz"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

var (
	ruleProgramme        = rule("Programme")
	ruleProgrammeRules   = rule("Programme.eligibility")
	ruleProgrammeScoring = rule("Programme.scoring")
	ruleProgrammeHolds   = rule("Programme.holds")
	ruleProgrammeWaits   = rule("Programme.deadlines")
)

// Programme is a programme as a principal sees it.
type Programme struct {
	*views.ProgrammeRow
	s *Sight
}

// IsNode marks an object with a global id.
func (Programme) IsNode() {}

func programmeObject(r *views.ProgrammeRow) authz.Object {
	o := authz.Object{Scope: r.Scope(), Countries: make([]domain.Country, len(r.Countries))}
	for i, c := range r.Countries {
		o.Countries[i] = c.Country
	}
	return o
}

func (s *Sight) programme(r *views.ProgrammeRow) *Programme {
	if r == nil || !s.decide(ruleProgramme, programmeObject(r)).Allowed {
		return nil
	}
	return &Programme{r, s}
}

func (s *Sight) programmesByID(ids []domain.ProgrammeID) (map[domain.ProgrammeID]*Programme, error) {
	return seen(s, views.Programmes, ids, func(rows []*views.ProgrammeRow) []*Programme {
		return each(rows, s.programme)
	})
}

// Programme is the programme of an id, or nil.
func (s *Sight) Programme(id domain.ProgrammeID) (*Programme, error) {
	return one(id, s.programmesByID)
}

// Programmes lists the programmes by name.
func (s *Sight) Programmes(p projections.Paging) (*ProgrammeConnection, error) {
	var page projections.Page[views.ProgrammeRow]
	err := s.read(func(r projections.Reader) (err error) {
		page, err = views.Programmes.Page(r, views.ProgrammesAll, "", p)
		return err
	})
	if err != nil {
		return nil, err
	}
	return connect(page, each(page.Rows, s.programme), true), nil
}

func (p *Programme) rules(action authz.Action) bool {
	return p.s.decide(action, programmeObject(p.ProgrammeRow)).Allowed
}

// Open reports whether the programme has not been closed.
func (p *Programme) Open() bool { return p.ProgrammeRow.Open() }

// Scopes is the last word on what is in scope in each country.
func (p *Programme) Scopes() []views.PublishedScope { return p.Published }

// Deadlines are the waits; nil when one may not read them.
func (p *Programme) Deadlines() *programme.Deadlines {
	if !p.rules(ruleProgrammeWaits) {
		return nil
	}
	return &p.ProgrammeRow.Deadlines
}

// Eligibility is every version of the rules; nil when one may not read them.
func (p *Programme) Eligibility() []policy.Eligibility {
	if !p.rules(ruleProgrammeRules) {
		return nil
	}
	return listed(p.ProgrammeRow.Eligibility)
}

// Scoring is every version of the policy; nil when one may not read them.
func (p *Programme) Scoring() []ScoringPolicy {
	if !p.rules(ruleProgrammeScoring) {
		return nil
	}
	out := make([]ScoringPolicy, len(p.ProgrammeRow.Scoring))
	for i, v := range p.ProgrammeRow.Scoring {
		out[i] = ScoringPolicy{v}
	}
	return out
}

// Holds are the holds that stand; nil when one may not read them.
func (p *Programme) Holds() []views.Hold {
	if !p.rules(ruleProgrammeHolds) {
		return nil
	}
	out := []views.Hold{}
	for _, h := range p.ProgrammeRow.Holds {
		if h.LiftedAt.IsZero() {
			out = append(out, h)
		}
	}
	return out
}

// Institutions lists the institutions of the programme.
func (p *Programme) Institutions(filter *InstitutionFilter, first *int, after *string, last *int, before *string) (*InstitutionConnection, error) {
	f := deref(filter)
	f.Programme = p.ID
	paging, err := Paging(first, after, last, before)
	if err != nil {
		return nil, err
	}
	return p.s.Institutions(f, paging)
}

// Needs lists the needs of the programme.
func (p *Programme) Needs(filter *NeedFilter, orderBy *views.NeedOrder, first *int, after *string, last *int, before *string) (*NeedConnection, error) {
	f := deref(filter)
	f.Programme = p.ID
	paging, err := Paging(first, after, last, before)
	if err != nil {
		return nil, err
	}
	return p.s.Needs(f, deref(orderBy), paging)
}

// ScoringPolicy is a version of the scoring policy with its weights in the fixed
// order of the parts.
type ScoringPolicy struct{ policy.Scoring }

// Weights lists the weights that are not zero.
func (p ScoringPolicy) Weights() []ScoringWeight {
	out := make([]ScoringWeight, 0, len(policy.Parts))
	for _, part := range policy.Parts {
		if w, ok := p.Scoring.Weights[part]; ok {
			out = append(out, ScoringWeight{Part: part, Weight: w})
		}
	}
	return out
}
