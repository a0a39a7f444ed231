package need

import (
	"fmt"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
)

// Lifecycle derives the state diagram of a need by running its decider over
// example commands.
func Lifecycle() []domain.Transition {
	stage := func(s State) string { return string(s.Status) }
	key := func(s State) string { return fmt.Sprint(s.Status, s.Version, s.Seats, s.Public.HostHidden) }
	return decider.Explore(Decider, stage, key, exampleCommands())
}

// exampleCommands walks a need with two seats through everything.
func exampleCommands() []Command {
	const id = "00000000-0000-4000-8000-00000000000"
	at := time.Date(2027, time.January, 11, 9, 0, 0, 0, time.UTC)
	host := domain.Stamp{By: id + "1", Role: domain.RoleHost, At: at}
	manager := domain.Stamp{By: id + "2", Role: domain.RoleManager, At: at}
	system := domain.Stamp{By: id + "3", Role: domain.RoleSystem, At: at}
	late := domain.Stamp{By: id + "3", Role: domain.RoleSystem, At: at.AddDate(1, 0, 0)}
	terms := exampleTerms()
	terms.Positions = 2
	more := terms
	more.Positions = 3
	return []Command{
		Draft{Stamp: host, Need: id + "4", Programme: id + "5", Institution: id + "6", Country: "SO", Terms: terms},
		Revise{Stamp: host, Terms: more, Reason: "One more ward takes part."},
		Submit{Stamp: host},
		Return{Stamp: manager, Reason: "Name the wards."},
		Approve{Stamp: manager},
		Publish{Stamp: manager, Language: "en", Title: terms.Title, Summary: terms.Objective, Host: Host{Name: "Regional Hospital"}},
		ChangePublicText{Stamp: manager, Language: "en", Title: terms.Title, Summary: terms.Objective, Host: Host{Name: "Regional Hospital", Protected: true, Alias: "A hospital"}},
		Pause{Stamp: manager, Reason: "The ward moves."},
		Resume{Stamp: manager},
		AllocateSeat{Stamp: system, Candidacy: id + "7", Version: 1},
		AllocateSeat{Stamp: system, Candidacy: id + "8", Version: 1},
		AllocateSeat{Stamp: system, Candidacy: id + "7", Version: 2},
		AllocateSeat{Stamp: system, Candidacy: id + "8", Version: 2},
		AllocateSeat{Stamp: system, Candidacy: id + "9", Version: 2},
		ReleaseSeat{Stamp: system, Candidacy: id + "7"},
		Expire{Stamp: late},
		Close{Stamp: manager},
		Cancel{Stamp: manager, Reason: NoLongerNeeded},
	}
}

// exampleTerms are complete Terms of Reference.
func exampleTerms() Terms {
	return Terms{
		Title: "Train midwives in emergency obstetric care", Sector: domain.Health,
		Objective:       "Midwives of the maternity ward handle the five most common emergencies on their own.",
		Tasks:           []string{"Train on the job", "Write ward protocols"},
		Outputs:         []Output{{Text: "Ward protocols", Indicator: "Five protocols in daily use"}},
		Counterparts:    []Counterparts{{Number: 12, Role: "midwife"}},
		TransferMethods: []domain.TransferMethod{"on_the_job_training"},
		Skills:          []domain.SkillRequirement{{Skill: "health.midwifery", MinLevel: domain.Proficient, Importance: domain.Essential}},
		Languages:       []domain.LanguageRequirement{{Language: "so", MinLevel: domain.B2, Required: true, Purpose: domain.ForTraining}},
		Modality:        domain.Physical,
		Window: domain.Window{
			Period:   domain.Period{From: domain.NewDate(2027, time.April, 1), To: domain.NewDate(2027, time.September, 30)},
			MinWeeks: 4, MaxWeeks: 12,
		},
		Positions: 1, Sensitivity: domain.Open,
		Deadline: domain.NewDate(2027, time.February, 15), DecisionDate: domain.NewDate(2027, time.March, 1),
	}
}
