// Package guard joins the rules of authz to the views: it finds out what a
// principal may do now, and where an object stands that a command names by id
// alone. Commands pass it in the bus.
//
// It reads views, and what it reads may be a moment old. That is right for
// authorisation, whose facts are events that the mutation which changes them
// waits for; no aggregate decides by it.
package guard

import (
	"context"
	"slices"
	"time"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/internal/authz"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// Guard implements commands.Guard over the views.
type Guard struct {
	views projections.Engine
	clock func() time.Time
}

// New makes a guard.
func New(v projections.Engine, clock func() time.Time) *Guard { return &Guard{views: v, clock: clock} }

// Principal gives the principal the grants that are in force now. Somebody
// without any is still a principal: everybody may register.
func (g *Guard) Principal(ctx context.Context, id domain.PrincipalID) (authz.Principal, error) {
	p := authz.Principal{ID: id}
	err := g.views.Read(ctx, 0, func(r projections.Reader) error {
		p.Grants = nil
		row, err := views.Principals.Get(r, string(id))
		if row != nil {
			p.Grants = grants(row, g.clock())
		}
		return err
	})
	return p, err
}

func grants(row *views.PrincipalRow, now time.Time) []authz.Grant {
	held := row.InForce(now)
	out := make([]authz.Grant, len(held))
	for i, h := range held {
		out[i] = authz.Grant{Role: h.Role, Scope: h.Scope}
	}
	return out
}

// readOf names, for each category, the read that tells a forbidden object from
// a hidden one.
var readOf = map[string]authz.Action{
	"programme": authz.ReadOpen, "expert": authz.ReadProfile, "institution": authz.ReadInstitution,
	"need": authz.ReadNeed, "candidacy": authz.ReadCandidacy, "assignment": authz.ReadAssignment,
	"access": authz.ReadGrants, "round": authz.ReadRound,
}

// Authorise implements commands.Guard. Who may not even read the object hears
// what an absent object answers.
func (g *Guard) Authorise(ctx context.Context, caller commands.Caller, action, category, id string, scope domain.Scope) (domain.Role, error) {
	if caller.System {
		if d := authz.System(caller.Principal).Decide(authz.Action(action), authz.Object{}); !d.Allowed {
			return "", authz.ErrForbidden
		}
		return domain.RoleSystem, nil
	}
	p, err := g.Principal(ctx, caller.Principal)
	if err != nil {
		return "", err
	}
	o, err := g.locate(ctx, p, action, category, id, scope)
	if err != nil {
		return "", err
	}
	if d := p.DecideAs(caller.ActAs, authz.Action(action), o); d.Allowed {
		return d.As, nil
	}
	if p.Decide(readOf[category], o).Allowed {
		return "", authz.ErrForbidden
	}
	return "", authz.ErrHidden
}

// locate completes the scope that an aggregate gives with what it does not
// know itself: the countries and programmes of an expert, and that a newcomer's
// profile is the newcomer's own. A command that names its country or programme
// is judged by that one alone.
func (g *Guard) locate(ctx context.Context, p authz.Principal, action, category, id string, scope domain.Scope) (authz.Object, error) {
	o := authz.Object{Scope: scope}
	switch category {
	case "access":
		o.Principal = domain.PrincipalID(id)
		return o, nil
	case "expert":
	default:
		return o, nil
	}
	err := g.views.Read(ctx, 0, func(r projections.Reader) error {
		o = authz.Object{Scope: scope}
		row, err := views.Experts.Get(r, id)
		if err != nil {
			return err
		}
		if row == nil {
			o.Principal = p.ID // not registered yet; the decider holds it to its caller
			return nil
		}
		if action == "expert.RecordEligibility" {
			return nil
		}
		countries := row.Countries()
		if scope.Country != "" {
			countries = []domain.Country{scope.Country}
		}
		o.Countries = countries
		o.Programmes, err = Programmes(r, countries)
		return err
	})
	return o, err
}

// Programmes lists the programmes that work in any of the countries: an expert
// concerns the programmes of the countries of heritage.
func Programmes(r projections.Reader, countries []domain.Country) ([]domain.ProgrammeID, error) {
	var ids []domain.ProgrammeID
	for row, err := range views.Programmes.All(r) {
		if err != nil {
			return nil, err
		}
		for _, c := range row.Countries {
			if slices.Contains(countries, c.Country) {
				ids = append(ids, row.ID)
				break
			}
		}
	}
	return ids, nil
}
