package access

import (
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/internal/keyed"
)

// Decider decides for one principal.
var Decider = decider.Decider[State, Command, Event]{
	Initial: func() State { return State{} },
	Decide:  decide,
	Evolve:  evolve,
}

// Aggregate is how grants are stored: stream "access-<principal id>". Its scope
// is that of what is granted or revoked.
var Aggregate = decider.Aggregate[State, Command, Event]{
	Category: "access",
	Decider:  Decider,
	Events:   []Event{GrantGiven{}, GrantRevoked{}, SessionsEnded{}},
	Scope: func(s State, command Command) domain.Scope {
		switch c := command.(type) {
		case Grant:
			return c.Scope
		case Revoke:
			g, _ := keyed.Find(s.Held, grantKey, c.GrantID)
			return g.Scope
		}
		return domain.Scope{}
	},
}

// Bounds, listed in docs/limits.md.
const (
	MaxReasonBytes = 2_000
	MaxGrants      = 200                  // different grants ever given to one principal
	MaxGrantTime   = 366 * 24 * time.Hour // of a role with reach over other people
)

// Refusals of access.
var (
	ErrNotFound  = domain.Refuse(domain.NotFound, "access.not_found", "There is no such grant.", "Check the id; the principal's grants list it.")
	ErrSelfGrant = domain.Refuse(domain.Forbidden, "access.self_grant", "Nobody grants a role to themselves.", "Ask another administrator.")
	ErrPrincipal = domain.Refuse(domain.Invalid, "access.principal", "The principal is not the one that this record is about.", "Send the command to that principal's own record.")
	ErrScope     = domain.Refuse(domain.Invalid, "access.scope", "The scope does not fit the role.", "Name an expert for an expert, an institution for a host officer, a country for a focal point, a programme for a programme manager, and nothing else beside what narrows it.")
	ErrEnded     = domain.Refuse(domain.Invalid, "access.ended", "The grant would end before it begins.", "Choose an end in the future.")
	ErrTimeBox   = domain.Refuse(domain.Invalid, "access.time_box", "A role with reach over other people needs an end within a year.", "Give an end at most 366 days away; it can be moved later.")
)

func decide(s State, command Command) ([]Event, error) {
	switch c := command.(type) {
	case Grant:
		return s.grant(c)
	case Revoke:
		return s.revoke(c)
	case EndSessions:
		return s.endSessions(c)
	}
	return nil, domain.ErrUnknown.With("Access does not know this command.")
}

func (s State) grant(c Grant) ([]Event, error) {
	if c.Principal != "" && c.By == c.Principal {
		return nil, ErrSelfGrant.At("principal")
	}
	// The moment is kept in UTC without its clock, so that equal ends are equal.
	until := c.Until
	if !until.IsZero() {
		until = until.UTC().Round(0)
	}
	var checks domain.Checks
	s.checkPrincipal(&checks, c.Principal)
	domain.RequireListed(&checks, "role", c.Role, domain.Roles)
	checkScope(&checks, c.Role, c.Scope)
	checks.Text("reason", c.Reason, MaxReasonBytes)
	checks.Require(until.IsZero() || until.After(c.At), ErrEnded.At("until"))
	if reachesOthers(c.Role) {
		checks.Require(!until.IsZero() && !until.After(c.At.Add(MaxGrantTime)), ErrTimeBox.At("until"))
	}
	id := GrantIDFor(c.Principal, c.Role, c.Scope)
	before, known := keyed.Find(s.Held, grantKey, id)
	if !known {
		checks.Count("grants", len(s.Held)+1, MaxGrants)
	}
	if err := checks.Err(); err != nil {
		return nil, err
	}
	if known && !before.Revoked && before.Until.Equal(until) {
		return nil, nil
	}
	return []Event{GrantGiven{id, c.Principal, c.Role, c.Scope, until, c.Reason, c.By, c.At}}, nil
}

func (s State) revoke(c Revoke) ([]Event, error) {
	g, known := keyed.Find(s.Held, grantKey, c.GrantID)
	if !known {
		return nil, ErrNotFound.At("grantId")
	}
	var checks domain.Checks
	checks.Text("reason", c.Reason, MaxReasonBytes)
	if err := checks.Err(); err != nil || g.Revoked {
		return nil, err
	}
	return []Event{GrantRevoked{c.GrantID, s.Principal, c.Reason, c.By, c.At}}, nil
}

// endSessions works for a principal without grants too: signing in needs none.
func (s State) endSessions(c EndSessions) ([]Event, error) {
	var checks domain.Checks
	s.checkPrincipal(&checks, c.Principal)
	checks.Text("reason", c.Reason, MaxReasonBytes)
	if err := checks.Err(); err != nil || !c.At.After(s.SessionsEnded) {
		return nil, err
	}
	return []Event{SessionsEnded{c.Principal, c.Reason, c.At}}, nil
}

func (s State) checkPrincipal(checks *domain.Checks, p domain.PrincipalID) {
	domain.RequireID(checks, "principal", p)
	checks.Require(s.Principal == "" || s.Principal == p, ErrPrincipal.At("principal"))
}

// checkScope holds a scope to what its role is about: one part is demanded, some
// may narrow it, and the others would mean nothing.
func checkScope(checks *domain.Checks, role domain.Role, scope domain.Scope) {
	checks.Require(scope.Country == "" || scope.Country.Valid(), domain.ErrFormat.At("scope.country"))
	domain.OptionalID(checks, "scope.programme", scope.Programme)
	domain.OptionalID(checks, "scope.institution", scope.Institution)
	domain.OptionalID(checks, "scope.expert", scope.Expert)
	fits := true
	switch role {
	case domain.RoleExpert:
		fits = scope == domain.Scope{Expert: scope.Expert} && scope.Expert != ""
	case domain.RoleHost:
		fits = scope.Institution != "" && scope.Expert == ""
	case domain.RoleFocalPoint:
		fits = scope.Country != "" && scope.Institution == "" && scope.Expert == ""
	case domain.RoleManager:
		fits = scope.Programme != "" && scope.Institution == "" && scope.Expert == ""
	case domain.RoleAdministrator:
		fits = scope == domain.Scope{}
	case domain.RoleEvaluator:
		fits = scope.Institution == "" && scope.Expert == ""
	}
	checks.Require(fits, ErrScope.At("scope"))
}

func reachesOthers(role domain.Role) bool {
	switch role {
	case domain.RoleFocalPoint, domain.RoleManager, domain.RoleAdministrator, domain.RoleEvaluator:
		return true
	}
	return false
}
