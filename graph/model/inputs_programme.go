package model

import (
	"github.com/diaspora-match/diaspora/domain/programme"
)

// Inputs of the mutations of a programme: the target and the command. A field beside the command is
// what the command cannot take from a caller as it is: personal text, which
// names its subject, or a reference that is looked up.
type (
	OpenProgrammeInput struct {
		New
		programme.Open
	}
	RenameProgrammeInput struct {
		ToProgramme
		programme.Rename
	}
	SetProgrammeSectorsInput struct {
		ToProgramme
		programme.SetSectors
	}
	SetProgrammeCountryInput struct {
		ToProgramme
		programme.SetCountry
	}
	RemoveProgrammeCountryInput struct {
		ToProgramme
		programme.RemoveCountry
	}
	PublishProgrammeScopeInput struct {
		ToProgramme
		programme.PublishScope
	}
	PublishEligibilityInput struct {
		ToProgramme
		programme.PublishEligibility
	}
	PublishScoringInput struct {
		ToProgramme
		Scoring ScoringPolicyInput
		programme.PublishScoring
	}
	SetProgrammeDeadlinesInput struct {
		ToProgramme
		programme.SetDeadlines
	}
	PlaceCountryHoldInput struct {
		ToProgramme
		programme.PlaceCountryHold
	}
	LiftCountryHoldInput struct {
		ToProgramme
		programme.LiftCountryHold
	}
	CloseProgrammeInput struct {
		ToProgramme
		programme.Close
	}
)
