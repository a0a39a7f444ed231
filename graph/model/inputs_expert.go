package model

import (
	"github.com/diaspora-match/diaspora/domain/expert"
)

// Inputs of the mutations of an expert: the target and the command. A field beside the command is
// what the command cannot take from a caller as it is: personal text, which
// names its subject, or a reference that is looked up.
type (
	RegisterExpertInput struct {
		New
		OnBehalf bool
		expert.Register
	}
	DeclareIdentityInput struct {
		ToExpert
		Identity IdentityInput
		expert.DeclareIdentity
	}
	DeclareMotivationInput struct {
		ToExpert
		Motivation string
		expert.DeclareMotivation
	}
	DeclareCVInput struct {
		ToExpert
		CV string
		expert.DeclareCV
	}
	DeclareSkillsInput struct {
		ToExpert
		expert.DeclareSkills
	}
	WithdrawSkillsInput struct {
		ToExpert
		expert.WithdrawSkills
	}
	DeclareLanguagesInput struct {
		ToExpert
		expert.DeclareLanguages
	}
	WithdrawLanguagesInput struct {
		ToExpert
		expert.WithdrawLanguages
	}
	DeclareEducationInput struct {
		ToExpert
		expert.DeclareEducation
	}
	DeclareExperienceInput struct {
		ToExpert
		expert.DeclareExperience
	}
	DeclareOccupationInput struct {
		ToExpert
		expert.DeclareOccupation
	}
	DeclareResidenceInput struct {
		ToExpert
		expert.DeclareResidence
	}
	DeclareAvailabilityInput struct {
		ToExpert
		expert.DeclareAvailability
	}
	DeclarePreferencesInput struct {
		ToExpert
		expert.DeclarePreferences
	}
	DeclareTransferInput struct {
		ToExpert
		expert.DeclareTransfer
	}
	DeclareReferencesInput struct {
		ToExpert
		References []ReferenceInput
		expert.DeclareReferences
	}
	WithdrawProfilePartInput struct {
		ToExpert
		expert.WithdrawPart
	}
	DeclareHeritageInput struct {
		ToExpert
		expert.DeclareHeritage
	}
	WithdrawHeritageInput struct {
		ToExpert
		expert.WithdrawHeritage
	}
	CheckHeritageInput struct {
		ToExpert
		expert.CheckHeritage
	}
	RefuseHeritageInput struct {
		ToExpert
		expert.RefuseHeritage
	}
	RecordEligibilityInput struct {
		ToExpert
		expert.RecordEligibility
	}
	GiveConsentInput struct {
		ToExpert
		expert.GiveConsent
	}
	WithdrawConsentInput struct {
		ToExpert
		expert.WithdrawConsent
	}
	DeclareConflictsInput struct {
		ToExpert
		expert.DeclareConflict
	}
	ReconfirmProfileInput struct {
		ToExpert
		expert.Reconfirm
	}
	SuspendExpertInput struct {
		ToExpert
		Note string
		expert.Suspend
	}
	ReinstateExpertInput struct {
		ToExpert
		Note string
		expert.Reinstate
	}
	LinkExpertInput struct {
		ToExpert
		expert.LinkPrincipal
	}
	RequestErasureInput struct {
		ToExpert
		expert.RequestErasure
	}
)
