package seed

import (
	"cmp"
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
	"github.com/diaspora-match/diaspora/internal/demo"
	"github.com/diaspora-match/diaspora/matcher"
)

// Personas are the principals that one can sign in as.
type Personas struct {
	Expert, HostOfficer, FocalPoint, Manager, Administrator, Evaluator domain.PrincipalID
}

// Config says what to seed.
type Config struct {
	Number   uint64      // chooses the people; the same number gives the same people
	Experts  int         // at least 1
	Start    domain.Date // first day of the demonstration
	Personas Personas
}

// Days between the start of the demonstration and the day on which it is shown.
const storyDays = 7

// StartFor is the first day of a demonstration that is first shown on a day:
// what has happened until then lies in the past.
func StartFor(today domain.Date) domain.Date { return today.AddDays(-storyDays) }

// Places are where the personas act. They are chosen once and kept with the
// data: a later program may choose differently.
type Places struct {
	Programme   domain.ProgrammeID   `json:"programme"`
	Institution domain.InstitutionID `json:"institution"` // of the host officer
	Country     domain.Country       `json:"country"`     // of the focal point
	Need        domain.NeedID        `json:"need"`        // published, of the institution
	Expert      domain.ExpertID      `json:"expert"`      // the expert persona's profile
}

// Plan is everything that the seeding will do, decided before the first write.
type Plan struct {
	cfg    Config
	people map[domain.ExpertID]demo.Person
	order  []domain.ExpertID
	terms  []demo.TermsOfReference
	index  *matcher.Index
	places Places
	tales  []tale
	owners map[domain.ExpertID]domain.PrincipalID // who signs in for whom
}

// NewPlan draws the people and chooses the places: the institution of an open
// country with the most published needs and then the most eligible experts, and
// an expert who ranks high there and elsewhere.
func NewPlan(cfg Config) *Plan {
	p := &Plan{
		cfg: cfg, people: map[domain.ExpertID]demo.Person{}, terms: demo.Terms(cfg.Start),
		owners: map[domain.ExpertID]domain.PrincipalID{},
		index: matcher.NewIndex(matcher.Policy{
			Eligibility: demo.Eligibility(cfg.Start), Scoring: policy.Default(cfg.Start), Taxonomy: taxonomy.Builtin(),
		}),
	}
	for _, person := range demo.Generate(cfg.Number, max(cfg.Experts, 1), cfg.Start) {
		p.people[person.ID] = person
		p.order = append(p.order, person.ID)
		p.index.UpsertExpert(person.Matching())
	}
	for i, t := range p.terms {
		if stepsOf(i) == published {
			p.index.UpsertNeed(t.Matching(demo.ProgrammeID()))
		}
	}
	p.choosePlaces()
	p.tales = p.tell()
	for _, t := range p.tales {
		p.owners[t.expert] = p.principalOf(t.expert)
	}
	p.owners[p.places.Expert] = cfg.Personas.Expert
	return p
}

// Places are where the personas act.
func (p *Plan) Places() Places { return p.places }

func (p *Plan) today() domain.Date { return p.cfg.Start.AddDays(storyDays) }

// How far the needs of the examples have come: most are published, and each
// queue before that holds a few.
const (
	drafted = iota + 1
	submitted
	approved
	published
)

func stepsOf(i int) int {
	switch i {
	case 3, 24: // TOR-004, TOR-025
		return drafted
	case 7, 21, 33: // TOR-008, TOR-022, TOR-034
		return submitted
	case 14: // TOR-015
		return approved
	}
	return published
}

func (p *Plan) choosePlaces() {
	type place struct {
		host             demo.Institution
		needs, eligible  int
		best             domain.NeedID
		bestHasSoManyFit int
	}
	places := map[domain.InstitutionID]*place{}
	var order []*place
	for _, host := range demo.Institutions() {
		pl := &place{host: host}
		places[host.ID], order = pl, append(order, pl)
	}
	for i, t := range p.terms {
		if stepsOf(i) != published || demo.IsProtected(t.Country) {
			continue
		}
		ranking, _ := p.index.TopExperts(t.ID, 1, p.today())
		pl := places[t.Institution]
		pl.needs++
		pl.eligible += ranking.Eligible
		if pl.best == "" || ranking.Eligible > pl.bestHasSoManyFit {
			pl.best, pl.bestHasSoManyFit = t.ID, ranking.Eligible
		}
	}
	chosen := slices.MaxFunc(order, func(a, b *place) int {
		return cmp.Or(cmp.Compare(min(a.needs, a.eligible), min(b.needs, b.eligible)), cmp.Compare(a.eligible, b.eligible))
	})
	p.places = Places{
		Programme: demo.ProgrammeID(), Institution: chosen.host.ID, Country: chosen.host.Country, Need: chosen.best,
		Expert: p.choosePersona(chosen.best),
	}
}

// personaRanks is how far down the ranking the expert persona is looked for.
const personaRanks = 10

// choosePersona takes of the best for the need the one whom most other needs
// suit too.
func (p *Plan) choosePersona(at domain.NeedID) domain.ExpertID {
	best, most := p.order[0], -1
	ranking, _ := p.index.TopExperts(at, personaRanks, p.today())
	for _, row := range ranking.Rows {
		if others, _ := p.index.TopNeeds(row.Expert, 1, p.today()); others.Eligible > most {
			best, most = row.Expert, others.Eligible
		}
	}
	return best
}

// cast is who acts for a country and an institution: the personas at their own
// places, and somebody who never signs in anywhere else.
func (p *Plan) cast(country domain.Country, host domain.InstitutionID) demo.Cast {
	c := demo.Cast{
		Programme: p.places.Programme, Manager: p.cfg.Personas.Manager, Start: p.cfg.Start,
		FocalPoint: p.cfg.Personas.FocalPoint, HostOfficer: p.cfg.Personas.HostOfficer,
	}
	if country != p.places.Country {
		c.FocalPoint = somebody("focal point of " + string(country))
	}
	if host != p.places.Institution {
		c.HostOfficer = somebody("officer of " + string(host))
	}
	return c
}

// principalOf is who signs in for an expert of the story.
func (p *Plan) principalOf(id domain.ExpertID) domain.PrincipalID {
	if id == p.places.Expert {
		return p.cfg.Personas.Expert
	}
	return somebody("expert " + string(id))
}

// namespace separates what is derived here from every other name-based UUID.
var namespace = [16]byte{0xd0, 0x4c, 0x77, 0x15, 0x93, 0x2e, 0x4f, 0x1b, 0x8a, 0x60, 0x5b, 0xe1, 0x7a, 0x04, 0x39, 0xc6}

func somebody(who string) domain.PrincipalID {
	return domain.PrincipalID(domain.DeriveID(namespace, "principal|"+who))
}
