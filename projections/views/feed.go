package views

import (
	"context"
	"sync"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/matcher"
	"github.com/diaspora-match/diaspora/projections"
)

// MatcherExpert is what matching may know of an expert.
func MatcherExpert(r *ExpertRow) matcher.Expert {
	out := matcher.Expert{
		ID: r.ID, Active: !r.Dormant, Suspended: r.Suspension != "",
		// Registration rests on the consent to be considered; it ends with the
		// erasure, which removes the row.
		Consent:   true,
		Residence: r.Residence, Skills: r.Skills, Languages: r.Languages, Education: r.Education, TotalYears: r.Years,
		Available: r.Windows, Modalities: r.Wishes.Modalities, PreferredCountries: r.Wishes.Countries,
		PreferredSectors: r.Wishes.Sectors, Transfer: r.Transfer.Methods, Conflicts: r.Conflicts, Confirmed: r.Confirmed,
	}
	for _, v := range r.Verdicts {
		out.Rulings = append(out.Rulings, matcher.Ruling{Programme: v.Programme, Eligible: v.Eligible})
	}
	for _, h := range r.Heritage {
		if h.Status != expert.LinkRefused {
			out.Heritage = append(out.Heritage, matcher.HeritageLink{Country: h.Country, Checked: h.Status == expert.LinkChecked})
		}
	}
	for _, s := range r.Sectors {
		out.Sectors = append(out.Sectors, matcher.SectorYears{Sector: s.Sector, Years: s.Years})
	}
	if r.Occupation != "" {
		out.Occupations = []domain.ISCO{r.Occupation}
	}
	for _, b := range r.Bookings {
		out.Booked = append(out.Booked, b.Period)
	}
	for _, s := range r.Services {
		out.Served = append(out.Served, s.Institution)
	}
	return out
}

// MatcherNeed is what matching knows of a need, of whatever status. Institution
// and programme may be nil: then the host has room and no hold stands.
func MatcherNeed(n *NeedRow, host *InstitutionRow, programme *ProgrammeRow) matcher.Need {
	t := n.Terms
	out := matcher.Need{
		ID: n.ID, Programme: n.Programme, Country: n.Country, Sector: t.Sector, Institution: n.Institution,
		Skills: t.Skills, Languages: t.Languages, MinEducation: t.MinEducation, MinYears: t.MinYears, Occupations: t.Occupations,
		Window: t.Window, Modality: t.Modality, Transfer: t.TransferMethods, Seats: n.SeatsLeft(),
		HostAtCapacity: host != nil && host.AtCapacity(),
		CountryHold:    programme != nil && programme.Held(n.Country),
	}
	return out
}

// Feed keeps a matcher's index in step with the views: experts, published needs
// and the policies in force on a day. It implements projections.Follower.
type Feed struct {
	index *matcher.Index

	mu         sync.Mutex
	today      domain.Date
	needs      map[domain.NeedID]*NeedRow // published ones
	hosts      map[domain.InstitutionID]*InstitutionRow
	programmes map[domain.ProgrammeID]*ProgrammeRow
}

// NewFeed feeds an index; today chooses the policies in force.
func NewFeed(index *matcher.Index, today domain.Date) *Feed {
	return &Feed{
		index: index, today: today, needs: map[domain.NeedID]*NeedRow{},
		hosts: map[domain.InstitutionID]*InstitutionRow{}, programmes: map[domain.ProgrammeID]*ProgrammeRow{},
	}
}

// SetDay moves to another day: policies come into force and end.
func (f *Feed) SetDay(today domain.Date) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if today == f.today {
		return
	}
	f.today = today
	f.index.Batch(func() {
		for _, p := range f.programmes {
			f.policies(p)
		}
	})
}

// Load implements projections.Follower.
func (f *Feed) Load(_ context.Context, r projections.Reader) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for row, err := range Programmes.All(r) {
		if err != nil {
			return err
		}
		f.programmes[row.ID] = row
		f.policies(row)
	}
	for row, err := range Institutions.All(r) {
		if err != nil {
			return err
		}
		f.hosts[row.ID] = row
	}
	for row, err := range Needs.All(r) {
		if err != nil {
			return err
		}
		f.need(row)
	}
	for row, err := range Experts.All(r) {
		if err != nil {
			return err
		}
		f.index.UpsertExpert(MatcherExpert(row))
	}
	f.index.Advance(uint64(r.Position()))
	return nil
}

// Follow implements projections.Follower.
func (f *Feed) Follow(_ context.Context, changes []projections.Change, position eventstore.Position) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.index.Batch(func() {
		f.follow(changes)
		f.index.Advance(uint64(position))
	})
	return nil
}

func (f *Feed) follow(changes []projections.Change) {
	for _, c := range changes {
		switch c.Schema {
		case Experts:
			if c.Row == nil {
				f.index.RemoveExpert(domain.ExpertID(c.Key))
			} else {
				f.index.UpsertExpert(MatcherExpert(c.Row.(*ExpertRow)))
			}
		case Needs:
			f.need(c.Row.(*NeedRow))
		case Institutions:
			f.host(c.Row.(*InstitutionRow))
		case Programmes:
			f.programme(c.Row.(*ProgrammeRow))
		}
	}
}

func (f *Feed) need(row *NeedRow) {
	if row.Status != need.StatusPublished {
		if _, held := f.needs[row.ID]; held {
			delete(f.needs, row.ID)
			f.index.RemoveNeed(row.ID)
		}
		return
	}
	f.needs[row.ID] = row
	f.index.UpsertNeed(MatcherNeed(row, f.hosts[row.Institution], f.programmes[row.Programme]))
}

func (f *Feed) host(row *InstitutionRow) {
	before := f.hosts[row.ID]
	f.hosts[row.ID] = row
	if before != nil && before.AtCapacity() == row.AtCapacity() {
		return
	}
	for _, n := range f.needs {
		if n.Institution == row.ID {
			f.need(n)
		}
	}
}

func (f *Feed) programme(row *ProgrammeRow) {
	f.programmes[row.ID] = row
	f.policies(row)
	for _, n := range f.needs {
		if n.Programme == row.ID {
			f.need(n)
		}
	}
}

func (f *Feed) policies(row *ProgrammeRow) {
	rules, _ := row.EligibilityOn(f.today)
	f.index.SetPolicy(row.ID, rules, row.ScoringOn(f.today))
}
