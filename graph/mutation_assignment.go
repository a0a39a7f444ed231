package graph

import (
	"context"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/assignment"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/graph/model"
)

func (m mutation) assignment(ctx context.Context, to model.ToAssignment, build func(domain.Stamp) assignment.Command) (model.AssignmentResult, error) {
	return m.assignmentPart(ctx, to, nil, build)
}

// assignmentPart is for commands that add something with an id of its own.
func (m mutation) assignmentPart(ctx context.Context, to model.ToAssignment, created *string, build func(domain.Stamp) assignment.Command) (model.AssignmentResult, error) {
	d, r, err := run(ctx, m, &assignment.Aggregate, string(to.Assignment), to.CommandID, build)
	return answer(d, r, err, func(d done) (model.AssignmentResult, error) {
		o, err := d.Assignment(to.Assignment)
		position, command := d.at()
		return &model.AssignmentPayload{Assignment: o, Created: created, Position: position, CommandID: command}, err
	})
}

// texts is assignment for commands with personal text: about makes text about
// the expert whose assignment it is.
func (m mutation) texts(ctx context.Context, to model.ToAssignment, build func(s domain.Stamp, about func(string) personal.Text) assignment.Command) (model.AssignmentResult, error) {
	a, err := one(ctx, to.Assignment, (*model.Sight).Assignment)
	if err != nil {
		return refused[model.AssignmentResult](err)
	}
	of := func(text string) personal.Text { return about(a.AssignmentRow.Expert, text) }
	return m.assignment(ctx, to, func(s domain.Stamp) assignment.Command { return build(s, of) })
}

func (m mutation) LogActivity(ctx context.Context, in model.LogActivityInput) (model.AssignmentResult, error) {
	in.Activity = in.ID
	if in.Activity == "" {
		in.Activity = newID[assignment.ActivityID](ctx, "activity", in.CommandID)
	}
	return m.assignmentPart(ctx, in.ToAssignment, pointer(in.Activity), func(s domain.Stamp) assignment.Command {
		in.Stamp = s
		return in.LogActivity
	})
}

func (m mutation) SuspendAssignment(ctx context.Context, in model.SuspendAssignmentInput) (model.AssignmentResult, error) {
	return m.texts(ctx, in.ToAssignment, func(s domain.Stamp, about func(string) personal.Text) assignment.Command {
		in.Stamp, in.Suspend.Note = s, about(in.Note)
		return in.Suspend
	})
}

func (m mutation) RecordCheckIn(ctx context.Context, in model.RecordCheckInInput) (model.AssignmentResult, error) {
	return m.texts(ctx, in.ToAssignment, func(s domain.Stamp, about func(string) personal.Text) assignment.Command {
		in.Stamp, in.CheckIn.Notes = s, about(in.Notes)
		return in.CheckIn
	})
}

func (m mutation) SubmitReport(ctx context.Context, in model.SubmitReportInput) (model.AssignmentResult, error) {
	return m.texts(ctx, in.ToAssignment, func(s domain.Stamp, about func(string) personal.Text) assignment.Command {
		in.Stamp, in.SubmitReport.Text = s, about(in.Text)
		return in.SubmitReport
	})
}

func (m mutation) ReturnReport(ctx context.Context, in model.ReturnReportInput) (model.AssignmentResult, error) {
	return m.texts(ctx, in.ToAssignment, func(s domain.Stamp, about func(string) personal.Text) assignment.Command {
		in.Stamp, in.ReturnReport.Reason = s, about(in.Reason)
		return in.ReturnReport
	})
}

func (m mutation) TerminateAssignment(ctx context.Context, in model.TerminateAssignmentInput) (model.AssignmentResult, error) {
	return m.texts(ctx, in.ToAssignment, func(s domain.Stamp, about func(string) personal.Text) assignment.Command {
		in.Stamp, in.Terminate.Note = s, about(in.Note)
		return in.Terminate
	})
}

func (m mutation) AnswerEvaluation(ctx context.Context, in model.AnswerEvaluationInput) (model.AssignmentResult, error) {
	return m.texts(ctx, in.ToAssignment, func(s domain.Stamp, about func(string) personal.Text) assignment.Command {
		in.Stamp, in.AnswerEvaluation.Comment = s, about(in.Comment)
		if in.Respondent != assignment.ExpertRespondent && in.RespondentID != "" {
			in.AnswerEvaluation.Comment = personal.Of(in.RespondentID, in.Comment)
		}
		return in.AnswerEvaluation
	})
}

func (m mutation) RecordAgreement(ctx context.Context, in model.RecordAgreementInput) (model.AssignmentResult, error) {
	return m.assignment(ctx, in.ToAssignment, func(s domain.Stamp) assignment.Command {
		in.Stamp = s
		return in.RecordAgreement
	})
}

func (m mutation) ProposeWorkPlan(ctx context.Context, in model.ProposeWorkPlanInput) (model.AssignmentResult, error) {
	return m.assignment(ctx, in.ToAssignment, func(s domain.Stamp) assignment.Command {
		in.Stamp = s
		return in.ProposeWorkPlan
	})
}

func (m mutation) AgreeToWorkPlan(ctx context.Context, in model.AgreeToWorkPlanInput) (model.AssignmentResult, error) {
	return m.assignment(ctx, in.ToAssignment, func(s domain.Stamp) assignment.Command {
		in.Stamp = s
		return in.AgreeWorkPlan
	})
}

func (m mutation) CompleteChecklistItem(ctx context.Context, in model.CompleteChecklistItemInput) (model.AssignmentResult, error) {
	return m.assignment(ctx, in.ToAssignment, func(s domain.Stamp) assignment.Command {
		in.Stamp = s
		return in.CompleteItem
	})
}

func (m mutation) WaiveChecklistItem(ctx context.Context, in model.WaiveChecklistItemInput) (model.AssignmentResult, error) {
	return m.texts(ctx, in.ToAssignment, func(s domain.Stamp, about func(string) personal.Text) assignment.Command {
		in.Stamp, in.WaiveItem.Reason = s, about(in.Reason)
		return in.WaiveItem
	})
}

func (m mutation) StartAssignment(ctx context.Context, in model.StartAssignmentInput) (model.AssignmentResult, error) {
	return m.assignment(ctx, in.ToAssignment, func(s domain.Stamp) assignment.Command {
		in.Stamp = s
		return in.Start
	})
}

func (m mutation) SwitchModality(ctx context.Context, in model.SwitchModalityInput) (model.AssignmentResult, error) {
	return m.texts(ctx, in.ToAssignment, func(s domain.Stamp, about func(string) personal.Text) assignment.Command {
		in.Stamp, in.SwitchModality.Reason = s, about(in.Reason)
		return in.SwitchModality
	})
}

func (m mutation) ResumeAssignment(ctx context.Context, in model.ResumeAssignmentInput) (model.AssignmentResult, error) {
	return m.assignment(ctx, in.ToAssignment, func(s domain.Stamp) assignment.Command {
		in.Stamp = s
		return in.Resume
	})
}

func (m mutation) ExtendAssignment(ctx context.Context, in model.ExtendAssignmentInput) (model.AssignmentResult, error) {
	return m.texts(ctx, in.ToAssignment, func(s domain.Stamp, about func(string) personal.Text) assignment.Command {
		in.Stamp, in.Extend.Reason = s, about(in.Reason)
		return in.Extend
	})
}

func (m mutation) AcceptReport(ctx context.Context, in model.AcceptReportInput) (model.AssignmentResult, error) {
	return m.assignment(ctx, in.ToAssignment, func(s domain.Stamp) assignment.Command {
		in.Stamp = s
		return in.AcceptReport
	})
}

func (m mutation) CompleteAssignment(ctx context.Context, in model.CompleteAssignmentInput) (model.AssignmentResult, error) {
	return m.assignment(ctx, in.ToAssignment, func(s domain.Stamp) assignment.Command {
		in.Stamp = s
		return in.Complete
	})
}

func (m mutation) ProposeFollowUp(ctx context.Context, in model.ProposeFollowUpInput) (model.AssignmentResult, error) {
	return m.texts(ctx, in.ToAssignment, func(s domain.Stamp, about func(string) personal.Text) assignment.Command {
		in.Stamp, in.ProposeFollowUp.Reason = s, about(in.Reason)
		return in.ProposeFollowUp
	})
}

func (m mutation) LinkFollowUp(ctx context.Context, in model.LinkFollowUpInput) (model.AssignmentResult, error) {
	return m.assignment(ctx, in.ToAssignment, func(s domain.Stamp) assignment.Command {
		in.Stamp = s
		return in.LinkFollowUp
	})
}

func (m mutation) CloseAssignment(ctx context.Context, in model.CloseAssignmentInput) (model.AssignmentResult, error) {
	return m.assignment(ctx, in.ToAssignment, func(s domain.Stamp) assignment.Command {
		in.Stamp = s
		return in.Close
	})
}
