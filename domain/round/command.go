package round

import (
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// Command asks something of a round. Personal text is about the expert of the
// pair: personal.Of(pair.Expert, text).
//
//sumtype:decl
type Command interface {
	decider.Command
	isRoundCommand()
}

// Open begins a round; manager.
type Open struct {
	domain.Stamp
	Round     domain.RoundID
	Programme domain.ProgrammeID
	Mode      Mode
	Seed      uint64
	Position  uint64
}

// Lock fixes a pair, in the place of a veto if there is one; manager.
type Lock struct {
	domain.Stamp
	Pair
	Reason personal.Text
}

// Veto keeps a pair out, in the place of a lock if there is one; manager.
type Veto struct {
	domain.Stamp
	Pair
	Reason personal.Text
}

// Unlock takes a lock or a veto back; manager.
type Unlock struct {
	domain.Stamp
	Pair
	Reason personal.Text
}

// SetQuota bounds a place, or changes its bounds; manager.
type SetQuota struct {
	domain.Stamp
	Quota
}

// DropQuota takes the bounds of a place away; manager.
type DropQuota struct {
	domain.Stamp
	Place Place
	Of    string
}

// SetSeats gives a need another number of seats in this round; manager.
type SetSeats struct {
	domain.Stamp
	Seats
}

// Solve asks for a plan; manager.
type Solve struct{ domain.Stamp }

// RecordSolution keeps the plan of an attempt, with its certificate; system. It
// is refused without a certificate that holds.
type RecordSolution struct {
	domain.Stamp
	Attempt     int
	Plan        Figures
	Certificate Certificate
	Beside      []Beside
	Prices      []Price
	Quotas      []QuotaPrice
	Closed      []domain.NeedID // needs of the terms that took nobody
	Basis       Basis
	Proposals   []Proposal
}

// RecordFailure says why an attempt has no plan; system.
type RecordFailure struct {
	domain.Stamp
	Attempt int
	Reason  Failure
}

// ApproveProposal lets a pair go on as a candidacy; manager. Reason is required
// below MaxRankWithoutReason and for an expert without a rank.
type ApproveProposal struct {
	domain.Stamp
	Pair
	Reason personal.Text
}

// RefuseProposal decides against a pair; manager.
type RefuseProposal struct {
	domain.Stamp
	Pair
	Reason RefusalReason
	Note   personal.Text
}

// FailProposal says that an approved pair could not become a candidacy; system.
type FailProposal struct {
	domain.Stamp
	Pair
}

// Close ends a round in which every pair is decided; manager.
type Close struct{ domain.Stamp }

// Cancel ends a round that is not closed; manager.
type Cancel struct {
	domain.Stamp
	Reason string
}

func (Open) CommandType() string            { return "round.Open" }
func (Lock) CommandType() string            { return "round.Lock" }
func (Veto) CommandType() string            { return "round.Veto" }
func (Unlock) CommandType() string          { return "round.Unlock" }
func (SetQuota) CommandType() string        { return "round.SetQuota" }
func (DropQuota) CommandType() string       { return "round.DropQuota" }
func (SetSeats) CommandType() string        { return "round.SetSeats" }
func (Solve) CommandType() string           { return "round.Solve" }
func (RecordSolution) CommandType() string  { return "round.RecordSolution" }
func (RecordFailure) CommandType() string   { return "round.RecordFailure" }
func (ApproveProposal) CommandType() string { return "round.ApproveProposal" }
func (RefuseProposal) CommandType() string  { return "round.RefuseProposal" }
func (FailProposal) CommandType() string    { return "round.FailProposal" }
func (Close) CommandType() string           { return "round.Close" }
func (Cancel) CommandType() string          { return "round.Cancel" }

func (Open) isRoundCommand()            {}
func (Lock) isRoundCommand()            {}
func (Veto) isRoundCommand()            {}
func (Unlock) isRoundCommand()          {}
func (SetQuota) isRoundCommand()        {}
func (DropQuota) isRoundCommand()       {}
func (SetSeats) isRoundCommand()        {}
func (Solve) isRoundCommand()           {}
func (RecordSolution) isRoundCommand()  {}
func (RecordFailure) isRoundCommand()   {}
func (ApproveProposal) isRoundCommand() {}
func (RefuseProposal) isRoundCommand()  {}
func (FailProposal) isRoundCommand()    {}
func (Close) isRoundCommand()           {}
func (Cancel) isRoundCommand()          {}
