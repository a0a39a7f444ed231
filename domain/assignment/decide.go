package assignment

import (
	"fmt"
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// Bounds of an assignment. At a bound the command is refused with
// input.too_long, input.too_many or input.range.
const (
	MaxNote         = 4_000  // bytes of a note or a reason
	MaxReport       = 20_000 // bytes of a report
	MaxLine         = 500    // bytes of a step of the work plan
	MaxPlanItems    = 50
	MaxOutput       = 30 // the last output that a step or an entry may name
	MaxPeriodDays   = 3 * 366
	MaxCheckIns     = 200
	MaxActivities   = 2_000
	MaxHours        = 24 // of one entry of the log
	MaxParticipants = 10_000
	MaxAnswers      = 500 // answered evaluations
	MaxFollowUps    = 20
	lowestAnswer    = 1
	highestAnswer   = 5
)

// Decider is the assignment as three functions.
var Decider = decider.Decider[State, Command, Event]{
	Initial: func() State { return State{} },
	Decide:  Decide,
	Evolve:  Evolve,
}

// Aggregate says how assignments are stored and whom they concern.
var Aggregate = decider.Aggregate[State, Command, Event]{
	Category: "assignment",
	Decider:  Decider,
	Events: []Event{
		Planned{}, AgreementSigned{}, WorkPlanProposed{}, WorkPlanConsented{}, WorkPlanAgreed{}, ChecklistItemDone{},
		ChecklistItemWaived{}, Started{}, ModalitySwitched{}, Suspended{}, Resumed{}, Extended{}, ExtensionUndone{}, CheckInRecorded{},
		ActivityLogged{}, ReportSubmitted{}, ReportAccepted{}, ReportReturned{}, Completed{}, Terminated{},
		EvaluationAnswered{}, FollowUpProposed{}, FollowUpLinked{}, Closed{},
	},
	Scope: func(s State, c Command) domain.Scope {
		if p, ok := c.(Plan); ok && !s.Exists() {
			return domain.Scope{Programme: p.Programme, Country: p.Country, Institution: p.Institution, Expert: p.Expert}
		}
		return domain.Scope{Programme: s.Programme, Country: s.Country, Institution: s.Institution, Expert: s.Expert}
	},
}

// Decide answers a command with events, nothing (already so) or a refusal.
func Decide(s State, c Command) ([]Event, error) {
	if p, ok := c.(Plan); ok {
		return s.plan(p)
	}
	if !s.Exists() {
		return nil, ErrNotFound
	}
	switch c := c.(type) {
	case RecordAgreement:
		return s.recordAgreement(c)
	case ProposeWorkPlan:
		return s.proposeWorkPlan(c)
	case AgreeWorkPlan:
		return s.agreeWorkPlan(c)
	case CompleteItem:
		return s.completeItem(c)
	case WaiveItem:
		return s.waiveItem(c)
	case Start:
		return s.start(c)
	case SwitchModality:
		return s.switchModality(c)
	case Suspend:
		return s.suspend(c)
	case Resume:
		return s.resume(c)
	case Extend:
		return s.extend(c)
	case UndoExtension:
		return s.undoExtension(c)
	case Complete:
		return s.complete(c)
	case Terminate:
		return s.terminate(c)
	case Close:
		return s.close(c)
	}
	return s.decideRecords(c)
}

// decideRecords answers the commands that record what happens along the way.
func (s State) decideRecords(c Command) ([]Event, error) {
	switch c := c.(type) {
	case CheckIn:
		return s.checkIn(c)
	case LogActivity:
		return s.logActivity(c)
	case SubmitReport:
		return s.submitReport(c)
	case AcceptReport:
		return s.acceptReport(c)
	case ReturnReport:
		return s.returnReport(c)
	case AnswerEvaluation:
		return s.answerEvaluation(c)
	case ProposeFollowUp:
		return s.proposeFollowUp(c)
	case LinkFollowUp:
		return s.linkFollowUp(c)
	}
	return nil, ErrStatus
}

// one is a single event.
func one(e Event) ([]Event, error) { return []Event{e}, nil }

// in refuses unless the assignment stands in one of the statuses.
func (s State) in(statuses ...Status) error {
	switch {
	case slices.Contains(statuses, s.Status):
		return nil
	case s.Ended():
		return ErrEnded
	}
	return ErrStatus.With(fmt.Sprintf("The assignment is %s; this step needs it to be one of %v.", s.Status, statuses))
}

// note holds personal text to its bound and to the expert as its subject.
func (s State) note(k *domain.Checks, field string, t personal.Text) {
	k.Require(t.Len() <= MaxNote, domain.ErrTooLong.At(field))
	k.Require(t.IsZero() || t.Subject() == string(s.Expert), ErrSubject.At(field))
}

// why demands a reason about the expert.
func (s State) why(k *domain.Checks, reason personal.Text) {
	k.Require(!reason.IsZero(), domain.ErrRequired.At("reason"))
	s.note(k, "reason", reason)
}

// dayOr gives the day, or today when none is given, and refuses the future.
func dayOr(k *domain.Checks, field string, given, today domain.Date) domain.Date {
	if given == 0 {
		return today
	}
	k.Require(given <= today, ErrFuture.At(field))
	return given
}

func (s State) plan(c Plan) ([]Event, error) {
	if c.Role != domain.RoleSystem {
		return nil, ErrRole
	}
	if s.Exists() {
		if s.Candidacy == c.Candidacy {
			return nil, nil
		}
		return nil, ErrExists
	}
	var k domain.Checks
	domain.RequireID(&k, "need", c.Need)
	domain.RequireID(&k, "candidacy", c.Candidacy)
	domain.RequireID(&k, "expert", c.Expert)
	domain.RequireID(&k, "institution", c.Institution)
	domain.RequireID(&k, "programme", c.Programme)
	domain.OptionalID(&k, "follows", c.Follows)
	k.Require(c.Country.Valid(), domain.ErrFormat.At("country"))
	k.Period("period", c.Period, MaxPeriodDays)
	k.Require(c.Modality.Valid(), domain.ErrUnknown.At("modality"))
	id := domain.AssignmentIDFor(c.Candidacy)
	k.Require(c.Follows != id, ErrSelf.At("follows"))
	if err := k.Err(); err != nil {
		return nil, err
	}
	return one(Planned{
		Assignment: id, Need: c.Need, Candidacy: c.Candidacy, Expert: c.Expert, Institution: c.Institution,
		Programme: c.Programme, Country: c.Country, Period: c.Period, Modality: c.Modality, Follows: c.Follows,
		Checklist: Checklist(c.Modality), Evaluations: EvaluationSchedule(c.Period), At: c.At,
	})
}

func (s State) start(c Start) ([]Event, error) {
	if s.Status == StatusActive {
		return nil, nil
	}
	if err := s.in(StatusPlanned, StatusContracted, StatusPreparing); err != nil {
		return nil, err
	}
	var k domain.Checks
	on := dayOr(&k, "on", c.On, c.Today())
	k.Require(s.Period.Contains(on), ErrOutside.At("on"))
	s.requirePrepared(&k)
	if err := k.Err(); err != nil {
		return nil, err
	}
	return one(Started{On: on, By: c.By, At: c.At})
}

// requirePrepared names every open item of the checklist.
func (s State) requirePrepared(k *domain.Checks) {
	for _, i := range s.Outstanding() {
		k.Require(false, ErrNotPrepared.At(string(i)).With(fmt.Sprintf("The item %s of the checklist is open.", i)))
	}
}

// switchModality suspends active work when the new modality travels and items for
// that are open: nobody travels on an open checklist. A switch away from travel
// never waits, for it may be an emergency.
func (s State) switchModality(c SwitchModality) ([]Event, error) {
	if s.Ended() {
		return nil, ErrEnded
	}
	if c.To == s.Modality {
		return nil, nil
	}
	var k domain.Checks
	domain.RequireListed(&k, "to", c.To, domain.Modalities)
	s.why(&k, c.Reason)
	if err := k.Err(); err != nil {
		return nil, err
	}
	e := ModalitySwitched{From: s.Modality, To: c.To, Reason: c.Reason, Checklist: Checklist(c.To), By: c.By, At: c.At}
	for _, i := range e.Checklist {
		if !slices.Contains(s.Checklist, i) && !s.Settled(i) {
			e.Added = append(e.Added, i)
		}
	}
	events := []Event{e}
	if s.Status == StatusActive && c.To.Travels() && len(Evolve(s, e).Outstanding()) > 0 {
		events = append(events, Suspended{Reason: SuspendedTravelPrep, By: c.By, At: c.At})
	}
	return events, nil
}

func (s State) suspend(c Suspend) ([]Event, error) {
	if s.Status == StatusSuspended {
		return nil, nil
	}
	if err := s.in(StatusActive); err != nil {
		return nil, err
	}
	var k domain.Checks
	domain.RequireListed(&k, "reason", c.Reason, SuspensionReasons)
	s.note(&k, "note", c.Note)
	if err := k.Err(); err != nil {
		return nil, err
	}
	return one(Suspended{Reason: c.Reason, Note: c.Note, By: c.By, At: c.At})
}

func (s State) resume(c Resume) ([]Event, error) {
	if s.Status == StatusActive {
		return nil, nil
	}
	if err := s.in(StatusSuspended); err != nil {
		return nil, err
	}
	var k domain.Checks
	s.requirePrepared(&k)
	if err := k.Err(); err != nil {
		return nil, err
	}
	return one(Resumed{By: c.By, At: c.At})
}

func (s State) extend(c Extend) ([]Event, error) {
	if err := s.in(StatusActive, StatusSuspended); err != nil {
		return nil, err
	}
	if c.To == s.Period.To {
		return nil, nil
	}
	var k domain.Checks
	if longer := (domain.Period{From: s.Period.From, To: c.To}); c.To > s.Period.To {
		k.Require(c.To <= domain.Horizon && longer.Days() <= MaxPeriodDays, domain.ErrRange.At("to"))
	} else {
		k.Require(false, ErrNotLater.At("to"))
	}
	s.why(&k, c.Reason)
	if err := k.Err(); err != nil {
		return nil, err
	}
	e := Extended{
		Expert: s.Expert, Candidacy: s.Candidacy, From: s.Period.To, To: c.To, Reason: c.Reason, By: c.By, At: c.At,
	}
	e.Evaluations = Evolve(s, e).Evaluations()
	return one(e)
}

func (s State) undoExtension(c UndoExtension) ([]Event, error) {
	if s.Ended() || s.Period.To != c.To || c.From >= c.To {
		return nil, nil
	}
	e := ExtensionUndone{From: c.To, To: c.From, AskedBy: c.AskedBy, At: c.At}
	e.Evaluations = Evolve(s, e).Evaluations()
	return one(e)
}

func (s State) complete(c Complete) ([]Event, error) {
	if s.Status == StatusCompleted {
		return nil, nil
	}
	if err := s.in(StatusActive, StatusSuspended); err != nil {
		return nil, err
	}
	var k domain.Checks
	on := min(c.Today(), s.Period.To)
	if c.On != 0 {
		on = dayOr(&k, "on", c.On, c.Today())
	}
	k.Require(s.StartedOn <= on && on <= s.Period.To, ErrOutside.At("on"))
	final, _ := s.Report(FinalReport)
	k.Require(final.Status == ReportDone, ErrFinalReport)
	if err := k.Err(); err != nil {
		return nil, err
	}
	e := Completed{Need: s.Need, Candidacy: s.Candidacy, Expert: s.Expert, On: on, By: c.By, At: c.At}
	e.Evaluations = Evolve(s, e).Evaluations()
	return one(e)
}

func (s State) terminate(c Terminate) ([]Event, error) {
	if s.Status == StatusTerminated {
		return nil, nil
	}
	if s.Ended() {
		return nil, ErrEnded
	}
	var k domain.Checks
	domain.RequireListed(&k, "reason", c.Reason, TerminationReasons)
	s.note(&k, "note", c.Note)
	if err := k.Err(); err != nil {
		return nil, err
	}
	e := Terminated{
		Need: s.Need, Candidacy: s.Candidacy, Expert: s.Expert, Started: s.Started(), On: c.Today(),
		Reason: c.Reason, Note: c.Note, By: c.By, At: c.At,
	}
	if e.Started {
		e.On = max(s.StartedOn, min(e.On, s.Period.To))
	}
	e.Evaluations = Evolve(s, e).Evaluations()
	return one(e)
}

// close asks that no report waits for an answer; an assignment that was
// terminated may end without a final report.
func (s State) close(c Close) ([]Event, error) {
	if s.Status == StatusClosed {
		return nil, nil
	}
	if !s.Ended() {
		return nil, ErrStatus
	}
	if slices.ContainsFunc(s.Reports, func(r Report) bool { return r.Status == ReportWaiting }) {
		return nil, ErrReportOpen
	}
	return one(Closed{By: c.By, At: c.At})
}
