package candidacy

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
)

// HostDecision is the host's facet.
type HostDecision string

const (
	HostUndecided HostDecision = ""
	HostYes       HostDecision = "accepted"
	HostNo        HostDecision = "declined"
)

// Approval is the manager's facet.
type Approval string

const (
	NotRequested    Approval = ""
	ApprovalPending Approval = "pending" // the placement process is at work
	ApprovalMade    Approval = "approved"
	ApprovalUndone  Approval = "failed" // may be asked for again
	ApprovalRefused Approval = "refused"
)

// Offer is the facet of the expert's final answer.
type Offer string

const (
	NoOffer       Offer = ""
	OfferOpen     Offer = "made"
	OfferTaken    Offer = "accepted"
	OfferRejected Offer = "declined"
)

// State is what the rules of a candidacy look at: facets that move on their own.
type State struct {
	Subject
	// Proposers suggested or nominated the expert, in that order; they do not
	// approve. An expert who applies is nobody's proposal.
	Proposers []domain.PrincipalID
	Nominated bool
	Applied   bool
	Willing   bool // applied, or agreed to a nomination

	Consent   Consent            // the one in force, if any
	Withdrawn []domain.ConsentID // consents that may not be used again

	Shortlisted    bool
	Interviews     []InterviewRecorded
	Shared         bool // the host may see the profile, and decide
	DecideBy       domain.Date
	Reminders      int // the number of the last one
	Host           HostDecision
	HostBy         domain.PrincipalID
	Recommendation Recommendation
	RecommendedBy  domain.PrincipalID

	Approval  Approval
	Requested ApprovalRequested // the latest
	Offer     Offer
	Reserve   bool

	Left         bool // the expert withdrew
	InFavourOf   domain.CandidacyID
	Closed       ClosingReason
	ClosesIfFail ClosingReason // the need ended while the approval was pending
}

// Exists reports whether the candidacy was created.
func (s State) Exists() bool { return s.Expert != "" }

// Ended reports whether nothing more can be decided.
func (s State) Ended() bool {
	return s.Left || s.InFavourOf != "" || s.Closed != "" || s.Approval == ApprovalRefused || s.Offer == OfferRejected
}

// Placed reports whether a seat and a booking are held or being sought.
func (s State) Placed() bool {
	return !s.Ended() && (s.Approval == ApprovalPending || s.Approval == ApprovalMade)
}

// Open reports whether the expert still waits for a decision: such a candidacy
// gets a closing notice when its need ends.
func (s State) Open() bool { return s.Exists() && !s.Ended() && !s.Placed() }

// AwaitsHost reports whether the host is asked and has not decided.
func (s State) AwaitsHost() bool { return s.Open() && s.Shared && s.Host == HostUndecided }

// restartable reports whether the same expert may be considered for the same
// need once more. After an accepted offer there is an assignment under the id of
// this candidacy, so the next one needs a new need.
func (s State) restartable() bool {
	return (s.Left || s.Closed != "") && s.Offer != OfferTaken
}

// Stage is where the candidacy stands, in the words of its users: the furthest
// facet tells.
func (s State) Stage() Stage {
	switch {
	case !s.Exists():
		return ""
	case s.Left:
		return StageWithdrawn
	case s.InFavourOf != "":
		return StageSuperseded
	case s.Closed != "":
		return StageClosed
	case s.Offer == OfferTaken:
		return StageAccepted
	case s.Offer == OfferRejected:
		return StageDeclined
	case s.Offer == OfferOpen:
		return StageOffered
	case s.Approval == ApprovalRefused:
		return StageManagerRefused
	case s.Approval == ApprovalMade:
		return StageApproved
	case s.Approval == ApprovalPending:
		return StageApprovalPending
	case s.Reserve:
		return StageReserve
	case s.Approval == ApprovalUndone:
		return StageApprovalFailed
	}
	return s.earlyStage()
}

// earlyStage is the stage before the manager decides.
func (s State) earlyStage() Stage {
	switch {
	case s.Host == HostYes:
		return StageHostAccepted
	case s.Host == HostNo:
		return StageHostDeclined
	case len(s.Interviews) > 0:
		return StageInterviewed
	case s.Shared:
		return StageAwaitingHost
	case s.Shortlisted:
		return StageShortlisted
	case s.Applied:
		return StageApplied
	case s.Nominated:
		return StageNominated
	}
	return StageSuggested
}

// restart forgets the facets of a candidacy that ended, but not which consents
// were withdrawn.
func (s State) restart(subject Subject) State {
	if s.Ended() || !s.Exists() {
		return State{Subject: subject, Withdrawn: s.Withdrawn}
	}
	return s
}

// propose adds a proposer to a copy of the list.
func (s State) propose(by domain.PrincipalID) State {
	if !slices.Contains(s.Proposers, by) {
		s.Proposers = append(slices.Clone(s.Proposers), by)
	}
	return s
}

// Evolve folds one event. Slices are copied before they change: older states
// keep theirs.
func Evolve(s State, e Event) State {
	switch e := e.(type) {
	case Suggested:
		s = s.restart(e.Subject).propose(e.By)
	case Applied:
		s = s.restart(e.Subject)
		s.Applied, s.Willing, s.Consent = true, true, e.Consent
	case Nominated:
		s = s.restart(e.Subject).propose(e.By)
		s.Nominated = true
	case NominationAgreed:
		s.Nominated, s.Willing, s.Consent = true, true, e.Consent
	case ConsentGiven:
		s.Consent = e.Consent
	case ConsentWithdrawn:
		s.Consent, s.Shared = Consent{}, false
		s.Withdrawn = append(slices.Clone(s.Withdrawn), e.Consent)
	case Shortlisted:
		s.Shortlisted = true
	case SharedWithHost:
		s.Shared, s.Consent, s.DecideBy, s.Reminders = true, e.Consent, e.DecideBy, 0
	case InterviewRecorded:
		s.Interviews = append(slices.Clone(s.Interviews), e)
	case HostAccepted:
		s.Host, s.HostBy = HostYes, e.By
	case HostDeclined:
		s.Host, s.HostBy = HostNo, e.By
	case HostDecisionReminded:
		s.Reminders = e.Number
	case HostDecisionExpired:
		s.Shared, s.Reminders = false, 0
	case RecommendationMade:
		s.Recommendation, s.RecommendedBy = e.Recommendation, e.By
	case PutInReserve:
		s.Reserve = true
	case CalledFromReserve:
		s.Reserve = false
	default:
		return s.evolveEnd(e)
	}
	return s
}

// evolveEnd folds the events from the manager's approval on.
func (s State) evolveEnd(e Event) State {
	switch e := e.(type) {
	case ApprovalRequested:
		s.Approval, s.Requested, s.Reserve = ApprovalPending, e, false
	case Approved:
		s.Approval, s.ClosesIfFail = ApprovalMade, ""
	case ApprovalFailed:
		s.Approval = ApprovalUndone
	case ManagerRefused:
		s.Approval = ApprovalRefused
	case Offered:
		s.Offer = OfferOpen
	case OfferAccepted:
		s.Offer = OfferTaken
	case OfferDeclined:
		s.Offer = OfferRejected
	case Withdrawn:
		s.Left, s.Shared = true, false
	case Superseded:
		s.InFavourOf, s.Shared = e.InFavourOf, false
	case ClosingDeferred:
		s.ClosesIfFail = e.Reason
	case Closed:
		s.Closed, s.Shared = e.Reason, false
	}
	return s
}
