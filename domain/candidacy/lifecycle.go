package candidacy

import (
	"fmt"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// Lifecycle derives the stages of a candidacy by running its decider over
// example commands, in every order that it allows.
func Lifecycle() []domain.Transition {
	stage := func(s State) string { return string(s.Stage()) }
	key := func(s State) string {
		return fmt.Sprint(
			s.Stage(), s.Applied, s.Nominated, s.Willing, s.Shortlisted, len(s.Interviews), s.Shared, s.Host,
			s.Recommendation, s.Approval, s.ClosesIfFail, s.Reserve, s.Consent.ID != "", len(s.Withdrawn))
	}
	return decider.Explore(Decider, stage, key, exampleCommands())
}

func exampleCommands() []Command {
	const id = "00000000-0000-4000-8000-00000000000"
	at := time.Date(2027, time.January, 11, 9, 0, 0, 0, time.UTC)
	as := func(n string, r domain.Role) domain.Stamp {
		return domain.Stamp{By: domain.PrincipalID(id + n), Role: r, At: at}
	}
	expert, host, focal := as("1", domain.RoleExpert), as("2", domain.RoleHost), as("3", domain.RoleFocalPoint)
	manager, system := as("4", domain.RoleManager), as("5", domain.RoleSystem)
	late := system
	late.At = at.AddDate(0, 1, 0)
	ref := Ref{Need: id + "6", Expert: id + "7", Programme: id + "8", Institution: id + "9", Country: "SO"}
	score := ScoreShown{Total: 7000, PolicyVersion: 1, TaxonomyVersion: "1"}
	consent := Consent{ID: id + "a", Until: domain.NewDate(2027, time.December, 31)}
	period := domain.Period{From: domain.NewDate(2027, time.April, 1), To: domain.NewDate(2027, time.May, 31)}
	return []Command{
		Suggest{Stamp: system, Ref: ref, Score: score, Rank: 1},
		Apply{Stamp: expert, Ref: ref, Consent: consent},
		Nominate{Stamp: focal, Ref: ref},
		AgreeToNomination{Stamp: expert, Consent: consent},
		GiveConsent{Stamp: expert, Consent: consent},
		WithdrawConsent{Stamp: expert},
		Withdraw{Stamp: expert, Reason: NotAvailable},
		Shortlist{Stamp: focal},
		ShareWithHost{Stamp: focal, Consent: consent},
		RecordInterview{Stamp: focal, Date: domain.DateOf(at), Recommendation: Recommended},
		HostDecide{Stamp: host, Accept: true},
		HostDecide{Stamp: host, Reason: DatesUnsuitable},
		RemindHost{Stamp: system, Number: 1},
		ExpireHostDecision{Stamp: late},
		Recommend{Stamp: focal, Recommendation: Recommended, Reason: personal.Of(ref.Expert, "Fits the ward.")},
		Approve{Stamp: manager, Period: period, Modality: domain.Physical, NeedVersion: 1, Score: score, Rank: 1},
		ConfirmApproval{Stamp: system},
		FailApproval{Stamp: system, Reason: ExpertBooked},
		Refuse{Stamp: manager, Reason: BetterCandidate},
		MakeOffer{Stamp: manager},
		AcceptOffer{Stamp: expert},
		DeclineOffer{Stamp: expert, Reason: EmployerRefuses},
		PlaceInReserve{Stamp: manager},
		CallFromReserve{Stamp: manager},
		Supersede{Stamp: manager, Candidacy: id + "b"},
		CloseWithNotice{Stamp: system, Reason: NeedFilled},
	}
}
