package ranking

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
)

// Decider decides for what one person was shown of one need.
var Decider = decider.Decider[State, Command, Event]{
	Initial: func() State { return State{} },
	Decide:  decide,
	Evolve:  evolve,
}

// Aggregate is how it is stored: stream "ranking-<domain.RankingIDFor>".
var Aggregate = decider.Aggregate[State, Command, Event]{
	Category: "ranking",
	Decider:  Decider,
	Events:   []Event{Shown{}},
	Scope: func(_ State, command Command) domain.Scope {
		c, _ := command.(Show)
		return domain.Scope{Programme: c.Programme, Country: c.Country, Institution: c.Institution}
	},
}

// Roles lists who decides, and is shown rankings for it.
var Roles = []domain.Role{domain.RoleHost, domain.RoleFocalPoint, domain.RoleManager}

// Refusals of a record.
var (
	ErrElse = domain.Refuse(domain.Invalid, "ranking.other", "The record is about another need or another person.", "Send the command to the ranking of that need and that person.")
	ErrRole = domain.Refuse(domain.Invalid, "ranking.role", "Nobody decides in this role.", "Record what host officers, focal points and programme managers are shown.")
)

func decide(s State, command Command) ([]Event, error) {
	c, ok := command.(Show)
	if !ok {
		return nil, domain.ErrUnknown.With("A ranking does not know this command.")
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if s.Count > 0 && (s.Need != c.Need || s.To != c.By) {
		return nil, ErrElse
	}
	at, digest := c.At.UTC().Round(0), c.Digest(c.NeedVersion, c.Role)
	if s.knows(digest, at) {
		return nil, nil
	}
	list := c.List
	list.Rows = slices.Clone(c.Rows)
	n := s.Count + 1
	return []Event{Shown{
		ID: domain.ShownIDFor(domain.RankingIDFor(c.Need, c.By), n), Number: n, Subject: c.Subject, List: list,
		Digest: digest, To: c.By, Role: c.Role, At: at,
	}}, nil
}

func (c Show) check() error {
	var k domain.Checks
	domain.RequireID(&k, "need", c.Need)
	domain.RequireID(&k, "programme", c.Programme)
	domain.RequireID(&k, "institution", c.Institution)
	k.Require(c.Country.Valid(), domain.ErrFormat.At("country"))
	k.Require(slices.Contains(Roles, c.Role), ErrRole.At("role"))
	domain.RequireListed(&k, "kind", c.Kind, Kinds)
	k.Range("asked", c.Asked, 1, MaxRows)
	k.Text("basis.engine", c.Basis.Engine, maxVersion)
	k.Text("basis.taxonomy", c.Basis.Taxonomy, maxVersion)
	k.Count("rows", len(c.Rows), MaxRows)
	for i, r := range c.Rows {
		at := domain.Index("rows", i)
		domain.RequireID(&k, at+".expert", r.Expert)
		k.Range(at+".total", int(r.Total), 0, int(domain.One))
	}
	domain.RequireDistinct(&k, "rows", c.Rows, func(r Row) domain.ExpertID { return r.Expert })
	return k.Err()
}
