package need

import (
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
)

// Command asks something of a need.
//
//sumtype:decl
type Command interface {
	decider.Command
	isNeedCommand()
}

// Draft writes a new need. Only the title is required at first; Submit demands
// the rest. With DuplicateOf, Terms is a copy of that need's terms, taken by the
// caller; the dates of the source are dropped by the decider.
type Draft struct {
	domain.Stamp
	Need        domain.NeedID
	Programme   domain.ProgrammeID
	Institution domain.InstitutionID
	Country     domain.Country
	Terms       Terms
	DuplicateOf domain.NeedID
}

// Revise replaces the terms. Reason is required once the need is published.
type Revise struct {
	domain.Stamp
	Terms  Terms
	Reason string
}

// Submit asks for approval.
type Submit struct{ domain.Stamp }

// Return gives the need back with a reason.
type Return struct {
	domain.Stamp
	Reason string
}

// Approve allows publication; not by the one who submitted.
type Approve struct{ domain.Stamp }

// Publish opens the need, with the text that the public reads. Host tells how
// the host may be shown.
type Publish struct {
	domain.Stamp
	Language domain.Language
	Title    string
	Summary  string
	Host     Host
}

// Host is what the institution's record says about showing its name.
type Host struct {
	Name      string
	Protected bool   // the institution, its area or its country is protected
	Alias     string // required when protected
}

// ChangePublicText rewrites the vacancy of a published need.
type ChangePublicText struct {
	domain.Stamp
	Language domain.Language
	Title    string
	Summary  string
	Host     Host
}

// Pause takes the need out of matching.
type Pause struct {
	domain.Stamp
	Reason string
}

// Resume ends the pause.
type Resume struct{ domain.Stamp }

// AllocateSeat takes a seat for a candidacy. Version is the version of the terms
// that the placement was approved under (candidacy.ApprovalRequested carries
// it). For the placement process alone.
type AllocateSeat struct {
	domain.Stamp
	Candidacy domain.CandidacyID
	Version   int
}

// ReleaseSeat gives a seat back. For the placement process alone.
type ReleaseSeat struct {
	domain.Stamp
	Candidacy domain.CandidacyID
}

// Expire ends a need that was not filled in time. For the expiry process alone.
type Expire struct{ domain.Stamp }

// Close ends a need; seats already allocated stay.
type Close struct {
	domain.Stamp
	Reason string
}

// Cancel ends a need that has no placement.
type Cancel struct {
	domain.Stamp
	Reason CancelReason
	Note   string
}

func (Draft) CommandType() string            { return "need.Draft" }
func (Revise) CommandType() string           { return "need.Revise" }
func (Submit) CommandType() string           { return "need.Submit" }
func (Return) CommandType() string           { return "need.Return" }
func (Approve) CommandType() string          { return "need.Approve" }
func (Publish) CommandType() string          { return "need.Publish" }
func (ChangePublicText) CommandType() string { return "need.ChangePublicText" }
func (Pause) CommandType() string            { return "need.Pause" }
func (Resume) CommandType() string           { return "need.Resume" }
func (AllocateSeat) CommandType() string     { return "need.AllocateSeat" }
func (ReleaseSeat) CommandType() string      { return "need.ReleaseSeat" }
func (Expire) CommandType() string           { return "need.Expire" }
func (Close) CommandType() string            { return "need.Close" }
func (Cancel) CommandType() string           { return "need.Cancel" }

func (Draft) isNeedCommand()            {}
func (Revise) isNeedCommand()           {}
func (Submit) isNeedCommand()           {}
func (Return) isNeedCommand()           {}
func (Approve) isNeedCommand()          {}
func (Publish) isNeedCommand()          {}
func (ChangePublicText) isNeedCommand() {}
func (Pause) isNeedCommand()            {}
func (Resume) isNeedCommand()           {}
func (AllocateSeat) isNeedCommand()     {}
func (ReleaseSeat) isNeedCommand()      {}
func (Expire) isNeedCommand()           {}
func (Close) isNeedCommand()            {}
func (Cancel) isNeedCommand()           {}
