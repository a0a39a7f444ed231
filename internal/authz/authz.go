// Package authz is the choke point: one pure function decides whether a
// principal may take an action on an object. Commands pass it in the command
// bus, reads pass it in GraphQL; nothing else decides.
//
// Who somebody is comes from OIDC; what they may do comes from grants, which are
// events of ours. The rules are one table (table.go), the code form of the
// privacy contract, and the tests are generated from it.
package authz

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
)

// Action is a command type ("need.Submit") or a read ("read.need").
type Action string

// Grant binds a role to a scope. Empty fields of the scope do not restrict.
type Grant struct {
	Role  domain.Role
	Scope domain.Scope
}

// Principal is who asks, with the grants in force now.
type Principal struct {
	ID     domain.PrincipalID
	Grants []Grant
	system bool
}

// System is the platform itself: processes and the operator's command line. No
// token leads here.
func System(id domain.PrincipalID) Principal { return Principal{ID: id, system: true} }

// IsSystem reports whether the principal is the platform itself.
func (p Principal) IsSystem() bool { return p.system }

// Expert is the id of the principal's own expert profile, or "".
func (p Principal) Expert() domain.ExpertID {
	for _, g := range p.Grants {
		if g.Role == domain.RoleExpert && g.Scope.Expert != "" {
			return g.Scope.Expert
		}
	}
	return ""
}

// Institutions lists the institutions that the principal is an officer of.
func (p Principal) Institutions() []domain.InstitutionID {
	var ids []domain.InstitutionID
	for _, g := range p.Grants {
		if g.Role == domain.RoleHost && g.Scope.Institution != "" {
			ids = append(ids, g.Scope.Institution)
		}
	}
	return ids
}

// Has reports whether any grant gives the role.
func (p Principal) Has(role domain.Role) bool {
	return slices.ContainsFunc(p.Grants, func(g Grant) bool { return g.Role == role })
}

// Object is what an action touches. The embedded Scope locates it; the lists
// say what one place cannot: an expert has several countries, an institution
// serves several programmes.
type Object struct {
	domain.Scope
	Principal  domain.PrincipalID     // whose own record this is
	Programmes []domain.ProgrammeID   // besides Scope.Programme
	Countries  []domain.Country       // besides Scope.Country
	Candidate  []domain.InstitutionID // institutions for whose needs the expert is a candidate
	Consented  []domain.InstitutionID // institutions with which the expert consents to share, today
	Published  bool                   // a need whose public text is out
}

// Decision is the answer. The zero value is "no".
type Decision struct {
	Allowed bool
	// As is the role that allowed it.
	As domain.Role
	// Logged tells that the read must be recorded as a disclosure.
	Logged bool
	// Pseudonymous tells that the reader sees no link to a person.
	Pseudonymous bool
}

// Decide answers for the principal, trying roles in a fixed order from the
// nearest relation (the person) outwards. An action that the table does not
// name is refused.
func (p Principal) Decide(action Action, o Object) Decision {
	return p.DecideAs("", action, o)
}

// DecideAs answers for one role only; "" tries them all.
func (p Principal) DecideAs(role domain.Role, action Action, o Object) Decision {
	if p.system {
		if _, known := table[action]; !known && !systemOnly[action] {
			return Decision{}
		}
		return Decision{Allowed: true, As: domain.RoleSystem}
	}
	if p.ID == "" {
		return Decision{}
	}
	for _, rule := range table[action] {
		if role != "" && rule.Role != role && rule.Role != anyone {
			continue
		}
		for _, g := range p.grantsFor(rule.Role) {
			if rule.Relation.holds(p, g, o) {
				as := rule.Role
				if as == anyone {
					as = p.firstRole(role)
				}
				return Decision{Allowed: true, As: as, Logged: rule.Logged, Pseudonymous: rule.Role == domain.RoleEvaluator}
			}
		}
	}
	return Decision{}
}

// grantsFor lists the grants of a role. A rule for anyone needs no grant.
func (p Principal) grantsFor(role domain.Role) []Grant {
	if role == anyone {
		return []Grant{{}}
	}
	var gs []Grant
	for _, g := range p.Grants {
		if g.Role == role {
			gs = append(gs, g)
		}
	}
	return gs
}

// firstRole is the role that a principal acts in where anyone may: the wanted
// one, or else the first granted, or else expert, which everyone may become.
func (p Principal) firstRole(wanted domain.Role) domain.Role {
	if wanted != "" && p.Has(wanted) {
		return wanted
	}
	if len(p.Grants) > 0 {
		return p.Grants[0].Role
	}
	return domain.RoleExpert
}

// Refusals of authorisation. An object that one may not see answers ErrHidden,
// which is what an absent object answers.
var (
	ErrHidden    = domain.Refuse(domain.NotFound, "object.not_found", "There is no such object, or it is not yours to see.", "Check the id, or ask the programme for access.")
	ErrForbidden = domain.Refuse(domain.Forbidden, "auth.forbidden", "Your role does not allow this here.", "Ask somebody with the right role, or ask an administrator for a grant.")
	ErrSignedOut = domain.Refuse(domain.Forbidden, "auth.required", "You are not signed in.", "Send a valid access token as 'Authorization: Bearer …'.")
)
