package model

import (
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
)

// Inputs of the mutations of a candidacy: the target and the command. A field beside the command is
// what the command cannot take from a caller as it is: personal text, which
// names its subject, or a reference that is looked up.
type (
	SuggestExpertInput struct {
		New
		candidacy.Suggest
	}
	ApplyForNeedInput struct {
		New
		Motivation string
		Consent    domain.ConsentID
		candidacy.Apply
	}
	NominateExpertInput struct {
		New
		Reason string
		candidacy.Nominate
	}
	AgreeToNominationInput struct {
		ToCandidacy
		Consent domain.ConsentID
		candidacy.AgreeToNomination
	}
	RenewSharingConsentInput struct {
		ToCandidacy
		Consent domain.ConsentID
		candidacy.GiveConsent
	}
	StopSharingInput struct {
		ToCandidacy
		candidacy.WithdrawConsent
	}
	WithdrawCandidacyInput struct {
		ToCandidacy
		Note string
		candidacy.Withdraw
	}
	ShortlistCandidacyInput struct {
		ToCandidacy
		candidacy.Shortlist
	}
	ShareWithHostInput struct {
		ToCandidacy
		candidacy.ShareWithHost
	}
	RecordInterviewInput struct {
		ToCandidacy
		Notes string
		candidacy.RecordInterview
	}
	DecideAsHostInput struct {
		ToCandidacy
		Note string
		candidacy.HostDecide
	}
	RecommendCandidacyInput struct {
		ToCandidacy
		Reason string
		candidacy.Recommend
	}
	ApproveCandidacyInput struct {
		ToCandidacy
		Override string
		candidacy.Approve
	}
	RefuseCandidacyInput struct {
		ToCandidacy
		Note string
		candidacy.Refuse
	}
	MakeOfferInput struct {
		ToCandidacy
		candidacy.MakeOffer
	}
	AcceptOfferInput struct {
		ToCandidacy
		candidacy.AcceptOffer
	}
	DeclineOfferInput struct {
		ToCandidacy
		Note string
		candidacy.DeclineOffer
	}
	PlaceInReserveInput struct {
		ToCandidacy
		candidacy.PlaceInReserve
	}
	CallFromReserveInput struct {
		ToCandidacy
		candidacy.CallFromReserve
	}
	SupersedeCandidacyInput struct {
		ToCandidacy
		InFavourOf domain.CandidacyID
	}
)
