package model

import (
	"github.com/diaspora-match/diaspora/domain/assignment"
)

// Inputs of the mutations of an assignment: the target and the command. A field beside the command is
// what the command cannot take from a caller as it is: personal text, which
// names its subject, or a reference that is looked up.
type (
	RecordAgreementInput struct {
		ToAssignment
		assignment.RecordAgreement
	}
	ProposeWorkPlanInput struct {
		ToAssignment
		assignment.ProposeWorkPlan
	}
	AgreeToWorkPlanInput struct {
		ToAssignment
		assignment.AgreeWorkPlan
	}
	CompleteChecklistItemInput struct {
		ToAssignment
		assignment.CompleteItem
	}
	WaiveChecklistItemInput struct {
		ToAssignment
		Reason string
		assignment.WaiveItem
	}
	StartAssignmentInput struct {
		ToAssignment
		assignment.Start
	}
	SwitchModalityInput struct {
		ToAssignment
		Reason string
		assignment.SwitchModality
	}
	SuspendAssignmentInput struct {
		ToAssignment
		Note string
		assignment.Suspend
	}
	ResumeAssignmentInput struct {
		ToAssignment
		assignment.Resume
	}
	ExtendAssignmentInput struct {
		ToAssignment
		Reason string
		assignment.Extend
	}
	RecordCheckInInput struct {
		ToAssignment
		Notes string
		assignment.CheckIn
	}
	LogActivityInput struct {
		ToAssignment
		ID assignment.ActivityID
		assignment.LogActivity
	}
	SubmitReportInput struct {
		ToAssignment
		Text string
		assignment.SubmitReport
	}
	AcceptReportInput struct {
		ToAssignment
		assignment.AcceptReport
	}
	ReturnReportInput struct {
		ToAssignment
		Reason string
		assignment.ReturnReport
	}
	CompleteAssignmentInput struct {
		ToAssignment
		assignment.Complete
	}
	TerminateAssignmentInput struct {
		ToAssignment
		Note string
		assignment.Terminate
	}
	AnswerEvaluationInput struct {
		ToAssignment
		Comment string
		assignment.AnswerEvaluation
	}
	ProposeFollowUpInput struct {
		ToAssignment
		Reason string
		assignment.ProposeFollowUp
	}
	LinkFollowUpInput struct {
		ToAssignment
		assignment.LinkFollowUp
	}
	CloseAssignmentInput struct {
		ToAssignment
		assignment.Close
	}
)
