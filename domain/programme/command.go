package programme

import (
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
)

// Command asks something of a programme.
//
//sumtype:decl
type Command interface {
	CommandType() string
	Stamped() domain.Stamp
	command()
}

type (
	// Open creates a programme under the id of its stream.
	Open struct {
		domain.Stamp
		Programme domain.ProgrammeID
		Name      string
	}
	// Rename gives it another name.
	Rename struct {
		domain.Stamp
		Name string
	}
	// SetSectors replaces the priority sectors.
	SetSectors struct {
		domain.Stamp
		Sectors []domain.Sector
	}
	// SetCountry adds a country or replaces what is said of it.
	SetCountry struct {
		domain.Stamp
		Country Country
	}
	// RemoveCountry takes a country out; not while it is held.
	RemoveCountry struct {
		domain.Stamp
		Country domain.Country
	}
	// PublishScope says what is in scope in a country of the programme.
	PublishScope struct {
		domain.Stamp
		Scope PublishedScope
	}
	// PublishEligibility adds the next version of the eligibility rules.
	PublishEligibility struct {
		domain.Stamp
		Eligibility policy.Eligibility
	}
	// PublishScoring adds the next version of the scoring policy.
	PublishScoring struct {
		domain.Stamp
		Scoring policy.Scoring
	}
	// SetDeadlines replaces the deadlines.
	SetDeadlines struct {
		domain.Stamp
		Deadlines Deadlines
	}
	// PlaceCountryHold stops a country of the programme at once.
	PlaceCountryHold struct {
		domain.Stamp
		Country domain.Country
		Reason  HoldReason
		Note    string
	}
	// LiftCountryHold ends a hold.
	LiftCountryHold struct {
		domain.Stamp
		Country domain.Country
		Note    string
	}
	// Close ends the programme for good.
	Close struct {
		domain.Stamp
		Reason string
	}
)

func (Open) CommandType() string               { return "programme.Open" }
func (Rename) CommandType() string             { return "programme.Rename" }
func (SetSectors) CommandType() string         { return "programme.SetSectors" }
func (SetCountry) CommandType() string         { return "programme.SetCountry" }
func (RemoveCountry) CommandType() string      { return "programme.RemoveCountry" }
func (PublishScope) CommandType() string       { return "programme.PublishScope" }
func (PublishEligibility) CommandType() string { return "programme.PublishEligibility" }
func (PublishScoring) CommandType() string     { return "programme.PublishScoring" }
func (SetDeadlines) CommandType() string       { return "programme.SetDeadlines" }
func (PlaceCountryHold) CommandType() string   { return "programme.PlaceCountryHold" }
func (LiftCountryHold) CommandType() string    { return "programme.LiftCountryHold" }
func (Close) CommandType() string              { return "programme.Close" }

func (Open) command()               {}
func (Rename) command()             {}
func (SetSectors) command()         {}
func (SetCountry) command()         {}
func (RemoveCountry) command()      {}
func (PublishScope) command()       {}
func (PublishEligibility) command() {}
func (PublishScoring) command()     {}
func (SetDeadlines) command()       {}
func (PlaceCountryHold) command()   {}
func (LiftCountryHold) command()    {}
func (Close) command()              {}
