package programme

import (
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
)

// Event is a fact of a programme. The type names are the storage contract.
//
//sumtype:decl
type Event interface {
	EventType() string
	event()
}

type (
	// Opened creates the programme; its stream carries the id.
	Opened struct {
		Programme domain.ProgrammeID `json:"programme"`
		Name      string             `json:"name"`
		By        domain.PrincipalID `json:"by"`
		At        time.Time          `json:"at"`
	}
	// Renamed gives the programme another name.
	Renamed struct {
		Name string `json:"name"`
	}
	// SectorsSet replaces the priority sectors.
	SectorsSet struct {
		Sectors []domain.Sector `json:"sectors"`
	}
	// CountrySet adds a country to the programme or replaces what was said of it.
	CountrySet struct {
		Country Country `json:"country"`
	}
	// CountryRemoved takes a country out.
	CountryRemoved struct {
		Country domain.Country `json:"country"`
	}
	// ScopePublished says to the public which areas and institutions of a
	// country are in scope from now on, and why. It replaces the last one.
	ScopePublished struct {
		Scope PublishedScope `json:"scope"`
		At    time.Time      `json:"at"`
	}
	// EligibilityPublished adds the next version of the eligibility rules.
	EligibilityPublished struct {
		Eligibility policy.Eligibility `json:"eligibility"`
		By          domain.PrincipalID `json:"by"`
		At          time.Time          `json:"at"`
	}
	// ScoringPublished adds the next version of the scoring policy.
	ScoringPublished struct {
		Scoring policy.Scoring     `json:"scoring"`
		By      domain.PrincipalID `json:"by"`
		At      time.Time          `json:"at"`
	}
	// DeadlinesSet replaces the deadlines.
	DeadlinesSet struct {
		Deadlines Deadlines `json:"deadlines"`
	}
	// CountryHoldPlaced hides the country's experts and assignments and stops
	// new steps there until it is lifted.
	CountryHoldPlaced struct {
		Country domain.Country     `json:"country"`
		Reason  HoldReason         `json:"reason"`
		Note    string             `json:"note,omitempty"`
		By      domain.PrincipalID `json:"by"`
		At      time.Time          `json:"at"`
	}
	// CountryHoldLifted ends a hold.
	CountryHoldLifted struct {
		Country domain.Country     `json:"country"`
		Note    string             `json:"note,omitempty"`
		By      domain.PrincipalID `json:"by"`
		At      time.Time          `json:"at"`
	}
	// Closed ends the programme for good.
	Closed struct {
		Reason string             `json:"reason"`
		By     domain.PrincipalID `json:"by"`
		At     time.Time          `json:"at"`
	}
)

func (Opened) EventType() string               { return "programme.Opened" }
func (Renamed) EventType() string              { return "programme.Renamed" }
func (SectorsSet) EventType() string           { return "programme.SectorsSet" }
func (CountrySet) EventType() string           { return "programme.CountrySet" }
func (CountryRemoved) EventType() string       { return "programme.CountryRemoved" }
func (ScopePublished) EventType() string       { return "programme.ScopePublished" }
func (EligibilityPublished) EventType() string { return "programme.EligibilityPublished" }
func (ScoringPublished) EventType() string     { return "programme.ScoringPublished" }
func (DeadlinesSet) EventType() string         { return "programme.DeadlinesSet" }
func (CountryHoldPlaced) EventType() string    { return "programme.CountryHoldPlaced" }
func (CountryHoldLifted) EventType() string    { return "programme.CountryHoldLifted" }
func (Closed) EventType() string               { return "programme.Closed" }

func (Opened) event()               {}
func (Renamed) event()              {}
func (SectorsSet) event()           {}
func (CountrySet) event()           {}
func (CountryRemoved) event()       {}
func (ScopePublished) event()       {}
func (EligibilityPublished) event() {}
func (ScoringPublished) event()     {}
func (DeadlinesSet) event()         {}
func (CountryHoldPlaced) event()    {}
func (CountryHoldLifted) event()    {}
func (Closed) event()               {}
