package candidacy

import (
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// Command asks something of a candidacy. Personal text is about the expert:
// personal.Of(expert, text).
//
//sumtype:decl
type Command interface {
	decider.Command
	isCandidacyCommand()
}

// Ref names what a creating command is about; the candidacy's id is
// domain.CandidacyIDFor(Need, Expert).
type Ref struct {
	Need        domain.NeedID
	Expert      domain.ExpertID
	Programme   domain.ProgrammeID
	Institution domain.InstitutionID
	Country     domain.Country
}

// Suggest proposes an expert with the score that was shown; staff or a process.
type Suggest struct {
	domain.Stamp
	Ref
	Score ScoreShown
	Rank  int
	Seen  Seen
}

// Apply is the expert's own application. It needs the consent to share. After a
// withdrawal or a closing notice it starts the candidacy anew.
type Apply struct {
	domain.Stamp
	Ref
	Motivation personal.Text
	Consent    Consent
}

// Nominate proposes the expert, who must agree; focal point, host or manager.
type Nominate struct {
	domain.Stamp
	Ref
	Reason personal.Text
}

// AgreeToNomination is the expert's yes to a nomination or a suggestion.
type AgreeToNomination struct {
	domain.Stamp
	Consent Consent
}

// GiveConsent renews the consent to share; expert.
type GiveConsent struct {
	domain.Stamp
	Consent Consent
}

// WithdrawConsent stops further sharing; expert, or the process that carries
// a withdrawal on the expert's record to the candidacies. With Consent, it leaves
// a newer consent alone.
type WithdrawConsent struct {
	domain.Stamp
	Consent domain.ConsentID
}

// Withdraw ends the candidacy; expert, or the system when the expert left.
type Withdraw struct {
	domain.Stamp
	Reason WithdrawalReason
	Note   personal.Text
}

// Shortlist puts the expert on the short list.
type Shortlist struct{ domain.Stamp }

// ShareWithHost discloses the profile under a consent. DecideBy is the day by
// which the host is asked to decide; zero means DefaultHostDecisionDays from now.
type ShareWithHost struct {
	domain.Stamp
	Consent  Consent
	DecideBy domain.Date
}

// RecordInterview keeps the outcome of an interview, held on Date.
type RecordInterview struct {
	domain.Stamp
	Date           domain.Date
	Languages      []domain.LanguageClaim
	Recommendation Recommendation
	Notes          personal.Text
}

// HostDecide is the host's decision; it may be changed until approval.
type HostDecide struct {
	domain.Stamp
	Accept bool
	Reason HostReason
	Note   personal.Text
	Shown  Shown
}

// RemindHost records the nth reminder; system.
type RemindHost struct {
	domain.Stamp
	Number int
}

// ExpireHostDecision ends a sharing on which the host did not decide; system.
type ExpireHostDecision struct{ domain.Stamp }

// Recommend is the mission focal point's opinion.
type Recommend struct {
	domain.Stamp
	Recommendation Recommendation
	Reason         personal.Text
	Shown          Shown
}

// Approve is the manager's approval of the placement. Override is required when
// the candidate was ranked below MaxRankWithoutReason, now or in the list that
// the manager saw last, was not ranked, or was not recommended by the focal point.
type Approve struct {
	domain.Stamp
	Period      domain.Period
	Modality    domain.Modality
	NeedVersion int
	Score       ScoreShown
	Rank        int
	Seen        Seen
	Override    personal.Text
	Follows     domain.AssignmentID // earlier assignment in the chain, if any
}

// ConfirmApproval says that seat and booking are made; system.
type ConfirmApproval struct{ domain.Stamp }

// FailApproval says that the placement could not be made; system.
type FailApproval struct {
	domain.Stamp
	Reason FailureReason
}

// Refuse is the manager's decision against the placement. Note is required when
// one of the best ranked is refused for none of the listed reasons.
type Refuse struct {
	domain.Stamp
	Reason RefusalReason
	Note   personal.Text
	Shown  Shown
}

// MakeOffer asks the expert to accept the approved placement; manager. AnswerBy
// zero means DefaultOfferDays from now.
type MakeOffer struct {
	domain.Stamp
	AnswerBy domain.Date
}

// AcceptOffer is the expert's yes.
type AcceptOffer struct{ domain.Stamp }

// DeclineOffer is the expert's no.
type DeclineOffer struct {
	domain.Stamp
	Reason WithdrawalReason
	Note   personal.Text
}

// PlaceInReserve keeps the candidate in reserve; manager or focal point.
type PlaceInReserve struct{ domain.Stamp }

// CallFromReserve takes the candidate up again.
type CallFromReserve struct{ domain.Stamp }

// Supersede ends the candidacy in favour of another one.
type Supersede struct {
	domain.Stamp
	Candidacy domain.CandidacyID
}

// CloseWithNotice tells an expert whose candidacy is still open that the need
// ended; system. It changes nothing for a candidacy that was decided, and, when
// the need was filled, nothing for one in reserve.
type CloseWithNotice struct {
	domain.Stamp
	Reason ClosingReason
}

func (Suggest) CommandType() string            { return "candidacy.Suggest" }
func (Apply) CommandType() string              { return "candidacy.Apply" }
func (Nominate) CommandType() string           { return "candidacy.Nominate" }
func (AgreeToNomination) CommandType() string  { return "candidacy.AgreeToNomination" }
func (GiveConsent) CommandType() string        { return "candidacy.GiveConsent" }
func (WithdrawConsent) CommandType() string    { return "candidacy.WithdrawConsent" }
func (Withdraw) CommandType() string           { return "candidacy.Withdraw" }
func (Shortlist) CommandType() string          { return "candidacy.Shortlist" }
func (ShareWithHost) CommandType() string      { return "candidacy.ShareWithHost" }
func (RecordInterview) CommandType() string    { return "candidacy.RecordInterview" }
func (HostDecide) CommandType() string         { return "candidacy.HostDecide" }
func (RemindHost) CommandType() string         { return "candidacy.RemindHost" }
func (ExpireHostDecision) CommandType() string { return "candidacy.ExpireHostDecision" }
func (Recommend) CommandType() string          { return "candidacy.Recommend" }
func (Approve) CommandType() string            { return "candidacy.Approve" }
func (ConfirmApproval) CommandType() string    { return "candidacy.ConfirmApproval" }
func (FailApproval) CommandType() string       { return "candidacy.FailApproval" }
func (Refuse) CommandType() string             { return "candidacy.Refuse" }
func (MakeOffer) CommandType() string          { return "candidacy.MakeOffer" }
func (AcceptOffer) CommandType() string        { return "candidacy.AcceptOffer" }
func (DeclineOffer) CommandType() string       { return "candidacy.DeclineOffer" }
func (PlaceInReserve) CommandType() string     { return "candidacy.PlaceInReserve" }
func (CallFromReserve) CommandType() string    { return "candidacy.CallFromReserve" }
func (Supersede) CommandType() string          { return "candidacy.Supersede" }
func (CloseWithNotice) CommandType() string    { return "candidacy.CloseWithNotice" }

func (Suggest) isCandidacyCommand()            {}
func (Apply) isCandidacyCommand()              {}
func (Nominate) isCandidacyCommand()           {}
func (AgreeToNomination) isCandidacyCommand()  {}
func (GiveConsent) isCandidacyCommand()        {}
func (WithdrawConsent) isCandidacyCommand()    {}
func (Withdraw) isCandidacyCommand()           {}
func (Shortlist) isCandidacyCommand()          {}
func (ShareWithHost) isCandidacyCommand()      {}
func (RecordInterview) isCandidacyCommand()    {}
func (HostDecide) isCandidacyCommand()         {}
func (RemindHost) isCandidacyCommand()         {}
func (ExpireHostDecision) isCandidacyCommand() {}
func (Recommend) isCandidacyCommand()          {}
func (Approve) isCandidacyCommand()            {}
func (ConfirmApproval) isCandidacyCommand()    {}
func (FailApproval) isCandidacyCommand()       {}
func (Refuse) isCandidacyCommand()             {}
func (MakeOffer) isCandidacyCommand()          {}
func (AcceptOffer) isCandidacyCommand()        {}
func (DeclineOffer) isCandidacyCommand()       {}
func (PlaceInReserve) isCandidacyCommand()     {}
func (CallFromReserve) isCandidacyCommand()    {}
func (Supersede) isCandidacyCommand()          {}
func (CloseWithNotice) isCandidacyCommand()    {}
