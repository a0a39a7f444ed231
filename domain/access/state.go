package access

import (
	"strings"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/internal/keyed"
)

// State is what one principal may do, as the events tell it. It is a value:
// folding never writes into what an older state holds.
type State struct {
	Principal domain.PrincipalID // empty before the first event
	Held      []HeldGrant        // by id, revoked and run-out ones included
	// SessionsEnded is the moment before which no session counts.
	SessionsEnded time.Time
}

// HeldGrant is a grant that was given at some time.
type HeldGrant struct {
	ID      domain.GrantID
	Role    domain.Role
	Scope   domain.Scope
	Until   time.Time // zero: open-ended
	Revoked bool
}

// InForce reports whether the grant holds at a moment.
func (g HeldGrant) InForce(at time.Time) bool {
	return !g.Revoked && (g.Until.IsZero() || at.Before(g.Until))
}

// InForce returns the grants that hold at a moment.
func (s State) InForce(at time.Time) []HeldGrant {
	var held []HeldGrant
	for _, g := range s.Held {
		if g.InForce(at) {
			held = append(held, g)
		}
	}
	return held
}

// grantNamespace separates derived grant ids from every other name-based UUID.
// It is part of the storage contract.
var grantNamespace = [16]byte{0x6b, 0x1d, 0x0c, 0x5e, 0x3a, 0x52, 0x4f, 0x0e, 0x9c, 0x41, 0x8a, 0x77, 0xd1, 0x5c, 0x20, 0x03}

// GrantIDFor derives the id of a grant (UUID version 5), so that granting the
// same role over the same scope twice is the same grant.
func GrantIDFor(principal domain.PrincipalID, role domain.Role, scope domain.Scope) domain.GrantID {
	return domain.GrantID(domain.DeriveID(grantNamespace, strings.Join([]string{
		string(principal), string(role), string(scope.Programme), string(scope.Country),
		string(scope.Institution), string(scope.Expert),
	}, "|")))
}

func grantKey(g HeldGrant) domain.GrantID { return g.ID }

func evolve(s State, event Event) State {
	switch e := event.(type) {
	case GrantGiven:
		s.Principal = e.Principal
		s.Held = keyed.Put(s.Held, grantKey, HeldGrant{ID: e.GrantID, Role: e.Role, Scope: e.Scope, Until: e.Until})
	case GrantRevoked:
		if g, ok := keyed.Find(s.Held, grantKey, e.GrantID); ok {
			g.Revoked = true
			s.Held = keyed.Put(s.Held, grantKey, g)
		}
	case SessionsEnded:
		s.Principal = e.Principal
		s.SessionsEnded = e.At
	}
	return s
}
