package scalar

import (
	"github.com/99designs/gqlgen/graphql"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/assignment"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/institution"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/domain/programme"
	"github.com/diaspora-match/diaspora/matcher"
	"github.com/diaspora-match/diaspora/projections/views"
)

// The enums of the schema, each over the list of the domain that it stands for.
var (
	sectorEnum                     = newEnum(domain.Sectors...)
	modalityEnum                   = newEnum(domain.Modalities...)
	importanceEnum                 = newEnum(domain.Essential, domain.Preferred)
	languagePurposeEnum            = newEnum(domain.ForWork, domain.ForTraining, domain.ForCommunity)
	transferMethodEnum             = newEnum(domain.TransferMethods...)
	sensitivityEnum                = newEnum(domain.Open, domain.Restricted, domain.Protected)
	roleEnum                       = newEnum(domain.Roles...)
	refusalKindEnum                = newEnum(domain.Invalid, domain.Refused, domain.Conflict, domain.NotFound, domain.Forbidden, domain.Busy)
	scorePartEnum                  = newEnum(policy.Parts[:]...)
	holdReasonEnum                 = newEnum(programme.HoldReasons...)
	institutionStageEnum           = newEnum(institution.StageProposed, institution.StageReturned, institution.StageRefused, institution.StageActive, institution.StageSuspended, institution.StageClosed)
	institutionTypeEnum            = newEnum(institution.Types...)
	connectionQualityEnum          = newEnum(institution.Qualities...)
	linkageKindEnum                = newEnum(institution.LinkageKinds...)
	needStatusEnum                 = newEnum(need.Statuses...)
	internetQualityEnum            = newEnum(need.NoInternet, need.UnreliableInternet, need.ReliableInternet)
	genderPreferenceEnum           = newEnum(need.WomenPreferred, need.MenPreferred)
	needOrderEnum                  = newEnum(views.ByDeadline, views.ByNewest)
	cancelReasonEnum               = newEnum(need.CancelReasons...)
	expertStageEnum                = newEnum(expert.StageRegistered, expert.StageComplete, expert.StageDormant, expert.StageSuspended, expert.StageErasing, expert.StageErased)
	profilePartEnum                = newEnum(expert.Parts...)
	linkStatusEnum                 = newEnum(expert.LinkDeclared, expert.LinkChecked, expert.LinkRefused)
	checkMethodEnum                = newEnum(expert.CheckMethods...)
	consentPurposeEnum             = newEnum(expert.Purposes...)
	expertSuspensionReasonEnum     = newEnum(expert.SuspensionReasons...)
	candidacyStageEnum             = newEnum(candidacy.Stages...)
	recommendationEnum             = newEnum(candidacy.Recommended, candidacy.WithReservations, candidacy.NotRecommended)
	hostReasonEnum                 = newEnum(candidacy.HostReasons...)
	refusalReasonEnum              = newEnum(candidacy.RefusalReasons...)
	withdrawalReasonEnum           = newEnum(candidacy.WithdrawalReasons...)
	candidacyOriginEnum            = newEnum(candidacy.StageSuggested, candidacy.StageApplied, candidacy.StageNominated)
	approvalStateEnum              = newEnum(views.ApprovalPending, views.ApprovalConfirmed, views.ApprovalFailed, views.ApprovalRefused)
	assignmentStatusEnum           = newEnum(assignment.Statuses...)
	checklistKindEnum              = newEnum(assignment.Items...)
	partyEnum                      = newEnum(assignment.ExpertParty, assignment.HostParty)
	transferLevelEnum              = newEnum(assignment.TransferLevels...)
	reportKindEnum                 = newEnum(assignment.ReportKinds...)
	reportStatusEnum               = newEnum(assignment.ReportWaiting, assignment.ReportSentBack, assignment.ReportDone)
	evaluationWaveEnum             = newEnum(assignment.Waves...)
	respondentEnum                 = newEnum(assignment.Respondents...)
	followUpEnum                   = newEnum(assignment.FollowUps...)
	assignmentSuspensionReasonEnum = newEnum(assignment.SuspensionReasons...)
	terminationReasonEnum          = newEnum(assignment.TerminationReasons...)
	profileChangeKindEnum          = newEnum(matcher.GiveConsent, matcher.Reconfirm, matcher.CheckHeritage, matcher.RaiseEducation, matcher.GainYears, matcher.LearnLanguage, matcher.AcceptModality, matcher.OfferTime, matcher.GainSkill)
)

// Values lists the values of every enum as they must stand in the schema.
func Values() map[string][]string {
	return map[string][]string{
		"Sector":                     sectorEnum.names,
		"Modality":                   modalityEnum.names,
		"Importance":                 importanceEnum.names,
		"LanguagePurpose":            languagePurposeEnum.names,
		"TransferMethod":             transferMethodEnum.names,
		"Sensitivity":                sensitivityEnum.names,
		"Role":                       roleEnum.names,
		"RefusalKind":                refusalKindEnum.names,
		"ScorePart":                  scorePartEnum.names,
		"HoldReason":                 holdReasonEnum.names,
		"InstitutionStage":           institutionStageEnum.names,
		"InstitutionType":            institutionTypeEnum.names,
		"ConnectionQuality":          connectionQualityEnum.names,
		"LinkageKind":                linkageKindEnum.names,
		"NeedStatus":                 needStatusEnum.names,
		"InternetQuality":            internetQualityEnum.names,
		"GenderPreference":           genderPreferenceEnum.names,
		"NeedOrder":                  needOrderEnum.names,
		"SkillNameKind":              skillNameKindEnum.names,
		"RoundMode":                  roundModeEnum.names,
		"ShownRankingKind":           shownRankingKindEnum.names,
		"RoundStage":                 roundStageEnum.names,
		"RoundFailure":               roundFailureEnum.names,
		"RoundChoice":                roundChoiceEnum.names,
		"RoundRefusalReason":         roundRefusalReasonEnum.names,
		"QuotaPlace":                 quotaPlaceEnum.names,
		"FairnessDimension":          fairnessDimensionEnum.names,
		"FairnessMilestone":          fairnessMilestoneEnum.names,
		"FourFifths":                 fourFifthsEnum.names,
		"Suppression":                suppressionEnum.names,
		"CancelReason":               cancelReasonEnum.names,
		"ExpertStage":                expertStageEnum.names,
		"ProfilePart":                profilePartEnum.names,
		"LinkStatus":                 linkStatusEnum.names,
		"CheckMethod":                checkMethodEnum.names,
		"ConsentPurpose":             consentPurposeEnum.names,
		"ExpertSuspensionReason":     expertSuspensionReasonEnum.names,
		"CandidacyStage":             candidacyStageEnum.names,
		"Recommendation":             recommendationEnum.names,
		"HostReason":                 hostReasonEnum.names,
		"RefusalReason":              refusalReasonEnum.names,
		"WithdrawalReason":           withdrawalReasonEnum.names,
		"CandidacyOrigin":            candidacyOriginEnum.names,
		"ApprovalState":              approvalStateEnum.names,
		"AssignmentStatus":           assignmentStatusEnum.names,
		"ChecklistKind":              checklistKindEnum.names,
		"Party":                      partyEnum.names,
		"TransferLevel":              transferLevelEnum.names,
		"ReportKind":                 reportKindEnum.names,
		"ReportStatus":               reportStatusEnum.names,
		"EvaluationWave":             evaluationWaveEnum.names,
		"Respondent":                 respondentEnum.names,
		"FollowUp":                   followUpEnum.names,
		"AssignmentSuspensionReason": assignmentSuspensionReasonEnum.names,
		"TerminationReason":          terminationReasonEnum.names,
		"ProfileChangeKind":          profileChangeKindEnum.names,
		"CEFR":                       cefrEnum.names,
		"SkillLevel":                 skillLevelEnum.names,
		"SkillRelation":              skillRelationEnum.names,
	}
}

// MarshalSector and UnmarshalSector write and read sectors.
func MarshalSector(v domain.Sector) graphql.Marshaler { return sectorEnum.marshal(v) }
func UnmarshalSector(v any) (domain.Sector, error)    { return sectorEnum.unmarshal(v) }

// MarshalModality and UnmarshalModality write and read modalities.
func MarshalModality(v domain.Modality) graphql.Marshaler { return modalityEnum.marshal(v) }
func UnmarshalModality(v any) (domain.Modality, error)    { return modalityEnum.unmarshal(v) }

// MarshalImportance and UnmarshalImportance write and read importance.
func MarshalImportance(v domain.Importance) graphql.Marshaler { return importanceEnum.marshal(v) }
func UnmarshalImportance(v any) (domain.Importance, error)    { return importanceEnum.unmarshal(v) }

// MarshalLanguagePurpose and UnmarshalLanguagePurpose write and read purposes of languages.
func MarshalLanguagePurpose(v domain.LanguagePurpose) graphql.Marshaler {
	return languagePurposeEnum.marshal(v)
}
func UnmarshalLanguagePurpose(v any) (domain.LanguagePurpose, error) {
	return languagePurposeEnum.unmarshal(v)
}

// MarshalTransferMethod and UnmarshalTransferMethod write and read ways of passing on knowledge.
func MarshalTransferMethod(v domain.TransferMethod) graphql.Marshaler {
	return transferMethodEnum.marshal(v)
}
func UnmarshalTransferMethod(v any) (domain.TransferMethod, error) {
	return transferMethodEnum.unmarshal(v)
}

// MarshalSensitivity and UnmarshalSensitivity write and read sensitivity classes.
func MarshalSensitivity(v domain.Sensitivity) graphql.Marshaler { return sensitivityEnum.marshal(v) }
func UnmarshalSensitivity(v any) (domain.Sensitivity, error)    { return sensitivityEnum.unmarshal(v) }

// MarshalRole and UnmarshalRole write and read roles.
func MarshalRole(v domain.Role) graphql.Marshaler { return roleEnum.marshal(v) }
func UnmarshalRole(v any) (domain.Role, error)    { return roleEnum.unmarshal(v) }

// MarshalRefusalKind and UnmarshalRefusalKind write and read kinds of refusals.
func MarshalRefusalKind(v domain.Kind) graphql.Marshaler { return refusalKindEnum.marshal(v) }
func UnmarshalRefusalKind(v any) (domain.Kind, error)    { return refusalKindEnum.unmarshal(v) }

// MarshalScorePart and UnmarshalScorePart write and read parts of a score.
func MarshalScorePart(v policy.Part) graphql.Marshaler { return scorePartEnum.marshal(v) }
func UnmarshalScorePart(v any) (policy.Part, error)    { return scorePartEnum.unmarshal(v) }

// MarshalHoldReason and UnmarshalHoldReason write and read reasons of holds.
func MarshalHoldReason(v programme.HoldReason) graphql.Marshaler { return holdReasonEnum.marshal(v) }
func UnmarshalHoldReason(v any) (programme.HoldReason, error)    { return holdReasonEnum.unmarshal(v) }

// MarshalInstitutionStage and UnmarshalInstitutionStage write and read stages of institutions.
func MarshalInstitutionStage(v institution.Stage) graphql.Marshaler {
	return institutionStageEnum.marshal(v)
}
func UnmarshalInstitutionStage(v any) (institution.Stage, error) {
	return institutionStageEnum.unmarshal(v)
}

// MarshalInstitutionType and UnmarshalInstitutionType write and read types of institutions.
func MarshalInstitutionType(v institution.Type) graphql.Marshaler {
	return institutionTypeEnum.marshal(v)
}
func UnmarshalInstitutionType(v any) (institution.Type, error) {
	return institutionTypeEnum.unmarshal(v)
}

// MarshalConnectionQuality and UnmarshalConnectionQuality write and read qualities of connections.
func MarshalConnectionQuality(v institution.Quality) graphql.Marshaler {
	return connectionQualityEnum.marshal(v)
}
func UnmarshalConnectionQuality(v any) (institution.Quality, error) {
	return connectionQualityEnum.unmarshal(v)
}

// MarshalLinkageKind and UnmarshalLinkageKind write and read kinds of linkages.
func MarshalLinkageKind(v institution.LinkageKind) graphql.Marshaler {
	return linkageKindEnum.marshal(v)
}
func UnmarshalLinkageKind(v any) (institution.LinkageKind, error) {
	return linkageKindEnum.unmarshal(v)
}

// MarshalNeedStatus and UnmarshalNeedStatus write and read states of needs.
func MarshalNeedStatus(v need.Status) graphql.Marshaler { return needStatusEnum.marshal(v) }
func UnmarshalNeedStatus(v any) (need.Status, error)    { return needStatusEnum.unmarshal(v) }

// MarshalInternetQuality and UnmarshalInternetQuality write and read qualities of the internet.
func MarshalInternetQuality(v need.InternetQuality) graphql.Marshaler {
	return internetQualityEnum.marshal(v)
}
func UnmarshalInternetQuality(v any) (need.InternetQuality, error) {
	return internetQualityEnum.unmarshal(v)
}

// MarshalGenderPreference and UnmarshalGenderPreference write and read preferences.
func MarshalGenderPreference(v need.GenderPreference) graphql.Marshaler {
	return genderPreferenceEnum.marshal(v)
}
func UnmarshalGenderPreference(v any) (need.GenderPreference, error) {
	return genderPreferenceEnum.unmarshal(v)
}

// MarshalNeedOrder and UnmarshalNeedOrder write and read orders of needs.
func MarshalNeedOrder(v views.NeedOrder) graphql.Marshaler { return needOrderEnum.marshal(v) }
func UnmarshalNeedOrder(v any) (views.NeedOrder, error)    { return needOrderEnum.unmarshal(v) }

// MarshalCancelReason and UnmarshalCancelReason write and read reasons of cancellation.
func MarshalCancelReason(v need.CancelReason) graphql.Marshaler { return cancelReasonEnum.marshal(v) }
func UnmarshalCancelReason(v any) (need.CancelReason, error)    { return cancelReasonEnum.unmarshal(v) }

// MarshalExpertStage and UnmarshalExpertStage write and read stages of experts.
func MarshalExpertStage(v expert.Stage) graphql.Marshaler { return expertStageEnum.marshal(v) }
func UnmarshalExpertStage(v any) (expert.Stage, error)    { return expertStageEnum.unmarshal(v) }

// MarshalProfilePart and UnmarshalProfilePart write and read parts of a profile.
func MarshalProfilePart(v expert.Part) graphql.Marshaler { return profilePartEnum.marshal(v) }
func UnmarshalProfilePart(v any) (expert.Part, error)    { return profilePartEnum.unmarshal(v) }

// MarshalLinkStatus and UnmarshalLinkStatus write and read states of heritage links.
func MarshalLinkStatus(v expert.LinkStatus) graphql.Marshaler { return linkStatusEnum.marshal(v) }
func UnmarshalLinkStatus(v any) (expert.LinkStatus, error)    { return linkStatusEnum.unmarshal(v) }

// MarshalCheckMethod and UnmarshalCheckMethod write and read ways of checking.
func MarshalCheckMethod(v expert.CheckMethod) graphql.Marshaler { return checkMethodEnum.marshal(v) }
func UnmarshalCheckMethod(v any) (expert.CheckMethod, error)    { return checkMethodEnum.unmarshal(v) }

// MarshalConsentPurpose and UnmarshalConsentPurpose write and read purposes of consents.
func MarshalConsentPurpose(v expert.Purpose) graphql.Marshaler { return consentPurposeEnum.marshal(v) }
func UnmarshalConsentPurpose(v any) (expert.Purpose, error)    { return consentPurposeEnum.unmarshal(v) }

// MarshalExpertSuspensionReason and UnmarshalExpertSuspensionReason write and read reasons of suspension.
func MarshalExpertSuspensionReason(v expert.SuspensionReason) graphql.Marshaler {
	return expertSuspensionReasonEnum.marshal(v)
}
func UnmarshalExpertSuspensionReason(v any) (expert.SuspensionReason, error) {
	return expertSuspensionReasonEnum.unmarshal(v)
}

// MarshalCandidacyStage and UnmarshalCandidacyStage write and read stages of candidacies.
func MarshalCandidacyStage(v candidacy.Stage) graphql.Marshaler { return candidacyStageEnum.marshal(v) }
func UnmarshalCandidacyStage(v any) (candidacy.Stage, error)    { return candidacyStageEnum.unmarshal(v) }

// MarshalRecommendation and UnmarshalRecommendation write and read grades of opinion.
func MarshalRecommendation(v candidacy.Recommendation) graphql.Marshaler {
	return recommendationEnum.marshal(v)
}
func UnmarshalRecommendation(v any) (candidacy.Recommendation, error) {
	return recommendationEnum.unmarshal(v)
}

// MarshalHostReason and UnmarshalHostReason write and read reasons of hosts.
func MarshalHostReason(v candidacy.HostReason) graphql.Marshaler { return hostReasonEnum.marshal(v) }
func UnmarshalHostReason(v any) (candidacy.HostReason, error)    { return hostReasonEnum.unmarshal(v) }

// MarshalRefusalReason and UnmarshalRefusalReason write and read reasons of refusals.
func MarshalRefusalReason(v candidacy.RefusalReason) graphql.Marshaler {
	return refusalReasonEnum.marshal(v)
}
func UnmarshalRefusalReason(v any) (candidacy.RefusalReason, error) {
	return refusalReasonEnum.unmarshal(v)
}

// MarshalWithdrawalReason and UnmarshalWithdrawalReason write and read reasons of withdrawals.
func MarshalWithdrawalReason(v candidacy.WithdrawalReason) graphql.Marshaler {
	return withdrawalReasonEnum.marshal(v)
}
func UnmarshalWithdrawalReason(v any) (candidacy.WithdrawalReason, error) {
	return withdrawalReasonEnum.unmarshal(v)
}

// MarshalCandidacyOrigin and UnmarshalCandidacyOrigin write and read beginnings of candidacies.
func MarshalCandidacyOrigin(v candidacy.Stage) graphql.Marshaler {
	return candidacyOriginEnum.marshal(v)
}
func UnmarshalCandidacyOrigin(v any) (candidacy.Stage, error) {
	return candidacyOriginEnum.unmarshal(v)
}

// MarshalApprovalState and UnmarshalApprovalState write and read states of approvals.
func MarshalApprovalState(v views.ApprovalState) graphql.Marshaler {
	return approvalStateEnum.marshal(v)
}
func UnmarshalApprovalState(v any) (views.ApprovalState, error) {
	return approvalStateEnum.unmarshal(v)
}

// MarshalAssignmentStatus and UnmarshalAssignmentStatus write and read states of assignments.
func MarshalAssignmentStatus(v assignment.Status) graphql.Marshaler {
	return assignmentStatusEnum.marshal(v)
}
func UnmarshalAssignmentStatus(v any) (assignment.Status, error) {
	return assignmentStatusEnum.unmarshal(v)
}

// MarshalChecklistKind and UnmarshalChecklistKind write and read items of the checklist.
func MarshalChecklistKind(v assignment.Item) graphql.Marshaler { return checklistKindEnum.marshal(v) }
func UnmarshalChecklistKind(v any) (assignment.Item, error)    { return checklistKindEnum.unmarshal(v) }

// MarshalParty and UnmarshalParty write and read sides.
func MarshalParty(v assignment.Party) graphql.Marshaler { return partyEnum.marshal(v) }
func UnmarshalParty(v any) (assignment.Party, error)    { return partyEnum.unmarshal(v) }

// MarshalTransferLevel and UnmarshalTransferLevel write and read levels of transfer.
func MarshalTransferLevel(v assignment.TransferLevel) graphql.Marshaler {
	return transferLevelEnum.marshal(v)
}
func UnmarshalTransferLevel(v any) (assignment.TransferLevel, error) {
	return transferLevelEnum.unmarshal(v)
}

// MarshalReportKind and UnmarshalReportKind write and read kinds of reports.
func MarshalReportKind(v assignment.ReportKind) graphql.Marshaler { return reportKindEnum.marshal(v) }
func UnmarshalReportKind(v any) (assignment.ReportKind, error)    { return reportKindEnum.unmarshal(v) }

// MarshalReportStatus and UnmarshalReportStatus write and read states of reports.
func MarshalReportStatus(v assignment.ReportStatus) graphql.Marshaler {
	return reportStatusEnum.marshal(v)
}
func UnmarshalReportStatus(v any) (assignment.ReportStatus, error) {
	return reportStatusEnum.unmarshal(v)
}

// MarshalEvaluationWave and UnmarshalEvaluationWave write and read rounds of evaluation.
func MarshalEvaluationWave(v assignment.Wave) graphql.Marshaler { return evaluationWaveEnum.marshal(v) }
func UnmarshalEvaluationWave(v any) (assignment.Wave, error)    { return evaluationWaveEnum.unmarshal(v) }

// MarshalRespondent and UnmarshalRespondent write and read groups of respondents.
func MarshalRespondent(v assignment.Respondent) graphql.Marshaler { return respondentEnum.marshal(v) }
func UnmarshalRespondent(v any) (assignment.Respondent, error)    { return respondentEnum.unmarshal(v) }

// MarshalFollowUp and UnmarshalFollowUp write and read kinds of follow-up.
func MarshalFollowUp(v assignment.FollowUp) graphql.Marshaler { return followUpEnum.marshal(v) }
func UnmarshalFollowUp(v any) (assignment.FollowUp, error)    { return followUpEnum.unmarshal(v) }

// MarshalAssignmentSuspensionReason and UnmarshalAssignmentSuspensionReason write and read reasons of suspension.
func MarshalAssignmentSuspensionReason(v assignment.SuspensionReason) graphql.Marshaler {
	return assignmentSuspensionReasonEnum.marshal(v)
}
func UnmarshalAssignmentSuspensionReason(v any) (assignment.SuspensionReason, error) {
	return assignmentSuspensionReasonEnum.unmarshal(v)
}

// MarshalTerminationReason and UnmarshalTerminationReason write and read reasons of termination.
func MarshalTerminationReason(v assignment.TerminationReason) graphql.Marshaler {
	return terminationReasonEnum.marshal(v)
}
func UnmarshalTerminationReason(v any) (assignment.TerminationReason, error) {
	return terminationReasonEnum.unmarshal(v)
}

// MarshalProfileChangeKind and UnmarshalProfileChangeKind write and read kinds of changes.
func MarshalProfileChangeKind(v matcher.ChangeKind) graphql.Marshaler {
	return profileChangeKindEnum.marshal(v)
}
func UnmarshalProfileChangeKind(v any) (matcher.ChangeKind, error) {
	return profileChangeKindEnum.unmarshal(v)
}
