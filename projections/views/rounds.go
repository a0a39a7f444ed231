package views

import (
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/round"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
)

// RoundRow is a round with its terms, its plans and its pairs. Reasons that
// speak of a person stand in People.
type RoundRow struct {
	ID         domain.RoundID     `json:"id"`
	Programme  domain.ProgrammeID `json:"programme"`
	Mode       round.Mode         `json:"mode"`
	Seed       uint64             `json:"seed"`
	Position   uint64             `json:"position"` // the log that its manager had before them
	OpenedBy   domain.PrincipalID `json:"openedBy"`
	OpenedAt   time.Time          `json:"openedAt"`
	Stage      round.Stage        `json:"stage"`
	StageSince time.Time          `json:"stageSince"`

	Marks  []RoundMark   `json:"marks,omitempty"` // locks and vetoes, in the order in which they were said
	Quotas []round.Quota `json:"quotas,omitempty"`
	Seats  []round.Seats `json:"seats,omitempty"`

	Attempt int           `json:"attempt,omitzero"`
	Failure round.Failure `json:"failure,omitzero"` // of the last attempt
	// Solution is the last one; it is kept when the round is shaped anew, and
	// Stale then says that nothing of it can be approved any more.
	Solution *RoundSolution `json:"solution,omitzero"`
	Stale    bool           `json:"stale,omitzero"`

	EndedBy      domain.PrincipalID `json:"endedBy,omitzero"`
	EndedAt      time.Time          `json:"endedAt,omitzero"`
	CancelReason string             `json:"cancelReason,omitzero"`
}

// RoundMark is a lock or a veto. A refused pair is a veto that stays.
type RoundMark struct {
	Candidacy domain.CandidacyID `json:"candidacy"` // the one that the pair has or would have
	Need      domain.NeedID      `json:"need"`
	Expert    domain.ExpertID    `json:"expert,omitzero"` // empty after an erasure
	Lock      bool               `json:"lock,omitzero"`
	Refused   bool               `json:"refused,omitzero"`
	By        domain.PrincipalID `json:"by"`
	At        time.Time          `json:"at"`
}

// RoundSolution is a plan with its proof. It is shared and never changed, but
// for its pairs.
type RoundSolution struct {
	Attempt     int                `json:"attempt"`
	Plan        round.Figures      `json:"plan"`
	Certificate round.Certificate  `json:"certificate"`
	Beside      []round.Beside     `json:"beside,omitempty"`
	Prices      []round.Price      `json:"prices,omitempty"` // by need
	Quotas      []round.QuotaPrice `json:"quotas,omitempty"`
	Closed      []domain.NeedID    `json:"closed,omitempty"` // with seats in the terms, and open to nobody
	Basis       round.Basis        `json:"basis"`
	SolvedAt    time.Time          `json:"solvedAt"`
	Pairs       []RoundPair        `json:"pairs,omitempty"` // by need, then rank
}

// RoundPair is a proposed pair with what became of it.
type RoundPair struct {
	Candidacy domain.CandidacyID `json:"candidacy"` // the one that the pair has or would have
	round.Proposal
	Choice round.Choice        `json:"choice,omitzero"`
	Reason round.RefusalReason `json:"reason,omitzero"`
	By     domain.PrincipalID  `json:"by,omitzero"`
	At     time.Time           `json:"at,omitzero"`
}

// Scope locates the row for authorisation.
func (r *RoundRow) Scope() domain.Scope { return domain.Scope{Programme: r.Programme} }

// Shown reports whether the pairs of the solution are those that are decided.
func (r *RoundRow) Shown() bool { return r.Solution != nil && !r.Stale }

// Marked lists the locked pairs, or the vetoed ones.
func (r *RoundRow) Marked(lock bool) []round.Pair {
	var out []round.Pair
	for _, m := range r.Marks {
		if m.Lock == lock && m.Expert != "" {
			out = append(out, round.Pair{Need: m.Need, Expert: m.Expert})
		}
	}
	return out
}

// RoundsOfProgramme is the index of Rounds: by programme, the newest first.
const RoundsOfProgramme = "programme"

// Rounds is keyed by round.
var Rounds = &projections.Table[RoundRow]{
	Name: "rounds", Version: 1,
	Key: func(r *RoundRow) string { return string(r.ID) },
	Indexes: func(r *RoundRow, entries []projections.IndexEntry) []projections.IndexEntry {
		return append(entries, entry(RoundsOfProgramme, string(r.Programme), projections.SortNewest(r.OpenedAt)))
	},
	Related: func(r *RoundRow) projections.Related { return projections.Related{Scope: r.Scope()} },
}

// FindRounds lists the rounds of a programme, the newest first.
func FindRounds(r projections.Reader, id domain.ProgrammeID, p projections.Paging) (projections.Page[RoundRow], error) {
	return Rounds.Filter(r, RoundsOfProgramme, string(id), p, nil)
}

var roundsView = projections.View{
	Name: "rounds", Tables: []projections.Schema{Rounds},
	Categories: []string{"round"}, Fold: foldRounds,
}

func foldRounds(tx *projections.Tx, e *codec.Decoded) error {
	if ev, ok := e.Event.(round.Opened); ok {
		Rounds.Put(tx, RoundRow{
			ID: ev.Round, Programme: ev.Programme, Mode: ev.Mode, Seed: ev.Seed, Position: ev.Position,
			OpenedBy: ev.By, OpenedAt: ev.At, Stage: round.StageOpen, StageSince: ev.At,
		})
		return nil
	}
	row := Rounds.Edit(tx, idOf(e))
	if row == nil {
		return missing(e)
	}
	before := row.Stage
	if !foldTerms(tx, row, e) {
		foldSolution(tx, row, e)
	}
	if row.Stage != before {
		row.StageSince = e.Meta.At
	}
	return nil
}

// foldTerms folds what shapes a round: it makes the last solution stale.
func foldTerms(tx *projections.Tx, row *RoundRow, e *codec.Decoded) bool {
	switch ev := e.Event.(type) {
	case round.PairLocked:
		row.mark(tx, RoundMark{ev.Candidacy(), ev.Need, ev.Expert, true, false, ev.By, ev.At})
	case round.PairVetoed:
		row.mark(tx, RoundMark{ev.Candidacy(), ev.Need, ev.Expert, false, false, ev.By, ev.At})
	case round.PairUnlocked:
		row.Marks = without(row.Marks, markKey, ev.Candidacy())
	case round.QuotaSet:
		row.Quotas = upsert(row.Quotas, quotaPlace, ev.Quota)
	case round.QuotaDropped:
		row.Quotas = without(row.Quotas, quotaPlace, quotaPlace(round.Quota{Place: ev.Place, Of: ev.Of}))
	case round.SeatsSet:
		row.Seats = upsert(row.Seats, func(s round.Seats) domain.NeedID { return s.Need }, ev.Seats)
	default:
		return false
	}
	row.Stage, row.Failure, row.Stale = round.StageOpen, "", row.Solution != nil
	return true
}

func markKey(m RoundMark) domain.CandidacyID { return m.Candidacy }

func quotaPlace(q round.Quota) string { return bucket(string(q.Place), q.Of) }

// mark files a lock or a veto in the place of the one before. After the fence of
// an erasure it names nobody.
func (r *RoundRow) mark(tx *projections.Tx, m RoundMark) {
	if !inRound(tx, m.Expert, r.ID) {
		m.Expert = ""
	}
	r.Marks = append(without(r.Marks, markKey, markKey(m)), m)
}

func foldSolution(tx *projections.Tx, row *RoundRow, e *codec.Decoded) {
	switch ev := e.Event.(type) {
	case round.SolveRequested:
		row.Stage, row.Attempt, row.Failure, row.Stale = round.StageSolving, ev.Attempt, "", row.Solution != nil
	case round.SolveFailed:
		row.Stage, row.Failure = round.StageFailed, ev.Reason
	case round.Solved:
		row.Solution, row.Stale = &RoundSolution{
			Attempt: ev.Attempt, Plan: ev.Plan, Certificate: ev.Certificate, Beside: ev.Beside, Prices: ev.Prices,
			Quotas: ev.Quotas, Closed: ev.Closed, Basis: ev.Basis, SolvedAt: ev.At,
		}, false
	case round.Proposed:
		pairs := make([]RoundPair, len(ev.Proposals))
		for i, p := range ev.Proposals {
			if pairs[i] = (RoundPair{Candidacy: p.Candidacy(), Proposal: p}); !inRound(tx, p.Expert, row.ID) {
				pairs[i].Expert = ""
			}
		}
		row.pairs(pairs)
	case round.ProposalApproved:
		row.choose(ev.Pair, func(p *RoundPair) { p.Choice, p.By, p.At = round.Approved, ev.By, ev.At })
	case round.ProposalRefused:
		row.choose(ev.Pair, func(p *RoundPair) { p.Choice, p.Reason, p.By, p.At = round.Refused, ev.Reason, ev.By, ev.At })
		row.mark(tx, RoundMark{ev.Candidacy(), ev.Need, ev.Expert, false, true, ev.By, ev.At})
	case round.ProposalFailed:
		row.choose(ev.Pair, func(p *RoundPair) { p.Choice = round.Undone })
	case round.Closed:
		row.Stage, row.EndedBy, row.EndedAt = round.StageClosed, ev.By, ev.At
	case round.Cancelled:
		row.Stage, row.EndedBy, row.EndedAt, row.CancelReason = round.StageCancelled, ev.By, ev.At, ev.Reason
	}
}

// pairs puts the pairs of the solution into a copy of it, and derives the stage.
func (r *RoundRow) pairs(pairs []RoundPair) {
	if r.Solution == nil {
		return
	}
	s := *r.Solution
	s.Pairs = pairs
	r.Solution = &s
	if r.Stage == round.StageClosed || r.Stage == round.StageCancelled {
		return
	}
	r.Stage = round.StageDecided
	for _, p := range pairs {
		if p.Choice == round.Waiting {
			r.Stage = round.StageProposed
		}
	}
}

func (r *RoundRow) choose(pair round.Pair, change func(*RoundPair)) {
	if r.Solution != nil {
		r.pairs(edited(r.Solution.Pairs, func(p RoundPair) domain.CandidacyID { return p.Candidacy }, pair.Candidacy(), change))
	}
}

// inRound notes where an expert appears, for an erasure to find; it reports
// whether the expert may still be named.
func inRound(tx *projections.Tx, id domain.ExpertID, in domain.RoundID) bool {
	row := involved(tx, id)
	if row.Erased {
		return false
	}
	row.Rounds = upsert(row.Rounds, self, in)
	return true
}

// round takes an erased person out of a round: that a seat was planned and
// decided stays.
func (a anonymiser) round(r *RoundRow, gone domain.ExpertID) {
	r.Marks = append([]RoundMark(nil), r.Marks...)
	for i := range r.Marks {
		if r.Marks[i].Expert == gone {
			r.Marks[i].Expert = ""
		}
	}
	if r.Solution == nil {
		return
	}
	s := *r.Solution
	s.Pairs = append([]RoundPair(nil), s.Pairs...)
	for i := range s.Pairs {
		if s.Pairs[i].Expert == gone {
			s.Pairs[i].Expert = ""
		}
	}
	r.Solution = &s
}
