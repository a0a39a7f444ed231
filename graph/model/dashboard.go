package model

import (
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/internal/authz"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// Dashboard is the figures of a programme. To a reader who sees no person,
// counts of people under views.SuppressBelow are not told.
type Dashboard struct {
	views.Metrics
	s            *Sight
	pseudonymous bool
}

// Dashboard is the figures of the programme of an id; nil when one may not read
// them.
func (s *Sight) Dashboard(id domain.ProgrammeID) (*Dashboard, error) {
	d := s.decide(ruleDashboard, authz.Object{Scope: domain.Scope{Programme: id}})
	if !d.Allowed {
		return nil, nil
	}
	out := &Dashboard{s: s, pseudonymous: d.Pseudonymous}
	err := s.read(func(r projections.Reader) (err error) {
		out.Metrics, err = views.MetricsOf(r, id, s.now)
		return err
	})
	return out, err
}

// people is a count of people, or nil where it is held back.
func (d *Dashboard) people(n int) *int {
	if d.pseudonymous && n > 0 && n < views.SuppressBelow {
		return nil
	}
	return &n
}

func (d *Dashboard) tallies(counts []views.Count) []*Tally {
	out := make([]*Tally, len(counts))
	for i, c := range counts {
		out[i] = &Tally{Name: c.Name, Count: d.people(c.Count)}
	}
	return out
}

func ages(list []views.Age) []*StateAge {
	const day = 24 * time.Hour
	out := make([]*StateAge, len(list))
	for i, a := range list {
		out[i] = &StateAge{State: a.State, Count: a.Count, MedianDays: int(a.Median / day), OldestDays: int(a.Oldest / day)}
	}
	return out
}

func spell(s views.Spell) *Spell {
	return &Spell{Count: s.Count, MeanHours: int(s.Mean() / time.Hour)}
}

// The figures, in the words of the schema.
func (d *Dashboard) Programme() (*Programme, error) { return d.s.Programme(d.Metrics.Programme) }
func (d *Dashboard) Needs() []*StateAge             { return ages(d.NeedAges) }
func (d *Dashboard) Candidacies() []*StateAge       { return ages(d.CandidacyAges) }
func (d *Dashboard) ToApproved() *Spell             { return spell(d.Metrics.ToApproved) }
func (d *Dashboard) ToPublished() *Spell            { return spell(d.Metrics.ToPublished) }
func (d *Dashboard) ToFilled() *Spell               { return spell(d.Metrics.ToFilled) }
func (d *Dashboard) HostDecision() *Spell           { return spell(d.Metrics.HostDecision) }
func (d *Dashboard) Approvals() *int                { return d.people(d.Metrics.Approvals) }
func (d *Dashboard) Planned() *int                  { return d.people(d.Metrics.Planned) }
func (d *Dashboard) Started() *int                  { return d.people(d.Metrics.Started) }
func (d *Dashboard) Repeats() *int                  { return d.people(d.Metrics.Repeats) }
func (d *Dashboard) DroppedOut() *int               { return d.people(d.Metrics.DroppedOut) }
func (d *Dashboard) ByCountry() []*Tally            { return d.tallies(d.Metrics.ByCountry) }
func (d *Dashboard) BySector() []*Tally             { return d.tallies(d.Metrics.BySector) }
func (d *Dashboard) ByModality() []*Tally           { return d.tallies(d.Metrics.ByModality) }
func (d *Dashboard) NeverSuggested() *int           { return d.people(d.Metrics.NeverSuggested) }
func (d *Dashboard) ActiveAssignments() *int        { return d.people(d.Metrics.ActiveAssignments) }
func (d *Dashboard) AssignmentsInPreparation() *int {
	return d.people(d.Metrics.AssignmentsInPreparation)
}

// Women is the share of women in each group.
func (d *Dashboard) Women() []*WomenShare {
	out := make([]*WomenShare, len(views.Groups))
	for i, g := range views.Groups {
		share := d.Metrics.Women[i]
		out[i] = &WomenShare{Group: string(g), Total: d.people(share.Total)}
		if permille, ok := share.Permille(); ok {
			out[i].Permille = &permille
		}
	}
	return out
}
