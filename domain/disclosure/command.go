package disclosure

import (
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// Command asks for a record.
//
//sumtype:decl
type Command interface {
	CommandType() string
	Stamped() domain.Stamp
	command()
}

// Record records that the stamp's principal is shown fields of a person. It is
// executed before they are shown.
type Record struct {
	domain.Stamp
	Expert      domain.ExpertID
	Purpose     personal.Purpose // ToCaseWork, or ToConsented with institution and need
	Fields      []Field
	Institution domain.InstitutionID
	Need        domain.NeedID
}

func (Record) CommandType() string { return "disclosure.Record" }

func (Record) command() {}
