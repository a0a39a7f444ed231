package expert

import (
	"slices"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/internal/keyed"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// Stage is where an expert stands, for people to read.
type Stage string

const (
	StageNone       Stage = ""           // not registered yet
	StageRegistered Stage = "registered" // parts of the profile are still missing
	StageComplete   Stage = "complete"
	StageDormant    Stage = "dormant"
	StageSuspended  Stage = "suspended"
	StageErasing    Stage = "erasing" // the fence stands
	StageErased     Stage = "erased"
)

// State is an expert as the events tell it. It is a value: folding never writes
// into what an older state holds. Lists are sorted by their key.
type State struct {
	ID           domain.ExpertID
	Programme    domain.ProgrammeID
	Principal    domain.PrincipalID
	Processing   Processing
	RegisteredAt time.Time

	Declared     PartSet
	Identity     Identity
	Motivation   personal.Text
	CV           personal.Text
	Skills       []domain.SkillClaim    // by skill
	Languages    []domain.LanguageClaim // by language
	Education    []domain.Education
	Experience   Experience
	Occupation   domain.ISCO
	Residence    domain.Country
	Availability []domain.Availability // by first day, without overlap
	Preferences  Preferences
	Transfer     Transfer
	References   []Reference
	Heritage     []Link // by country

	Verdicts  []Verdict     // by programme
	Consents  []HeldConsent // by id, withdrawn ones included
	Conflicts []domain.InstitutionID
	Bookings  []Booking // by first day, without overlap
	Served    []Service // by assignment

	ConfirmedOn domain.Date // of registration, or of the last reconfirmation
	Dormant     bool
	Suspended   bool
	Fenced      bool   // an erasure was asked for
	Proof       string // of a completed erasure
}

// HeldConsent is a consent with the moments of its life.
type HeldConsent struct {
	Consent     Consent
	Given       time.Time
	Withdrawn   bool
	WithdrawnAt time.Time
}

// PartSet is a set of parts of the profile.
type PartSet uint16

// Has reports whether the part is in the set.
func (s PartSet) Has(p Part) bool { return s&partBit(p) != 0 }

func partBit(p Part) PartSet {
	if i := slices.Index(Parts, p); i >= 0 {
		return 1 << i
	}
	return 0
}

// Stage is where the expert stands.
func (s State) Stage() Stage {
	switch {
	case s.ID == "":
		return StageNone
	case s.Proof != "":
		return StageErased
	case s.Fenced:
		return StageErasing
	case s.Suspended:
		return StageSuspended
	case s.Dormant:
		return StageDormant
	case s.Complete():
		return StageComplete
	}
	return StageRegistered
}

// neededParts are the parts without which no need can be matched.
var neededParts = []Part{
	PartIdentity, PartSkills, PartLanguages, PartEducation, PartExperience, PartResidence, PartHeritage, PartAvailability,
}

// Hint names a part of the profile that is missing. Needed parts stand between
// the expert and any match; the others would better it.
type Hint struct {
	Part   Part
	Needed bool
}

// Completeness lists the missing parts in the order of Parts.
func Completeness(s State) []Hint {
	var hints []Hint
	for _, p := range Parts {
		if !s.Declared.Has(p) {
			hints = append(hints, Hint{p, slices.Contains(neededParts, p)})
		}
	}
	return hints
}

// Complete reports whether every needed part is declared.
func (s State) Complete() bool {
	for _, p := range neededParts {
		if !s.Declared.Has(p) {
			return false
		}
	}
	return true
}

// Link returns the heritage link to a country.
func (s State) Link(c domain.Country) (Link, bool) { return keyed.Find(s.Heritage, linkKey, c) }

// Verdict returns the latest verdict in a programme.
func (s State) Verdict(p domain.ProgrammeID) (Verdict, bool) {
	return keyed.Find(s.Verdicts, verdictKey, p)
}

// MayShare returns the consent under which an institution may see who the expert
// is for a need on a day.
func (s State) MayShare(institution domain.InstitutionID, need domain.NeedID, day domain.Date) (Consent, bool) {
	for _, h := range s.Consents {
		c := h.Consent
		if c.Purpose == ShareWithHost && c.Institution == institution && c.Need == need && !h.Withdrawn && day <= c.Until {
			return c, true
		}
	}
	return Consent{}, false
}

// Booking returns the booking of a candidacy.
func (s State) Booking(c domain.CandidacyID) (Booking, bool) {
	for _, b := range s.Bookings {
		if b.Candidacy == c {
			return b, true
		}
	}
	return Booking{}, false
}

func skillKey(c domain.SkillClaim) domain.Skill          { return c.Skill }
func languageKey(c domain.LanguageClaim) domain.Language { return c.Language }
func linkKey(l Link) domain.Country                      { return l.Country }
func verdictKey(v Verdict) domain.ProgrammeID            { return v.Programme }
func consentKey(c HeldConsent) domain.ConsentID          { return c.Consent.ID }
func bookingKey(b Booking) domain.Date                   { return b.Period.From }
func serviceKey(s Service) domain.AssignmentID           { return s.Assignment }
