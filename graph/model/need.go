package model

import (
	"slices"
	"strings"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/graph/scalar"
	"github.com/diaspora-match/diaspora/internal/authz"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

var (
	ruleNeed      = rule("Need")
	rulePublished = rule("PublishedNeed")
)

// Need is a need as a principal sees it.
type Need struct {
	*views.NeedRow
	s            *Sight
	pseudonymous bool // the principal sees no link to a person
	institution  func(domain.InstitutionID) (*Institution, error)
	programme    func(domain.ProgrammeID) (*Programme, error)
}

// IsNode marks an object with a global id.
func (Need) IsNode() {}

func needObject(r *views.NeedRow) authz.Object {
	return authz.Object{Scope: r.Scope(), Published: !r.PublishedAt.IsZero()}
}

func (s *Sight) needs(rows []*views.NeedRow) []*Need {
	institution := peers(rows, func(r *views.NeedRow) domain.InstitutionID { return r.Institution }, s.institutionsByID)
	programme := peers(rows, func(r *views.NeedRow) domain.ProgrammeID { return r.Programme }, s.programmesByID)
	return each(rows, func(r *views.NeedRow) *Need {
		d := s.decide(ruleNeed, needObject(r))
		if !d.Allowed {
			return nil
		}
		return &Need{r, s, d.Pseudonymous, institution, programme}
	})
}

func (s *Sight) needsByID(ids []domain.NeedID) (map[domain.NeedID]*Need, error) {
	return seen(s, views.Needs, ids, s.needs)
}

// Need is the need of an id, or nil.
func (s *Sight) Need(id domain.NeedID) (*Need, error) { return one(id, s.needsByID) }

// NeedFilter chooses needs; empty fields do not restrict.
type NeedFilter struct {
	Status       []need.Status
	Sector       []domain.Sector
	Country      []domain.Country
	Programme    domain.ProgrammeID
	Institution  domain.InstitutionID
	Modality     []domain.Modality
	Skills       []domain.Skill
	DeadlineFrom domain.Date
	Text         string
}

// query chooses the index; what it cannot say, keeps says for each row.
func (f NeedFilter) query(order views.NeedOrder) (q views.NeedQuery, exact bool) {
	q = views.NeedQuery{Programme: f.Programme, Institution: f.Institution, Text: f.Text, Order: order}
	exact = f.Text == "" && len(f.Modality) == 0 && len(f.Skills) == 0 && f.DeadlineFrom == 0
	only(&q.Status, f.Status, &exact)
	only(&q.Sector, f.Sector, &exact)
	only(&q.Country, f.Country, &exact)
	return q, exact
}

// only takes the single value of a list; a longer list is not exact.
func only[T any](to *T, list []T, exact *bool) {
	switch len(list) {
	case 0:
	case 1:
		*to = list[0]
	default:
		*exact = false
	}
}

func (f NeedFilter) keeps(r *views.NeedRow) bool {
	return anyOf(f.Status, r.Status) && anyOf(f.Sector, r.Terms.Sector) && anyOf(f.Country, r.Country) &&
		anyOf(f.Modality, r.Terms.Modality) && asksFor(r, f.Skills) &&
		(f.DeadlineFrom == 0 || r.Deadline == 0 || r.Deadline >= f.DeadlineFrom)
}

func anyOf[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }

func asksFor(r *views.NeedRow, skills []domain.Skill) bool {
	return len(skills) == 0 || slices.ContainsFunc(r.Terms.Skills, func(s domain.SkillRequirement) bool {
		return slices.Contains(skills, s.Skill)
	})
}

// narrow restricts a query without a place to the one place where the principal
// may read needs, so that no foreign row is looked at.
func (s *Sight) narrow(f NeedFilter) NeedFilter {
	if f.Programme != "" || f.Institution != "" || len(s.who.Grants) != 1 {
		return f
	}
	switch g := s.who.Grants[0]; g.Role {
	case domain.RoleHost:
		f.Institution = g.Scope.Institution
	case domain.RoleManager:
		f.Programme = g.Scope.Programme
	case domain.RoleFocalPoint:
		if len(f.Country) == 0 && g.Scope.Country != "" {
			f.Country = []domain.Country{g.Scope.Country}
		}
	}
	return f
}

// Needs lists the needs that the principal may see.
func (s *Sight) Needs(f NeedFilter, order views.NeedOrder, p projections.Paging) (*NeedConnection, error) {
	f = s.narrow(f)
	q, exact := f.query(order)
	// A whole programme or institution is all the same to authorisation: if
	// the principal may read one of its needs, then every one.
	whole := s.decide(ruleNeed, authz.Object{Scope: domain.Scope{Programme: f.Programme, Institution: f.Institution}}).Allowed
	if !exact || !whole {
		q.Keep = func(r *views.NeedRow) bool {
			return f.keeps(r) && (whole || s.decide(ruleNeed, needObject(r)).Allowed)
		}
	}
	var page projections.Page[views.NeedRow]
	err := s.read(func(r projections.Reader) (err error) {
		page, err = views.FindNeeds(r, q, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	counted := exact && whole && q.Sector == "" && q.Country == ""
	return connect(page, s.needs(page.Rows), counted), nil
}

// Terms are the Terms of Reference; by reference, because they are large.
func (n *Need) Terms() *need.Terms { return &n.NeedRow.Terms }

// Completeness is how complete the terms are.
func (n *Need) Completeness() domain.Score { return need.Complete(n.NeedRow.Terms).Score }

// Gaps lists what is missing in the terms.
func (n *Need) Gaps() []need.Gap { return listed(need.Complete(n.NeedRow.Terms).Gaps) }

// Programme is the need's programme.
func (n *Need) Programme() (*Programme, error) { return n.programme(n.NeedRow.Programme) }

// Institution is the host.
func (n *Need) Institution() (*Institution, error) { return n.institution(n.NeedRow.Institution) }

// Published is the public text, or nil.
func (n *Need) Published() *PublishedNeed { return n.s.published(n.NeedRow) }

// SeatsLeft counts the free seats.
func (n *Need) SeatsLeft() int { return n.NeedRow.SeatsLeft() }

// Owner is who drafted it; nobody for a reader who sees no person.
func (n *Need) Owner() domain.PrincipalID {
	if n.pseudonymous {
		return ""
	}
	return n.NeedRow.Owner
}

// Counts sums up the candidacies.
func (n *Need) Counts() *CandidacyCounts {
	c := &CandidacyCounts{
		Total:        n.CandidatesTotal(),
		AwaitingHost: n.CandidatesAt(candidacy.StageAwaitingHost),
		HostAccepted: n.CandidatesAt(candidacy.StageHostAccepted),
		Placed: n.CandidatesAt(candidacy.StageApproved) + n.CandidatesAt(candidacy.StageOffered) +
			n.CandidatesAt(candidacy.StageAccepted),
	}
	c.Open = c.Total
	for _, stage := range ended {
		c.Open -= n.CandidatesAt(stage)
	}
	return c
}

// ended are the stages from which a candidacy does not go on by itself.
var ended = []candidacy.Stage{
	candidacy.StageHostDeclined, candidacy.StageManagerRefused, candidacy.StageAccepted, candidacy.StageDeclined,
	candidacy.StageWithdrawn, candidacy.StageSuperseded, candidacy.StageClosed,
}

// Candidacies lists the need's candidacies.
func (n *Need) Candidacies(filter *CandidacyFilter, first *int, after *string, last *int, before *string) (*CandidacyConnection, error) {
	f := deref(filter)
	f.Need = n.ID
	paging, err := Paging(first, after, last, before)
	if err != nil {
		return nil, err
	}
	return n.s.Candidacies(f, paging)
}

// Matches ranks experts for the need; nil when one may not.
func (n *Need) Matches(first int, blind bool) ([]Match, error) {
	return n.s.matches("Need.matches", n.NeedRow, Ask{first, blind})
}

// NearMisses lists experts who could be cured; nil when one may not.
func (n *Need) NearMisses(first int, blind bool) ([]Match, error) {
	return n.s.nearMisses("Need.nearMisses", n.NeedRow, Ask{first, blind})
}

// RankingsShown lists what deciders were shown of the need, the latest first; nil
// when one may not read it.
func (n *Need) RankingsShown(first *int, after *string, last *int, before *string) (*ShownRankingConnection, error) {
	paging, err := Paging(first, after, last, before)
	if err != nil {
		return nil, err
	}
	return n.s.rankingsShown("Need.rankingsShown", n.NeedRow, paging)
}

// History lists what happened to the need; nil when one may not read it.
func (n *Need) History(first *int, after *string, last *int, before *string) (*HistoryConnection, error) {
	return n.s.historyOf("Need.history", "need", string(n.ID), needObject(n.NeedRow), first, after, last, before)
}

// PublishedNeed is the public text of a need as a principal sees it.
type PublishedNeed struct {
	row *views.NeedRow
	s   *Sight
}

// IsNode marks an object with a global id.
func (PublishedNeed) IsNode() {}

func (s *Sight) published(r *views.NeedRow) *PublishedNeed {
	if r == nil || r.PublishedAt.IsZero() || !s.decide(rulePublished, needObject(r)).Allowed {
		return nil
	}
	return &PublishedNeed{r, s}
}

func (s *Sight) publishedByID(ids []domain.NeedID) (map[domain.NeedID]*PublishedNeed, error) {
	return seen(s, views.Needs, ids, func(rows []*views.NeedRow) []*PublishedNeed { return each(rows, s.published) })
}

// Published is the public text of the need of an id, or nil.
func (s *Sight) Published(id domain.NeedID) (*PublishedNeed, error) { return one(id, s.publishedByID) }

// PublishedNeedFilter chooses published needs; empty fields do not restrict.
type PublishedNeedFilter struct {
	Sector       []domain.Sector
	Country      []domain.Country
	Programme    domain.ProgrammeID
	Modality     []domain.Modality
	Skills       []domain.Skill
	DeadlineFrom domain.Date
	Text         string
}

// PublishedNeeds lists the needs that take applications. A text is sought in
// what the public reads alone.
func (s *Sight) PublishedNeeds(f PublishedNeedFilter, order views.NeedOrder, p projections.Paging) (*PublishedNeedConnection, error) {
	inner := NeedFilter{
		Status: []need.Status{need.StatusPublished}, Sector: f.Sector, Country: f.Country, Programme: f.Programme,
		Modality: f.Modality, Skills: f.Skills, DeadlineFrom: f.DeadlineFrom,
	}
	q, _ := inner.query(order)
	sought := strings.Fields(strings.ToLower(f.Text))
	q.Keep = func(r *views.NeedRow) bool {
		return inner.keeps(r) && r.TakesCandidates(s.today) && hasWords(r, sought) &&
			s.decide(rulePublished, needObject(r)).Allowed
	}
	var page projections.Page[views.NeedRow]
	err := s.read(func(r projections.Reader) (err error) {
		page, err = views.FindNeeds(r, q, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	return connect(page, each(page.Rows, s.published), false), nil
}

func hasWords(r *views.NeedRow, sought []string) bool {
	if len(sought) == 0 {
		return true
	}
	text := strings.ToLower(r.Public.Title + " " + r.Public.Summary)
	for _, w := range sought {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// ID is the id of the need, as that of its public text.
func (p *PublishedNeed) ID() scalar.PublishedID { return scalar.PublishedID(p.row.ID) }

// Language is the language of the text.
func (p *PublishedNeed) Language() domain.Language { return p.row.Public.Language }

// Title is the public title.
func (p *PublishedNeed) Title() string { return p.row.Public.Title }

// Summary is the vacancy.
func (p *PublishedNeed) Summary() string { return p.row.Public.Summary }

// HostShownAs is the host's name, or its alias.
func (p *PublishedNeed) HostShownAs() string { return p.row.Public.HostShownAs }

// Programme is the need's programme.
func (p *PublishedNeed) Programme() (*Programme, error) { return p.s.Programme(p.row.Programme) }

// Country is the need's country.
func (p *PublishedNeed) Country() domain.Country { return p.row.Country }

// Sector is the need's sector.
func (p *PublishedNeed) Sector() domain.Sector { return p.row.Terms.Sector }

// Skills are those that the need asks for.
func (p *PublishedNeed) Skills() []domain.SkillRequirement { return listed(p.row.Terms.Skills) }

// Languages are those that the need asks for.
func (p *PublishedNeed) Languages() []domain.LanguageRequirement {
	return listed(p.row.Terms.Languages)
}

// MinEducation is the least education.
func (p *PublishedNeed) MinEducation() domain.ISCED { return p.row.Terms.MinEducation }

// MinYears are the least years.
func (p *PublishedNeed) MinYears() uint8 { return p.row.Terms.MinYears }

// Occupations are those that fit.
func (p *PublishedNeed) Occupations() []domain.ISCO { return listed(p.row.Terms.Occupations) }

// Modality is how it is carried out.
func (p *PublishedNeed) Modality() domain.Modality { return p.row.Terms.Modality }

// Window is when it can be served.
func (p *PublishedNeed) Window() *domain.Window { return &p.row.Terms.Window }

// Positions are the seats.
func (p *PublishedNeed) Positions() int { return p.row.Terms.Positions }

// Open reports whether it takes applications today.
func (p *PublishedNeed) Open() bool { return p.row.TakesCandidates(p.s.today) }

// Deadline is the last day to apply.
func (p *PublishedNeed) Deadline() domain.Date { return p.row.Deadline }

// PublishedAt is when it was published.
func (p *PublishedNeed) PublishedAt() time.Time { return p.row.PublishedAt }

// MyCandidacy is the principal's own candidacy, or nil.
func (p *PublishedNeed) MyCandidacy() (*Candidacy, error) {
	own := p.s.who.Expert()
	if own == "" {
		return nil, nil
	}
	return p.s.Candidacy(domain.CandidacyIDFor(p.row.ID, own))
}

// MyVerdict judges the principal's own profile, or is nil.
func (p *PublishedNeed) MyVerdict() (*Verdict, error) {
	own := p.s.who.Expert()
	if own == "" {
		return nil, nil
	}
	return p.s.verdictOf(p.row.ID, own)
}

// Ref names the candidacy of an expert for the need.
func (p *PublishedNeed) Ref(expert domain.ExpertID) candidacy.Ref {
	return candidacy.Ref{
		Need: p.row.ID, Expert: expert, Programme: p.row.Programme, Institution: p.row.Institution, Country: p.row.Country,
	}
}

// HostOf is the host of a need that is published or that the principal may
// read; authz.ErrHidden otherwise.
func (s *Sight) HostOf(id domain.NeedID) (domain.InstitutionID, error) {
	rows, err := many(s, views.Needs, []domain.NeedID{id})
	if err != nil {
		return "", err
	}
	r := rows[id]
	if r == nil || s.published(r) == nil && !s.decide(ruleNeed, needObject(r)).Allowed {
		return "", authz.ErrHidden
	}
	return r.Institution, nil
}
