package disclosure

import (
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// Event is a fact about reading. The type names are the storage contract.
//
//sumtype:decl
type Event interface {
	EventType() string
	event()
}

// Disclosed says that fields of a person were shown to a reader for the first
// time on this day for this purpose.
type Disclosed struct {
	Expert  domain.ExpertID    `json:"expert"`
	Reader  domain.PrincipalID `json:"reader"`
	Role    domain.Role        `json:"role"`
	Purpose personal.Purpose   `json:"purpose"`
	Fields  []Field            `json:"fields"` // in the order of Fields
	// Institution and Need are those of the consent, or of the case that was
	// worked on.
	Institution domain.InstitutionID `json:"institution,omitzero"`
	Need        domain.NeedID        `json:"need,omitzero"`
	At          time.Time            `json:"at"` // UTC
}

func (Disclosed) EventType() string { return "disclosure.Disclosed" }

func (Disclosed) event() {}
