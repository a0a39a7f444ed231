package seed

import (
	"cmp"

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
	policy matcher.Policy
	index  *matcher.Index
	places Places
	tales  []tale
	owners map[domain.ExpertID]domain.PrincipalID // who signs in for whom
}

// NewPlan draws the people, chooses the places and decides what happened there.
func NewPlan(cfg Config) *Plan {
	p := &Plan{
		cfg: cfg, people: map[domain.ExpertID]demo.Person{}, terms: demo.Terms(cfg.Start),
		owners: map[domain.ExpertID]domain.PrincipalID{},
		policy: matcher.Policy{
			Eligibility: demo.Eligibility(cfg.Start), Scoring: policy.Default(cfg.Start), Taxonomy: taxonomy.Builtin(),
		},
	}
	p.index = matcher.NewIndex(p.policy)
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

// candidate is a need where the personas could act.
type candidate struct {
	need     demo.TermsOfReference
	persona  domain.ExpertID
	told     int          // candidacies that the persona would have
	suits    domain.Score // the lower score of the need and of the best other one, for the persona
	needs    int          // published ones of the institution
	eligible int          // experts
}

// choosePlaces takes the need where most can be told of an expert, then that
// which, with another, suits the expert best, then that of the institution with
// the most published needs, then that with the most eligible experts. Protected
// countries are no place for a persona.
func (p *Plan) choosePlaces() {
	perHost := map[domain.InstitutionID]int{}
	for i, t := range p.terms {
		if stepsOf(i) == published {
			perHost[t.Institution]++
		}
	}
	best := candidate{need: p.terms[0], persona: p.order[0], told: -1}
	for i, t := range p.terms {
		if stepsOf(i) != published || demo.IsProtected(t.Country) {
			continue
		}
		c := p.choosePersona(t)
		c.needs = perHost[t.Institution]
		if cmp.Or(cmp.Compare(c.told, best.told), cmp.Compare(c.suits, best.suits), cmp.Compare(c.needs, best.needs), cmp.Compare(c.eligible, best.eligible)) > 0 {
			best = c
		}
	}
	p.places = Places{
		Programme: demo.ProgrammeID(), Institution: best.need.Institution, Country: best.need.Country,
		Need: best.need.ID, Expert: best.persona,
	}
}

const (
	// personaRanks is how far down the ranking the expert persona is looked for.
	personaRanks = 10
	// enoughTold is how many candidacies fill the expert persona's screens.
	enoughTold = 5
)

// choosePersona takes of the best for the need the one who can be told most
// about: an assignment, an offer, a nomination besides.
func (p *Plan) choosePersona(t demo.TermsOfReference) candidate {
	ranking, _ := p.index.TopExperts(t.ID, personaRanks, p.today())
	c := candidate{need: t, persona: p.order[0], eligible: ranking.Eligible}
	for _, row := range ranking.Rows {
		tales, open := p.tellPersona(row.Expert, t.ID)
		told, suits := min(len(tales), enoughTold), min(row.Total, open)
		if cmp.Or(cmp.Compare(told, c.told), cmp.Compare(suits, c.suits)) > 0 {
			c.persona, c.told, c.suits = row.Expert, told, suits
		}
	}
	return c
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
