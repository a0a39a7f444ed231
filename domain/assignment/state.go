package assignment

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// ReportStatus is where a report stands.
type ReportStatus string

const (
	ReportWaiting  ReportStatus = "submitted"
	ReportDone     ReportStatus = "accepted"
	ReportSentBack ReportStatus = "returned"
)

// Report is the latest version of a report of one kind.
type Report struct {
	Kind    ReportKind
	Version int
	Status  ReportStatus
	Author  domain.PrincipalID
	Text    personal.Text
}

// FollowUpKey tells proposals apart.
type FollowUpKey struct {
	Kind FollowUp
	Need domain.NeedID
}

// State is what the rules of an assignment look at.
type State struct {
	ID          domain.AssignmentID
	Need        domain.NeedID
	Candidacy   domain.CandidacyID
	Expert      domain.ExpertID
	Institution domain.InstitutionID
	Programme   domain.ProgrammeID
	Country     domain.Country
	Follows     domain.AssignmentID
	Status      Status // empty before it is planned
	Period      domain.Period
	Modality    domain.Modality
	Signed      bool // the agreement

	Checklist []Item // what the modality demands
	Done      []Item
	Waived    []Item

	Plan        []PlanItem // of the latest version
	PlanVersion int
	Consented   []Party // to the latest version
	PlanAgreed  int     // the version that both agreed to; 0: none yet

	StartedOn domain.Date
	EndedOn   domain.Date

	CheckIns   []CheckInRecorded
	Activities []ActivityID
	Reports    []Report
	Answers    []EvaluationAnswered
	FollowUps  []FollowUpKey
	Next       []domain.AssignmentID // what followed
}

// Exists reports whether the assignment was planned.
func (s State) Exists() bool { return s.Status != "" }

// Started reports whether the work ever began.
func (s State) Started() bool { return s.StartedOn != 0 }

// Ended reports whether the work is over, or will never begin.
func (s State) Ended() bool {
	return s.Status == StatusCompleted || s.Status == StatusTerminated || s.Status == StatusClosed
}

// Settled reports whether an item is done or waived; the work plan, whether both
// parties agreed to a version of it.
func (s State) Settled(i Item) bool {
	if i == WorkPlan {
		return s.PlanAgreed > 0
	}
	return slices.Contains(s.Done, i) || slices.Contains(s.Waived, i)
}

// Outstanding lists the open items of the checklist, in its order.
func (s State) Outstanding() []Item {
	var open []Item
	for _, i := range s.Checklist {
		if !s.Settled(i) {
			open = append(open, i)
		}
	}
	return open
}

// Report finds the latest version of a report.
func (s State) Report(k ReportKind) (Report, bool) {
	i := slices.IndexFunc(s.Reports, func(r Report) bool { return r.Kind == k })
	if i < 0 {
		return Report{}, false
	}
	return s.Reports[i], true
}

// Evaluations says when each wave opens and falls due, by the planned period, or
// by what really happened. Nothing is asked afterwards of an assignment that
// never began.
func (s State) Evaluations() []EvaluationDue {
	p := s.Period
	if s.StartedOn != 0 {
		p.From = s.StartedOn
	}
	if s.EndedOn != 0 {
		if !s.Started() {
			return nil
		}
		p.To = s.EndedOn
	}
	return EvaluationSchedule(p)
}

// Days of the evaluation schedule.
const (
	BaselineOpensDays = 60 // before the start
	BaselineGraceDays = 14 // after the start: what people still remember
	AfterwardsDueDays = 30 // after the end
	TwelveMonthsDays  = 30 // to answer, from the day one year after the end
)

// EvaluationSchedule computes the three waves from first and last day: before,
// directly after, and twelve months later (domain guide, section 1.2, step 18).
func EvaluationSchedule(p domain.Period) []EvaluationDue {
	year := domain.DateOf(p.To.Time().AddDate(1, 0, 0))
	return []EvaluationDue{
		{Before, p.From.AddDays(-BaselineOpensDays), p.From},
		{After, p.To, p.To.AddDays(AfterwardsDueDays)},
		{TwelveMonths, year, year.AddDays(TwelveMonthsDays)},
	}
}

// with returns a copy of a list with one entry more: older states keep theirs.
func with[T any](list []T, entry T) []T { return append(slices.Clone(list), entry) }

// preparing moves on from the planning stages at the first step of preparation.
func (s State) preparing() State {
	if s.Status == StatusPlanned || s.Status == StatusContracted {
		s.Status = StatusPreparing
	}
	return s
}

func (s State) withReport(r Report) State {
	s.Reports = slices.DeleteFunc(slices.Clone(s.Reports), func(o Report) bool { return o.Kind == r.Kind })
	s.Reports = append(s.Reports, r)
	return s
}

func (s State) settleReport(k ReportKind, status ReportStatus) State {
	r, ok := s.Report(k)
	if !ok {
		return s
	}
	r.Status = status
	return s.withReport(r)
}

// Evolve folds one event.
func Evolve(s State, e Event) State {
	switch e := e.(type) {
	case Planned:
		s = State{
			ID: e.Assignment, Need: e.Need, Candidacy: e.Candidacy, Expert: e.Expert, Institution: e.Institution,
			Programme: e.Programme, Country: e.Country, Follows: e.Follows, Status: StatusPlanned,
			Period: e.Period, Modality: e.Modality, Checklist: e.Checklist,
		}
	case AgreementSigned:
		s.Signed = true
		if s.Status == StatusPlanned {
			s.Status = StatusContracted
		}
	case WorkPlanProposed:
		s = s.preparing()
		s.Plan, s.PlanVersion, s.Consented = e.Items, e.Version, nil
	case WorkPlanConsented:
		s.Consented = with(s.Consented, e.Party)
	case WorkPlanAgreed:
		s.PlanAgreed = e.Version
	case ChecklistItemDone:
		s = s.preparing()
		s.Done = with(s.Done, e.Item)
	case ChecklistItemWaived:
		s = s.preparing()
		s.Waived = with(s.Waived, e.Item)
	case Started:
		s.Status, s.StartedOn = StatusActive, e.On
	case ModalitySwitched:
		s.Modality, s.Checklist = e.To, e.Checklist
	case Suspended:
		s.Status = StatusSuspended
	case Resumed:
		s.Status = StatusActive
	case Extended:
		s.Period.To = e.To
	case ExtensionUndone:
		s.Period.To = e.To
	case Completed:
		s.Status, s.EndedOn = StatusCompleted, e.On
	case Terminated:
		s.Status, s.EndedOn = StatusTerminated, e.On
	case Closed:
		s.Status = StatusClosed
	default:
		return s.evolveRecords(e)
	}
	return s
}

// evolveRecords folds what is recorded along the way.
func (s State) evolveRecords(e Event) State {
	switch e := e.(type) {
	case CheckInRecorded:
		s.CheckIns = with(s.CheckIns, e)
	case ActivityLogged:
		s.Activities = with(s.Activities, e.Activity)
	case ReportSubmitted:
		return s.withReport(Report{Kind: e.Kind, Version: e.Version, Status: ReportWaiting, Author: e.By, Text: e.Text})
	case ReportAccepted:
		return s.settleReport(e.Kind, ReportDone)
	case ReportReturned:
		return s.settleReport(e.Kind, ReportSentBack)
	case EvaluationAnswered:
		s.Answers = with(s.Answers, e)
	case FollowUpProposed:
		s.FollowUps = with(s.FollowUps, FollowUpKey{e.Kind, e.Need})
	case FollowUpLinked:
		s.Next = with(s.Next, e.Next)
	}
	return s
}
