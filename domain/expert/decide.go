package expert

import (
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
)

// Decider decides for one expert.
var Decider = decider.Decider[State, Command, Event]{
	Initial: func() State { return State{} },
	Decide:  decide,
	Evolve:  evolve,
}

// Aggregate is how experts are stored and whom they concern. The scope of a
// command that speaks of a country or a programme names it, so that the people
// who may check a link or give a verdict there can be told from others.
var Aggregate = decider.Aggregate[State, Command, Event]{
	Category: "expert",
	Decider:  Decider,
	Events: []Event{
		Registered{}, PrincipalLinked{}, IdentityDeclared{}, MotivationDeclared{}, CVDeclared{},
		SkillsDeclared{}, SkillsWithdrawn{}, LanguagesDeclared{}, LanguagesWithdrawn{}, EducationDeclared{},
		ExperienceDeclared{}, OccupationDeclared{}, ResidenceDeclared{}, AvailabilityDeclared{}, PreferencesDeclared{},
		TransferDeclared{}, ReferencesDeclared{}, PartWithdrawn{}, HeritageDeclared{}, HeritageWithdrawn{},
		HeritageChecked{}, HeritageRefused{}, EligibilityConfirmed{}, EligibilityRefused{}, ConsentGiven{},
		ConsentWithdrawn{}, ConflictDeclared{}, Reconfirmed{}, BecameDormant{}, Suspended{}, Reinstated{},
		Booked{}, Rebooked{}, Released{}, ServiceRecorded{}, ErasureRequested{}, PersonalDataErased{},
	},
	Scope: func(s State, command Command) domain.Scope {
		at := domain.Scope{Programme: s.Programme, Expert: s.ID}
		switch c := command.(type) {
		case Register:
			if s.ID == "" {
				at.Programme, at.Expert = c.Programme, c.Expert
			}
		case CheckHeritage:
			at.Country = c.Country
		case RefuseHeritage:
			at.Country = c.Country
		case RecordEligibility:
			at.Programme = c.Programme
		}
		return at
	},
}

// Bounds, listed in docs/limits.md.
const (
	MaxSkills          = 100
	MaxSkillBytes      = 64 // of a skill id
	MaxLanguages       = 30
	MaxEducation       = 10
	MaxYears           = 60 // of experience, or of practice in a skill
	MaxWindows         = 24 // of availability
	MaxWindowDays      = 1_830
	MaxWindowWeeks     = 104 // that an expert can give of a window
	MaxPreferred       = 20  // countries
	MaxTimesTrained    = 10_000
	MaxReferences      = 5
	MaxIdentityBytes   = 300 // each text of the identity or of a reference
	MaxMotivationBytes = 10_000
	MaxCVBytes         = 100_000
	MaxNoteBytes       = 2_000
	MaxHeritage        = 10
	MaxVerdicts        = 100 // programmes
	MaxFailedRules     = 30
	MaxConsents        = 500 // withdrawn ones included
	MaxConsentDays     = 731
	MaxConflicts       = 50
	MaxBookings        = 500
	MaxBookingDays     = 731
	MaxServed          = 500
	MinAge             = 16 // years, by the year of birth
	MaxAge             = 110
)

// Refusals of an expert.
var (
	ErrNotFound     = domain.Refuse(domain.NotFound, "expert.not_found", "There is no such expert.", "Check the id, or register first.")
	ErrExists       = domain.Refuse(domain.Refused, "expert.exists", "An expert with this id is registered already.", "Use the existing profile, or register under a new id.")
	ErrOwnProfile   = domain.Refuse(domain.Forbidden, "expert.own_profile", "You can register yourself only.", "Register with your own sign-in; staff register others.")
	ErrErased       = domain.Refuse(domain.Refused, "expert.erased", "The expert asked to be erased; nothing more is recorded.", "Register anew to take part again.")
	ErrNotRequested = domain.Refuse(domain.Refused, "expert.erasure_not_requested", "Nobody asked for this erasure.", "Request the erasure first.")
	ErrLinkOther    = domain.Refuse(domain.Forbidden, "expert.link_other", "Nobody makes a profile of somebody else their own.", "Name the sign-in of the person whom the profile is about.")
	ErrLinked       = domain.Refuse(domain.Refused, "expert.linked", "The profile belongs to another sign-in already.", "Sign in as before, or ask an administrator.")
	ErrNoLink       = domain.Refuse(domain.Refused, "expert.no_link", "The expert declared no link to this country.", "Ask the expert to declare the link first.")
	ErrOwnCheck     = domain.Refuse(domain.Forbidden, "expert.own_check", "Nobody checks themselves.", "Ask somebody else of the programme.")
	ErrOldRules     = domain.Refuse(domain.Refused, "expert.old_rules", "There is a verdict under a later version of the rules.", "Judge under the version in force.")
	ErrConsentTaken = domain.Refuse(domain.Refused, "expert.consent_exists", "A consent with this id was given already.", "Give the new consent under a new id.")
	ErrNoConsent    = domain.Refuse(domain.Refused, "expert.no_consent", "There is no such consent.", "Check the id; the profile lists the consents.")
	ErrConsentEnds  = domain.Refuse(domain.Invalid, "expert.consent_ends", "The consent would end in the past, or too far ahead.", "Choose a last day from today to two years ahead.")
	ErrSuspended    = domain.Refuse(domain.Refused, "expert.suspended", "The expert is suspended.", "Reinstate the expert first.")
	ErrOverlap      = domain.Refuse(domain.Refused, "expert.overlap", "The expert is taken in a part of this period.", "Choose another period, or release the other booking first.")
	ErrBooked       = domain.Refuse(domain.Refused, "expert.booked", "The candidacy is booked for another period.", "Move the booking instead of booking again.")
	ErrNotBooked    = domain.Refuse(domain.Refused, "expert.not_booked", "The candidacy is not booked.", "Book it first.")
	ErrWindows      = domain.Refuse(domain.Invalid, "expert.windows", "Two windows share a day.", "Join them into one, or move one.")
	ErrSectorYears  = domain.Refuse(domain.Invalid, "expert.sector_years", "There are more years in the sector than in all.", "Give at most the total years of experience.")
)

func decide(s State, command Command) ([]Event, error) {
	switch c := command.(type) {
	case Register:
		return s.register(c)
	case RequestErasure:
		return s.requestErasure(c)
	case CompleteErasure:
		return s.completeErasure(c)
	}
	switch {
	case s.ID == "":
		return nil, ErrNotFound
	case s.Fenced:
		return nil, ErrErased
	}
	switch c := command.(type) {
	case LinkPrincipal:
		return s.linkPrincipal(c)
	case GiveConsent:
		return s.giveConsent(c)
	case WithdrawConsent:
		return s.withdrawConsent(c)
	case DeclareConflict:
		return s.declareConflict(c)
	case Reconfirm:
		return s.reconfirm(c)
	case MakeDormant:
		return s.makeDormant(c)
	case Suspend:
		return s.suspend(c)
	case Reinstate:
		return s.reinstate(c)
	case Book:
		return s.book(c)
	case Rebook:
		return s.rebook(c)
	case Release:
		return s.release(c)
	case RecordService:
		return s.recordService(c)
	}
	return s.decideProfile(command)
}

// decideProfile decides what is declared, and what is checked of it.
func (s State) decideProfile(command Command) ([]Event, error) {
	switch c := command.(type) {
	case DeclareIdentity:
		return s.declareIdentity(c)
	case DeclareMotivation:
		return s.declareMotivation(c)
	case DeclareCV:
		return s.declareCV(c)
	case DeclareSkills:
		return s.declareSkills(c)
	case WithdrawSkills:
		return s.withdrawSkills(c)
	case DeclareLanguages:
		return s.declareLanguages(c)
	case WithdrawLanguages:
		return s.withdrawLanguages(c)
	case DeclareEducation:
		return s.declareEducation(c)
	case DeclareExperience:
		return s.declareExperience(c)
	case DeclareOccupation:
		return s.declareOccupation(c)
	case DeclareResidence:
		return s.declareResidence(c)
	case DeclareAvailability:
		return s.declareAvailability(c)
	case DeclarePreferences:
		return s.declarePreferences(c)
	case DeclareTransfer:
		return s.declareTransfer(c)
	case DeclareReferences:
		return s.declareReferences(c)
	case WithdrawPart:
		return s.withdrawPart(c)
	case DeclareHeritage:
		return s.declareHeritage(c)
	case WithdrawHeritage:
		return s.withdrawHeritage(c)
	case CheckHeritage:
		return s.checkHeritage(c)
	case RefuseHeritage:
		return s.refuseHeritage(c)
	case RecordEligibility:
		return s.recordEligibility(c)
	}
	return nil, domain.ErrUnknown.With("The expert does not know this command.")
}
