package views

import (
	"slices"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/projections"
)

// Metrics is a programme's dashboard at a moment.
type Metrics struct {
	DashboardRow
	NeedAges      []Age // of needs that are not ended, by status in their order
	CandidacyAges []Age // of candidacies that wait for somebody, by stage in their order

	NeedsWithoutCandidates   int // published ones
	HostDecisionsOverdue     int
	OffersOverdue            int
	ReportsOverdue           int // assignments with a report outstanding
	EvaluationsOverdue       int
	TwelveMonthEvaluations   int // due within FollowUpHorizonDays, or overdue
	ActiveAssignments        int
	AssignmentsInPreparation int
}

// FollowUpHorizonDays is how far ahead the dashboard looks for evaluations after
// twelve months.
const FollowUpHorizonDays = 30

// Age says how long the objects in a state have been in it.
type Age struct {
	State  string
	Count  int
	Median time.Duration
	Oldest time.Duration
}

// waitingStages are those in which a candidacy waits for somebody.
var waitingStages = []candidacy.Stage{
	candidacy.StageSuggested, candidacy.StageApplied, candidacy.StageNominated, candidacy.StageShortlisted,
	candidacy.StageAwaitingHost, candidacy.StageInterviewed, candidacy.StageHostAccepted,
	candidacy.StageApprovalPending, candidacy.StageApproved, candidacy.StageApprovalFailed, candidacy.StageOffered,
}

// openStatuses are those of needs that are not ended.
var openStatuses = []need.Status{
	need.StatusDraft, need.StatusSubmitted, need.StatusReturned, need.StatusApproved, need.StatusPublished, need.StatusPaused, need.StatusFilled,
}

// MetricsOf computes the dashboard of a programme at a moment. It walks the open
// needs and waiting candidacies of the programme; everything else is counted.
func MetricsOf(r projections.Reader, id domain.ProgrammeID, now time.Time) (Metrics, error) {
	m := Metrics{DashboardRow: DashboardRow{Programme: id}}
	row, err := Dashboards.Get(r, string(id))
	if err != nil {
		return m, err
	}
	if row != nil {
		m.DashboardRow = *row
	}
	if err := m.ages(r, now); err != nil {
		return m, err
	}
	return m, m.counts(r, domain.DateOf(now))
}

func (m *Metrics) ages(r projections.Reader, now time.Time) error {
	for _, status := range openStatuses {
		var since []time.Time
		for n, err := range Needs.Walk(r, string(ByNewest), bucket("prog", string(m.Programme), string(status)), "") {
			if err != nil {
				return err
			}
			since = append(since, n.StatusSince)
			if status == need.StatusPublished && n.CandidatesTotal() == 0 {
				m.NeedsWithoutCandidates++
			}
		}
		if len(since) > 0 {
			m.NeedAges = append(m.NeedAges, ageOf(string(status), since, now))
		}
	}
	for _, stage := range waitingStages {
		var since []time.Time
		for c, err := range Candidacies.Walk(r, CandidaciesOfProgramme, bucket(string(m.Programme), string(stage)), "") {
			if err != nil {
				return err
			}
			since = append(since, c.StageSince)
		}
		if len(since) > 0 {
			m.CandidacyAges = append(m.CandidacyAges, ageOf(string(stage), since, now))
		}
	}
	return nil
}

func ageOf(state string, since []time.Time, now time.Time) Age {
	slices.SortFunc(since, time.Time.Compare)
	return Age{State: state, Count: len(since), Median: now.Sub(since[len(since)/2]), Oldest: now.Sub(since[0])}
}

func (m *Metrics) counts(r projections.Reader, today domain.Date) error {
	programme := string(m.Programme)
	overdue := projections.SortDate(today) // days before today have passed
	for _, c := range []struct {
		into   *int
		table  projections.Schema
		index  string
		before string
	}{
		{&m.HostDecisionsOverdue, Candidacies, CandidaciesAwaitingHost, overdue},
		{&m.OffersOverdue, Candidacies, CandidaciesAwaitingAnswer, overdue},
		{&m.ReportsOverdue, Assignments, AssignmentsReportDue, overdue},
		{&m.EvaluationsOverdue, Assignments, AssignmentsEvaluationDue, overdue},
		{&m.TwelveMonthEvaluations, Assignments, AssignmentsFollowUpDue, projections.SortDate(today.AddDays(FollowUpHorizonDays + 1))},
	} {
		n, err := r.CountUntil(c.table, c.index, programme, c.before)
		if err != nil {
			return err
		}
		*c.into = n
	}
	for _, c := range []struct {
		into   *int
		status string
	}{
		{&m.ActiveAssignments, "active"}, {&m.ActiveAssignments, "suspended"},
		{&m.AssignmentsInPreparation, "planned"}, {&m.AssignmentsInPreparation, "contracted"}, {&m.AssignmentsInPreparation, "preparing"},
	} {
		n, err := Assignments.Count(r, AssignmentsOfProgramme, bucket(programme, c.status))
		if err != nil {
			return err
		}
		*c.into += n
	}
	return nil
}
