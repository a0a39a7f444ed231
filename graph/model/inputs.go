package model

import (
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/access"
)

// New is what every input of a mutation that creates something has; the rest
// name their target too.
type (
	New struct{ CommandID domain.CommandID }

	ToProgramme struct {
		New
		Programme domain.ProgrammeID
	}
	ToInstitution struct {
		New
		Institution domain.InstitutionID
	}
	ToNeed struct {
		New
		Need domain.NeedID
	}
	ToExpert struct {
		New
		Expert domain.ExpertID
	}
	ToCandidacy struct {
		New
		Candidacy domain.CandidacyID
	}
	ToAssignment struct {
		New
		Assignment domain.AssignmentID
	}
)

// Inputs of the mutations of grants.
type (
	GrantRoleInput struct {
		New
		access.Grant
	}
	RevokeGrantInput struct {
		New
		Principal domain.PrincipalID
		Grant     domain.GrantID
		access.Revoke
	}
	EndSessionsInput struct {
		New
		access.EndSessions
	}
)
