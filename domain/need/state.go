package need

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
)

// Status is where a need stands.
type Status string

const (
	StatusDraft     Status = "draft"
	StatusSubmitted Status = "submitted"
	StatusReturned  Status = "returned"
	StatusApproved  Status = "approved"
	StatusPublished Status = "published"
	StatusPaused    Status = "paused"
	StatusFilled    Status = "filled"
	StatusExpired   Status = "expired"
	StatusClosed    Status = "closed"
	StatusCancelled Status = "cancelled"
)

// Statuses lists every status in the order of the process.
var Statuses = []Status{
	StatusDraft, StatusSubmitted, StatusReturned, StatusApproved, StatusPublished,
	StatusPaused, StatusFilled, StatusExpired, StatusClosed, StatusCancelled,
}

// State is what the rules of a need look at.
type State struct {
	ID          domain.NeedID
	Programme   domain.ProgrammeID
	Institution domain.InstitutionID
	Country     domain.Country
	Status      Status // empty before the draft
	Terms       Terms
	Version     int // of Terms; 1 is the draft
	Public      PublicText
	Owner       domain.PrincipalID
	SubmittedBy domain.PrincipalID
	Seats       []domain.CandidacyID // who holds a seat, in the order of allocation
}

// Exists reports whether the need was drafted.
func (s State) Exists() bool { return s.Status != "" }

// Ended reports whether nothing but releasing a seat can happen any more.
func (s State) Ended() bool {
	return s.Status == StatusExpired || s.Status == StatusClosed || s.Status == StatusCancelled
}

// Left counts the free seats.
func (s State) Left() int { return s.Terms.Positions - len(s.Seats) }

// AcceptsApplications reports whether experts may apply on a day.
func (s State) AcceptsApplications(d domain.Date) bool {
	return s.Status == StatusPublished && d <= s.Terms.Deadline
}

// Evolve folds one event. Slices are copied before they change: older states
// keep theirs.
func Evolve(s State, e Event) State {
	switch e := e.(type) {
	case Drafted:
		s = State{
			ID: e.Need, Programme: e.Programme, Institution: e.Institution, Country: e.Country,
			Status: StatusDraft, Terms: e.Terms, Version: 1, Owner: e.By,
		}
	case Revised:
		s.Terms, s.Version = e.Terms, e.Version
	case RequirementChanged:
		s.Terms, s.Version = e.Terms, e.Version
	case Submitted:
		s.Status, s.SubmittedBy = StatusSubmitted, e.By
	case Returned:
		s.Status = StatusReturned
	case Approved:
		s.Status = StatusApproved
	case Published:
		s.Status, s.Public = StatusPublished, e.Public
	case PublicTextChanged:
		s.Public = e.Public
	case Paused:
		s.Status = StatusPaused
	case Resumed:
		s.Status = StatusPublished
	case SeatAllocated:
		s.Seats = append(slices.Clone(s.Seats), e.Candidacy)
	case SeatReleased:
		s.Seats = slices.DeleteFunc(slices.Clone(s.Seats), func(c domain.CandidacyID) bool { return c == e.Candidacy })
	case Filled:
		s.Status = StatusFilled
	case Reopened:
		s.Status = StatusPublished
	case Expired:
		s.Status = StatusExpired
	case Closed:
		s.Status = StatusClosed
	case Cancelled:
		s.Status = StatusCancelled
	}
	return s
}
