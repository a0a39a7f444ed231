package assignment

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
)

// during refuses a day on which there was no work.
func (s State) during(k *domain.Checks, field string, d domain.Date) {
	k.Require(d >= s.StartedOn && (s.EndedOn == 0 || d <= s.EndedOn), ErrOutside.At(field))
}

func (s State) checkIn(c CheckIn) ([]Event, error) {
	if err := s.in(StatusActive, StatusSuspended); err != nil {
		return nil, err
	}
	var k domain.Checks
	on := dayOr(&k, "on", c.On, c.Today())
	if i := slices.IndexFunc(s.CheckIns, func(o CheckInRecorded) bool { return o.On == on }); i >= 0 {
		if s.CheckIns[i].Concern == c.Concern && s.CheckIns[i].Notes.Equal(c.Notes) {
			return nil, nil
		}
		return nil, ErrCheckInTwice.At("on")
	}
	s.during(&k, "on", on)
	s.note(&k, "notes", c.Notes)
	k.Count("checkIns", len(s.CheckIns)+1, MaxCheckIns)
	if err := k.Err(); err != nil {
		return nil, err
	}
	return one(CheckInRecorded{On: on, Concern: c.Concern, Notes: c.Notes, By: c.By, At: c.At})
}

// logActivity takes late entries until the file is closed.
func (s State) logActivity(c LogActivity) ([]Event, error) {
	if s.Status == StatusClosed {
		return nil, ErrEnded
	}
	if !s.Started() {
		return nil, ErrStatus
	}
	if slices.Contains(s.Activities, c.Activity) {
		return nil, nil
	}
	var k domain.Checks
	domain.RequireID(&k, "activity", c.Activity)
	k.Require(c.Date != 0, domain.ErrRequired.At("date"))
	k.Require(c.Date <= c.Today(), ErrFuture.At("date"))
	if c.Date != 0 {
		s.during(&k, "date", c.Date)
	}
	k.Require(c.Method.Valid(), domain.ErrUnknown.At("method"))
	k.Range("hours", c.Hours, 1, MaxHours)
	k.Range("participants", c.Participants, 0, MaxParticipants)
	domain.RequireListed(&k, "level", c.Level, TransferLevels)
	k.Range("output", c.Output, 0, MaxOutput)
	k.Count("activities", len(s.Activities)+1, MaxActivities)
	if err := k.Err(); err != nil {
		return nil, err
	}
	return one(ActivityLogged{
		Activity: c.Activity, Date: c.Date, Method: c.Method, Hours: c.Hours, Participants: c.Participants,
		Level: c.Level, Output: c.Output, By: c.By,
	})
}

// submitReport takes reports from the start until the file is closed.
func (s State) submitReport(c SubmitReport) ([]Event, error) {
	if s.Status == StatusClosed {
		return nil, ErrEnded
	}
	if !s.Started() {
		return nil, ErrStatus
	}
	var k domain.Checks
	domain.RequireListed(&k, "kind", c.Kind, ReportKinds)
	k.Require(!c.Text.IsZero(), domain.ErrRequired.At("text"))
	k.Require(c.Text.Len() <= MaxReport, domain.ErrTooLong.At("text"))
	k.Require(c.Text.IsZero() || c.Text.Subject() == string(s.Expert), ErrSubject.At("text"))
	if err := k.Err(); err != nil {
		return nil, err
	}
	r, _ := s.Report(c.Kind)
	switch {
	case r.Status == ReportDone:
		return nil, ErrReportSettled
	case r.Status == ReportWaiting && r.Author == c.By && r.Text.Equal(c.Text):
		return nil, nil
	case r.Status == ReportWaiting:
		return nil, ErrReportOpen
	}
	return one(ReportSubmitted{Kind: c.Kind, Version: r.Version + 1, Text: c.Text, By: c.By, At: c.At})
}

func (s State) acceptReport(c AcceptReport) ([]Event, error) {
	r, _ := s.Report(c.Kind)
	switch {
	case r.Status == ReportDone:
		return nil, nil
	case s.Status == StatusClosed:
		return nil, ErrEnded
	case r.Status != ReportWaiting:
		return nil, ErrNoReport.At("kind")
	case r.Author == c.By:
		return nil, ErrOwnReport
	}
	return one(ReportAccepted{Kind: c.Kind, Version: r.Version, By: c.By, At: c.At})
}

func (s State) returnReport(c ReturnReport) ([]Event, error) {
	r, _ := s.Report(c.Kind)
	switch {
	case r.Status == ReportSentBack:
		return nil, nil
	case r.Status == ReportDone:
		return nil, ErrReportSettled
	case r.Status != ReportWaiting:
		return nil, ErrNoReport.At("kind")
	case r.Author == c.By:
		return nil, ErrOwnReport
	}
	var k domain.Checks
	s.why(&k, c.Reason)
	if err := k.Err(); err != nil {
		return nil, err
	}
	return one(ReportReturned{Kind: c.Kind, Version: r.Version, Reason: c.Reason, By: c.By, At: c.At})
}

// open reports whether a wave may be answered on a day. Late answers are
// welcome; early ones would not be comparable.
func (s State) open(w Wave, today domain.Date) bool {
	due := s.Evaluations()
	i := slices.IndexFunc(due, func(d EvaluationDue) bool { return d.Wave == w })
	switch {
	case i < 0:
		return false
	case w == Before:
		return !s.Ended() && today >= due[i].Opens && (!s.Started() || today <= s.StartedOn+BaselineGraceDays)
	}
	return s.Ended() && today >= due[i].Opens
}

func (s State) answerEvaluation(c AnswerEvaluation) ([]Event, error) {
	e := EvaluationAnswered{
		Wave: c.Wave, Respondent: c.Respondent, RespondentID: c.RespondentID, Answers: c.Answers, Comment: c.Comment, At: c.At,
	}
	if i := slices.IndexFunc(s.Answers, e.sameRespondent); i >= 0 {
		if s.Answers[i].Answers == c.Answers && s.Answers[i].Comment.Equal(c.Comment) {
			return nil, nil
		}
		return nil, ErrAnswered
	}
	var k domain.Checks
	domain.RequireListed(&k, "wave", c.Wave, Waves)
	domain.RequireListed(&k, "respondent", c.Respondent, Respondents)
	if c.Respondent == ExpertRespondent {
		k.Require(c.RespondentID == "", domain.ErrFormat.At("respondentId").With("The expert answers without a pseudonym."))
	} else {
		domain.RequireID(&k, "respondentId", c.RespondentID)
	}
	k.Range("answers.transmission", c.Answers.Transmission, lowestAnswer, highestAnswer)
	k.Range("answers.creation", c.Answers.Creation, lowestAnswer, highestAnswer)
	k.Range("answers.organisational", c.Answers.Organisational, lowestAnswer, highestAnswer)
	k.Require(c.Comment.Len() <= MaxNote, domain.ErrTooLong.At("comment"))
	about := c.Comment.Subject()
	k.Require(c.Comment.IsZero() || about == string(s.Expert) || c.RespondentID != "" && about == c.RespondentID, ErrSubject.At("comment"))
	k.Count("evaluations", len(s.Answers)+1, MaxAnswers)
	k.Require(!c.Wave.Valid() || s.open(c.Wave, c.Today()), ErrNotOpen.At("wave"))
	if err := k.Err(); err != nil {
		return nil, err
	}
	return one(e)
}

func (e EvaluationAnswered) sameRespondent(o EvaluationAnswered) bool {
	return e.Wave == o.Wave && e.Respondent == o.Respondent && e.RespondentID == o.RespondentID
}

func (s State) proposeFollowUp(c ProposeFollowUp) ([]Event, error) {
	if !s.Started() {
		return nil, ErrStatus
	}
	key := FollowUpKey{c.Kind, c.Need}
	if slices.Contains(s.FollowUps, key) {
		return nil, nil
	}
	var k domain.Checks
	domain.RequireListed(&k, "kind", c.Kind, FollowUps)
	domain.OptionalID(&k, "need", c.Need)
	s.note(&k, "reason", c.Reason)
	k.Count("followUps", len(s.FollowUps)+1, MaxFollowUps)
	if err := k.Err(); err != nil {
		return nil, err
	}
	return one(FollowUpProposed{Kind: c.Kind, Need: c.Need, Reason: c.Reason, By: c.By, At: c.At})
}

func (s State) linkFollowUp(c LinkFollowUp) ([]Event, error) {
	if slices.Contains(s.Next, c.Next) {
		return nil, nil
	}
	var k domain.Checks
	domain.RequireID(&k, "next", c.Next)
	k.Require(c.Next != s.ID, ErrSelf.At("next"))
	k.Count("next", len(s.Next)+1, MaxFollowUps)
	if err := k.Err(); err != nil {
		return nil, err
	}
	return one(FollowUpLinked{Next: c.Next, At: c.At})
}
