package expert

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// Lifecycle derives the stages of an expert by running the decider over example
// commands, in every order that it allows. Steps that change no stage, of which
// the profile has many, are left out.
func Lifecycle() []domain.Transition {
	stage := func(s State) string { return string(s.Stage()) }
	key := func(s State) string { return fmt.Sprint(s.Stage(), s.Declared, s.Dormant, s.Suspended) }
	steps := decider.Explore(Decider, stage, key, exampleCommands())
	return slices.DeleteFunc(steps, func(t domain.Transition) bool { return t.From == t.To })
}

func exampleCommands() []Command {
	const id = domain.ExpertID("00000000-0000-4000-8000-000000000001")
	at := time.Date(2027, time.January, 11, 9, 0, 0, 0, time.UTC)
	self := domain.Stamp{By: "00000000-0000-5000-8000-0000000000b1", Role: domain.RoleExpert, At: at}
	manager := domain.Stamp{By: "00000000-0000-5000-8000-0000000000b2", Role: domain.RoleManager, At: at}
	system := domain.Stamp{By: "00000000-0000-5000-8000-0000000000b3", Role: domain.RoleSystem, At: at}
	hash := strings.Repeat("0", 64)
	spring := domain.Period{From: domain.NewDate(2027, time.April, 1), To: domain.NewDate(2027, time.May, 31)}
	return []Command{
		Register{Stamp: self, Expert: id, Principal: self.By, Processing: Processing{TextHash: hash, Language: "en"}},
		DeclareIdentity{Stamp: self, Identity: Identity{Name: personal.Of(id, "Example")}},
		DeclareSkills{Stamp: self, Skills: []domain.SkillClaim{{Skill: "health.midwifery", Level: domain.Expert}}},
		DeclareLanguages{Stamp: self, Languages: []domain.LanguageClaim{{Language: "so", Level: domain.C1}}},
		DeclareEducation{Stamp: self, Education: []domain.Education{{Level: 7}}},
		DeclareExperience{Stamp: self, Experience: Experience{Years: 8}},
		DeclareResidence{Stamp: self, Country: "NL"},
		DeclareHeritage{Stamp: self, Country: "SO"},
		DeclareAvailability{Stamp: self, Windows: []domain.Availability{{Period: spring}}},
		WithdrawPart{Stamp: self, Part: PartAvailability},
		Reconfirm{Stamp: self},
		MakeDormant{Stamp: system},
		Suspend{Stamp: manager, Reason: SuspendedForSafety},
		Reinstate{Stamp: manager},
		RequestErasure{Stamp: self},
		CompleteErasure{Stamp: system, Proof: hash},
	}
}
