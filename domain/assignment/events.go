package assignment

import (
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// Event is a fact of an assignment. Type names and json names are the storage
// contract.
//
//sumtype:decl
type Event interface {
	decider.Event
	isAssignment()
}

// Planned starts an assignment out of an accepted offer.
type Planned struct {
	Assignment  domain.AssignmentID  `json:"assignment"` // domain.AssignmentIDFor(Candidacy)
	Need        domain.NeedID        `json:"need"`
	Candidacy   domain.CandidacyID   `json:"candidacy"`
	Expert      domain.ExpertID      `json:"expert"`
	Institution domain.InstitutionID `json:"institution"`
	Programme   domain.ProgrammeID   `json:"programme"`
	Country     domain.Country       `json:"country"`
	Period      domain.Period        `json:"period"`
	Modality    domain.Modality      `json:"modality"`
	Follows     domain.AssignmentID  `json:"follows,omitempty"`
	Checklist   []Item               `json:"checklist"`
	Evaluations []EvaluationDue      `json:"evaluations"`
	At          time.Time            `json:"at"`
}

// AgreementSigned says that the agreement with the expert is signed. The paper
// is kept elsewhere.
type AgreementSigned struct {
	On domain.Date `json:"on"`
}

// WorkPlanProposed puts a version of the work plan before both parties.
type WorkPlanProposed struct {
	Version int                `json:"version"`
	Items   []PlanItem         `json:"items"`
	By      domain.PrincipalID `json:"by"`
	Role    domain.Role        `json:"role"`
	At      time.Time          `json:"at"`
}

// WorkPlanConsented is the yes of one party to a version.
type WorkPlanConsented struct {
	Version int                `json:"version"`
	Party   Party              `json:"party"`
	By      domain.PrincipalID `json:"by"`
	At      time.Time          `json:"at"`
}

// WorkPlanAgreed says that expert and host agreed to a version; it settles the
// checklist's item.
type WorkPlanAgreed struct {
	Version int       `json:"version"`
	At      time.Time `json:"at"`
}

// ChecklistItemDone settles an item.
type ChecklistItemDone struct {
	Item Item               `json:"item"`
	On   domain.Date        `json:"on"`
	By   domain.PrincipalID `json:"by"`
}

// ChecklistItemWaived settles an item without doing it, for a reason.
type ChecklistItemWaived struct {
	Item   Item               `json:"item"`
	Reason personal.Text      `json:"reason,omitzero"`
	By     domain.PrincipalID `json:"by"`
	At     time.Time          `json:"at"`
}

// Started says that the work began.
type Started struct {
	On domain.Date        `json:"on"`
	By domain.PrincipalID `json:"by"`
	At time.Time          `json:"at"`
}

// ModalitySwitched goes on in another modality: Checklist is what it demands now,
// Added what of it is new and open.
type ModalitySwitched struct {
	From      domain.Modality    `json:"from"`
	To        domain.Modality    `json:"to"`
	Reason    personal.Text      `json:"reason,omitzero"`
	Checklist []Item             `json:"checklist"`
	Added     []Item             `json:"added,omitempty"`
	By        domain.PrincipalID `json:"by"`
	At        time.Time          `json:"at"`
}

// Suspended lets the assignment rest.
type Suspended struct {
	Reason SuspensionReason   `json:"reason"`
	Note   personal.Text      `json:"note,omitzero"`
	By     domain.PrincipalID `json:"by"`
	At     time.Time          `json:"at"`
}

// Resumed goes on after a suspension.
type Resumed struct {
	By domain.PrincipalID `json:"by"`
	At time.Time          `json:"at"`
}

// Extended moves the end of the assignment.
type Extended struct {
	Expert      domain.ExpertID    `json:"expert"`
	Candidacy   domain.CandidacyID `json:"candidacy"`
	From        domain.Date        `json:"from"` // the old last day
	To          domain.Date        `json:"to"`   // the new last day
	Reason      personal.Text      `json:"reason,omitzero"`
	Evaluations []EvaluationDue    `json:"evaluations"` // as they fall due now
	By          domain.PrincipalID `json:"by"`
	At          time.Time          `json:"at"`
}

// ExtensionUndone moves the end back: the expert is booked elsewhere in the time
// that the extension asked for.
type ExtensionUndone struct {
	From        domain.Date        `json:"from"`    // the last day of the extension
	To          domain.Date        `json:"to"`      // the last day before it, and again
	AskedBy     domain.PrincipalID `json:"askedBy"` // who had extended, and is told
	Evaluations []EvaluationDue    `json:"evaluations"`
	At          time.Time          `json:"at"`
}

// CheckInRecorded keeps a conversation on how it goes; the first one after
// a month at the latest.
type CheckInRecorded struct {
	On      domain.Date        `json:"on"`
	Concern bool               `json:"concern,omitempty"` // something needs care
	Notes   personal.Text      `json:"notes,omitzero"`
	By      domain.PrincipalID `json:"by"`
	At      time.Time          `json:"at"`
}

// ActivityLogged is an entry of the one log that feeds the reports.
type ActivityLogged struct {
	Activity     ActivityID            `json:"activity"`
	Date         domain.Date           `json:"date"`
	Method       domain.TransferMethod `json:"method"`
	Hours        int                   `json:"hours"`        // whole hours
	Participants int                   `json:"participants"` // people reached, a number only
	Level        TransferLevel         `json:"level"`
	Output       int                   `json:"output,omitzero"` // 1 is the first output of the terms
	By           domain.PrincipalID    `json:"by"`
}

// ReportSubmitted hands in a report, or a new version of a returned one.
type ReportSubmitted struct {
	Kind    ReportKind         `json:"kind"`
	Version int                `json:"version"`
	Text    personal.Text      `json:"text,omitzero"`
	By      domain.PrincipalID `json:"by"`
	At      time.Time          `json:"at"`
}

// ReportAccepted settles a report; never by its author.
type ReportAccepted struct {
	Kind    ReportKind         `json:"kind"`
	Version int                `json:"version"`
	By      domain.PrincipalID `json:"by"`
	At      time.Time          `json:"at"`
}

// ReportReturned asks for a better version.
type ReportReturned struct {
	Kind    ReportKind         `json:"kind"`
	Version int                `json:"version"`
	Reason  personal.Text      `json:"reason,omitzero"`
	By      domain.PrincipalID `json:"by"`
	At      time.Time          `json:"at"`
}

// Completed ends the work as planned.
type Completed struct {
	Need        domain.NeedID      `json:"need"`
	Candidacy   domain.CandidacyID `json:"candidacy"`
	Expert      domain.ExpertID    `json:"expert"`
	On          domain.Date        `json:"on"` // last day of work
	Evaluations []EvaluationDue    `json:"evaluations"`
	By          domain.PrincipalID `json:"by"`
	At          time.Time          `json:"at"`
}

// Terminated ends the work early, or before it began (Started false: the
// process releases the seat and the booking and tells the reserve).
type Terminated struct {
	Need        domain.NeedID      `json:"need"`
	Candidacy   domain.CandidacyID `json:"candidacy"`
	Expert      domain.ExpertID    `json:"expert"`
	Started     bool               `json:"started,omitempty"`
	On          domain.Date        `json:"on"` // last day of work
	Reason      TerminationReason  `json:"reason"`
	Note        personal.Text      `json:"note,omitzero"`
	Evaluations []EvaluationDue    `json:"evaluations,omitempty"` // none when it never began
	By          domain.PrincipalID `json:"by"`
	At          time.Time          `json:"at"`
}

// EvaluationAnswered keeps the answers of one respondent in one wave.
type EvaluationAnswered struct {
	Wave       Wave       `json:"wave"`
	Respondent Respondent `json:"respondent"`
	// RespondentID is a pseudonym that tells colleagues and host officers
	// apart; the expert's own answers have none.
	RespondentID string        `json:"respondentId,omitempty"`
	Answers      Answers       `json:"answers"`
	Comment      personal.Text `json:"comment,omitzero"`
	At           time.Time     `json:"at"`
}

// FollowUpProposed says how it should go on.
type FollowUpProposed struct {
	Kind   FollowUp           `json:"kind"`
	Need   domain.NeedID      `json:"need,omitempty"` // the need drafted for it, if any
	Reason personal.Text      `json:"reason,omitzero"`
	By     domain.PrincipalID `json:"by"`
	At     time.Time          `json:"at"`
}

// FollowUpLinked names the assignment that follows this one.
type FollowUpLinked struct {
	Next domain.AssignmentID `json:"next"`
	At   time.Time           `json:"at"`
}

// Closed ends the file; evaluations may still be answered.
type Closed struct {
	By domain.PrincipalID `json:"by"`
	At time.Time          `json:"at"`
}

func (Planned) EventType() string             { return "assignment.Planned" }
func (AgreementSigned) EventType() string     { return "assignment.AgreementSigned" }
func (WorkPlanProposed) EventType() string    { return "assignment.WorkPlanProposed" }
func (WorkPlanConsented) EventType() string   { return "assignment.WorkPlanConsented" }
func (WorkPlanAgreed) EventType() string      { return "assignment.WorkPlanAgreed" }
func (ChecklistItemDone) EventType() string   { return "assignment.ChecklistItemDone" }
func (ChecklistItemWaived) EventType() string { return "assignment.ChecklistItemWaived" }
func (Started) EventType() string             { return "assignment.Started" }
func (ModalitySwitched) EventType() string    { return "assignment.ModalitySwitched" }
func (Suspended) EventType() string           { return "assignment.Suspended" }
func (Resumed) EventType() string             { return "assignment.Resumed" }
func (Extended) EventType() string            { return "assignment.Extended" }
func (ExtensionUndone) EventType() string     { return "assignment.ExtensionUndone" }
func (CheckInRecorded) EventType() string     { return "assignment.CheckInRecorded" }
func (ActivityLogged) EventType() string      { return "assignment.ActivityLogged" }
func (ReportSubmitted) EventType() string     { return "assignment.ReportSubmitted" }
func (ReportAccepted) EventType() string      { return "assignment.ReportAccepted" }
func (ReportReturned) EventType() string      { return "assignment.ReportReturned" }
func (Completed) EventType() string           { return "assignment.Completed" }
func (Terminated) EventType() string          { return "assignment.Terminated" }
func (EvaluationAnswered) EventType() string  { return "assignment.EvaluationAnswered" }
func (FollowUpProposed) EventType() string    { return "assignment.FollowUpProposed" }
func (FollowUpLinked) EventType() string      { return "assignment.FollowUpLinked" }
func (Closed) EventType() string              { return "assignment.Closed" }

func (Planned) isAssignment()             {}
func (AgreementSigned) isAssignment()     {}
func (WorkPlanProposed) isAssignment()    {}
func (WorkPlanConsented) isAssignment()   {}
func (WorkPlanAgreed) isAssignment()      {}
func (ChecklistItemDone) isAssignment()   {}
func (ChecklistItemWaived) isAssignment() {}
func (Started) isAssignment()             {}
func (ModalitySwitched) isAssignment()    {}
func (Suspended) isAssignment()           {}
func (Resumed) isAssignment()             {}
func (Extended) isAssignment()            {}
func (ExtensionUndone) isAssignment()     {}
func (CheckInRecorded) isAssignment()     {}
func (ActivityLogged) isAssignment()      {}
func (ReportSubmitted) isAssignment()     {}
func (ReportAccepted) isAssignment()      {}
func (ReportReturned) isAssignment()      {}
func (Completed) isAssignment()           {}
func (Terminated) isAssignment()          {}
func (EvaluationAnswered) isAssignment()  {}
func (FollowUpProposed) isAssignment()    {}
func (FollowUpLinked) isAssignment()      {}
func (Closed) isAssignment()              {}
