package need

import (
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
)

// Event is a fact of a need. Type names and json names are the storage contract.
//
//sumtype:decl
type Event interface {
	decider.Event
	isNeed()
}

// Drafted starts a need, at version 1 of its terms.
type Drafted struct {
	Need        domain.NeedID        `json:"need"`
	Programme   domain.ProgrammeID   `json:"programme"`
	Institution domain.InstitutionID `json:"institution"`
	Country     domain.Country       `json:"country"`
	Terms       Terms                `json:"terms"`
	DuplicateOf domain.NeedID        `json:"duplicateOf,omitempty"`
	By          domain.PrincipalID   `json:"by"` // its owner
	At          time.Time            `json:"at"`
}

// Revised replaces the terms of a draft or a returned need.
type Revised struct {
	Version int   `json:"version"`
	Terms   Terms `json:"terms"`
}

// RequirementChanged replaces the terms of a published need. Candidates were
// found under the old ones, so it says what changed and why.
type RequirementChanged struct {
	Version int                `json:"version"`
	Terms   Terms              `json:"terms"`
	Changed []string           `json:"changed"` // json names of Terms, in their order
	Reason  string             `json:"reason"`
	Expires domain.Date        `json:"expires"`
	By      domain.PrincipalID `json:"by"`
	At      time.Time          `json:"at"`
}

// Submitted asks for approval; the terms are complete.
type Submitted struct {
	Version      int                `json:"version"`
	Completeness domain.Score       `json:"completeness"` // at the time of submission
	By           domain.PrincipalID `json:"by"`
	At           time.Time          `json:"at"`
}

// Returned gives a submitted or approved need back for revision.
type Returned struct {
	Reason string             `json:"reason"`
	By     domain.PrincipalID `json:"by"`
	At     time.Time          `json:"at"`
}

// Approved allows publication.
type Approved struct {
	Version int                `json:"version"`
	By      domain.PrincipalID `json:"by"`
	At      time.Time          `json:"at"`
}

// Published opens the need for candidates.
type Published struct {
	Version  int                `json:"version"`
	Public   PublicText         `json:"public"`
	Deadline domain.Date        `json:"deadline"` // last day to apply
	Expires  domain.Date        `json:"expires"`  // the day after it, an unfilled need expires
	By       domain.PrincipalID `json:"by"`
	At       time.Time          `json:"at"`
}

// PublicTextChanged rewrites the vacancy; the terms stay.
type PublicTextChanged struct {
	Public PublicText `json:"public"`
}

// Paused takes a published need out of matching for a while.
type Paused struct {
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// Resumed ends a pause.
type Resumed struct {
	At time.Time `json:"at"`
}

// SeatAllocated gives a seat to a candidacy whose placement is under way.
type SeatAllocated struct {
	Candidacy domain.CandidacyID `json:"candidacy"`
	Left      int                `json:"left"` // seats still free
	At        time.Time          `json:"at"`
}

// SeatReleased takes a seat back.
type SeatReleased struct {
	Candidacy domain.CandidacyID `json:"candidacy"`
	Left      int                `json:"left"`
	At        time.Time          `json:"at"`
}

// Filled says that the last seat was allocated.
type Filled struct {
	At time.Time `json:"at"`
}

// Reopened says that a filled need has a free seat again.
type Reopened struct {
	At time.Time `json:"at"`
}

// Expired ends a need that was not filled in time. Seats already allocated stay.
type Expired struct {
	At time.Time `json:"at"`
}

// Closed ends a need. Seats already allocated stay.
type Closed struct {
	Reason string             `json:"reason,omitempty"`
	By     domain.PrincipalID `json:"by"`
	At     time.Time          `json:"at"`
}

// Cancelled ends a need without any placement.
type Cancelled struct {
	Reason CancelReason       `json:"reason"`
	Note   string             `json:"note,omitempty"`
	By     domain.PrincipalID `json:"by"`
	At     time.Time          `json:"at"`
}

// CancelReason is why a need was cancelled: a category that candidates may hear.
type CancelReason string

const (
	NoLongerNeeded  CancelReason = "no_longer_needed"
	HostCannotHost  CancelReason = "host_cannot_host"
	SecurityReason  CancelReason = "security"
	FundingReason   CancelReason = "funding"
	SubmittedAnew   CancelReason = "submitted_anew"
	ProgrammeClosed CancelReason = "programme_closed"
)

// CancelReasons lists every reason in its fixed order.
var CancelReasons = []CancelReason{NoLongerNeeded, HostCannotHost, SecurityReason, FundingReason, SubmittedAnew, ProgrammeClosed}

func (Drafted) EventType() string            { return "need.Drafted" }
func (Revised) EventType() string            { return "need.Revised" }
func (RequirementChanged) EventType() string { return "need.RequirementChanged" }
func (Submitted) EventType() string          { return "need.Submitted" }
func (Returned) EventType() string           { return "need.Returned" }
func (Approved) EventType() string           { return "need.Approved" }
func (Published) EventType() string          { return "need.Published" }
func (PublicTextChanged) EventType() string  { return "need.PublicTextChanged" }
func (Paused) EventType() string             { return "need.Paused" }
func (Resumed) EventType() string            { return "need.Resumed" }
func (SeatAllocated) EventType() string      { return "need.SeatAllocated" }
func (SeatReleased) EventType() string       { return "need.SeatReleased" }
func (Filled) EventType() string             { return "need.Filled" }
func (Reopened) EventType() string           { return "need.Reopened" }
func (Expired) EventType() string            { return "need.Expired" }
func (Closed) EventType() string             { return "need.Closed" }
func (Cancelled) EventType() string          { return "need.Cancelled" }

func (Drafted) isNeed()            {}
func (Revised) isNeed()            {}
func (RequirementChanged) isNeed() {}
func (Submitted) isNeed()          {}
func (Returned) isNeed()           {}
func (Approved) isNeed()           {}
func (Published) isNeed()          {}
func (PublicTextChanged) isNeed()  {}
func (Paused) isNeed()             {}
func (Resumed) isNeed()            {}
func (SeatAllocated) isNeed()      {}
func (SeatReleased) isNeed()       {}
func (Filled) isNeed()             {}
func (Reopened) isNeed()           {}
func (Expired) isNeed()            {}
func (Closed) isNeed()             {}
func (Cancelled) isNeed()          {}
