package access

import (
	"time"

	"github.com/diaspora-match/diaspora/domain"
)

// Event is a fact about what a principal may do. The type names are the storage
// contract.
//
//sumtype:decl
type Event interface {
	EventType() string
	event()
}

type (
	// GrantGiven gives a role over a scope, or moves the end of the same grant.
	GrantGiven struct {
		GrantID   domain.GrantID     `json:"grant"`
		Principal domain.PrincipalID `json:"principal"`
		Role      domain.Role        `json:"role"`
		Scope     domain.Scope       `json:"scope"`
		Until     time.Time          `json:"until,omitzero"` // first moment without it; zero: open-ended
		Reason    string             `json:"reason"`
		By        domain.PrincipalID `json:"by"`
		At        time.Time          `json:"at"`
	}
	// GrantRevoked ends a grant at once.
	GrantRevoked struct {
		GrantID   domain.GrantID     `json:"grant"`
		Principal domain.PrincipalID `json:"principal"`
		Reason    string             `json:"reason"`
		By        domain.PrincipalID `json:"by"`
		At        time.Time          `json:"at"`
	}
	// SessionsEnded makes every session begun before At invalid.
	SessionsEnded struct {
		Principal domain.PrincipalID `json:"principal"`
		Reason    string             `json:"reason"`
		At        time.Time          `json:"at"`
	}
)

func (GrantGiven) EventType() string    { return "access.GrantGiven" }
func (GrantRevoked) EventType() string  { return "access.GrantRevoked" }
func (SessionsEnded) EventType() string { return "access.SessionsEnded" }

func (GrantGiven) event()    {}
func (GrantRevoked) event()  {}
func (SessionsEnded) event() {}
