package round

import "github.com/diaspora-match/diaspora/domain"

// Refusals of a round.
var (
	ErrNotFound    = domain.Refuse(domain.NotFound, "round.not_found", "There is no such round.", "Check the id.")
	ErrExists      = domain.Refuse(domain.Refused, "round.exists", "The round was opened before, in other terms.", "Open another round.")
	ErrRole        = domain.Refuse(domain.Forbidden, "round.role", "This belongs to another role.", "Ask the manager of the programme.")
	ErrEnded       = domain.Refuse(domain.Refused, "round.ended", "The round is closed or cancelled.", "Open another round.")
	ErrSolving     = domain.Refuse(domain.Refused, "round.solving", "The round is being solved.", "Wait until it is solved, or cancel it.")
	ErrDecided     = domain.Refuse(domain.Refused, "round.decided", "A pair of this round is approved: it is shaped no more.", "Decide the other pairs and close the round, then open another one.")
	ErrReason      = domain.Refuse(domain.Invalid, "round.reason", "This needs a written reason.", "Say why, in one or two sentences.")
	ErrBounds      = domain.Refuse(domain.Invalid, "round.bounds", "The lower bound is above the upper one.", "Give a lower bound that is not above the upper one.")
	ErrFixed       = domain.Refuse(domain.Refused, "round.refused_pair", "The pair was refused in this round and stays out.", "Open another round, should it come back.")
	ErrNotProposed = domain.Refuse(domain.Refused, "round.not_proposed", "The round does not propose this pair.", "Choose one of the proposed pairs, or solve the round again.")
	ErrOtherChoice = domain.Refuse(domain.Refused, "round.other_choice", "The pair is decided already, and otherwise.", "Look at the round's decisions; a candidacy that began is ended as a candidacy.")
	ErrUndecided   = domain.Refuse(domain.Refused, "round.undecided", "Pairs are waiting for a decision, or nothing was solved.", "Approve or refuse each pair, or cancel the round.")
	ErrAttempt     = domain.Refuse(domain.Refused, "round.attempt", "The round does not wait for this solution.", "Look at the round as it stands now.")
	ErrUnproved    = domain.Refuse(domain.Refused, "round.unproved", "The plan's certificate does not hold.", "Record why it failed; the plan is not shown.")
)
