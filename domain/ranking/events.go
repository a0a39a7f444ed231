package ranking

import (
	"time"

	"github.com/diaspora-match/diaspora/domain"
)

// Event is a fact about looking. The type names are the storage contract.
//
//sumtype:decl
type Event interface {
	EventType() string
	event()
}

// Subject is the need that is decided about.
type Subject struct {
	Need        domain.NeedID        `json:"need"`
	NeedVersion int                  `json:"needVersion"` // of the terms
	Programme   domain.ProgrammeID   `json:"programme"`
	Institution domain.InstitutionID `json:"institution"`
	Country     domain.Country       `json:"country"`
}

// Shown says that a decider was shown a list.
type Shown struct {
	ID     domain.ShownID `json:"id"`     // domain.ShownIDFor the ranking and the number
	Number int            `json:"number"` // of the lists of this need for this decider, from 1
	Subject
	List
	Digest string             `json:"digest"` // List.Digest
	To     domain.PrincipalID `json:"to"`
	Role   domain.Role        `json:"role"`
	At     time.Time          `json:"at"` // UTC
}

func (Shown) EventType() string { return "ranking.Shown" }

func (Shown) event() {}
