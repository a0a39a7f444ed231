package views

import (
	"slices"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/access"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/institution"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
)

// PrincipalRow is what a principal may do.
type PrincipalRow struct {
	ID     domain.PrincipalID `json:"id"`
	Expert domain.ExpertID    `json:"expert,omitzero"` // the principal's own profile
	Grants []Grant            `json:"grants,omitempty"`
	// SessionsEndedAt makes every session begun before it invalid.
	SessionsEndedAt time.Time `json:"sessionsEndedAt,omitzero"`
}

// Grant is a role over a scope, given, or implied by what the principal did.
type Grant struct {
	ID    domain.GrantID `json:"id,omitzero"` // empty for an implied one
	Role  domain.Role    `json:"role"`
	Scope domain.Scope   `json:"scope"`
	// Implied grants follow from facts: who registers is the expert, who
	// proposes an institution is its officer.
	Implied   bool               `json:"implied,omitzero"`
	Until     time.Time          `json:"until,omitzero"` // first moment without it
	Reason    string             `json:"reason,omitzero"`
	By        domain.PrincipalID `json:"by,omitzero"`
	At        time.Time          `json:"at"`
	RevokedAt time.Time          `json:"revokedAt,omitzero"`
	RevokedBy domain.PrincipalID `json:"revokedBy,omitzero"`
}

// InForce reports whether the grant holds at a moment.
func (g Grant) InForce(now time.Time) bool {
	return g.RevokedAt.IsZero() && (g.Until.IsZero() || now.Before(g.Until))
}

// InForce lists the grants that hold at a moment.
func (r *PrincipalRow) InForce(now time.Time) []Grant {
	var out []Grant
	for _, g := range r.Grants {
		if g.InForce(now) {
			out = append(out, g)
		}
	}
	return out
}

// Indexes of Principals, in the order of the ids.
const (
	// PrincipalsByRole is by role of a grant that was not revoked; "" for all.
	PrincipalsByRole = "role"
)

// Principals is keyed by principal.
var Principals = &projections.Table[PrincipalRow]{
	Name: "principals", Version: 1,
	Key: func(r *PrincipalRow) string { return string(r.ID) },
	Indexes: func(r *PrincipalRow, entries []projections.IndexEntry) []projections.IndexEntry {
		entries = append(entries, entry(PrincipalsByRole, "", ""))
		for _, g := range r.Grants {
			if g.RevokedAt.IsZero() {
				entries = append(entries, entry(PrincipalsByRole, string(g.Role), ""))
			}
		}
		return entries
	},
	Related: func(r *PrincipalRow) projections.Related {
		return projections.Related{Principal: r.ID, Scope: domain.Scope{Expert: r.Expert}}
	},
}

var principalsView = projections.View{
	Name: "principals", Tables: []projections.Schema{Principals},
	Categories: []string{"access", "expert", "institution"}, Fold: foldPrincipals,
}

func principal(tx *projections.Tx, id domain.PrincipalID) *PrincipalRow {
	return Principals.Ensure(tx, string(id), func() PrincipalRow { return PrincipalRow{ID: id} })
}

func foldPrincipals(tx *projections.Tx, e *codec.Decoded) error {
	grantID := func(g Grant) domain.GrantID { return g.ID }
	switch ev := e.Event.(type) {
	case access.GrantGiven:
		row := principal(tx, ev.Principal)
		row.Grants = upsert(row.Grants, grantID, Grant{
			ID: ev.GrantID, Role: roleOf(ev.Role), Scope: ev.Scope, Until: ev.Until, Reason: ev.Reason, By: ev.By, At: ev.At,
		})
	case access.GrantRevoked:
		row := principal(tx, ev.Principal)
		row.Grants = edited(row.Grants, grantID, ev.GrantID, func(g *Grant) {
			g.RevokedAt, g.RevokedBy, g.Reason = ev.At, ev.By, ev.Reason
		})
	case access.SessionsEnded:
		principal(tx, ev.Principal).SessionsEndedAt = ev.At
	case expert.Registered:
		if ev.Principal != "" {
			isExpert(tx, ev.Principal, ev.Expert, ev.At)
		}
	case expert.PrincipalLinked:
		isExpert(tx, ev.Principal, domain.ExpertID(idOf(e)), e.Meta.At)
	case institution.Proposed:
		if !staff(e.Meta.Role) {
			imply(tx, ev.By, domain.RoleHost, domain.Scope{Institution: ev.Institution}, ev.At)
		}
	}
	return nil
}

// staff act for the programme: proposing an institution makes them no officer
// of it.
func staff(r domain.Role) bool {
	return slices.Contains([]domain.Role{
		domain.RoleFocalPoint, domain.RoleManager, domain.RoleAdministrator, domain.RoleEvaluator, domain.RoleSystem,
	}, r)
}

func isExpert(tx *projections.Tx, id domain.PrincipalID, who domain.ExpertID, at time.Time) {
	if erased(tx, who) {
		return
	}
	imply(tx, id, domain.RoleExpert, domain.Scope{Expert: who}, at)
	principal(tx, id).Expert = who
}

func imply(tx *projections.Tx, id domain.PrincipalID, role domain.Role, scope domain.Scope, at time.Time) {
	row := principal(tx, id)
	for _, g := range row.Grants {
		if g.Implied && g.Role == role && g.Scope == scope {
			return
		}
	}
	row.Grants = append(row.Grants[:len(row.Grants):len(row.Grants)], Grant{Role: role, Scope: scope, Implied: true, At: at})
}
