package expert

import (
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// Event is a fact of an expert. The type names are the storage contract.
//
//sumtype:decl
type Event interface {
	EventType() string
	event()
}

type (
	// Registered creates the expert; its stream carries the id. Principal is
	// empty when staff or an import registered on the expert's behalf. Programme
	// is through which programme they came, if any: its managers take care of them.
	Registered struct {
		Expert     domain.ExpertID    `json:"expert"`
		Programme  domain.ProgrammeID `json:"programme,omitempty"`
		Principal  domain.PrincipalID `json:"principal,omitempty"`
		Processing Processing         `json:"processing"`
		By         domain.PrincipalID `json:"by"`
		At         time.Time          `json:"at"`
	}
	// PrincipalLinked joins the expert to who signs in.
	PrincipalLinked struct {
		Principal domain.PrincipalID `json:"principal"`
	}

	// IdentityDeclared replaces the identity.
	IdentityDeclared struct {
		Identity Identity `json:"identity"`
	}
	// MotivationDeclared replaces the motivation.
	MotivationDeclared struct {
		Motivation personal.Text `json:"motivation,omitzero"`
	}
	// CVDeclared replaces the text of the CV.
	CVDeclared struct {
		CV personal.Text `json:"cv,omitzero"`
	}
	// SkillsDeclared adds skills, or replaces the level and years of known ones.
	SkillsDeclared struct {
		Skills []domain.SkillClaim `json:"skills"`
	}
	// SkillsWithdrawn takes skills back.
	SkillsWithdrawn struct {
		Skills []domain.Skill `json:"skills"`
	}
	// LanguagesDeclared adds languages, or replaces the level of known ones.
	LanguagesDeclared struct {
		Languages []domain.LanguageClaim `json:"languages"`
	}
	// LanguagesWithdrawn takes languages back.
	LanguagesWithdrawn struct {
		Languages []domain.Language `json:"languages"`
	}
	// EducationDeclared replaces the education.
	EducationDeclared struct {
		Education []domain.Education `json:"education"`
	}
	// ExperienceDeclared replaces the experience.
	ExperienceDeclared struct {
		Experience Experience `json:"experience"`
	}
	// OccupationDeclared replaces the occupation.
	OccupationDeclared struct {
		Occupation domain.ISCO `json:"occupation"`
	}
	// ResidenceDeclared replaces the country of residence.
	ResidenceDeclared struct {
		Country domain.Country `json:"country"`
	}
	// AvailabilityDeclared replaces all windows.
	AvailabilityDeclared struct {
		Windows []domain.Availability `json:"windows"`
	}
	// PreferencesDeclared replaces the preferences.
	PreferencesDeclared struct {
		Preferences Preferences `json:"preferences"`
	}
	// TransferDeclared replaces the experience in passing on knowledge.
	TransferDeclared struct {
		Transfer Transfer `json:"transfer"`
	}
	// ReferencesDeclared replaces the references.
	ReferencesDeclared struct {
		References []Reference `json:"references"`
	}
	// PartWithdrawn empties a whole part of the profile. A withdrawn heritage
	// part takes every link with it, checked or not.
	PartWithdrawn struct {
		Part Part `json:"part"`
	}

	// HeritageDeclared says that there is a link to a country; not yet checked.
	HeritageDeclared struct {
		Country domain.Country `json:"country"`
	}
	// HeritageWithdrawn takes the link back, with what was checked of it.
	HeritageWithdrawn struct {
		Country domain.Country `json:"country"`
	}
	// HeritageChecked says that somebody found the link to be there.
	HeritageChecked struct {
		Country domain.Country     `json:"country"`
		How     CheckMethod        `json:"how"`
		By      domain.PrincipalID `json:"by"`
		At      time.Time          `json:"at"`
	}
	// HeritageRefused says that somebody looked and did not find it.
	HeritageRefused struct {
		Country domain.Country     `json:"country"`
		How     CheckMethod        `json:"how"`
		By      domain.PrincipalID `json:"by"`
		At      time.Time          `json:"at"`
	}
	// EligibilityConfirmed is a verdict under a version of a programme's rules.
	EligibilityConfirmed struct {
		Programme   domain.ProgrammeID `json:"programme"`
		RuleVersion int                `json:"ruleVersion"`
		By          domain.PrincipalID `json:"by"`
		At          time.Time          `json:"at"`
	}
	// EligibilityRefused is a verdict that names the rules that failed.
	EligibilityRefused struct {
		Programme   domain.ProgrammeID `json:"programme"`
		RuleVersion int                `json:"ruleVersion"`
		Failed      []Rule             `json:"failed"`
		By          domain.PrincipalID `json:"by"`
		At          time.Time          `json:"at"`
	}

	// ConsentGiven records what the expert agreed to.
	ConsentGiven struct {
		Consent Consent   `json:"consent"`
		At      time.Time `json:"at"`
	}
	// ConsentWithdrawn ends a consent; what was shared stays told, nothing new
	// is shared. It repeats the recipient so that readers need no join.
	ConsentWithdrawn struct {
		Consent     domain.ConsentID     `json:"consent"`
		Purpose     Purpose              `json:"purpose"`
		Institution domain.InstitutionID `json:"institution,omitempty"`
		Programme   domain.ProgrammeID   `json:"programme,omitempty"`
		Need        domain.NeedID        `json:"need,omitempty"`
		At          time.Time            `json:"at"`
	}
	// ConflictDeclared replaces the institutions that the expert must not serve.
	ConflictDeclared struct {
		Institutions []domain.InstitutionID `json:"institutions"`
	}

	// Reconfirmed says that the profile is still right; it wakes a dormant one.
	Reconfirmed struct {
		On domain.Date `json:"on"`
	}
	// BecameDormant hides a profile that nobody confirmed in time.
	BecameDormant struct {
		On domain.Date `json:"on"`
	}
	// Suspended takes the expert out of matching.
	Suspended struct {
		Reason SuspensionReason   `json:"reason"`
		Note   personal.Text      `json:"note,omitzero"`
		By     domain.PrincipalID `json:"by"`
		At     time.Time          `json:"at"`
	}
	// Reinstated ends the suspension.
	Reinstated struct {
		Note personal.Text      `json:"note,omitzero"`
		By   domain.PrincipalID `json:"by"`
		At   time.Time          `json:"at"`
	}

	// Booked takes the expert for a period.
	Booked struct {
		Candidacy domain.CandidacyID `json:"candidacy"`
		Period    domain.Period      `json:"period"`
	}
	// Rebooked moves the period of a booking: an extension, another plan.
	Rebooked struct {
		Candidacy domain.CandidacyID `json:"candidacy"`
		Period    domain.Period      `json:"period"`
	}
	// Released frees the period of a booking.
	Released struct {
		Candidacy domain.CandidacyID `json:"candidacy"`
		Period    domain.Period      `json:"period"`
	}
	// ServiceRecorded says that the expert completed an assignment at an
	// institution: continuity counts for later ones there.
	ServiceRecorded struct {
		Institution domain.InstitutionID `json:"institution"`
		Assignment  domain.AssignmentID  `json:"assignment"`
	}

	// ErasureRequested is the fence: nothing is recorded after it but the proof.
	ErasureRequested struct {
		By domain.PrincipalID `json:"by"`
		At time.Time          `json:"at"`
	}
	// PersonalDataErased says that the key is gone; Proof is the digest of the
	// erasure receipt.
	PersonalDataErased struct {
		Proof string    `json:"proof"` // SHA-256, 64 lower-case hex digits
		At    time.Time `json:"at"`
	}
)

func (Registered) EventType() string           { return "expert.Registered" }
func (PrincipalLinked) EventType() string      { return "expert.PrincipalLinked" }
func (IdentityDeclared) EventType() string     { return "expert.IdentityDeclared" }
func (MotivationDeclared) EventType() string   { return "expert.MotivationDeclared" }
func (CVDeclared) EventType() string           { return "expert.CVDeclared" }
func (SkillsDeclared) EventType() string       { return "expert.SkillsDeclared" }
func (SkillsWithdrawn) EventType() string      { return "expert.SkillsWithdrawn" }
func (LanguagesDeclared) EventType() string    { return "expert.LanguagesDeclared" }
func (LanguagesWithdrawn) EventType() string   { return "expert.LanguagesWithdrawn" }
func (EducationDeclared) EventType() string    { return "expert.EducationDeclared" }
func (ExperienceDeclared) EventType() string   { return "expert.ExperienceDeclared" }
func (OccupationDeclared) EventType() string   { return "expert.OccupationDeclared" }
func (ResidenceDeclared) EventType() string    { return "expert.ResidenceDeclared" }
func (AvailabilityDeclared) EventType() string { return "expert.AvailabilityDeclared" }
func (PreferencesDeclared) EventType() string  { return "expert.PreferencesDeclared" }
func (TransferDeclared) EventType() string     { return "expert.TransferDeclared" }
func (ReferencesDeclared) EventType() string   { return "expert.ReferencesDeclared" }
func (PartWithdrawn) EventType() string        { return "expert.PartWithdrawn" }
func (HeritageDeclared) EventType() string     { return "expert.HeritageDeclared" }
func (HeritageWithdrawn) EventType() string    { return "expert.HeritageWithdrawn" }
func (HeritageChecked) EventType() string      { return "expert.HeritageChecked" }
func (HeritageRefused) EventType() string      { return "expert.HeritageRefused" }
func (EligibilityConfirmed) EventType() string { return "expert.EligibilityConfirmed" }
func (EligibilityRefused) EventType() string   { return "expert.EligibilityRefused" }
func (ConsentGiven) EventType() string         { return "expert.ConsentGiven" }
func (ConsentWithdrawn) EventType() string     { return "expert.ConsentWithdrawn" }
func (ConflictDeclared) EventType() string     { return "expert.ConflictDeclared" }
func (Reconfirmed) EventType() string          { return "expert.Reconfirmed" }
func (BecameDormant) EventType() string        { return "expert.BecameDormant" }
func (Suspended) EventType() string            { return "expert.Suspended" }
func (Reinstated) EventType() string           { return "expert.Reinstated" }
func (Booked) EventType() string               { return "expert.Booked" }
func (Rebooked) EventType() string             { return "expert.Rebooked" }
func (Released) EventType() string             { return "expert.Released" }
func (ServiceRecorded) EventType() string      { return "expert.ServiceRecorded" }
func (ErasureRequested) EventType() string     { return "expert.ErasureRequested" }
func (PersonalDataErased) EventType() string   { return "expert.PersonalDataErased" }

func (Registered) event()           {}
func (PrincipalLinked) event()      {}
func (IdentityDeclared) event()     {}
func (MotivationDeclared) event()   {}
func (CVDeclared) event()           {}
func (SkillsDeclared) event()       {}
func (SkillsWithdrawn) event()      {}
func (LanguagesDeclared) event()    {}
func (LanguagesWithdrawn) event()   {}
func (EducationDeclared) event()    {}
func (ExperienceDeclared) event()   {}
func (OccupationDeclared) event()   {}
func (ResidenceDeclared) event()    {}
func (AvailabilityDeclared) event() {}
func (PreferencesDeclared) event()  {}
func (TransferDeclared) event()     {}
func (ReferencesDeclared) event()   {}
func (PartWithdrawn) event()        {}
func (HeritageDeclared) event()     {}
func (HeritageWithdrawn) event()    {}
func (HeritageChecked) event()      {}
func (HeritageRefused) event()      {}
func (EligibilityConfirmed) event() {}
func (EligibilityRefused) event()   {}
func (ConsentGiven) event()         {}
func (ConsentWithdrawn) event()     {}
func (ConflictDeclared) event()     {}
func (Reconfirmed) event()          {}
func (BecameDormant) event()        {}
func (Suspended) event()            {}
func (Reinstated) event()           {}
func (Booked) event()               {}
func (Rebooked) event()             {}
func (Released) event()             {}
func (ServiceRecorded) event()      {}
func (ErasureRequested) event()     {}
func (PersonalDataErased) event()   {}
