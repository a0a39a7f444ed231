package model

import (
	"slices"
	"strings"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/institution"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/internal/authz"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

var (
	ruleInstitution         = rule("Institution")
	ruleInstitutionFocal    = rule("Institution.missionFocalPoints")
	ruleInstitutionContacts = rule("Institution.contacts")
)

// Institution is a host institution as a principal sees it.
type Institution struct {
	*views.InstitutionRow
	s *Sight
	// inner tells that the principal is of the institution's circle: its
	// officers, the mission's focal points and the programme's managers.
	inner     bool
	programme func(domain.ProgrammeID) (*Programme, error)
	parent    func(domain.InstitutionID) (*Institution, error)
}

// IsNode marks an object with a global id.
func (Institution) IsNode() {}

func institutionObject(r *views.InstitutionRow) authz.Object { return authz.Object{Scope: r.Scope()} }

func (s *Sight) institutions(rows []*views.InstitutionRow) []*Institution {
	programme := peers(rows, func(r *views.InstitutionRow) domain.ProgrammeID { return r.Programme }, s.programmesByID)
	parent := peers(rows, func(r *views.InstitutionRow) domain.InstitutionID { return r.Profile.Parent }, s.institutionsByID)
	return each(rows, func(r *views.InstitutionRow) *Institution {
		o := institutionObject(r)
		if !s.decide(ruleInstitution, o).Allowed {
			return nil
		}
		return &Institution{r, s, s.decide(ruleInstitutionContacts, o).Allowed, programme, parent}
	})
}

func (s *Sight) institutionsByID(ids []domain.InstitutionID) (map[domain.InstitutionID]*Institution, error) {
	return seen(s, views.Institutions, ids, s.institutions)
}

// Institution is the institution of an id, or nil.
func (s *Sight) Institution(id domain.InstitutionID) (*Institution, error) {
	return one(id, s.institutionsByID)
}

// InstitutionFilter chooses institutions; empty fields do not restrict.
type InstitutionFilter struct {
	Stage     []institution.Stage
	Country   domain.Country
	Programme domain.ProgrammeID
	Sector    domain.Sector
	Type      institution.Type
	Text      string
}

// Institutions lists institutions by name. Proposals are shown to their circle
// alone.
func (s *Sight) Institutions(f InstitutionFilter, p projections.Paging) (*InstitutionConnection, error) {
	q := views.InstitutionQuery{Programme: f.Programme, Country: f.Country}
	if len(f.Stage) == 1 {
		q.Stage = f.Stage[0]
	}
	counted := f.Sector == "" && f.Type == "" && f.Text == "" && q.Stage == institution.StageActive
	if !counted {
		text := strings.ToLower(f.Text)
		q.Keep = func(r *views.InstitutionRow) bool {
			return anyOf(f.Stage, r.Stage) &&
				(f.Sector == "" || slices.Contains(r.Profile.Sectors, f.Sector)) &&
				(f.Type == "" || r.Profile.Type == f.Type) &&
				(text == "" || strings.Contains(strings.ToLower(r.ShownAs()), text)) &&
				(r.Stage == institution.StageActive || s.decide(ruleInstitutionContacts, institutionObject(r)).Allowed)
		}
	}
	var page projections.Page[views.InstitutionRow]
	err := s.read(func(r projections.Reader) (err error) {
		page, err = views.FindInstitutions(r, q, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	return connect(page, s.institutions(page.Rows), counted), nil
}

// Name is the name, or the alias where the institution is protected and the
// principal is not of its circle.
func (i *Institution) Name() string {
	if i.inner {
		return i.Profile.Name
	}
	return i.ShownAs()
}

// open reports whether nothing need be held back from this principal.
func (i *Institution) open() bool { return i.inner || i.Profile.Sensitivity != domain.Protected }

// Reason is the last reason given, for its circle.
func (i *Institution) Reason() string {
	if !i.inner {
		return ""
	}
	return i.StageReason
}

// Location is the place; empty where it would tell a protected institution.
func (i *Institution) Location() string {
	if !i.open() {
		return ""
	}
	return i.Profile.Location
}

// Type is the sort of body.
func (i *Institution) Type() institution.Type { return i.Profile.Type }

// Country is the institution's country.
func (i *Institution) Country() domain.Country { return i.Profile.Country }

// Area is the part of the country; empty where it would tell a protected
// institution.
func (i *Institution) Area() domain.Area {
	if !i.open() {
		return ""
	}
	return i.Profile.Area
}

// Sensitivity is how much may be shown.
func (i *Institution) Sensitivity() domain.Sensitivity { return i.Profile.Sensitivity }

// Sectors are the institution's sectors.
func (i *Institution) Sectors() []domain.Sector { return listed(i.Profile.Sectors) }

// Programme is the programme that it was proposed to.
func (i *Institution) Programme() (*Programme, error) { return i.programme(i.InstitutionRow.Programme) }

// Parent is the institution above it; nil where it would tell a protected one.
func (i *Institution) Parent() (*Institution, error) {
	if i.Profile.Parent == "" || !i.open() {
		return nil, nil
	}
	return i.parent(i.Profile.Parent)
}

// Units are its directorates and departments; none where they would tell a
// protected institution.
func (i *Institution) Units() []views.Unit {
	if !i.open() {
		return []views.Unit{}
	}
	return listed(i.InstitutionRow.Units)
}

// ActiveAssignments counts the assignments that it carries.
func (i *Institution) ActiveAssignments() int { return i.Load }

// Connectivity is what virtual work would rest on, or nil.
func (i *Institution) Connectivity() *institution.Connectivity {
	if i.InstitutionRow.Connectivity.Quality == "" {
		return nil
	}
	return &i.InstitutionRow.Connectivity
}

// Plan is the development plan, for its circle.
func (i *Institution) Plan() []views.PlanItem {
	if !i.inner {
		return []views.PlanItem{}
	}
	return listed(i.InstitutionRow.Plan)
}

// Linkages are its ties; none where they would tell a protected institution.
func (i *Institution) Linkages() []views.Linkage {
	if !i.open() {
		return []views.Linkage{}
	}
	return listed(i.InstitutionRow.Linkages)
}

// MissionFocalPoints are who answers for it; nil when one may not read them.
func (i *Institution) MissionFocalPoints() []domain.PrincipalID {
	if !i.s.decide(ruleInstitutionFocal, institutionObject(i.InstitutionRow)).Allowed {
		return nil
	}
	return listed(i.FocalPoints)
}

// Contacts are its contact persons; nil when one may not read them.
func (i *Institution) Contacts() ([]HostContact, error) {
	if !i.inner {
		return nil, nil
	}
	ids := make([]domain.ContactID, len(i.InstitutionRow.Contacts))
	for n, c := range i.InstitutionRow.Contacts {
		ids[n] = c.ID
	}
	rows, err := many(i.s, views.Contacts, ids)
	if err != nil {
		return nil, err
	}
	out := make([]HostContact, 0, len(ids))
	for _, id := range ids {
		if r := rows[id]; r != nil {
			c, err := contact(r)
			if err != nil {
				return nil, err
			}
			out = append(out, c)
		}
	}
	return out, nil
}

func contact(r *views.ContactRow) (HostContact, error) {
	var o opener
	c := HostContact{
		ID: string(r.ID), Principal: nonEmpty(r.Principal), Unit: nonEmpty(string(r.Unit)),
		Name: o.open(r.Name, personal.ToCaseWork), Email: o.open(r.Email, personal.ToCaseWork),
		Phone: o.open(r.Phone, personal.ToCaseWork), Function: o.open(r.Function, personal.ToCaseWork),
	}
	return c, o.err
}

// Needs lists the institution's needs.
func (i *Institution) Needs(filter *NeedFilter, orderBy *views.NeedOrder, first *int, after *string, last *int, before *string) (*NeedConnection, error) {
	f := deref(filter)
	f.Institution = i.ID
	paging, err := Paging(first, after, last, before)
	if err != nil {
		return nil, err
	}
	return i.s.Needs(f, deref(orderBy), paging)
}

// History lists what happened to the institution; nil when one may not read it.
func (i *Institution) History(first *int, after *string, last *int, before *string) (*HistoryConnection, error) {
	return i.s.historyOf("Institution.history", "institution", string(i.ID), institutionObject(i.InstitutionRow), first, after, last, before)
}
