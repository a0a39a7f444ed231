package programme

import (
	"slices"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/internal/keyed"
	"github.com/diaspora-match/diaspora/domain/policy"
)

// Stage is where a programme stands.
type Stage string

const (
	StageNone   Stage = "" // not opened yet
	StageOpen   Stage = "open"
	StageClosed Stage = "closed"
)

// State is a programme as its events tell it. It is a value: folding never
// writes into what an older state holds.
type State struct {
	ID          domain.ProgrammeID
	Stage       Stage
	Name        string
	Sectors     []domain.Sector
	Countries   []Country            // by country
	Scopes      []PublishedScope     // by country
	Holds       []Hold               // by country
	Eligibility []policy.Eligibility // by version, from 1 without gaps
	Scoring     []policy.Scoring     // by version, from 1 without gaps
	Deadlines   Deadlines
}

// Hold is a country hold in force.
type Hold struct {
	Country domain.Country
	Reason  HoldReason
	Note    string
	By      domain.PrincipalID
	At      time.Time
}

// Country returns what the programme says of a country.
func (s State) Country(c domain.Country) (Country, bool) {
	return keyed.Find(s.Countries, countryKey, c)
}

// Held returns the hold on a country, if one is in force.
func (s State) Held(c domain.Country) (Hold, bool) { return keyed.Find(s.Holds, holdKey, c) }

// Scope returns the published scope of a country.
func (s State) Scope(c domain.Country) (PublishedScope, bool) {
	return keyed.Find(s.Scopes, scopeKey, c)
}

// EligibilityOn returns the rules in force on a day: the highest version that
// covers it.
func (s State) EligibilityOn(day domain.Date) (policy.Eligibility, bool) {
	for _, e := range slices.Backward(s.Eligibility) {
		if e.Validity.Covers(day) {
			return e, true
		}
	}
	return policy.Eligibility{}, false
}

// EligibilityVersion returns a version of the rules, in force or not.
func (s State) EligibilityVersion(version int) (policy.Eligibility, bool) {
	if version < 1 || version > len(s.Eligibility) {
		return policy.Eligibility{}, false
	}
	return s.Eligibility[version-1], true
}

// ScoringOn returns the scoring policy in force on a day: the highest version
// that covers it.
func (s State) ScoringOn(day domain.Date) (policy.Scoring, bool) {
	for _, p := range slices.Backward(s.Scoring) {
		if p.Validity.Covers(day) {
			return p, true
		}
	}
	return policy.Scoring{}, false
}

// ScoringVersion returns a version of the scoring policy, in force or not.
func (s State) ScoringVersion(version int) (policy.Scoring, bool) {
	if version < 1 || version > len(s.Scoring) {
		return policy.Scoring{}, false
	}
	return s.Scoring[version-1], true
}

// ReconfirmDays is after how many days an unconfirmed profile goes dormant: what
// the rules in force on the day say, or else the deadlines.
func (s State) ReconfirmDays(day domain.Date) int {
	if e, ok := s.EligibilityOn(day); ok && e.ReconfirmDays > 0 {
		return e.ReconfirmDays
	}
	return s.Deadlines.Reconfirm
}

func countryKey(c Country) domain.Country      { return c.Country }
func scopeKey(p PublishedScope) domain.Country { return p.Country }
func holdKey(h Hold) domain.Country            { return h.Country }

func evolve(s State, event Event) State {
	switch e := event.(type) {
	case Opened:
		s.ID, s.Stage, s.Name, s.Deadlines = e.Programme, StageOpen, e.Name, DefaultDeadlines
	case Renamed:
		s.Name = e.Name
	case SectorsSet:
		s.Sectors = e.Sectors
	case CountrySet:
		s.Countries = keyed.Put(s.Countries, countryKey, e.Country)
	case CountryRemoved:
		s.Countries = keyed.Drop(s.Countries, countryKey, e.Country)
		s.Scopes = keyed.Drop(s.Scopes, scopeKey, e.Country)
	case ScopePublished:
		s.Scopes = keyed.Put(s.Scopes, scopeKey, e.Scope)
	case EligibilityPublished:
		s.Eligibility = append(slices.Clip(s.Eligibility), e.Eligibility)
	case ScoringPublished:
		s.Scoring = append(slices.Clip(s.Scoring), e.Scoring)
	case DeadlinesSet:
		s.Deadlines = e.Deadlines
	case CountryHoldPlaced:
		s.Holds = keyed.Put(s.Holds, holdKey, Hold(e))
	case CountryHoldLifted:
		s.Holds = keyed.Drop(s.Holds, holdKey, e.Country)
	case Closed:
		s.Stage = StageClosed
	}
	return s
}
