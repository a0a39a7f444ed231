package round

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/internal/keyed"
)

// Stage is where a round stands.
type Stage string

const (
	StageOpen      Stage = "open"      // being shaped
	StageSolving   Stage = "solving"   // the platform is at work
	StageFailed    Stage = "failed"    // the last attempt has no plan; it may be shaped and tried again
	StageProposed  Stage = "proposed"  // pairs wait for decisions
	StageDecided   Stage = "decided"   // every pair is decided
	StageClosed    Stage = "closed"    // over
	StageCancelled Stage = "cancelled" // over
)

// Stages lists every stage in the order of the process.
var Stages = []Stage{StageOpen, StageSolving, StageFailed, StageProposed, StageDecided, StageClosed, StageCancelled}

// Choice is what became of a proposed pair.
type Choice string

const (
	Waiting  Choice = ""
	Approved Choice = "approved"
	Refused  Choice = "refused"
	Undone   Choice = "failed" // approved, and could not become a candidacy
)

// Choices lists what may become of a pair.
var Choices = []Choice{Waiting, Approved, Refused, Undone}

// Chosen is a proposed pair with its decision.
type Chosen struct {
	Proposal
	Choice Choice
}

// State is a round as its events tell it.
type State struct {
	ID        domain.RoundID
	Programme domain.ProgrammeID
	Mode      Mode
	Seed      uint64
	Position  uint64
	Stage     Stage

	Locks  []Pair  // by need and expert
	Vetoes []Pair  // by need and expert, refused pairs among them
	Turned []Pair  // refused pairs: vetoes that stay
	Quotas []Quota // by place
	Seats  []Seats // by need

	Attempt   int
	Basis     Basis
	Proposals []Chosen // by need and expert
	Failure   Failure
}

// Exists reports whether the round was opened.
func (s State) Exists() bool { return s.ID != "" }

// Ended reports whether the round is over.
func (s State) Ended() bool { return s.Stage == StageClosed || s.Stage == StageCancelled }

// Decided reports whether any pair was approved.
func (s State) Decided() bool {
	return slices.ContainsFunc(s.Proposals, func(c Chosen) bool { return c.Choice == Approved || c.Choice == Undone })
}

// Chosen returns a proposed pair.
func (s State) Chosen(p Pair) (Chosen, bool) { return keyed.Find(s.Proposals, Chosen.key, p.key()) }

// reshaped is the round after a change of its terms: what was proposed falls
// away.
func (s State) reshaped() State {
	s.Stage, s.Proposals, s.Failure = StageOpen, nil, ""
	return s
}

func quotaKey(q Quota) string { return q.key() }

// Evolve folds one event. Lists are copied before they change: older states
// keep theirs.
func Evolve(s State, e Event) State {
	switch e := e.(type) {
	case Opened:
		return State{
			ID: e.Round, Programme: e.Programme, Mode: e.Mode, Seed: e.Seed, Position: e.Position, Stage: StageOpen,
		}
	case PairLocked:
		s.Vetoes = keyed.Drop(s.Vetoes, Pair.key, e.key())
		s.Locks = keyed.Put(s.Locks, Pair.key, e.Pair)
		return s.reshaped()
	case PairVetoed:
		s.Locks = keyed.Drop(s.Locks, Pair.key, e.key())
		s.Vetoes = keyed.Put(s.Vetoes, Pair.key, e.Pair)
		return s.reshaped()
	case PairUnlocked:
		s.Locks, s.Vetoes = keyed.Drop(s.Locks, Pair.key, e.key()), keyed.Drop(s.Vetoes, Pair.key, e.key())
		return s.reshaped()
	case QuotaSet:
		s.Quotas = keyed.Put(s.Quotas, quotaKey, e.Quota)
		return s.reshaped()
	case QuotaDropped:
		s.Quotas = keyed.Drop(s.Quotas, quotaKey, Quota{Place: e.Place, Of: e.Of}.key())
		return s.reshaped()
	case SeatsSet:
		s.Seats = keyed.Put(s.Seats, Seats.key, e.Seats)
		return s.reshaped()
	}
	return s.evolveDecisions(e)
}

// evolveDecisions folds the events from the first attempt on.
func (s State) evolveDecisions(e Event) State {
	switch e := e.(type) {
	case SolveRequested:
		s = s.reshaped()
		s.Stage, s.Attempt = StageSolving, e.Attempt
	case SolveFailed:
		s.Stage, s.Failure = StageFailed, e.Reason
	case Solved:
		s.Basis = e.Basis
	case Proposed:
		s.Stage, s.Proposals = StageProposed, nil
		chosen := make([]Chosen, len(e.Proposals))
		for i, p := range e.Proposals {
			chosen[i] = Chosen{Proposal: p}
		}
		slices.SortFunc(chosen, func(a, b Chosen) int { return comparePairs(a.Pair, b.Pair) })
		if len(chosen) > 0 {
			s.Proposals = chosen
		}
		s.Stage = s.progress()
	case ProposalApproved:
		s = s.choose(e.Pair, Approved)
	case ProposalRefused:
		s = s.choose(e.Pair, Refused)
		s.Locks = keyed.Drop(s.Locks, Pair.key, e.key())
		s.Vetoes = keyed.Put(s.Vetoes, Pair.key, e.Pair)
		s.Turned = keyed.Put(s.Turned, Pair.key, e.Pair)
	case ProposalFailed:
		s = s.choose(e.Pair, Undone)
	case Closed:
		s.Stage = StageClosed
	case Cancelled:
		s.Stage = StageCancelled
	}
	return s
}

func (s State) choose(p Pair, c Choice) State {
	chosen, ok := s.Chosen(p)
	if !ok {
		return s
	}
	chosen.Choice = c
	s.Proposals = keyed.Put(s.Proposals, Chosen.key, chosen)
	if !s.Ended() {
		s.Stage = s.progress()
	}
	return s
}

// progress is the stage of a round with proposals.
func (s State) progress() Stage {
	if slices.ContainsFunc(s.Proposals, func(c Chosen) bool { return c.Choice == Waiting }) {
		return StageProposed
	}
	return StageDecided
}
