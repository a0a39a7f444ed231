package expert

import (
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// Identity is who the expert is and how to reach them. All of it is personal
// and none of it is an input to a score.
type Identity struct {
	Name      personal.Text `json:"name,omitzero"`
	Email     personal.Text `json:"email,omitzero"`
	Phone     personal.Text `json:"phone,omitzero"`
	BirthYear personal.Text `json:"birthYear,omitzero"` // four digits
	Gender    personal.Text `json:"gender,omitzero"`    // for monitoring alone
}

// Processing is the consent to process that registration rests on: the hash of
// the text that was shown, and its language.
type Processing struct {
	TextHash string          `json:"textHash"` // SHA-256, 64 lower-case hex digits
	Language domain.Language `json:"language"`
}

// Experience is how long somebody has worked, in whole years.
type Experience struct {
	Years   uint8              `json:"years"`
	Sectors []SectorExperience `json:"sectors,omitempty"`
}

// SectorExperience is how long in one sector.
type SectorExperience struct {
	Sector domain.Sector `json:"sector"`
	Years  uint8         `json:"years"`
}

// Preferences are wishes; an empty list is no wish.
type Preferences struct {
	Modalities []domain.Modality `json:"modalities,omitempty"`
	Countries  []domain.Country  `json:"countries,omitempty"`
	Sectors    []domain.Sector   `json:"sectors,omitempty"`
}

// Transfer is experience in passing on knowledge.
type Transfer struct {
	Methods      []domain.TransferMethod `json:"methods,omitempty"`
	TimesTrained uint16                  `json:"timesTrained,omitempty"` // trainings given
}

// Reference is a third person who can speak for the expert. It is sealed under
// the expert's key: it lives and dies with the profile.
type Reference struct {
	Name     personal.Text `json:"name,omitzero"`
	Contact  personal.Text `json:"contact,omitzero"`
	Relation personal.Text `json:"relation,omitzero"`
}

// Part names a part of the profile that is declared as a whole and can be
// withdrawn as a whole.
type Part string

const (
	PartIdentity     Part = "identity"
	PartMotivation   Part = "motivation"
	PartCV           Part = "cv"
	PartSkills       Part = "skills"
	PartLanguages    Part = "languages"
	PartEducation    Part = "education"
	PartExperience   Part = "experience"
	PartOccupation   Part = "occupation"
	PartResidence    Part = "residence"
	PartHeritage     Part = "heritage"
	PartAvailability Part = "availability"
	PartPreferences  Part = "preferences"
	PartTransfer     Part = "knowledge_transfer"
	PartReferences   Part = "references"
)

// Parts lists every part in its fixed order.
var Parts = []Part{
	PartIdentity, PartMotivation, PartCV, PartSkills, PartLanguages, PartEducation, PartExperience,
	PartOccupation, PartResidence, PartHeritage, PartAvailability, PartPreferences, PartTransfer, PartReferences,
}

// CheckMethod is how a heritage link was checked. The record says that and how
// it was looked at, never a copy of what was looked at.
type CheckMethod string

const (
	ByInterview        CheckMethod = "interview"
	ByDocumentSeen     CheckMethod = "document_seen"
	ByEmbassy          CheckMethod = "embassy"
	ByMission          CheckMethod = "country_mission"
	ByDiasporaGroup    CheckMethod = "diaspora_organisation"
	ByEarlierProgramme CheckMethod = "earlier_programme"
)

// CheckMethods lists every method in its fixed order.
var CheckMethods = []CheckMethod{ByInterview, ByDocumentSeen, ByEmbassy, ByMission, ByDiasporaGroup, ByEarlierProgramme}

// LinkStatus is where a heritage link stands.
type LinkStatus string

const (
	LinkDeclared LinkStatus = "declared"
	LinkChecked  LinkStatus = "checked"
	LinkRefused  LinkStatus = "refused"
)

// Purpose is what a consent is for.
type Purpose string

const (
	// ShareWithHost lets one institution see who the expert is, for one need.
	ShareWithHost Purpose = "share_with_host"
	// ShareWithProgramme lets another programme consider the expert.
	ShareWithProgramme Purpose = "share_with_programme"
	// KeepAfterProcedure keeps the profile after a procedure has ended.
	KeepAfterProcedure Purpose = "keep_after_procedure"
	// TakePartInEvaluation lets evaluators ask questions later.
	TakePartInEvaluation Purpose = "evaluation"
	// TellTheStory lets the programme publish the expert's story.
	TellTheStory Purpose = "story"
)

// Purposes lists every purpose in its fixed order.
var Purposes = []Purpose{ShareWithHost, ShareWithProgramme, KeepAfterProcedure, TakePartInEvaluation, TellTheStory}

// Consent is what the expert agreed to: for what, towards whom, on which text,
// until when (the last day, included).
type Consent struct {
	ID          domain.ConsentID     `json:"id"`
	Purpose     Purpose              `json:"purpose"`
	Institution domain.InstitutionID `json:"institution,omitempty"`
	Programme   domain.ProgrammeID   `json:"programme,omitempty"`
	Need        domain.NeedID        `json:"need,omitempty"`
	TextHash    string               `json:"textHash"` // SHA-256, 64 lower-case hex digits
	Language    domain.Language      `json:"language"`
	Until       domain.Date          `json:"until"`
}

// Rule names a hard rule that a verdict found broken ("residence",
// "min_education"): lower-case words joined by underscores.
type Rule string

// SuspensionReason sorts why an expert is suspended.
type SuspensionReason string

const (
	SuspendedForConduct   SuspensionReason = "conduct"
	SuspendedForSafety    SuspensionReason = "safety"
	SuspendedForIntegrity SuspensionReason = "data_integrity"
	SuspendedAtOwnRequest SuspensionReason = "own_request"
	SuspendedForOther     SuspensionReason = "other"
)

// SuspensionReasons lists every reason in its fixed order.
var SuspensionReasons = []SuspensionReason{
	SuspendedForConduct, SuspendedForSafety, SuspendedForIntegrity, SuspendedAtOwnRequest, SuspendedForOther,
}

// Booking is a period in which the expert is taken, for one candidacy.
type Booking struct {
	Candidacy domain.CandidacyID `json:"candidacy"`
	Period    domain.Period      `json:"period"`
}

// Link is a heritage link to a country, as far as somebody looked at it.
type Link struct {
	Country domain.Country
	Status  LinkStatus
	How     CheckMethod        // when checked or refused
	By      domain.PrincipalID // when checked or refused
	At      time.Time          // when checked or refused
}

// Verdict is the latest word on eligibility in one programme.
type Verdict struct {
	Programme   domain.ProgrammeID
	Eligible    bool
	RuleVersion int
	Failed      []Rule
	By          domain.PrincipalID
	At          time.Time
}

// Service is an assignment that the expert completed at an institution.
type Service struct {
	Institution domain.InstitutionID `json:"institution"`
	Assignment  domain.AssignmentID  `json:"assignment"`
}
