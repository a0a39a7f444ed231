package expert

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/internal/keyed"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// evolve copies the state once; the rest writes into that copy.
func evolve(s State, event Event) State {
	s.apply(event)
	return s
}

func (s *State) apply(event Event) {
	switch e := event.(type) {
	case Registered:
		s.ID, s.Programme, s.Principal, s.Processing = e.Expert, e.Programme, e.Principal, e.Processing
		s.RegisteredAt, s.ConfirmedOn = e.At, domain.DateOf(e.At)
	case PrincipalLinked:
		s.Principal = e.Principal
	case Reconfirmed:
		s.ConfirmedOn, s.Dormant = e.On, false
	case BecameDormant:
		s.Dormant = true
	case Suspended:
		s.Suspended = true
	case Reinstated:
		s.Suspended = false
	case ErasureRequested:
		s.Fenced = true
	case PersonalDataErased:
		// Nothing is left to hold but that it happened.
		*s = State{ID: s.ID, Fenced: true, Proof: e.Proof}
	case PartWithdrawn:
		s.applyWithdrawn(e.Part)
	case Booked:
		s.Bookings = keyed.Put(s.Bookings, bookingKey, Booking(e))
	case Rebooked:
		s.Bookings = keyed.Put(without(s.Bookings, e.Candidacy), bookingKey, Booking(e))
	case Released:
		s.Bookings = without(s.Bookings, e.Candidacy)
	case ServiceRecorded:
		s.Served = keyed.Put(s.Served, serviceKey, Service(e))
	case ConflictDeclared:
		s.Conflicts = e.Institutions
	default:
		s.applyProfile(event)
	}
}

func (s *State) applyProfile(event Event) {
	switch e := event.(type) {
	case IdentityDeclared:
		s.Identity, s.Declared = e.Identity, s.Declared|partBit(PartIdentity)
	case MotivationDeclared:
		s.Motivation, s.Declared = e.Motivation, s.Declared|partBit(PartMotivation)
	case CVDeclared:
		s.CV, s.Declared = e.CV, s.Declared|partBit(PartCV)
	case SkillsDeclared:
		s.Skills = keyed.Put(s.Skills, skillKey, e.Skills...)
		s.Declared |= partBit(PartSkills)
	case SkillsWithdrawn:
		s.Skills = keyed.Drop(s.Skills, skillKey, e.Skills...)
		s.Declared = s.Declared.with(PartSkills, len(s.Skills) > 0)
	case LanguagesDeclared:
		s.Languages = keyed.Put(s.Languages, languageKey, e.Languages...)
		s.Declared |= partBit(PartLanguages)
	case LanguagesWithdrawn:
		s.Languages = keyed.Drop(s.Languages, languageKey, e.Languages...)
		s.Declared = s.Declared.with(PartLanguages, len(s.Languages) > 0)
	case EducationDeclared:
		s.Education, s.Declared = e.Education, s.Declared|partBit(PartEducation)
	case ExperienceDeclared:
		s.Experience, s.Declared = e.Experience, s.Declared|partBit(PartExperience)
	case OccupationDeclared:
		s.Occupation, s.Declared = e.Occupation, s.Declared|partBit(PartOccupation)
	case ResidenceDeclared:
		s.Residence, s.Declared = e.Country, s.Declared|partBit(PartResidence)
	case AvailabilityDeclared:
		s.Availability, s.Declared = e.Windows, s.Declared|partBit(PartAvailability)
	case PreferencesDeclared:
		s.Preferences, s.Declared = e.Preferences, s.Declared|partBit(PartPreferences)
	case TransferDeclared:
		s.Transfer, s.Declared = e.Transfer, s.Declared|partBit(PartTransfer)
	case ReferencesDeclared:
		s.References, s.Declared = e.References, s.Declared|partBit(PartReferences)
	default:
		s.applyChecks(event)
	}
}

func (s *State) applyChecks(event Event) {
	switch e := event.(type) {
	case HeritageDeclared:
		s.Heritage = keyed.Put(s.Heritage, linkKey, Link{Country: e.Country, Status: LinkDeclared})
		s.Declared |= partBit(PartHeritage)
	case HeritageWithdrawn:
		s.Heritage = keyed.Drop(s.Heritage, linkKey, e.Country)
		s.Declared = s.Declared.with(PartHeritage, len(s.Heritage) > 0)
	case HeritageChecked:
		s.Heritage = keyed.Put(s.Heritage, linkKey, Link{e.Country, LinkChecked, e.How, e.By, e.At})
	case HeritageRefused:
		s.Heritage = keyed.Put(s.Heritage, linkKey, Link{e.Country, LinkRefused, e.How, e.By, e.At})
	case EligibilityConfirmed:
		s.Verdicts = keyed.Put(s.Verdicts, verdictKey, Verdict{Programme: e.Programme, Eligible: true, RuleVersion: e.RuleVersion, By: e.By, At: e.At})
	case EligibilityRefused:
		s.Verdicts = keyed.Put(s.Verdicts, verdictKey, Verdict{Programme: e.Programme, RuleVersion: e.RuleVersion, Failed: e.Failed, By: e.By, At: e.At})
	case ConsentGiven:
		s.Consents = keyed.Put(s.Consents, consentKey, HeldConsent{Consent: e.Consent, Given: e.At})
	case ConsentWithdrawn:
		if h, ok := keyed.Find(s.Consents, consentKey, e.Consent); ok {
			h.Withdrawn, h.WithdrawnAt = true, e.At
			s.Consents = keyed.Put(s.Consents, consentKey, h)
		}
	}
}

func (s *State) applyWithdrawn(p Part) {
	s.Declared = s.Declared.with(p, false)
	switch p {
	case PartIdentity:
		s.Identity = Identity{}
	case PartMotivation:
		s.Motivation = personal.Text{}
	case PartCV:
		s.CV = personal.Text{}
	case PartSkills:
		s.Skills = nil
	case PartLanguages:
		s.Languages = nil
	case PartEducation:
		s.Education = nil
	case PartExperience:
		s.Experience = Experience{}
	case PartOccupation:
		s.Occupation = ""
	case PartResidence:
		s.Residence = ""
	case PartHeritage:
		s.Heritage = nil
	case PartAvailability:
		s.Availability = nil
	case PartPreferences:
		s.Preferences = Preferences{}
	case PartTransfer:
		s.Transfer = Transfer{}
	case PartReferences:
		s.References = nil
	}
}

func (s PartSet) with(p Part, in bool) PartSet {
	if in {
		return s | partBit(p)
	}
	return s &^ partBit(p)
}

func without(bookings []Booking, c domain.CandidacyID) []Booking {
	i := slices.IndexFunc(bookings, func(b Booking) bool { return b.Candidacy == c })
	if i < 0 {
		return bookings
	}
	return slices.Concat(bookings[:i], bookings[i+1:])
}
