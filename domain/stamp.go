package domain

import "time"

// Role is what a principal may act as. Grants bind a role to a scope.
type Role string

const (
	RoleExpert        Role = "expert"
	RoleHost          Role = "host_officer"
	RoleFocalPoint    Role = "focal_point"
	RoleManager       Role = "programme_manager"
	RoleAdministrator Role = "administrator"
	RoleEvaluator     Role = "evaluator"
	// RoleSystem is a process of the platform itself. No token carries it.
	RoleSystem Role = "system"
)

// Roles lists the roles that can be granted.
var Roles = []Role{RoleExpert, RoleHost, RoleFocalPoint, RoleManager, RoleAdministrator, RoleEvaluator}

// Stamp says who acts, as what, and when. Every command embeds one: time and
// people come in with the command, so that deciding is pure. The command bus
// refuses a command whose stamp is not its caller's.
type Stamp struct {
	By   PrincipalID `json:"by"`
	Role Role        `json:"role"`
	At   time.Time   `json:"at"` // UTC
}

// Stamped returns the stamp; embedding promotes it to the command.
func (s Stamp) Stamped() Stamp { return s }

// Today is the UTC day of the stamp.
func (s Stamp) Today() Date { return DateOf(s.At) }

// Scope locates an object in the programme: authorisation compares it with the
// scope of a grant. A state of an aggregate and a row of a view each give one.
type Scope struct {
	Programme   ProgrammeID   `json:"programme,omitempty"`
	Country     Country       `json:"country,omitempty"`
	Institution InstitutionID `json:"institution,omitempty"`
	Expert      ExpertID      `json:"expert,omitempty"`
}

// Platform is the principal of the platform's own processes, a fixed name.
const Platform PrincipalID = "00000000-0000-5000-8000-000000000001"
