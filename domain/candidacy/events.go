package candidacy

import (
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// Event is a fact of a candidacy. Type names and json names are the storage
// contract.
//
//sumtype:decl
type Event interface {
	decider.Event
	isCandidacy()
}

// Subject says which candidacy a creating event is about, with the ids that
// authorisation and views need.
type Subject struct {
	Candidacy   domain.CandidacyID   `json:"candidacy"` // domain.CandidacyIDFor(Need, Expert)
	Need        domain.NeedID        `json:"need"`
	Expert      domain.ExpertID      `json:"expert"`
	Programme   domain.ProgrammeID   `json:"programme"`
	Institution domain.InstitutionID `json:"institution"`
	Country     domain.Country       `json:"country"`
}

// Suggested proposes the expert, with the score that was shown.
type Suggested struct {
	Subject
	Score ScoreShown         `json:"score"`
	Rank  int                `json:"rank,omitzero"` // 1 is first; 0 was not ranked
	Seen  Seen               `json:"seen,omitzero"`
	By    domain.PrincipalID `json:"by"`
	Role  domain.Role        `json:"role"`
	At    time.Time          `json:"at"`
}

// Applied says that the expert applies, and consents to sharing for this need.
type Applied struct {
	Subject
	Motivation personal.Text      `json:"motivation,omitzero"`
	Consent    Consent            `json:"consent"`
	By         domain.PrincipalID `json:"by"`
	At         time.Time          `json:"at"`
}

// Nominated says that a focal point, host or manager proposes the expert, who
// has yet to agree.
type Nominated struct {
	Subject
	Reason personal.Text      `json:"reason,omitzero"`
	By     domain.PrincipalID `json:"by"`
	Role   domain.Role        `json:"role"`
	At     time.Time          `json:"at"`
}

// NominationAgreed says that the expert is willing, and consents to sharing.
type NominationAgreed struct {
	Consent Consent            `json:"consent"`
	By      domain.PrincipalID `json:"by"`
	At      time.Time          `json:"at"`
}

// ConsentGiven replaces the consent to share by a newer one.
type ConsentGiven struct {
	Consent Consent   `json:"consent"`
	At      time.Time `json:"at"`
}

// ConsentWithdrawn stops any further sharing.
type ConsentWithdrawn struct {
	Consent domain.ConsentID `json:"consent"`
	At      time.Time        `json:"at"`
}

// Withdrawn ends the candidacy on the expert's side.
type Withdrawn struct {
	Reason WithdrawalReason   `json:"reason"`
	Note   personal.Text      `json:"note,omitzero"`
	By     domain.PrincipalID `json:"by"`
	Role   domain.Role        `json:"role"`
	At     time.Time          `json:"at"`
	// HeldPlace: a placement was under way or made; the placement process
	// releases the seat and the booking and tells the reserve.
	HeldPlace bool `json:"heldPlace,omitempty"`
}

// Shortlisted puts the expert on the short list of the need.
type Shortlisted struct {
	By domain.PrincipalID `json:"by"`
	At time.Time          `json:"at"`
}

// SharedWithHost discloses the profile to the host, which is to decide by a day.
// The expert sees every disclosure.
type SharedWithHost struct {
	Consent  Consent            `json:"consent"`
	DecideBy domain.Date        `json:"decideBy"`
	By       domain.PrincipalID `json:"by"`
	At       time.Time          `json:"at"`
}

// InterviewRecorded keeps the outcome of an interview.
type InterviewRecorded struct {
	Date           domain.Date            `json:"date"`
	Languages      []domain.LanguageClaim `json:"languages,omitempty"` // as confirmed
	Recommendation Recommendation         `json:"recommendation"`
	Notes          personal.Text          `json:"notes,omitzero"`
	By             domain.PrincipalID     `json:"by"`
	At             time.Time              `json:"at"`
}

// HostAccepted is the host's decision for the expert.
type HostAccepted struct {
	Reason HostReason         `json:"reason"`
	Note   personal.Text      `json:"note,omitzero"`
	Shown  Shown              `json:"shown,omitzero"`
	By     domain.PrincipalID `json:"by"`
	At     time.Time          `json:"at"`
}

// HostDeclined is the host's decision against the expert.
type HostDeclined struct {
	Reason HostReason         `json:"reason"`
	Note   personal.Text      `json:"note,omitzero"`
	Shown  Shown              `json:"shown,omitzero"`
	By     domain.PrincipalID `json:"by"`
	At     time.Time          `json:"at"`
}

// HostDecisionReminded says that the host was reminded for the nth time.
type HostDecisionReminded struct {
	Number int       `json:"number"`
	At     time.Time `json:"at"`
}

// HostDecisionExpired ends the sharing because the host did not decide in time.
// Sharing again gives it another term.
type HostDecisionExpired struct {
	At time.Time `json:"at"`
}

// RecommendationMade is the mission focal point's opinion.
type RecommendationMade struct {
	Recommendation Recommendation     `json:"recommendation"`
	Reason         personal.Text      `json:"reason,omitzero"`
	Shown          Shown              `json:"shown,omitzero"`
	By             domain.PrincipalID `json:"by"`
	At             time.Time          `json:"at"`
}

// ApprovalRequested is the manager's approval, waiting for the placement process
// to find the seat and the expert's time free.
type ApprovalRequested struct {
	Subject
	Period      domain.Period       `json:"period"`
	Modality    domain.Modality     `json:"modality"`
	NeedVersion int                 `json:"needVersion"` // of the terms: need.AllocateSeat checks it
	Score       ScoreShown          `json:"score"`
	Rank        int                 `json:"rank,omitzero"` // 0 was not ranked
	Seen        Seen                `json:"seen,omitzero"`
	Override    personal.Text       `json:"override,omitzero"`
	Follows     domain.AssignmentID `json:"follows,omitempty"`
	By          domain.PrincipalID  `json:"by"`
	At          time.Time           `json:"at"`
}

// Approved says that seat and booking are made.
type Approved struct {
	Period   domain.Period      `json:"period"`
	Modality domain.Modality    `json:"modality"`
	By       domain.PrincipalID `json:"by"` // the manager who approved
	At       time.Time          `json:"at"`
}

// ApprovalFailed says that the placement could not be made; the manager may
// approve again.
type ApprovalFailed struct {
	Reason FailureReason `json:"reason"`
	At     time.Time     `json:"at"`
}

// ManagerRefused is the manager's decision against the placement.
type ManagerRefused struct {
	Reason RefusalReason      `json:"reason"`
	Note   personal.Text      `json:"note,omitzero"`
	Shown  Shown              `json:"shown,omitzero"`
	By     domain.PrincipalID `json:"by"`
	At     time.Time          `json:"at"`
}

// Offered asks the expert to accept the assignment.
type Offered struct {
	Period   domain.Period      `json:"period"`
	Modality domain.Modality    `json:"modality"`
	AnswerBy domain.Date        `json:"answerBy"`
	By       domain.PrincipalID `json:"by"`
	At       time.Time          `json:"at"`
}

// OfferAccepted is the expert's yes. It carries all that planning the assignment
// (domain.AssignmentIDFor of the candidacy) takes.
type OfferAccepted struct {
	Subject
	Period   domain.Period       `json:"period"`
	Modality domain.Modality     `json:"modality"`
	Follows  domain.AssignmentID `json:"follows,omitempty"`
	By       domain.PrincipalID  `json:"by"`
	At       time.Time           `json:"at"`
}

// OfferDeclined is the expert's no; the placement process releases the seat and
// the booking and tells the reserve.
type OfferDeclined struct {
	Reason WithdrawalReason   `json:"reason"`
	Note   personal.Text      `json:"note,omitzero"`
	By     domain.PrincipalID `json:"by"`
	At     time.Time          `json:"at"`
}

// PutInReserve keeps the candidate in case somebody drops out.
type PutInReserve struct {
	By domain.PrincipalID `json:"by"`
	At time.Time          `json:"at"`
}

// CalledFromReserve takes the candidate up again.
type CalledFromReserve struct {
	By domain.PrincipalID `json:"by"`
	At time.Time          `json:"at"`
}

// Superseded ends the candidacy in favour of another one.
type Superseded struct {
	InFavourOf domain.CandidacyID `json:"inFavourOf"`
	At         time.Time          `json:"at"`
	HeldPlace  bool               `json:"heldPlace,omitempty"` // as in Withdrawn
}

// ClosingDeferred says that the need ended while an approval was pending: the
// candidacy closes should that approval fail.
type ClosingDeferred struct {
	Reason ClosingReason `json:"reason"`
	At     time.Time     `json:"at"`
}

// Closed tells the expert that the need ended without them, and why.
type Closed struct {
	Reason ClosingReason `json:"reason"`
	At     time.Time     `json:"at"`
}

func (Suggested) EventType() string            { return "candidacy.Suggested" }
func (Applied) EventType() string              { return "candidacy.Applied" }
func (Nominated) EventType() string            { return "candidacy.Nominated" }
func (NominationAgreed) EventType() string     { return "candidacy.NominationAgreed" }
func (ConsentGiven) EventType() string         { return "candidacy.ConsentGiven" }
func (ConsentWithdrawn) EventType() string     { return "candidacy.ConsentWithdrawn" }
func (Withdrawn) EventType() string            { return "candidacy.Withdrawn" }
func (Shortlisted) EventType() string          { return "candidacy.Shortlisted" }
func (SharedWithHost) EventType() string       { return "candidacy.SharedWithHost" }
func (InterviewRecorded) EventType() string    { return "candidacy.InterviewRecorded" }
func (HostAccepted) EventType() string         { return "candidacy.HostAccepted" }
func (HostDeclined) EventType() string         { return "candidacy.HostDeclined" }
func (HostDecisionReminded) EventType() string { return "candidacy.HostDecisionReminded" }
func (HostDecisionExpired) EventType() string  { return "candidacy.HostDecisionExpired" }
func (RecommendationMade) EventType() string   { return "candidacy.RecommendationMade" }
func (ApprovalRequested) EventType() string    { return "candidacy.ApprovalRequested" }
func (Approved) EventType() string             { return "candidacy.Approved" }
func (ApprovalFailed) EventType() string       { return "candidacy.ApprovalFailed" }
func (ManagerRefused) EventType() string       { return "candidacy.ManagerRefused" }
func (Offered) EventType() string              { return "candidacy.Offered" }
func (OfferAccepted) EventType() string        { return "candidacy.OfferAccepted" }
func (OfferDeclined) EventType() string        { return "candidacy.OfferDeclined" }
func (PutInReserve) EventType() string         { return "candidacy.PutInReserve" }
func (CalledFromReserve) EventType() string    { return "candidacy.CalledFromReserve" }
func (Superseded) EventType() string           { return "candidacy.Superseded" }
func (ClosingDeferred) EventType() string      { return "candidacy.ClosingDeferred" }
func (Closed) EventType() string               { return "candidacy.Closed" }

func (Suggested) isCandidacy()            {}
func (Applied) isCandidacy()              {}
func (Nominated) isCandidacy()            {}
func (NominationAgreed) isCandidacy()     {}
func (ConsentGiven) isCandidacy()         {}
func (ConsentWithdrawn) isCandidacy()     {}
func (Withdrawn) isCandidacy()            {}
func (Shortlisted) isCandidacy()          {}
func (SharedWithHost) isCandidacy()       {}
func (InterviewRecorded) isCandidacy()    {}
func (HostAccepted) isCandidacy()         {}
func (HostDeclined) isCandidacy()         {}
func (HostDecisionReminded) isCandidacy() {}
func (HostDecisionExpired) isCandidacy()  {}
func (RecommendationMade) isCandidacy()   {}
func (ApprovalRequested) isCandidacy()    {}
func (Approved) isCandidacy()             {}
func (ApprovalFailed) isCandidacy()       {}
func (ManagerRefused) isCandidacy()       {}
func (Offered) isCandidacy()              {}
func (OfferAccepted) isCandidacy()        {}
func (OfferDeclined) isCandidacy()        {}
func (PutInReserve) isCandidacy()         {}
func (CalledFromReserve) isCandidacy()    {}
func (Superseded) isCandidacy()           {}
func (ClosingDeferred) isCandidacy()      {}
func (Closed) isCandidacy()               {}
