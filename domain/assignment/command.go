package assignment

import (
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// Command asks something of an assignment.
//
//sumtype:decl
type Command interface {
	decider.Command
	isAssignmentCommand()
}

// Plan starts an assignment after candidacy.OfferAccepted; system. Its id is
// domain.AssignmentIDFor(Candidacy).
type Plan struct {
	domain.Stamp
	Need        domain.NeedID
	Candidacy   domain.CandidacyID
	Expert      domain.ExpertID
	Institution domain.InstitutionID
	Programme   domain.ProgrammeID
	Country     domain.Country
	Period      domain.Period
	Modality    domain.Modality
	Follows     domain.AssignmentID
}

// RecordAgreement says that the agreement was signed On a day.
type RecordAgreement struct {
	domain.Stamp
	On domain.Date
}

// ProposeWorkPlan puts a new version before both parties; when the expert or the
// host proposes, their own consent is given with it.
type ProposeWorkPlan struct {
	domain.Stamp
	Items []PlanItem
}

// AgreeWorkPlan is the yes of the expert or the host (by the stamp's role) to
// the latest version.
type AgreeWorkPlan struct {
	domain.Stamp
	Version int
}

// CompleteItem settles an item of the checklist. WorkPlan is settled by
// AgreeWorkPlan alone.
type CompleteItem struct {
	domain.Stamp
	Item Item
	On   domain.Date // zero: today
}

// WaiveItem settles an item without doing it. The pre-departure training and the
// work plan cannot be waived.
type WaiveItem struct {
	domain.Stamp
	Item   Item
	Reason personal.Text // about the expert
}

// Start begins the work, On a day within the period and not in the future.
type Start struct {
	domain.Stamp
	On domain.Date // zero: today
}

// SwitchModality goes on in another modality. Switching active work to one that
// travels suspends it until the added items are settled.
type SwitchModality struct {
	domain.Stamp
	To     domain.Modality
	Reason personal.Text // about the expert
}

// Suspend lets active work rest.
type Suspend struct {
	domain.Stamp
	Reason SuspensionReason
	Note   personal.Text // about the expert
}

// Resume goes on.
type Resume struct{ domain.Stamp }

// UndoExtension takes an extension back that the expert's booking could not
// follow. It does nothing when the end has moved since, or the work has ended.
type UndoExtension struct {
	domain.Stamp
	From, To domain.Date        // the last day before the extension, and with it
	AskedBy  domain.PrincipalID // who had extended
}

// Extend moves the last day to a later one.
type Extend struct {
	domain.Stamp
	To     domain.Date
	Reason personal.Text // about the expert
}

// CheckIn records a conversation; one a day.
type CheckIn struct {
	domain.Stamp
	On      domain.Date // zero: today
	Concern bool
	Notes   personal.Text // about the expert
}

// LogActivity adds an entry to the log.
type LogActivity struct {
	domain.Stamp
	Activity     ActivityID // a UUID
	Date         domain.Date
	Method       domain.TransferMethod
	Hours        int
	Participants int
	Level        TransferLevel
	Output       int // 1 is the first output of the terms; 0: none in particular
}

// SubmitReport hands in a report.
type SubmitReport struct {
	domain.Stamp
	Kind ReportKind
	Text personal.Text // about the expert
}

// AcceptReport settles a report; not by its author.
type AcceptReport struct {
	domain.Stamp
	Kind ReportKind
}

// ReturnReport asks for a better version; not by its author.
type ReturnReport struct {
	domain.Stamp
	Kind   ReportKind
	Reason personal.Text // about the expert
}

// Complete ends the work; the final report must be accepted.
type Complete struct {
	domain.Stamp
	On domain.Date // last day of work; zero: today, or the planned end when it is past
}

// Terminate ends the work early, or before it began.
type Terminate struct {
	domain.Stamp
	Reason TerminationReason
	Note   personal.Text // about the expert
}

// AnswerEvaluation keeps the answers of one respondent in one wave.
type AnswerEvaluation struct {
	domain.Stamp
	Wave         Wave
	Respondent   Respondent
	RespondentID string // a UUID; required but for the expert
	Answers      Answers
	Comment      personal.Text // about the expert, or about the respondent by RespondentID
}

// ProposeFollowUp says how it should go on.
type ProposeFollowUp struct {
	domain.Stamp
	Kind   FollowUp
	Need   domain.NeedID
	Reason personal.Text // about the expert
}

// LinkFollowUp names the assignment that follows this one.
type LinkFollowUp struct {
	domain.Stamp
	Next domain.AssignmentID
}

// Close ends the file after the reports are settled.
type Close struct{ domain.Stamp }

func (Plan) CommandType() string             { return "assignment.Plan" }
func (RecordAgreement) CommandType() string  { return "assignment.RecordAgreement" }
func (ProposeWorkPlan) CommandType() string  { return "assignment.ProposeWorkPlan" }
func (AgreeWorkPlan) CommandType() string    { return "assignment.AgreeWorkPlan" }
func (CompleteItem) CommandType() string     { return "assignment.CompleteItem" }
func (WaiveItem) CommandType() string        { return "assignment.WaiveItem" }
func (Start) CommandType() string            { return "assignment.Start" }
func (SwitchModality) CommandType() string   { return "assignment.SwitchModality" }
func (Suspend) CommandType() string          { return "assignment.Suspend" }
func (Resume) CommandType() string           { return "assignment.Resume" }
func (Extend) CommandType() string           { return "assignment.Extend" }
func (UndoExtension) CommandType() string    { return "assignment.UndoExtension" }
func (CheckIn) CommandType() string          { return "assignment.CheckIn" }
func (LogActivity) CommandType() string      { return "assignment.LogActivity" }
func (SubmitReport) CommandType() string     { return "assignment.SubmitReport" }
func (AcceptReport) CommandType() string     { return "assignment.AcceptReport" }
func (ReturnReport) CommandType() string     { return "assignment.ReturnReport" }
func (Complete) CommandType() string         { return "assignment.Complete" }
func (Terminate) CommandType() string        { return "assignment.Terminate" }
func (AnswerEvaluation) CommandType() string { return "assignment.AnswerEvaluation" }
func (ProposeFollowUp) CommandType() string  { return "assignment.ProposeFollowUp" }
func (LinkFollowUp) CommandType() string     { return "assignment.LinkFollowUp" }
func (Close) CommandType() string            { return "assignment.Close" }

func (Plan) isAssignmentCommand()             {}
func (RecordAgreement) isAssignmentCommand()  {}
func (ProposeWorkPlan) isAssignmentCommand()  {}
func (AgreeWorkPlan) isAssignmentCommand()    {}
func (CompleteItem) isAssignmentCommand()     {}
func (WaiveItem) isAssignmentCommand()        {}
func (Start) isAssignmentCommand()            {}
func (SwitchModality) isAssignmentCommand()   {}
func (Suspend) isAssignmentCommand()          {}
func (Resume) isAssignmentCommand()           {}
func (Extend) isAssignmentCommand()           {}
func (UndoExtension) isAssignmentCommand()    {}
func (CheckIn) isAssignmentCommand()          {}
func (LogActivity) isAssignmentCommand()      {}
func (SubmitReport) isAssignmentCommand()     {}
func (AcceptReport) isAssignmentCommand()     {}
func (ReturnReport) isAssignmentCommand()     {}
func (Complete) isAssignmentCommand()         {}
func (Terminate) isAssignmentCommand()        {}
func (AnswerEvaluation) isAssignmentCommand() {}
func (ProposeFollowUp) isAssignmentCommand()  {}
func (LinkFollowUp) isAssignmentCommand()     {}
func (Close) isAssignmentCommand()            {}
