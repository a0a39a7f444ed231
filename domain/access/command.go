package access

import (
	"time"

	"github.com/diaspora-match/diaspora/domain"
)

// Command asks for a change of what a principal may do.
//
//sumtype:decl
type Command interface {
	CommandType() string
	Stamped() domain.Stamp
	command()
}

type (
	// Grant gives a role over a scope until a moment. Its own Role is the role
	// that is granted; the actor's is Stamp.Role.
	Grant struct {
		domain.Stamp
		Principal domain.PrincipalID
		Role      domain.Role
		Scope     domain.Scope
		Until     time.Time // zero: open-ended, for experts and host officers alone
		Reason    string
	}
	// Revoke ends a grant.
	Revoke struct {
		domain.Stamp
		GrantID domain.GrantID
		Reason  string
	}
	// EndSessions makes every session begun before the stamp's time invalid.
	EndSessions struct {
		domain.Stamp
		Principal domain.PrincipalID
		Reason    string
	}
)

func (Grant) CommandType() string       { return "access.Grant" }
func (Revoke) CommandType() string      { return "access.Revoke" }
func (EndSessions) CommandType() string { return "access.EndSessions" }

func (Grant) command()       {}
func (Revoke) command()      {}
func (EndSessions) command() {}
