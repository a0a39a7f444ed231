package views

import (
	"slices"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/domain/programme"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/projections"
)

// ProgrammeRow is a programme with its rules, policies and holds.
type ProgrammeRow struct {
	ID          domain.ProgrammeID   `json:"id"`
	Name        string               `json:"name"`
	Sectors     []domain.Sector      `json:"sectors,omitempty"`
	Countries   []programme.Country  `json:"countries,omitempty"`
	Published   []PublishedScope     `json:"published,omitempty"` // the last word on each country
	Eligibility []policy.Eligibility `json:"eligibility,omitempty"`
	Scoring     []policy.Scoring     `json:"scoring,omitempty"`
	Deadlines   programme.Deadlines  `json:"deadlines"`
	Holds       []Hold               `json:"holds,omitempty"` // placed and lifted ones, in order
	OpenedAt    time.Time            `json:"openedAt"`
	ClosedAt    time.Time            `json:"closedAt,omitzero"`
	CloseReason string               `json:"closeReason,omitzero"`
}

// PublishedScope is a scope with the time of its publication.
type PublishedScope struct {
	programme.PublishedScope
	At time.Time `json:"at"`
}

// Hold is a country hold; LiftedAt is zero while it stands.
type Hold struct {
	Country    domain.Country       `json:"country"`
	Reason     programme.HoldReason `json:"reason"`
	Note       string               `json:"note,omitzero"`
	PlacedBy   domain.PrincipalID   `json:"placedBy"`
	PlacedAt   time.Time            `json:"placedAt"`
	LiftedBy   domain.PrincipalID   `json:"liftedBy,omitzero"`
	LiftedAt   time.Time            `json:"liftedAt,omitzero"`
	LiftedNote string               `json:"liftedNote,omitzero"`
}

// Open reports whether the programme has not been closed.
func (r *ProgrammeRow) Open() bool { return r.ClosedAt.IsZero() }

// Held reports whether a hold stands on the country.
func (r *ProgrammeRow) Held(c domain.Country) bool {
	return slices.ContainsFunc(r.Holds, func(h Hold) bool { return h.Country == c && h.LiftedAt.IsZero() })
}

// EligibilityOn is the version of the rules in force on a day: the latest one
// that covers it. ok is false when none does.
func (r *ProgrammeRow) EligibilityOn(day domain.Date) (rules policy.Eligibility, ok bool) {
	for _, v := range slices.Backward(r.Eligibility) {
		if v.Validity.Covers(day) {
			return v, true
		}
	}
	return policy.Eligibility{}, false
}

// ScoringOn is the scoring policy in force on a day; policy.Default when the
// programme has published none that covers it.
func (r *ProgrammeRow) ScoringOn(day domain.Date) policy.Scoring {
	for _, v := range slices.Backward(r.Scoring) {
		if v.Validity.Covers(day) {
			return v
		}
	}
	return policy.Default(day)
}

// Country is what the programme says of a country, or nil.
func (r *ProgrammeRow) Country(c domain.Country) *programme.Country {
	for i := range r.Countries {
		if r.Countries[i].Country == c {
			return &r.Countries[i]
		}
	}
	return nil
}

// Scope locates the row for authorisation.
func (r *ProgrammeRow) Scope() domain.Scope { return domain.Scope{Programme: r.ID} }

// ProgrammesAll is the one index of Programmes, with the bucket "": by name.
const ProgrammesAll = "all"

// Programmes is keyed by programme.
var Programmes = &projections.Table[ProgrammeRow]{
	Name: "programmes", Version: 1,
	Key: func(r *ProgrammeRow) string { return string(r.ID) },
	Indexes: func(r *ProgrammeRow, entries []projections.IndexEntry) []projections.IndexEntry {
		return append(entries, entry(ProgrammesAll, "", r.Name))
	},
	Related: func(r *ProgrammeRow) projections.Related { return projections.Related{Scope: r.Scope()} },
}

var programmesView = projections.View{
	Name: "programmes", Tables: []projections.Schema{Programmes},
	Categories: []string{"programme"}, Fold: foldProgrammes,
}

func foldProgrammes(tx *projections.Tx, e *codec.Decoded) error {
	if ev, ok := e.Event.(programme.Opened); ok {
		Programmes.Put(tx, ProgrammeRow{
			ID: ev.Programme, Name: ev.Name, Deadlines: programme.DefaultDeadlines, OpenedAt: ev.At,
		})
		return nil
	}
	row := Programmes.Edit(tx, idOf(e))
	if row == nil {
		return missing(e)
	}
	countryOf := func(c programme.Country) domain.Country { return c.Country }
	switch ev := e.Event.(type) {
	case programme.Renamed:
		row.Name = ev.Name
	case programme.SectorsSet:
		row.Sectors = ev.Sectors
	case programme.CountrySet:
		row.Countries = upsert(row.Countries, countryOf, ev.Country)
	case programme.CountryRemoved:
		row.Countries = without(row.Countries, countryOf, ev.Country)
	case programme.ScopePublished:
		row.Published = upsert(row.Published, func(s PublishedScope) domain.Country { return s.Country },
			PublishedScope{ev.Scope, ev.At})
	case programme.EligibilityPublished:
		row.Eligibility = append(row.Eligibility, ev.Eligibility)
	case programme.ScoringPublished:
		row.Scoring = append(row.Scoring, ev.Scoring)
	case programme.DeadlinesSet:
		row.Deadlines = ev.Deadlines
	case programme.CountryHoldPlaced:
		row.Holds = append(row.Holds, Hold{Country: ev.Country, Reason: ev.Reason, Note: ev.Note, PlacedBy: ev.By, PlacedAt: ev.At})
	case programme.CountryHoldLifted:
		row.Holds = slices.Clone(row.Holds)
		for i := range row.Holds {
			if h := &row.Holds[i]; h.Country == ev.Country && h.LiftedAt.IsZero() {
				h.LiftedBy, h.LiftedAt, h.LiftedNote = ev.By, ev.At, ev.Note
			}
		}
	case programme.Closed:
		row.ClosedAt, row.CloseReason = ev.At, ev.Reason
	}
	return nil
}
