package views

import (
	"slices"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/assignment"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/matcher/fairness"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/monitoring"
)

// DashboardRow counts what a manager asks for (domain guide, section 8.4) and
// what no index counts. It holds no person. What depends on today is added by
// MetricsOf.
type DashboardRow struct {
	Programme domain.ProgrammeID `json:"programme"`

	ToApproved   Spell `json:"toApproved"`   // from the need's last submission
	ToPublished  Spell `json:"toPublished"`  // from the same to the first publication
	ToFilled     Spell `json:"toFilled"`     // from the same
	HostDecision Spell `json:"hostDecision"` // from sharing to the first decision

	Approvals  int `json:"approvals"` // confirmed ones
	Planned    int `json:"planned"`   // assignments
	Started    int `json:"started"`
	Repeats    int `json:"repeats"`    // planned with an expert who had one before
	DroppedOut int `json:"droppedOut"` // approved, and never started
	// Assignments planned, by country, sector and modality, in the order of the
	// names.
	ByCountry  []Count `json:"byCountry,omitempty"`
	BySector   []Count `json:"bySector,omitempty"`
	ByModality []Count `json:"byModality,omitempty"`

	// NeverSuggested counts the experts whom the programme found eligible and
	// who are in no candidacy of it.
	NeverSuggested int `json:"neverSuggested"`

	Women [groupCount]Share `json:"women"` // in the order of Groups
}

// Spell sums durations.
type Spell struct {
	Count   int   `json:"count"`
	Seconds int64 `json:"seconds"`
}

func (s *Spell) add(from, to time.Time) {
	if !from.IsZero() && !to.Before(from) {
		s.Count++
		s.Seconds += int64(to.Sub(from) / time.Second)
	}
}

// Mean is the mean duration; zero when nothing was counted.
func (s Spell) Mean() time.Duration {
	if s.Count == 0 {
		return 0
	}
	return time.Duration(s.Seconds/int64(s.Count)) * time.Second
}

// Count is how often a name occurred.
type Count struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

func counted(counts []Count, name string) []Count {
	counts = slices.Clone(counts)
	i, found := slices.BinarySearchFunc(counts, name, func(c Count, n string) int { return compare(c.Name, n) })
	if !found {
		counts = slices.Insert(counts, i, Count{Name: name})
	}
	counts[i].Count++
	return counts
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Group is a group of people whose share of women is watched.
type Group string

const (
	GroupSuggested   Group = "suggested"
	GroupShortlisted Group = "shortlisted"
	GroupApproved    Group = "approved"
	GroupAssigned    Group = "assigned"
)

// Groups lists the groups in the order of DashboardRow.Women.
var Groups = []Group{GroupSuggested, GroupShortlisted, GroupApproved, GroupAssigned}

const groupCount = 4

// Share counts women among those who declared a gender, and all.
type Share struct {
	Women int `json:"women"`
	Known int `json:"known"`
	Total int `json:"total"`
}

// SuppressBelow is the count under which a statistic about people is not shown:
// small numbers identify.
const SuppressBelow = fairness.Few

// Permille is the share of women among the known in thousandths; ok is false
// when a count is too small to be shown.
func (s Share) Permille() (share int, ok bool) {
	small := func(n int) bool { return n > 0 && n < SuppressBelow }
	if s.Known < SuppressBelow || small(s.Women) || small(s.Known-s.Women) {
		return 0, false
	}
	return s.Women * 1000 / s.Known, true
}

// Dashboards is keyed by programme.
var Dashboards = &projections.Table[DashboardRow]{
	Name: "dashboards", Version: 1,
	Key: func(r *DashboardRow) string { return string(r.Programme) },
	Related: func(r *DashboardRow) projections.Related {
		return projections.Related{Scope: domain.Scope{Programme: r.Programme}}
	},
}

// dashboardsView folds first: it compares an event with the rows as they stood
// before it.
var dashboardsView = projections.View{
	Name: "dashboards", Tables: []projections.Schema{Dashboards},
	Categories: []string{"need", "candidacy", "assignment", "expert"}, Fold: foldDashboards,
}

func dashboard(tx *projections.Tx, id domain.ProgrammeID) *DashboardRow {
	return Dashboards.Ensure(tx, string(id), func() DashboardRow { return DashboardRow{Programme: id} })
}

func foldDashboards(tx *projections.Tx, e *codec.Decoded) error {
	switch e.Event.(type) {
	case need.Event:
		measureNeed(tx, e)
	case candidacy.Event:
		measureCandidacy(tx, e)
	case assignment.Event:
		measureAssignment(tx, e)
	case expert.Event:
		measureExpert(tx, e)
	}
	return nil
}

func measureNeed(tx *projections.Tx, e *codec.Decoded) {
	row := Needs.Peek(tx, idOf(e))
	if row == nil {
		return
	}
	switch ev := e.Event.(type) {
	case need.Approved:
		dashboard(tx, row.Programme).ToApproved.add(row.SubmittedAt, ev.At)
	case need.Published:
		if row.PublishedAt.IsZero() {
			dashboard(tx, row.Programme).ToPublished.add(row.SubmittedAt, ev.At)
		}
	case need.Filled:
		dashboard(tx, row.Programme).ToFilled.add(row.SubmittedAt, ev.At)
	}
}

func measureCandidacy(tx *projections.Tx, e *codec.Decoded) {
	switch ev := e.Event.(type) {
	case candidacy.Suggested:
		firstCandidacy(tx, ev.Subject)
		monitor(tx, ev.Expert, ev.Programme, GroupSuggested, ev.Candidacy)
		return
	case candidacy.Applied:
		firstCandidacy(tx, ev.Subject)
		return
	case candidacy.Nominated:
		firstCandidacy(tx, ev.Subject)
		return
	}
	row := Candidacies.Peek(tx, idOf(e))
	if row == nil {
		return
	}
	switch ev := e.Event.(type) {
	case candidacy.Shortlisted:
		monitor(tx, row.Expert, row.Programme, GroupShortlisted, row.ID)
	case candidacy.Approved:
		dashboard(tx, row.Programme).Approvals++
		monitor(tx, row.Expert, row.Programme, GroupApproved, row.ID)
	case candidacy.HostAccepted:
		measureHost(tx, row, ev.At)
	case candidacy.HostDeclined:
		measureHost(tx, row, ev.At)
	case candidacy.Withdrawn:
		if ev.HeldPlace && row.Approval != nil && row.Approval.State == ApprovalConfirmed && noAssignment(tx, row.ID) {
			dashboard(tx, row.Programme).DroppedOut++
		}
	case candidacy.OfferDeclined:
		dashboard(tx, row.Programme).DroppedOut++
	}
}

func noAssignment(tx *projections.Tx, id domain.CandidacyID) bool {
	return Assignments.Peek(tx, string(domain.AssignmentIDFor(id))) == nil
}

func measureHost(tx *projections.Tx, row *CandidacyRow, at time.Time) {
	if row.Host == nil && row.Shared != nil {
		dashboard(tx, row.Programme).HostDecision.add(row.Shared.At, at)
	}
}

// firstCandidacy takes an eligible expert off the count of those never suggested.
func firstCandidacy(tx *projections.Tx, s candidacy.Subject) {
	if eligible(tx, s.Expert, s.Programme) && !considered(tx, s.Expert, s.Programme) {
		dashboard(tx, s.Programme).NeverSuggested--
	}
}

func eligible(tx *projections.Tx, id domain.ExpertID, programme domain.ProgrammeID) bool {
	row := Experts.Peek(tx, string(id))
	return row != nil && slices.Contains(row.Eligible(), programme)
}

func considered(tx *projections.Tx, id domain.ExpertID, programme domain.ProgrammeID) bool {
	row := Involvements.Peek(tx, string(id))
	return row != nil && slices.ContainsFunc(row.Candidacies, func(i Involvement) bool { return i.Programme == programme })
}

func measureExpert(tx *projections.Tx, e *codec.Decoded) {
	id := domain.ExpertID(idOf(e))
	switch ev := e.Event.(type) {
	case expert.EligibilityConfirmed:
		if !eligible(tx, id, ev.Programme) && !considered(tx, id, ev.Programme) {
			dashboard(tx, ev.Programme).NeverSuggested++
		}
	case expert.EligibilityRefused:
		if eligible(tx, id, ev.Programme) && !considered(tx, id, ev.Programme) {
			dashboard(tx, ev.Programme).NeverSuggested--
		}
	case expert.ErasureRequested:
		row := Experts.Peek(tx, string(id))
		if row == nil {
			return
		}
		for _, p := range row.Eligible() {
			if !considered(tx, id, p) {
				dashboard(tx, p).NeverSuggested--
			}
		}
		forget(tx, id)
	}
}

func measureAssignment(tx *projections.Tx, e *codec.Decoded) {
	if ev, ok := e.Event.(assignment.Planned); ok {
		d := dashboard(tx, ev.Programme)
		d.Planned++
		d.ByCountry = counted(d.ByCountry, string(ev.Country))
		d.ByModality = counted(d.ByModality, string(ev.Modality))
		if n := Needs.Peek(tx, string(ev.Need)); n != nil {
			d.BySector = counted(d.BySector, string(n.Terms.Sector))
		}
		if row := Involvements.Peek(tx, string(ev.Expert)); row != nil && len(row.Assignments) > 0 {
			d.Repeats++
		}
		monitor(tx, ev.Expert, ev.Programme, GroupAssigned, ev.Candidacy)
		return
	}
	row := Assignments.Peek(tx, idOf(e))
	if row == nil {
		return
	}
	switch ev := e.Event.(type) {
	case assignment.Started:
		dashboard(tx, row.Programme).Started++
	case assignment.Terminated:
		if !ev.Started {
			dashboard(tx, row.Programme).DroppedOut++
		}
	}
}

// monitor counts a person once for a group and candidacy, with the gender that
// is known at that moment.
func monitor(tx *projections.Tx, id domain.ExpertID, programme domain.ProgrammeID, group Group, c domain.CandidacyID) {
	share := &dashboard(tx, programme).Women[slices.Index(Groups, group)]
	if People.Peek(tx, string(id)) == nil {
		share.Total++ // erased: a person whose gender is not known
		return
	}
	row := monitored(tx, id)
	for _, old := range row.Counts {
		if old.Programme == programme && old.Group == group && old.Candidacy == c {
			return
		}
	}
	m := Monitored{Programme: programme, Group: group, Candidacy: c}
	switch row.as().Gender {
	case "":
	case monitoring.Women:
		m.Counted = personal.Of(id, countedWoman)
	default:
		m.Counted = personal.Of(id, countedOther)
	}
	row.Counts = append(row.Counts, m)
	share.Total++
	known, woman := m.as()
	if known {
		share.Known++
	}
	if woman {
		share.Women++
	}
}

// forget takes back what is known of a person's gender.
func forget(tx *projections.Tx, id domain.ExpertID) {
	row := Monitoring.Peek(tx, string(id))
	if row == nil {
		return
	}
	for _, m := range row.Counts {
		share := &dashboard(tx, m.Programme).Women[slices.Index(Groups, m.Group)]
		known, woman := m.as()
		if known {
			share.Known--
		}
		if woman {
			share.Women--
		}
	}
}
