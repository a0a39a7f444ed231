package round

import (
	"encoding/hex"
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/internal/keyed"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// Bounds of a round. At a bound the command is refused with input.too_long,
// input.too_many or input.range.
const (
	MaxReason   = 2_000 // bytes of a reason or a note
	MaxMarks    = 500   // locks, and vetoes, each
	MaxQuotas   = 100
	MaxSeats    = 900   // seats of a round together, so that the best ranked prove it
	MaxNeeds    = 2_000 // needs in a round
	MaxAttempts = 1_000
	MaxVersion  = 100 // bytes of the version of an engine or a taxonomy

	// MaxRankWithoutReason is the last rank that is approved without a written
	// reason, as for a candidacy.
	MaxRankWithoutReason = 3
	// maxRank is beyond every rank that is recorded.
	maxRank = 1_000_000
)

// Decider is the round as three functions.
var Decider = decider.Decider[State, Command, Event]{
	Initial: func() State { return State{} },
	Decide:  Decide,
	Evolve:  Evolve,
}

// Aggregate says how rounds are stored and whom they concern.
var Aggregate = decider.Aggregate[State, Command, Event]{
	Category: "round",
	Decider:  Decider,
	Events: []Event{
		Opened{}, PairLocked{}, PairVetoed{}, PairUnlocked{}, QuotaSet{}, QuotaDropped{}, SeatsSet{}, SolveRequested{},
		Solved{}, Proposed{}, SolveFailed{}, ProposalApproved{}, ProposalRefused{}, ProposalFailed{}, Closed{}, Cancelled{},
	},
	Scope: func(s State, c Command) domain.Scope {
		if open, ok := c.(Open); ok && !s.Exists() {
			return domain.Scope{Programme: open.Programme}
		}
		return domain.Scope{Programme: s.Programme}
	},
}

// Decide answers a command with events, nothing (already so) or a refusal.
func Decide(s State, c Command) ([]Event, error) {
	role := domain.RoleManager
	switch c.(type) {
	case RecordSolution, RecordFailure, FailProposal:
		role = domain.RoleSystem
	}
	open, opens := c.(Open)
	switch {
	case !opens && !s.Exists():
		return nil, ErrNotFound
	case c.Stamped().Role != role:
		return nil, ErrRole
	case opens:
		return s.open(open)
	}
	switch c := c.(type) {
	case RecordSolution:
		return s.record(c)
	case RecordFailure:
		return s.recordFailure(c)
	case ApproveProposal:
		return s.approve(c)
	case RefuseProposal:
		return s.refuse(c)
	case FailProposal:
		return s.fail(c)
	case Close:
		return s.close(c)
	case Cancel:
		return s.cancel(c)
	}
	return s.shape(c)
}

func one(e Event) ([]Event, error) { return []Event{e}, nil }

func (s State) open(c Open) ([]Event, error) {
	if s.Exists() {
		if s.Programme == c.Programme && s.Mode == c.Mode && s.Seed == c.Seed && s.ID == c.Round {
			return nil, nil
		}
		return nil, ErrExists
	}
	var k domain.Checks
	domain.RequireID(&k, "round", c.Round)
	domain.RequireID(&k, "programme", c.Programme)
	domain.RequireListed(&k, "mode", c.Mode, Modes)
	if err := k.Err(); err != nil {
		return nil, err
	}
	return one(Opened{Round: c.Round, Programme: c.Programme, Mode: c.Mode, Seed: c.Seed, Position: c.Position, By: c.By, At: c.At})
}

// shapeable refuses while the round is solved, after an approval and at the end.
func (s State) shapeable() error {
	switch {
	case s.Ended():
		return ErrEnded
	case s.Stage == StageSolving:
		return ErrSolving
	case s.Decided():
		return ErrDecided
	}
	return nil
}

func (s State) shape(c Command) ([]Event, error) {
	if s.settled(c) {
		return nil, nil
	}
	if err := s.shapeable(); err != nil {
		return nil, err
	}
	switch c := c.(type) {
	case Lock:
		if keyedHas(s.Turned, c.Pair) {
			return nil, ErrFixed
		}
		err := reasoned(c.Pair, c.Reason, len(s.Locks)+1)
		return event(PairLocked{c.Pair, c.Reason, c.By, c.At}, err)
	case Veto:
		err := reasoned(c.Pair, c.Reason, len(s.Vetoes)+1)
		return event(PairVetoed{c.Pair, c.Reason, c.By, c.At}, err)
	case Unlock:
		if keyedHas(s.Turned, c.Pair) {
			return nil, ErrFixed
		}
		err := reasoned(c.Pair, c.Reason, 0)
		return event(PairUnlocked{c.Pair, c.Reason, c.By, c.At}, err)
	case SetQuota:
		var k domain.Checks
		c.check(&k)
		_, known := keyed.Find(s.Quotas, quotaKey, c.key())
		k.Require(known || len(s.Quotas) < MaxQuotas, domain.ErrTooMany.At("quotas"))
		return event(QuotaSet{c.Quota, c.By, c.At}, k.Err())
	case DropQuota:
		return one(QuotaDropped{c.Place, c.Of, c.By, c.At})
	case SetSeats:
		var k domain.Checks
		domain.RequireID(&k, "need", c.Need)
		k.Range("seats", c.Seats.Seats, 0, MaxSeats)
		_, known := keyed.Find(s.Seats, Seats.key, c.key())
		k.Require(known || len(s.Seats) < MaxNeeds, domain.ErrTooMany.At("seats"))
		return event(SeatsSet{c.Seats, c.By, c.At}, k.Err())
	case Solve:
		if s.Attempt >= MaxAttempts {
			return nil, domain.ErrTooMany.At("attempts")
		}
		return one(SolveRequested{s.ID, s.Programme, s.Attempt + 1, c.By, c.At})
	}
	return nil, ErrEnded
}

// settled reports whether the round is as the command asks already.
func (s State) settled(c Command) bool {
	if s.Ended() {
		return false
	}
	switch c := c.(type) {
	case Lock:
		return keyedHas(s.Locks, c.Pair)
	case Veto:
		return keyedHas(s.Vetoes, c.Pair)
	case Unlock:
		return !keyedHas(s.Locks, c.Pair) && !keyedHas(s.Vetoes, c.Pair)
	case SetQuota:
		return slices.Contains(s.Quotas, c.Quota)
	case DropQuota:
		_, known := keyed.Find(s.Quotas, quotaKey, Quota{Place: c.Place, Of: c.Of}.key())
		return !known
	case SetSeats:
		return slices.Contains(s.Seats, c.Seats)
	case Solve:
		return s.Stage == StageSolving || s.Stage == StageProposed && s.fresh()
	}
	return false
}

// fresh reports whether nothing was decided since the plan: solving again would
// give the same.
func (s State) fresh() bool {
	return !slices.ContainsFunc(s.Proposals, func(c Chosen) bool { return c.Choice != Waiting })
}

func keyedHas(list []Pair, p Pair) bool {
	_, ok := keyed.Find(list, Pair.key, p.key())
	return ok
}

func event(e Event, err error) ([]Event, error) {
	if err != nil {
		return nil, err
	}
	return one(e)
}

// reasoned checks a pair and the reason that speaks for or against it.
func reasoned(p Pair, reason personal.Text, marks int) error {
	var k domain.Checks
	p.check(&k)
	k.Require(!reason.IsZero(), ErrReason.At("reason"))
	personal.Check(&k, "reason", reason, p.Expert, MaxReason)
	k.Require(marks <= MaxMarks, domain.ErrTooMany.At("pairs"))
	return k.Err()
}

func (s State) record(c RecordSolution) ([]Event, error) {
	switch {
	case s.Ended():
		return nil, ErrEnded
	case c.Attempt == s.Attempt && s.Stage != StageSolving && s.Stage != StageOpen && s.Stage != StageFailed:
		return nil, nil
	case s.Stage != StageSolving || c.Attempt != s.Attempt:
		return nil, ErrAttempt
	case !c.Certificate.Valid || c.Certificate.Gap < 0 || c.Certificate.Dual-c.Plan.Total != c.Certificate.Gap:
		return nil, ErrUnproved
	}
	var k domain.Checks
	c.Basis.check(&k, s.Position)
	k.Count("proposals", len(c.Proposals), MaxSeats)
	k.Count("prices", len(c.Prices), MaxNeeds)
	// Besides the quotas of the manager, each host's capacity is one.
	k.Count("quotas", len(c.Quotas), MaxQuotas+MaxNeeds)
	k.Count("beside", len(c.Beside), len(Modes))
	k.Count("closed", len(c.Closed), MaxNeeds)
	for i, b := range c.Beside {
		k.Require(len(b.Quotas) == 0 || len(b.Quotas) == len(c.Quotas), domain.ErrRange.At(domain.Index("beside", i)+".quotas"))
	}
	for i, p := range c.Proposals {
		at := domain.Index("proposals", i)
		domain.RequireID(&k, at+".need", p.Need)
		domain.RequireID(&k, at+".expert", p.Expert)
		k.Range(at+".score", int(p.Score), 0, int(domain.One))
		k.Range(at+".rank", p.Rank, 0, maxRank)
		k.Require(!keyedHas(s.Vetoes, p.Pair), ErrFixed.At(at))
	}
	domain.RequireDistinct(&k, "proposals", c.Proposals, func(p Proposal) Pair { return p.Pair })
	if err := k.Err(); err != nil {
		return nil, err
	}
	return []Event{
		Solved{
			Attempt: c.Attempt, Plan: c.Plan, Certificate: c.Certificate, Beside: slices.Clone(c.Beside),
			Prices: slices.Clone(c.Prices), Quotas: slices.Clone(c.Quotas), Closed: slices.Clone(c.Closed), Basis: c.Basis, At: c.At,
		},
		Proposed{c.Attempt, slices.Clone(c.Proposals), c.At},
	}, nil
}

func (b Basis) check(k *domain.Checks, least uint64) {
	k.Require(b.Position >= least, domain.ErrRange.At("basis.position").With("The solution rests on an older log than the round."))
	k.Text("basis.engine", b.Engine, MaxVersion)
	k.Text("basis.taxonomy", b.Taxonomy, MaxVersion)
	k.Require(b.Policy > 0, domain.ErrRequired.At("basis.policy"))
	for _, d := range []struct{ field, digest string }{{"basis.input", b.Input}, {"basis.plan", b.Plan}} {
		raw, err := hex.DecodeString(d.digest)
		k.Require(err == nil && len(raw) == 32, domain.ErrFormat.At(d.field))
	}
}

func (s State) recordFailure(c RecordFailure) ([]Event, error) {
	switch {
	case s.Ended():
		return nil, ErrEnded
	case c.Attempt == s.Attempt && s.Stage == StageFailed:
		return nil, nil
	case s.Stage != StageSolving || c.Attempt != s.Attempt:
		return nil, ErrAttempt
	}
	var k domain.Checks
	domain.RequireListed(&k, "reason", c.Reason, Failures)
	return event(SolveFailed{c.Attempt, c.Reason, c.At}, k.Err())
}

// undecided finds a proposed pair, or says that the command has nothing to do.
func (s State) undecided(p Pair, want Choice) (c Chosen, done bool, err error) {
	c, ok := s.Chosen(p)
	switch {
	case s.Ended():
		return c, false, ErrEnded
	case !ok:
		return c, false, ErrNotProposed
	case c.Choice == want:
		return c, true, nil
	case c.Choice != Waiting:
		return c, false, ErrOtherChoice
	}
	return c, false, nil
}

func (s State) approve(c ApproveProposal) ([]Event, error) {
	p, done, err := s.undecided(c.Pair, Approved)
	if err != nil || done {
		return nil, err
	}
	var k domain.Checks
	outranked := p.Rank == 0 || p.Rank > MaxRankWithoutReason
	k.Require(!outranked || !c.Reason.IsZero(), ErrReason.At("reason"))
	personal.Check(&k, "reason", c.Reason, c.Expert, MaxReason)
	return event(ProposalApproved{
		Pair: c.Pair, Programme: s.Programme, Score: p.Score, Rank: p.Rank, Policy: s.Basis.Policy,
		Taxonomy: s.Basis.Taxonomy, Position: s.Basis.Position, Reason: c.Reason, By: c.By, At: c.At,
	}, k.Err())
}

func (s State) refuse(c RefuseProposal) ([]Event, error) {
	if _, done, err := s.undecided(c.Pair, Refused); err != nil || done {
		return nil, err
	}
	var k domain.Checks
	domain.RequireListed(&k, "reason", c.Reason, RefusalReasons)
	personal.Check(&k, "note", c.Note, c.Expert, MaxReason)
	return event(ProposalRefused{c.Pair, c.Reason, c.Note, c.By, c.At}, k.Err())
}

// fail also reaches a round that ended: the truth about a pair does not wait.
func (s State) fail(c FailProposal) ([]Event, error) {
	p, ok := s.Chosen(c.Pair)
	switch {
	case !ok || p.Choice == Waiting || p.Choice == Refused:
		return nil, ErrNotProposed
	case p.Choice == Undone:
		return nil, nil
	}
	return one(ProposalFailed{c.Pair, c.At})
}

func (s State) close(c Close) ([]Event, error) {
	switch s.Stage {
	case StageClosed:
		return nil, nil
	case StageCancelled:
		return nil, ErrEnded
	case StageDecided:
		return one(Closed{c.By, c.At})
	}
	return nil, ErrUndecided
}

func (s State) cancel(c Cancel) ([]Event, error) {
	switch s.Stage {
	case StageCancelled:
		return nil, nil
	case StageClosed:
		return nil, ErrEnded
	}
	var k domain.Checks
	k.Text("reason", c.Reason, MaxReason)
	return event(Cancelled{c.Reason, c.By, c.At}, k.Err())
}
