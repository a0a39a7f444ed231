package institution

import (
	"time"

	"github.com/diaspora-match/diaspora/domain"
)

// Event is a fact of a host institution. The type names are the storage
// contract.
//
//sumtype:decl
type Event interface {
	EventType() string
	event()
}

type (
	// Proposed creates the institution; its stream carries the id.
	Proposed struct {
		Institution domain.InstitutionID `json:"institution"`
		Programme   domain.ProgrammeID   `json:"programme"`
		Profile     Profile              `json:"profile"`
		By          domain.PrincipalID   `json:"by"`
		At          time.Time            `json:"at"`
	}
	// Described replaces the profile.
	Described struct {
		Profile Profile `json:"profile"`
	}
	// Returned sends the proposal back to be mended.
	Returned struct {
		Reason string             `json:"reason"`
		By     domain.PrincipalID `json:"by"`
		At     time.Time          `json:"at"`
	}
	// Resubmitted puts a returned proposal forward again.
	Resubmitted struct {
		By domain.PrincipalID `json:"by"`
		At time.Time          `json:"at"`
	}
	// Approved makes it a host institution.
	Approved struct {
		By domain.PrincipalID `json:"by"`
		At time.Time          `json:"at"`
	}
	// Refused ends the proposal.
	Refused struct {
		Reason string             `json:"reason"`
		By     domain.PrincipalID `json:"by"`
		At     time.Time          `json:"at"`
	}
	// Suspended stops new steps at the institution.
	Suspended struct {
		Reason string             `json:"reason"`
		By     domain.PrincipalID `json:"by"`
		At     time.Time          `json:"at"`
	}
	// Resumed ends the suspension.
	Resumed struct {
		By domain.PrincipalID `json:"by"`
		At time.Time          `json:"at"`
	}
	// Closed ends the institution's part for good.
	Closed struct {
		Reason string             `json:"reason"`
		By     domain.PrincipalID `json:"by"`
		At     time.Time          `json:"at"`
	}

	// UnitAdded adds a unit below another, or at the top.
	UnitAdded struct {
		Unit   domain.UnitID `json:"unit"`
		Name   string        `json:"name"`
		Parent domain.UnitID `json:"parent,omitempty"`
	}
	// UnitRenamed gives a unit another name.
	UnitRenamed struct {
		Unit domain.UnitID `json:"unit"`
		Name string        `json:"name"`
	}
	// UnitRetired takes a unit out of use; it stays readable.
	UnitRetired struct {
		Unit domain.UnitID `json:"unit"`
	}

	// MissionFocalPointNamed names who answers for the institution in the
	// country mission. There may be several.
	MissionFocalPointNamed struct {
		Principal domain.PrincipalID `json:"principal"`
	}
	// MissionFocalPointRemoved ends that.
	MissionFocalPointRemoved struct {
		Principal domain.PrincipalID `json:"principal"`
	}
	// HostContactNamed names a contact person of the institution, or replaces
	// what is known of one.
	HostContactNamed struct {
		Contact Contact `json:"contact"`
	}
	// HostContactRemoved ends that.
	HostContactRemoved struct {
		Contact domain.ContactID `json:"contact"`
	}

	// CapacitySet says how many assignments the institution can carry at once.
	CapacitySet struct {
		MaxConcurrent uint8 `json:"maxConcurrent"`
	}
	// ConnectivityDescribed replaces what virtual work would rest on.
	ConnectivityDescribed struct {
		Connectivity Connectivity `json:"connectivity"`
	}
	// PlanItemRecorded adds an item of the development plan or replaces its text.
	PlanItemRecorded struct {
		Item domain.PlanItemID `json:"item"`
		Text string            `json:"text"`
	}
	// PlanItemDropped takes an item out of the plan.
	PlanItemDropped struct {
		Item domain.PlanItemID `json:"item"`
	}
	// LinkageAdded records a tie with an institution in the Netherlands.
	LinkageAdded struct {
		Linkage Linkage   `json:"linkage"`
		At      time.Time `json:"at"`
	}
	// LinkageEnded ends a tie.
	LinkageEnded struct {
		Linkage domain.LinkageID `json:"linkage"`
		At      time.Time        `json:"at"`
	}
)

func (Proposed) EventType() string                 { return "institution.Proposed" }
func (Described) EventType() string                { return "institution.Described" }
func (Returned) EventType() string                 { return "institution.Returned" }
func (Resubmitted) EventType() string              { return "institution.Resubmitted" }
func (Approved) EventType() string                 { return "institution.Approved" }
func (Refused) EventType() string                  { return "institution.Refused" }
func (Suspended) EventType() string                { return "institution.Suspended" }
func (Resumed) EventType() string                  { return "institution.Resumed" }
func (Closed) EventType() string                   { return "institution.Closed" }
func (UnitAdded) EventType() string                { return "institution.UnitAdded" }
func (UnitRenamed) EventType() string              { return "institution.UnitRenamed" }
func (UnitRetired) EventType() string              { return "institution.UnitRetired" }
func (MissionFocalPointNamed) EventType() string   { return "institution.MissionFocalPointNamed" }
func (MissionFocalPointRemoved) EventType() string { return "institution.MissionFocalPointRemoved" }
func (HostContactNamed) EventType() string         { return "institution.HostContactNamed" }
func (HostContactRemoved) EventType() string       { return "institution.HostContactRemoved" }
func (CapacitySet) EventType() string              { return "institution.CapacitySet" }
func (ConnectivityDescribed) EventType() string    { return "institution.ConnectivityDescribed" }
func (PlanItemRecorded) EventType() string         { return "institution.PlanItemRecorded" }
func (PlanItemDropped) EventType() string          { return "institution.PlanItemDropped" }
func (LinkageAdded) EventType() string             { return "institution.LinkageAdded" }
func (LinkageEnded) EventType() string             { return "institution.LinkageEnded" }

func (Proposed) event()                 {}
func (Described) event()                {}
func (Returned) event()                 {}
func (Resubmitted) event()              {}
func (Approved) event()                 {}
func (Refused) event()                  {}
func (Suspended) event()                {}
func (Resumed) event()                  {}
func (Closed) event()                   {}
func (UnitAdded) event()                {}
func (UnitRenamed) event()              {}
func (UnitRetired) event()              {}
func (MissionFocalPointNamed) event()   {}
func (MissionFocalPointRemoved) event() {}
func (HostContactNamed) event()         {}
func (HostContactRemoved) event()       {}
func (CapacitySet) event()              {}
func (ConnectivityDescribed) event()    {}
func (PlanItemRecorded) event()         {}
func (PlanItemDropped) event()          {}
func (LinkageAdded) event()             {}
func (LinkageEnded) event()             {}
