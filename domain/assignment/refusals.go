package assignment

import "github.com/diaspora-match/diaspora/domain"

// Refusals of an assignment.
var (
	ErrNotFound      = domain.Refuse(domain.NotFound, "assignment.not_found", "There is no such assignment.", "Check the id.")
	ErrExists        = domain.Refuse(domain.Conflict, "assignment.exists", "Another assignment has this id.", "Use the id that derives from the candidacy.")
	ErrRole          = domain.Refuse(domain.Forbidden, "assignment.role", "This step belongs to another role.", "Ask the person in that role to take it.")
	ErrStatus        = domain.Refuse(domain.Refused, "assignment.status", "The status of the assignment does not allow this.", "Look at the assignment's status and take the steps before this one.")
	ErrEnded         = domain.Refuse(domain.Refused, "assignment.ended", "The assignment has ended.", "Propose a follow-up instead.")
	ErrNotPrepared   = domain.Refuse(domain.Refused, "assignment.not_prepared", "An item of the checklist is open.", "Settle every item that is named.")
	ErrObligatory    = domain.Refuse(domain.Refused, "assignment.obligatory", "This item cannot be waived.", "Do it.")
	ErrByAgreement   = domain.Refuse(domain.Refused, "assignment.by_agreement", "The work plan is settled by the agreement of expert and host.", "Let both agree to the work plan.")
	ErrNotListed     = domain.Refuse(domain.Refused, "assignment.not_listed", "The checklist of this modality has no such item.", "Look at the checklist of the assignment.")
	ErrNoWorkPlan    = domain.Refuse(domain.Refused, "assignment.no_work_plan", "No work plan is proposed.", "Propose one.")
	ErrVersion       = domain.Refuse(domain.Conflict, "assignment.version", "The work plan was changed meanwhile.", "Read the latest version and agree to it.")
	ErrFuture        = domain.Refuse(domain.Invalid, "assignment.future", "The day lies in the future.", "Give a day that is not after today.")
	ErrOutside       = domain.Refuse(domain.Invalid, "assignment.outside", "The day lies outside the assignment.", "Give a day of the assignment, or extend it first.")
	ErrNotLater      = domain.Refuse(domain.Invalid, "assignment.not_later", "The new end is not after the present one.", "Give a later day, or complete the assignment.")
	ErrCheckInTwice  = domain.Refuse(domain.Refused, "assignment.check_in_twice", "There is another check-in on this day.", "Choose the day of the conversation.")
	ErrReportOpen    = domain.Refuse(domain.Refused, "assignment.report_open", "A report waits to be accepted or returned.", "Accept or return it first.")
	ErrReportSettled = domain.Refuse(domain.Refused, "assignment.report_settled", "The report is accepted.", "Add what is new to the next report.")
	ErrNoReport      = domain.Refuse(domain.Refused, "assignment.no_report", "No such report waits.", "Wait until it is submitted.")
	ErrOwnReport     = domain.Refuse(domain.Forbidden, "assignment.own_report", "Nobody accepts or returns a report that they wrote.", "Ask somebody else to read it.")
	ErrFinalReport   = domain.Refuse(domain.Refused, "assignment.final_report", "The final report is not accepted.", "Submit the final report and have it accepted.")
	ErrNotOpen       = domain.Refuse(domain.Refused, "assignment.evaluation_not_open", "This wave of the evaluation cannot be answered now.", "Look at the dates of the evaluation.")
	ErrAnswered      = domain.Refuse(domain.Refused, "assignment.answered", "This respondent has answered this wave differently.", "Keep the first answers.")
	ErrSelf          = domain.Refuse(domain.Invalid, "assignment.self", "An assignment cannot follow itself.", "Name the other assignment.")
	ErrSubject       = domain.Refuse(domain.Invalid, "assignment.subject", "The text is about somebody else.", "Write text about the expert of this assignment, or about the respondent.")
)
