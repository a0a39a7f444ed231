package round

import (
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// Event is a fact of a round. Type names and json names are the storage
// contract.
//
//sumtype:decl
type Event interface {
	decider.Event
	isRound()
}

// Opened begins a round.
type Opened struct {
	Round     domain.RoundID     `json:"round"`
	Programme domain.ProgrammeID `json:"programme"`
	Mode      Mode               `json:"mode"`
	Seed      uint64             `json:"seed"`     // decides ties
	Position  uint64             `json:"position"` // the log that the manager had before them; a solution never rests on less
	By        domain.PrincipalID `json:"by"`
	At        time.Time          `json:"at"`
}

// PairLocked fixes a pair: every plan has it.
type PairLocked struct {
	Pair
	Reason personal.Text      `json:"reason,omitzero"`
	By     domain.PrincipalID `json:"by"`
	At     time.Time          `json:"at"`
}

// PairVetoed keeps a pair out of every plan.
type PairVetoed struct {
	Pair
	Reason personal.Text      `json:"reason,omitzero"`
	By     domain.PrincipalID `json:"by"`
	At     time.Time          `json:"at"`
}

// PairUnlocked takes a lock or a veto back.
type PairUnlocked struct {
	Pair
	Reason personal.Text      `json:"reason,omitzero"`
	By     domain.PrincipalID `json:"by"`
	At     time.Time          `json:"at"`
}

// QuotaSet bounds a place.
type QuotaSet struct {
	Quota
	By domain.PrincipalID `json:"by"`
	At time.Time          `json:"at"`
}

// QuotaDropped leaves a place without a bound.
type QuotaDropped struct {
	Place Place              `json:"place"`
	Of    string             `json:"of"`
	By    domain.PrincipalID `json:"by"`
	At    time.Time          `json:"at"`
}

// SeatsSet gives a need another number of seats in this round.
type SeatsSet struct {
	Seats
	By domain.PrincipalID `json:"by"`
	At time.Time          `json:"at"`
}

// SolveRequested asks the platform for a plan.
type SolveRequested struct {
	Round     domain.RoundID     `json:"round"`
	Programme domain.ProgrammeID `json:"programme"`
	Attempt   int                `json:"attempt"` // from 1
	By        domain.PrincipalID `json:"by"`
	At        time.Time          `json:"at"`
}

// Solved says what was found and proved.
type Solved struct {
	Attempt     int          `json:"attempt"`
	Plan        Figures      `json:"plan"`
	Certificate Certificate  `json:"certificate"`
	Beside      []Beside     `json:"beside"`
	Prices      []Price      `json:"prices"` // by need
	Quotas      []QuotaPrice `json:"quotas"`
	// Closed are the needs for which the round's terms name seats and which took
	// nobody when it was solved.
	Closed []domain.NeedID `json:"closed,omitempty"`
	Basis  Basis           `json:"basis"`
	At     time.Time       `json:"at"`
}

// Proposed lists the pairs of the plan, by need and then rank: what the manager
// is shown.
type Proposed struct {
	Attempt   int        `json:"attempt"`
	Proposals []Proposal `json:"proposals"`
	At        time.Time  `json:"at"`
}

// SolveFailed says why there is no plan.
type SolveFailed struct {
	Attempt int       `json:"attempt"`
	Reason  Failure   `json:"reason"`
	At      time.Time `json:"at"`
}

// ProposalApproved lets a pair go on as a candidacy. It carries the score that
// was shown and what replays it.
type ProposalApproved struct {
	Pair
	Programme domain.ProgrammeID `json:"programme"`
	Score     domain.Score       `json:"score"`
	Rank      int                `json:"rank"`
	Policy    int                `json:"policy"`
	Taxonomy  string             `json:"taxonomy"`
	Position  uint64             `json:"position"`
	Reason    personal.Text      `json:"reason,omitzero"`
	By        domain.PrincipalID `json:"by"`
	At        time.Time          `json:"at"`
}

// ProposalRefused says that the manager decided against a pair; it is vetoed for
// the rest of the round.
type ProposalRefused struct {
	Pair
	Reason RefusalReason      `json:"reason"`
	Note   personal.Text      `json:"note,omitzero"`
	By     domain.PrincipalID `json:"by"`
	At     time.Time          `json:"at"`
}

// ProposalFailed says that an approved pair could not become a candidacy: the
// two had one that has ended, or the need is gone.
type ProposalFailed struct {
	Pair
	At time.Time `json:"at"`
}

// Closed ends a round in which every pair is decided.
type Closed struct {
	By domain.PrincipalID `json:"by"`
	At time.Time          `json:"at"`
}

// Cancelled ends a round; what was approved before stands.
type Cancelled struct {
	Reason string             `json:"reason"`
	By     domain.PrincipalID `json:"by"`
	At     time.Time          `json:"at"`
}

func (Opened) EventType() string           { return "round.Opened" }
func (PairLocked) EventType() string       { return "round.PairLocked" }
func (PairVetoed) EventType() string       { return "round.PairVetoed" }
func (PairUnlocked) EventType() string     { return "round.PairUnlocked" }
func (QuotaSet) EventType() string         { return "round.QuotaSet" }
func (QuotaDropped) EventType() string     { return "round.QuotaDropped" }
func (SeatsSet) EventType() string         { return "round.SeatsSet" }
func (SolveRequested) EventType() string   { return "round.SolveRequested" }
func (Solved) EventType() string           { return "round.Solved" }
func (Proposed) EventType() string         { return "round.Proposed" }
func (SolveFailed) EventType() string      { return "round.SolveFailed" }
func (ProposalApproved) EventType() string { return "round.ProposalApproved" }
func (ProposalRefused) EventType() string  { return "round.ProposalRefused" }
func (ProposalFailed) EventType() string   { return "round.ProposalFailed" }
func (Closed) EventType() string           { return "round.Closed" }
func (Cancelled) EventType() string        { return "round.Cancelled" }

func (Opened) isRound()           {}
func (PairLocked) isRound()       {}
func (PairVetoed) isRound()       {}
func (PairUnlocked) isRound()     {}
func (QuotaSet) isRound()         {}
func (QuotaDropped) isRound()     {}
func (SeatsSet) isRound()         {}
func (SolveRequested) isRound()   {}
func (Solved) isRound()           {}
func (Proposed) isRound()         {}
func (SolveFailed) isRound()      {}
func (ProposalApproved) isRound() {}
func (ProposalRefused) isRound()  {}
func (ProposalFailed) isRound()   {}
func (Closed) isRound()           {}
func (Cancelled) isRound()        {}
