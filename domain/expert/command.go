package expert

import (
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// Command asks something of an expert's stream.
//
//sumtype:decl
type Command interface {
	CommandType() string
	Stamped() domain.Stamp
	command()
}

type (
	// Register creates the expert under the id of its stream. Principal is
	// empty when staff or an import registers on the expert's behalf. Programme
	// is through which programme they come, if any.
	Register struct {
		domain.Stamp
		Expert     domain.ExpertID
		Programme  domain.ProgrammeID
		Principal  domain.PrincipalID
		Processing Processing
	}
	// LinkPrincipal joins the expert to who signs in, once.
	LinkPrincipal struct {
		domain.Stamp
		Principal domain.PrincipalID
	}

	// DeclareIdentity replaces the identity.
	DeclareIdentity struct {
		domain.Stamp
		Identity Identity
	}
	// DeclareMotivation replaces the motivation.
	DeclareMotivation struct {
		domain.Stamp
		Motivation personal.Text
	}
	// DeclareCV replaces the text of the CV.
	DeclareCV struct {
		domain.Stamp
		CV personal.Text
	}
	// DeclareSkills adds skills, or replaces level and years of known ones.
	DeclareSkills struct {
		domain.Stamp
		Skills []domain.SkillClaim
	}
	// WithdrawSkills takes skills back.
	WithdrawSkills struct {
		domain.Stamp
		Skills []domain.Skill
	}
	// DeclareLanguages adds languages, or replaces the level of known ones.
	DeclareLanguages struct {
		domain.Stamp
		Languages []domain.LanguageClaim
	}
	// WithdrawLanguages takes languages back.
	WithdrawLanguages struct {
		domain.Stamp
		Languages []domain.Language
	}
	// DeclareEducation replaces the education.
	DeclareEducation struct {
		domain.Stamp
		Education []domain.Education
	}
	// DeclareExperience replaces the experience.
	DeclareExperience struct {
		domain.Stamp
		Experience Experience
	}
	// DeclareOccupation replaces the occupation.
	DeclareOccupation struct {
		domain.Stamp
		Occupation domain.ISCO
	}
	// DeclareResidence replaces the country of residence.
	DeclareResidence struct {
		domain.Stamp
		Country domain.Country
	}
	// DeclareAvailability replaces all windows.
	DeclareAvailability struct {
		domain.Stamp
		Windows []domain.Availability
	}
	// DeclarePreferences replaces the preferences.
	DeclarePreferences struct {
		domain.Stamp
		Preferences Preferences
	}
	// DeclareTransfer replaces the experience in passing on knowledge.
	DeclareTransfer struct {
		domain.Stamp
		Transfer Transfer
	}
	// DeclareReferences replaces the references.
	DeclareReferences struct {
		domain.Stamp
		References []Reference
	}
	// WithdrawPart empties a whole part of the profile.
	WithdrawPart struct {
		domain.Stamp
		Part Part
	}

	// DeclareHeritage says that there is a link to a country.
	DeclareHeritage struct {
		domain.Stamp
		Country domain.Country
	}
	// WithdrawHeritage takes the link back.
	WithdrawHeritage struct {
		domain.Stamp
		Country domain.Country
	}
	// CheckHeritage records that a declared link was found to be there.
	CheckHeritage struct {
		domain.Stamp
		Country domain.Country
		How     CheckMethod
	}
	// RefuseHeritage records that a declared link was not found.
	RefuseHeritage struct {
		domain.Stamp
		Country domain.Country
		How     CheckMethod
	}
	// RecordEligibility records a verdict: confirmed when Failed is empty.
	RecordEligibility struct {
		domain.Stamp
		Programme   domain.ProgrammeID
		RuleVersion int
		Failed      []Rule
	}

	// GiveConsent records what the expert agrees to.
	GiveConsent struct {
		domain.Stamp
		Consent Consent
	}
	// WithdrawConsent ends a consent.
	WithdrawConsent struct {
		domain.Stamp
		Consent domain.ConsentID
	}
	// DeclareConflict replaces the institutions that the expert must not serve.
	DeclareConflict struct {
		domain.Stamp
		Institutions []domain.InstitutionID
	}

	// Reconfirm says that the profile is still right.
	Reconfirm struct {
		domain.Stamp
	}
	// MakeDormant hides a profile that nobody confirmed in time; a process sends
	// it. A profile confirmed on or after UnconfirmedSince is left alone, so that
	// a confirmation at the last moment wins.
	MakeDormant struct {
		domain.Stamp
		UnconfirmedSince domain.Date
	}
	// Suspend takes the expert out of matching.
	Suspend struct {
		domain.Stamp
		Reason SuspensionReason
		Note   personal.Text
	}
	// Reinstate ends a suspension.
	Reinstate struct {
		domain.Stamp
		Note personal.Text
	}

	// Book takes the expert for a period; ErrOverlap when another booking has a
	// day of it.
	Book struct {
		domain.Stamp
		Candidacy domain.CandidacyID
		Period    domain.Period
	}
	// Rebook moves the period of a booking.
	Rebook struct {
		domain.Stamp
		Candidacy domain.CandidacyID
		Period    domain.Period
	}
	// Release frees the booking of a candidacy.
	Release struct {
		domain.Stamp
		Candidacy domain.CandidacyID
	}
	// RecordService records a completed assignment; a process sends it.
	RecordService struct {
		domain.Stamp
		Institution domain.InstitutionID
		Assignment  domain.AssignmentID
	}

	// RequestErasure raises the fence.
	RequestErasure struct {
		domain.Stamp
	}
	// CompleteErasure records the proof; a process sends it once the key, the
	// vault and the view rows are gone.
	CompleteErasure struct {
		domain.Stamp
		Proof string
	}
)

func (Register) CommandType() string            { return "expert.Register" }
func (LinkPrincipal) CommandType() string       { return "expert.LinkPrincipal" }
func (DeclareIdentity) CommandType() string     { return "expert.DeclareIdentity" }
func (DeclareMotivation) CommandType() string   { return "expert.DeclareMotivation" }
func (DeclareCV) CommandType() string           { return "expert.DeclareCV" }
func (DeclareSkills) CommandType() string       { return "expert.DeclareSkills" }
func (WithdrawSkills) CommandType() string      { return "expert.WithdrawSkills" }
func (DeclareLanguages) CommandType() string    { return "expert.DeclareLanguages" }
func (WithdrawLanguages) CommandType() string   { return "expert.WithdrawLanguages" }
func (DeclareEducation) CommandType() string    { return "expert.DeclareEducation" }
func (DeclareExperience) CommandType() string   { return "expert.DeclareExperience" }
func (DeclareOccupation) CommandType() string   { return "expert.DeclareOccupation" }
func (DeclareResidence) CommandType() string    { return "expert.DeclareResidence" }
func (DeclareAvailability) CommandType() string { return "expert.DeclareAvailability" }
func (DeclarePreferences) CommandType() string  { return "expert.DeclarePreferences" }
func (DeclareTransfer) CommandType() string     { return "expert.DeclareTransfer" }
func (DeclareReferences) CommandType() string   { return "expert.DeclareReferences" }
func (WithdrawPart) CommandType() string        { return "expert.WithdrawPart" }
func (DeclareHeritage) CommandType() string     { return "expert.DeclareHeritage" }
func (WithdrawHeritage) CommandType() string    { return "expert.WithdrawHeritage" }
func (CheckHeritage) CommandType() string       { return "expert.CheckHeritage" }
func (RefuseHeritage) CommandType() string      { return "expert.RefuseHeritage" }
func (RecordEligibility) CommandType() string   { return "expert.RecordEligibility" }
func (GiveConsent) CommandType() string         { return "expert.GiveConsent" }
func (WithdrawConsent) CommandType() string     { return "expert.WithdrawConsent" }
func (DeclareConflict) CommandType() string     { return "expert.DeclareConflict" }
func (Reconfirm) CommandType() string           { return "expert.Reconfirm" }
func (MakeDormant) CommandType() string         { return "expert.MakeDormant" }
func (Suspend) CommandType() string             { return "expert.Suspend" }
func (Reinstate) CommandType() string           { return "expert.Reinstate" }
func (Book) CommandType() string                { return "expert.Book" }
func (Rebook) CommandType() string              { return "expert.Rebook" }
func (Release) CommandType() string             { return "expert.Release" }
func (RecordService) CommandType() string       { return "expert.RecordService" }
func (RequestErasure) CommandType() string      { return "expert.RequestErasure" }
func (CompleteErasure) CommandType() string     { return "expert.CompleteErasure" }

func (Register) command()            {}
func (LinkPrincipal) command()       {}
func (DeclareIdentity) command()     {}
func (DeclareMotivation) command()   {}
func (DeclareCV) command()           {}
func (DeclareSkills) command()       {}
func (WithdrawSkills) command()      {}
func (DeclareLanguages) command()    {}
func (WithdrawLanguages) command()   {}
func (DeclareEducation) command()    {}
func (DeclareExperience) command()   {}
func (DeclareOccupation) command()   {}
func (DeclareResidence) command()    {}
func (DeclareAvailability) command() {}
func (DeclarePreferences) command()  {}
func (DeclareTransfer) command()     {}
func (DeclareReferences) command()   {}
func (WithdrawPart) command()        {}
func (DeclareHeritage) command()     {}
func (WithdrawHeritage) command()    {}
func (CheckHeritage) command()       {}
func (RefuseHeritage) command()      {}
func (RecordEligibility) command()   {}
func (GiveConsent) command()         {}
func (WithdrawConsent) command()     {}
func (DeclareConflict) command()     {}
func (Reconfirm) command()           {}
func (MakeDormant) command()         {}
func (Suspend) command()             {}
func (Reinstate) command()           {}
func (Book) command()                {}
func (Rebook) command()              {}
func (Release) command()             {}
func (RecordService) command()       {}
func (RequestErasure) command()      {}
func (CompleteErasure) command()     {}
