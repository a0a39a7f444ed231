package assignment

import (
	"fmt"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// Lifecycle derives the state diagram of an assignment by running its decider
// over example commands.
func Lifecycle() []domain.Transition {
	stage := func(s State) string { return string(s.Status) }
	key := func(s State) string {
		final, _ := s.Report(FinalReport)
		return fmt.Sprint(s.Status, s.Signed, s.Modality, s.Period.To, len(s.Outstanding()), s.PlanVersion, s.Consented,
			s.PlanAgreed, final.Status, final.Version > 1, s.Started(), len(s.Next))
	}
	return decider.Explore(Decider, stage, key, exampleCommands())
}

// exampleCommands walk a virtual assignment, which may become physical.
func exampleCommands() []Command {
	const id = "00000000-0000-4000-8000-00000000000"
	at := time.Date(2027, time.April, 1, 9, 0, 0, 0, time.UTC)
	as := func(n string, r domain.Role) domain.Stamp {
		return domain.Stamp{By: domain.PrincipalID(id + n), Role: r, At: at}
	}
	expert, host, manager, system := as("1", domain.RoleExpert), as("2", domain.RoleHost), as("3", domain.RoleManager), as("4", domain.RoleSystem)
	const who = domain.ExpertID(id + "7")
	period := domain.Period{From: domain.DateOf(at), To: domain.DateOf(at) + 60}
	steps := []Command{
		Plan{
			Stamp: system, Need: id + "5", Candidacy: id + "6", Expert: who, Institution: id + "8", Programme: id + "9",
			Country: "SO", Period: period, Modality: domain.Virtual,
		},
		RecordAgreement{Stamp: manager},
		ProposeWorkPlan{Stamp: expert, Items: []PlanItem{{Output: 1, Activity: "Write the protocols"}}},
		AgreeWorkPlan{Stamp: host, Version: 1},
		Start{Stamp: manager},
		SwitchModality{Stamp: manager, To: domain.Physical, Reason: personal.Of(who, "Travel is possible.")},
		Suspend{Stamp: manager, Reason: SuspendedSecurity},
		Resume{Stamp: manager},
		Extend{Stamp: manager, To: period.To + 30, Reason: personal.Of(who, "The ward asks for it.")},
		UndoExtension{Stamp: system, From: period.To, To: period.To + 30, AskedBy: manager.By},
		CheckIn{Stamp: manager},
		LogActivity{
			Stamp: expert, Activity: id + "a", Date: period.From, Method: "coaching_mentoring", Hours: 3,
			Participants: 4, Level: Creation, Output: 1,
		},
		SubmitReport{Stamp: expert, Kind: FinalReport, Text: personal.Of(who, "Five protocols are in use.")},
		ReturnReport{Stamp: manager, Kind: FinalReport, Reason: personal.Of(who, "Add the numbers.")},
		AcceptReport{Stamp: manager, Kind: FinalReport},
		Complete{Stamp: manager},
		Terminate{Stamp: manager, Reason: HostStepsBack},
		AnswerEvaluation{Stamp: expert, Wave: Before, Respondent: ExpertRespondent, Answers: Answers{1, 1, 1}},
		ProposeFollowUp{Stamp: host, Kind: FollowUpPhysical},
		LinkFollowUp{Stamp: system, Next: id + "b"},
		Close{Stamp: manager},
	}
	steps = append(steps, WaiveItem{Stamp: manager, Item: CounterpartIntroduction, Reason: personal.Of(who, "They have met.")})
	for _, i := range Items {
		steps = append(steps, CompleteItem{Stamp: manager, Item: i})
	}
	return steps
}
