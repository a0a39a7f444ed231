package model

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/disclosure"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/internal/authz"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

var (
	ruleProfile   = rule("Expert")
	ruleIdentity  = rule("Expert.identity")
	ruleConsents  = rule("Expert.consents")
	ruleConflicts = rule("Expert.conflicts")
)

// Expert is a matching profile as a principal sees it.
type Expert struct {
	*views.ExpertRow
	s      *Sight
	object authz.Object
	as     domain.Role // the role that lets the principal in
}

// IsNode marks an object with a global id.
func (Expert) IsNode() {}

// ExpertObject locates an expert for authorisation: in the countries of
// heritage and of the candidacies, and in the programmes that registration went
// to, that found the expert eligible, that work in one of those countries, or
// that have a candidacy.
func ExpertObject(r *views.ExpertRow, in *views.InvolvementRow, working map[domain.Country][]domain.ProgrammeID, today domain.Date) authz.Object {
	o := authz.Object{
		Scope: domain.Scope{Expert: r.ID, Programme: r.Programme}, Programmes: r.Eligible(), Countries: r.Countries(), Consented: r.SharedWith(today),
	}
	for _, c := range o.Countries {
		for _, p := range working[c] {
			o.Programmes = distinct(o.Programmes, p)
		}
	}
	if in != nil {
		for _, c := range in.Candidacies {
			o.Programmes = distinct(o.Programmes, c.Programme)
			o.Countries = distinct(o.Countries, c.Country)
			o.Candidate = distinct(o.Candidate, c.Institution)
		}
	}
	return o
}

func distinct[T comparable](list []T, v T) []T {
	if slices.Contains(list, v) {
		return list
	}
	return append(list, v)
}

func (s *Sight) experts(rows []*views.ExpertRow) ([]*Expert, error) {
	ids := make([]domain.ExpertID, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	involved, err := many(s, views.Involvements, ids)
	if err != nil {
		return nil, err
	}
	working, err := s.working()
	if err != nil {
		return nil, err
	}
	out := make([]*Expert, len(rows))
	for i, r := range rows {
		o := ExpertObject(r, involved[r.ID], working, s.today)
		d, err := s.decidePerson(ruleProfile, o)
		if err != nil {
			return nil, err
		}
		if d.Allowed {
			out[i] = &Expert{r, s, o, d.As}
		}
	}
	return out, nil
}

func (s *Sight) expertsByID(ids []domain.ExpertID) (map[domain.ExpertID]*Expert, error) {
	return seenErr(s, views.Experts, ids, s.experts)
}

// Expert is the expert of an id, or nil.
func (s *Sight) Expert(id domain.ExpertID) (*Expert, error) { return one(id, s.expertsByID) }

// ExpertFilter chooses experts; empty fields do not restrict.
type ExpertFilter struct {
	Stage     []expert.Stage
	Sector    domain.Sector
	Skills    []domain.Skill
	Residence []domain.Country
	Heritage  domain.Country
	Language  domain.Language
}

func (f ExpertFilter) keeps(r *views.ExpertRow) bool {
	return anyOf(f.Stage, r.Stage()) && anyOf(f.Residence, r.Residence) &&
		(f.Sector == "" || slices.ContainsFunc(r.Sectors, func(e expert.SectorExperience) bool { return e.Sector == f.Sector })) &&
		(f.Language == "" || slices.ContainsFunc(r.Languages, func(l domain.LanguageClaim) bool { return l.Language == f.Language })) &&
		hasSkills(r, f.Skills)
}

func hasSkills(r *views.ExpertRow, skills []domain.Skill) bool {
	for _, skill := range skills {
		if !slices.ContainsFunc(r.Skills, func(c domain.SkillClaim) bool { return c.Skill == skill }) {
			return false
		}
	}
	return true
}

// Experts lists the experts that the principal may see.
func (s *Sight) Experts(f ExpertFilter, p projections.Paging) (*ExpertConnection, error) {
	working, err := s.working()
	if err != nil {
		return nil, err
	}
	if _, err := s.holds(); err != nil {
		return nil, err
	}
	q := views.ExpertQuery{Country: f.Heritage}
	if len(f.Stage) == 1 {
		q.Stage = f.Stage[0]
	}
	if g := s.who.Grants; q.Country == "" && len(g) == 1 && g[0].Role == domain.RoleFocalPoint {
		q.Country = g[0].Scope.Country
	}
	var page projections.Page[views.ExpertRow]
	err = s.read(func(r projections.Reader) error {
		var failed error
		q.Keep = func(row *views.ExpertRow) bool {
			if failed != nil || !f.keeps(row) {
				return false
			}
			in, err := views.Involvements.Get(r, string(row.ID))
			if err != nil {
				failed = err
				return false
			}
			d, err := s.decidePerson(ruleProfile, ExpertObject(row, in, working, s.today))
			if err != nil {
				failed = err
			}
			return d.Allowed
		}
		var err error
		if page, err = views.FindExperts(r, q, p); err != nil {
			return err
		}
		return failed
	})
	if err != nil {
		return nil, err
	}
	experts, err := s.experts(page.Rows)
	if err != nil {
		return nil, err
	}
	return connect(page, experts, false), nil
}

// Pseudonym is how the expert is called where nobody is named.
func (e *Expert) Pseudonym() string { return e.Label() }

// Stage sums up where the profile stands.
func (e *Expert) Stage() expert.Stage { return e.ExpertRow.Stage() }

// Missing lists the missing parts of the profile.
func (e *Expert) Missing() []expert.Hint { return listed(e.Completeness()) }

// Availability is when the expert could serve.
func (e *Expert) Availability() []domain.Availability { return listed(e.Windows) }

// Preferences are wishes.
func (e *Expert) Preferences() *expert.Preferences { return &e.Wishes }

// TransferMethods are those that the expert has used.
func (e *Expert) TransferMethods() []domain.TransferMethod { return listed(e.Transfer.Methods) }

// TimesTrained counts trainings given.
func (e *Expert) TimesTrained() uint16 { return e.Transfer.TimesTrained }

// Eligibility is the latest word in each programme.
func (e *Expert) Eligibility() []views.Verdict { return listed(e.Verdicts) }

// ConfirmedOn is when the profile was last confirmed.
func (e *Expert) ConfirmedOn() domain.Date { return e.Confirmed }

// Consents are what the expert agrees to; nil when one may not read them.
func (e *Expert) Consents() []views.Consent {
	if !e.s.decide(ruleConsents, e.object).Allowed {
		return nil
	}
	return listed(e.ExpertRow.Consents)
}

// Conflicts are the institutions that the expert must not serve; nil when one
// may not read them.
func (e *Expert) Conflicts() []domain.InstitutionID {
	if !e.s.decide(ruleConflicts, e.object).Allowed {
		return nil
	}
	return listed(e.ExpertRow.Conflicts)
}

// identityFields says which fields of the record of disclosures a field of the
// schema reads.
var identityFields = map[string]disclosure.Field{
	"name": disclosure.Name, "email": disclosure.Contact, "phone": disclosure.Contact,
	"birthYear": disclosure.BirthYear, "gender": disclosure.Gender, "motivation": disclosure.Motivation,
	"cv": disclosure.CV, "references": disclosure.Referees,
}

// Identity is who the expert is; nil when one may not read it. What others read
// is recorded first, by the fields that they ask for.
func (e *Expert) Identity(ctx context.Context) (*Identity, error) {
	purpose, ok, err := e.s.mayIdentify(ctx, ruleIdentity, e.ExpertRow, e.object, readFields(ctx))
	if !ok || err != nil {
		return nil, err
	}
	rows, err := many(e.s, views.People, []domain.ExpertID{e.ID})
	if err != nil || rows[e.ID] == nil {
		return nil, err
	}
	return identityOf(rows[e.ID], purpose)
}

// readFields lists what of an identity the operation asks for.
func readFields(ctx context.Context) []disclosure.Field {
	var fields []disclosure.Field
	for _, f := range graphql.CollectFieldsCtx(ctx, nil) {
		if field, ok := identityFields[f.Name]; ok {
			fields = distinct(fields, field)
		}
	}
	return fields
}

// mayIdentify decides whether the principal may read fields of a person, for
// which purpose, and records a reading that must be.
func (s *Sight) mayIdentify(ctx context.Context, action authz.Action, r *views.ExpertRow, o authz.Object, fields []disclosure.Field) (personal.Purpose, bool, error) {
	if s.blind {
		return "", false, nil
	}
	d, err := s.decidePerson(action, o)
	if err != nil || !d.Allowed || d.Pseudonymous {
		return "", false, err
	}
	if !d.Logged {
		return personal.ToSubject, true, nil
	}
	if len(fields) == 0 {
		return personal.ToCaseWork, true, nil
	}
	reading := Reading{Expert: r.ID, Purpose: personal.ToCaseWork, Fields: fields}
	if d.As == domain.RoleHost {
		c := s.consentTo(r)
		if c == nil {
			return "", false, nil
		}
		reading.Purpose, reading.Institution, reading.Need = personal.ToConsented, c.Institution, c.Need
	}
	if err := s.src.Disclosures.Record(ctx, s.who.ID, d.As, reading); err != nil {
		return "", false, err
	}
	return reading.Purpose, true, nil
}

// consentTo is the consent of the expert to share with an institution of the
// principal's, for a need, that holds today.
func (s *Sight) consentTo(r *views.ExpertRow) *views.Consent {
	own := s.who.Institutions()
	for i := range r.Consents {
		c := &r.Consents[i]
		if c.Purpose == expert.ShareWithHost && c.Need != "" && s.today <= c.Until && slices.Contains(own, c.Institution) {
			return c
		}
	}
	return nil
}

func identityOf(r *views.PersonRow, purpose personal.Purpose) (*Identity, error) {
	var o opener
	text := func(t personal.Text) *string { return o.open(t, purpose) }
	id := &Identity{
		Name: text(r.Identity.Name), Email: text(r.Identity.Email), Phone: text(r.Identity.Phone),
		BirthYear: text(r.Identity.BirthYear), Gender: text(r.Identity.Gender),
		Motivation: text(r.Motivation), Cv: text(r.CV), References: make([]Reference, len(r.References)),
	}
	for i, ref := range r.References {
		id.References[i] = Reference{Name: text(ref.Name), Contact: text(ref.Contact), Relation: text(ref.Relation)}
	}
	return id, o.err
}

// Disclosures lists who read the expert's data; nil when one may not read it.
func (e *Expert) Disclosures(first *int, after *string, last *int, before *string) (*DisclosureConnection, error) {
	return e.s.disclosuresOf("Expert.disclosures", e.ID, e.object, first, after, last, before)
}

// Candidacies lists the expert's candidacies.
func (e *Expert) Candidacies(filter *CandidacyFilter, first *int, after *string, last *int, before *string) (*CandidacyConnection, error) {
	f := deref(filter)
	f.Expert = e.ID
	paging, err := Paging(first, after, last, before)
	if err != nil {
		return nil, err
	}
	return e.s.Candidacies(f, paging)
}

// Assignments lists the expert's assignments.
func (e *Expert) Assignments(filter *AssignmentFilter, first *int, after *string, last *int, before *string) (*AssignmentConnection, error) {
	f := deref(filter)
	f.Expert = e.ID
	paging, err := Paging(first, after, last, before)
	if err != nil {
		return nil, err
	}
	return e.s.Assignments(f, paging)
}

// Matches ranks needs for the expert; nil when one may not.
func (e *Expert) Matches(first int) ([]Match, error) {
	return e.s.matchesFor("Expert.matches", e, first)
}

// History lists what happened to the profile; nil when one may not read it.
func (e *Expert) History(first *int, after *string, last *int, before *string) (*HistoryConnection, error) {
	return e.s.historyOf("Expert.history", "expert", string(e.ID), e.object, first, after, last, before)
}
