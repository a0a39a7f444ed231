package views

import (
	"slices"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/assignment"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
)

// AssignmentRow is a placement, from its plan to its follow-up.
type AssignmentRow struct {
	ID          domain.AssignmentID  `json:"id"`
	Need        domain.NeedID        `json:"need"`
	Candidacy   domain.CandidacyID   `json:"candidacy"`
	Expert      domain.ExpertID      `json:"expert,omitzero"` // empty after an erasure
	Institution domain.InstitutionID `json:"institution"`
	Programme   domain.ProgrammeID   `json:"programme"`
	Country     domain.Country       `json:"country"`

	Status      assignment.Status `json:"status"`
	StatusSince time.Time         `json:"statusSince"`
	PlannedAt   time.Time         `json:"plannedAt"`
	Period      domain.Period     `json:"period"` // as planned or extended
	Modality    domain.Modality   `json:"modality"`
	// Reason is why it rests or was terminated, as a category: the last one.
	Reason string `json:"reason,omitzero"`

	Follows domain.AssignmentID   `json:"follows,omitzero"`
	Next    []domain.AssignmentID `json:"next,omitempty"` // what followed

	AgreementOn domain.Date  `json:"agreementOn,omitzero"`
	WorkPlan    WorkPlan     `json:"workPlan,omitzero"`
	Checklist   []CheckItem  `json:"checklist,omitempty"`
	StartedOn   domain.Date  `json:"startedOn,omitzero"`
	EndedOn     domain.Date  `json:"endedOn,omitzero"` // last day of work
	Steps       []Step       `json:"steps,omitempty"`  // switches, rests, extensions
	CheckIns    []CheckIn    `json:"checkIns,omitempty"`
	Activities  []Activity   `json:"activities,omitempty"`
	Reports     []Report     `json:"reports,omitempty"` // the last version of each kind
	Evaluations []Evaluation `json:"evaluations,omitempty"`
	FollowUps   []FollowUp   `json:"followUps,omitempty"`
}

// WorkPlan is the last proposed version, and who agreed to it.
type WorkPlan struct {
	Version  int                   `json:"version"`
	Items    []assignment.PlanItem `json:"items,omitempty"`
	By       domain.PrincipalID    `json:"by"`
	Role     domain.Role           `json:"role"`
	At       time.Time             `json:"at"`
	Parties  []assignment.Party    `json:"parties,omitempty"` // that consented
	AgreedAt time.Time             `json:"agreedAt,omitzero"`
}

// CheckItem is an item of the checklist; open until On is set. Dropped says that
// the modality no longer demands it; should it do so again, what was done counts.
type CheckItem struct {
	Dropped bool               `json:"dropped,omitzero"`
	Item    assignment.Item    `json:"item"`
	On      domain.Date        `json:"on,omitzero"`
	Waived  bool               `json:"waived,omitzero"`
	By      domain.PrincipalID `json:"by,omitzero"`
}

// Step is a change of course. Reason is a category; an open one stands in People.
type Step struct {
	What   string             `json:"what"` // the event: "ModalitySwitched", "Suspended", "Resumed", "Extended", "ExtensionUndone"
	Reason string             `json:"reason,omitzero"`
	From   string             `json:"from,omitzero"`
	To     string             `json:"to,omitzero"`
	By     domain.PrincipalID `json:"by"`
	At     time.Time          `json:"at"`
}

// CheckIn is a conversation on how it goes; its notes stand in People.
type CheckIn struct {
	On      domain.Date        `json:"on"`
	Concern bool               `json:"concern,omitzero"`
	By      domain.PrincipalID `json:"by"`
}

// Activity is an entry of the log of activities.
type Activity struct {
	ID           assignment.ActivityID    `json:"id"`
	Date         domain.Date              `json:"date"`
	Method       domain.TransferMethod    `json:"method"`
	Hours        int                      `json:"hours"`
	Participants int                      `json:"participants"`
	Level        assignment.TransferLevel `json:"level"`
	Output       int                      `json:"output,omitzero"`
}

// Report is the last version of a report; its text stands in People.
type Report struct {
	Kind    assignment.ReportKind   `json:"kind"`
	Version int                     `json:"version"`
	Status  assignment.ReportStatus `json:"status"`
	By      domain.PrincipalID      `json:"by"` // its author
	At      time.Time               `json:"at"` // of the last status
}

// Evaluation is a wave, when it may be answered, and who answered.
type Evaluation struct {
	assignment.EvaluationDue
	Answers []EvaluationAnswer `json:"answers,omitempty"`
}

// EvaluationAnswer is what one respondent said, without a name.
type EvaluationAnswer struct {
	Respondent   assignment.Respondent `json:"respondent"`
	RespondentID string                `json:"respondentId,omitzero"` // a pseudonym
	Answers      assignment.Answers    `json:"answers"`
	At           time.Time             `json:"at"`
}

// FollowUp is a proposal for how it should go on; its reason stands in People.
type FollowUp struct {
	Kind assignment.FollowUp `json:"kind"`
	Need domain.NeedID       `json:"need,omitzero"`
	By   domain.PrincipalID  `json:"by"`
	At   time.Time           `json:"at"`
}

// Scope locates the row for authorisation.
func (r *AssignmentRow) Scope() domain.Scope {
	return domain.Scope{Programme: r.Programme, Country: r.Country, Institution: r.Institution, Expert: r.Expert}
}

// OpenItems lists the items of the checklist that are neither done nor waived.
func (r *AssignmentRow) OpenItems() []assignment.Item {
	var out []assignment.Item
	for _, c := range r.Checklist {
		if c.On.IsZero() && !c.Dropped {
			out = append(out, c.Item)
		}
	}
	return out
}

// Due is something that has to be handed in by a day.
type Due struct {
	What string      `json:"what"`
	By   domain.Date `json:"by"`
}

// When reports are due (domain guide, section 1.2, step 17: the cycle is known,
// its days are ours). An assignment shorter than midTermFromDays needs no
// mid-term report.
const (
	ArrivalReportDays = 14 // after the start
	FinalReportDays   = 30 // after the last day
	midTermFromDays   = 56
)

// ReportsDue lists the reports that are not yet handed in, with their days, in
// their order. None is due before the start, or when it never started.
func (r *AssignmentRow) ReportsDue() []Due {
	if r.StartedOn.IsZero() || r.Status == assignment.StatusClosed {
		return nil
	}
	end := r.Period.To
	if !r.EndedOn.IsZero() {
		end = r.EndedOn
	}
	var out []Due
	add := func(kind assignment.ReportKind, by domain.Date) {
		for _, p := range r.Reports {
			if p.Kind == kind && p.Status != assignment.ReportSentBack {
				return
			}
		}
		out = append(out, Due{string(kind), by})
	}
	days := domain.Period{From: r.StartedOn, To: end}.Days()
	add(assignment.ArrivalReport, min(r.StartedOn.AddDays(ArrivalReportDays), end))
	if days >= midTermFromDays {
		add(assignment.MidTermReport, r.StartedOn.AddDays(days/2))
	}
	add(assignment.FinalReport, end.AddDays(FinalReportDays))
	return out
}

// EvaluationsDue lists the waves that the expert has not answered, with their
// days.
func (r *AssignmentRow) EvaluationsDue() []Due {
	if r.Status == assignment.StatusTerminated && r.StartedOn.IsZero() {
		return nil
	}
	var out []Due
	for _, e := range r.Evaluations {
		answered := false
		for _, a := range e.Answers {
			answered = answered || a.Respondent == assignment.ExpertRespondent
		}
		if !answered {
			out = append(out, Due{string(e.Wave), e.Due})
		}
	}
	return out
}

// Indexes of Assignments. Buckets of the first four are "id" and "id|status";
// the order is that of the first day, latest first.
const (
	AssignmentsOfExpert      = "expert"
	AssignmentsOfInstitution = "institution"
	AssignmentsOfProgramme   = "programme"
	AssignmentsOfCountry     = "country"
	// AssignmentsOfNeed is by need.
	AssignmentsOfNeed = "need"
	// AssignmentsReportDue and AssignmentsEvaluationDue hold the assignments
	// with something outstanding, by programme and "" for all, in the order of
	// the next day due. AssignmentsFollowUpDue is that of the evaluation after
	// twelve months alone.
	AssignmentsReportDue     = "report_due"
	AssignmentsEvaluationDue = "evaluation_due"
	AssignmentsFollowUpDue   = "twelve_months_due"
)

// Assignments is keyed by assignment.
var Assignments = &projections.Table[AssignmentRow]{
	Name: "assignments", Version: 1,
	Key:     func(r *AssignmentRow) string { return string(r.ID) },
	Indexes: assignmentIndexes,
	Related: func(r *AssignmentRow) projections.Related {
		return projections.Related{Scope: r.Scope(), Need: r.Need, Candidacy: r.Candidacy, Assignment: r.ID}
	},
}

func assignmentIndexes(r *AssignmentRow, entries []projections.IndexEntry) []projections.IndexEntry {
	latest, status := projections.SortDescending(int64(r.Period.From)), string(r.Status)
	by := func(index, id string) {
		if id != "" {
			entries = append(entries, entry(index, id, latest), entry(index, bucket(id, status), latest))
		}
	}
	by(AssignmentsOfExpert, string(r.Expert))
	by(AssignmentsOfInstitution, string(r.Institution))
	by(AssignmentsOfProgramme, string(r.Programme))
	by(AssignmentsOfCountry, string(r.Country))
	entries = append(entries, entry(AssignmentsOfNeed, string(r.Need), latest))
	due := func(index string, day domain.Date) {
		sort := projections.SortDate(day)
		entries = append(entries, entry(index, "", sort), entry(index, string(r.Programme), sort))
	}
	if reports := r.ReportsDue(); len(reports) > 0 {
		due(AssignmentsReportDue, earliest(reports))
	}
	evaluations := r.EvaluationsDue()
	if len(evaluations) > 0 {
		due(AssignmentsEvaluationDue, earliest(evaluations))
	}
	for _, d := range evaluations {
		if d.What == string(assignment.TwelveMonths) {
			due(AssignmentsFollowUpDue, d.By)
		}
	}
	return entries
}

func earliest(list []Due) domain.Date {
	day := list[0].By
	for _, d := range list {
		day = min(day, d.By)
	}
	return day
}

// AssignmentQuery chooses assignments by one place, and perhaps a status.
type AssignmentQuery struct {
	Index  string // AssignmentsOfExpert, …OfInstitution, …OfProgramme, …OfCountry
	ID     string
	Status assignment.Status
	Keep   func(*AssignmentRow) bool // further restriction, may be nil
}

// FindAssignments lists assignments, the latest first day first.
func FindAssignments(r projections.Reader, q AssignmentQuery, p projections.Paging) (projections.Page[AssignmentRow], error) {
	name := q.ID
	if q.Status != "" {
		name = bucket(q.ID, string(q.Status))
	}
	return Assignments.Filter(r, q.Index, name, p, q.Keep)
}

var assignmentsView = projections.View{
	Name: "assignments", Tables: []projections.Schema{Assignments},
	Categories: []string{"assignment"}, Fold: foldAssignments,
}

func foldAssignments(tx *projections.Tx, e *codec.Decoded) error {
	if ev, ok := e.Event.(assignment.Planned); ok {
		row := AssignmentRow{
			ID: ev.Assignment, Need: ev.Need, Candidacy: ev.Candidacy, Expert: ev.Expert, Institution: ev.Institution,
			Programme: ev.Programme, Country: ev.Country, Status: assignment.StatusPlanned, StatusSince: ev.At,
			PlannedAt: ev.At, Period: ev.Period, Modality: ev.Modality, Follows: ev.Follows,
			Checklist: checklistOf(ev.Checklist), Evaluations: evaluationsOf(nil, ev.Evaluations),
		}
		if erased(tx, ev.Expert) {
			row.Expert = ""
		}
		Assignments.Put(tx, row)
		return nil
	}
	row := Assignments.Edit(tx, idOf(e))
	if row == nil {
		return missing(e)
	}
	if !foldPreparation(row, e) && !foldCourse(row, e) {
		foldRecords(row, e)
	}
	return nil
}

func checklistOf(items []assignment.Item) []CheckItem {
	out := make([]CheckItem, len(items))
	for i, item := range items {
		out[i].Item = item
	}
	return out
}

// evaluationsOf keeps the answers given when the days of the waves move.
func evaluationsOf(old []Evaluation, due []assignment.EvaluationDue) []Evaluation {
	out := make([]Evaluation, len(due))
	for i, d := range due {
		out[i].EvaluationDue = d
		for _, o := range old {
			if o.Wave == d.Wave {
				out[i].Answers = o.Answers
			}
		}
	}
	return out
}

func (r *AssignmentRow) to(s assignment.Status, at time.Time) { r.Status, r.StatusSince = s, at }

// prepares moves on at the first step of preparation.
func (r *AssignmentRow) prepares(at time.Time) {
	if r.Status == assignment.StatusPlanned || r.Status == assignment.StatusContracted {
		r.to(assignment.StatusPreparing, at)
	}
}

// demand makes items the checklist, and keeps what was done of others.
func (r *AssignmentRow) demand(items []assignment.Item) {
	now := checklistOf(items)
	for _, old := range r.Checklist {
		if i := slices.IndexFunc(now, func(c CheckItem) bool { return c.Item == old.Item }); i >= 0 {
			now[i] = old
			now[i].Dropped = false
			continue
		}
		old.Dropped = true
		now = append(now, old)
	}
	r.Checklist = now
}

func itemOf(c CheckItem) assignment.Item { return c.Item }

func foldPreparation(row *AssignmentRow, e *codec.Decoded) bool {
	switch ev := e.Event.(type) {
	case assignment.AgreementSigned:
		row.AgreementOn = ev.On
		if row.Status == assignment.StatusPlanned {
			row.to(assignment.StatusContracted, e.Meta.At)
		}
	case assignment.WorkPlanProposed:
		row.WorkPlan = WorkPlan{Version: ev.Version, Items: ev.Items, By: ev.By, Role: ev.Role, At: ev.At}
		row.prepares(ev.At)
	case assignment.WorkPlanConsented:
		row.WorkPlan.Parties = upsert(row.WorkPlan.Parties, self, ev.Party)
	case assignment.WorkPlanAgreed:
		row.WorkPlan.AgreedAt = ev.At
		row.Checklist = edited(row.Checklist, itemOf, assignment.WorkPlan, func(c *CheckItem) { c.On = domain.DateOf(ev.At) })
	case assignment.ChecklistItemDone:
		row.Checklist = edited(row.Checklist, itemOf, ev.Item, func(c *CheckItem) { c.On, c.By = ev.On, ev.By })
		row.prepares(e.Meta.At)
	case assignment.ChecklistItemWaived:
		row.Checklist = edited(row.Checklist, itemOf, ev.Item, func(c *CheckItem) {
			c.On, c.Waived, c.By = domain.DateOf(ev.At), true, ev.By
		})
		row.prepares(ev.At)
	default:
		return false
	}
	return true
}

func foldCourse(row *AssignmentRow, e *codec.Decoded) bool {
	step := func(what, reason, from, to string, by domain.PrincipalID, at time.Time) {
		row.Steps = append(row.Steps, Step{what, reason, from, to, by, at})
		row.Reason = reason
	}
	switch ev := e.Event.(type) {
	case assignment.Started:
		row.StartedOn = ev.On
		row.to(assignment.StatusActive, ev.At)
	case assignment.ModalitySwitched:
		row.Modality = ev.To
		row.demand(ev.Checklist)
		step("ModalitySwitched", "", string(ev.From), string(ev.To), ev.By, ev.At)
	case assignment.Suspended:
		row.to(assignment.StatusSuspended, ev.At)
		step("Suspended", string(ev.Reason), "", "", ev.By, ev.At)
	case assignment.Resumed:
		row.to(assignment.StatusActive, ev.At)
		step("Resumed", "", "", "", ev.By, ev.At)
	case assignment.Extended:
		row.Period.To = ev.To
		row.Evaluations = evaluationsOf(row.Evaluations, ev.Evaluations)
		step("Extended", "", ev.From.String(), ev.To.String(), ev.By, ev.At)
	case assignment.ExtensionUndone:
		row.Period.To = ev.To
		row.Evaluations = evaluationsOf(row.Evaluations, ev.Evaluations)
		step("ExtensionUndone", "", ev.From.String(), ev.To.String(), "", ev.At)
	case assignment.Completed:
		row.EndedOn, row.Evaluations = ev.On, evaluationsOf(row.Evaluations, ev.Evaluations)
		row.to(assignment.StatusCompleted, ev.At)
	case assignment.Terminated:
		row.EndedOn, row.Evaluations, row.Reason = ev.On, evaluationsOf(row.Evaluations, ev.Evaluations), string(ev.Reason)
		row.to(assignment.StatusTerminated, ev.At)
	case assignment.Closed:
		row.to(assignment.StatusClosed, ev.At)
	default:
		return false
	}
	return true
}

func foldRecords(row *AssignmentRow, e *codec.Decoded) {
	kindOf := func(r Report) assignment.ReportKind { return r.Kind }
	switch ev := e.Event.(type) {
	case assignment.CheckInRecorded:
		row.CheckIns = append(row.CheckIns, CheckIn{ev.On, ev.Concern, ev.By})
	case assignment.ActivityLogged:
		row.Activities = append(row.Activities, Activity{ev.Activity, ev.Date, ev.Method, ev.Hours, ev.Participants, ev.Level, ev.Output})
	case assignment.ReportSubmitted:
		row.Reports = upsert(row.Reports, kindOf, Report{ev.Kind, ev.Version, assignment.ReportWaiting, ev.By, ev.At})
	case assignment.ReportAccepted:
		row.Reports = edited(row.Reports, kindOf, ev.Kind, func(r *Report) { r.Status, r.At = assignment.ReportDone, ev.At })
	case assignment.ReportReturned:
		row.Reports = edited(row.Reports, kindOf, ev.Kind, func(r *Report) { r.Status, r.At = assignment.ReportSentBack, ev.At })
	case assignment.EvaluationAnswered:
		waveOf := func(x Evaluation) assignment.Wave { return x.Wave }
		row.Evaluations = edited(row.Evaluations, waveOf, ev.Wave, func(x *Evaluation) {
			x.Answers = append(x.Answers, EvaluationAnswer{ev.Respondent, ev.RespondentID, ev.Answers, ev.At})
		})
	case assignment.FollowUpProposed:
		row.FollowUps = append(row.FollowUps, FollowUp{ev.Kind, ev.Need, ev.By, ev.At})
	case assignment.FollowUpLinked:
		row.Next = append(row.Next, ev.Next)
	}
}
