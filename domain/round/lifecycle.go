package round

import (
	"fmt"
	"strings"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// Lifecycle derives the stages of a round by running its decider over example
// commands, in every order that it allows.
func Lifecycle() []domain.Transition {
	stage := func(s State) string { return string(s.Stage) }
	key := func(s State) string {
		return fmt.Sprint(s.Stage, len(s.Locks), len(s.Vetoes), len(s.Turned), len(s.Quotas), len(s.Seats), s.Failure, s.Attempt, s.Proposals)
	}
	return decider.Explore(Decider, stage, key, exampleCommands())
}

func exampleCommands() []Command {
	const id = "00000000-0000-4000-8000-00000000000"
	at := time.Date(2027, time.January, 11, 9, 0, 0, 0, time.UTC)
	manager := domain.Stamp{By: id + "4", Role: domain.RoleManager, At: at}
	system := domain.Stamp{By: domain.Platform, Role: domain.RoleSystem, At: at}
	pair := Pair{Need: id + "6", Expert: id + "7"}
	why := personal.Of(pair.Expert, "Known to the ward.")
	digest := strings.Repeat("0", 64)
	return []Command{
		Open{Stamp: manager, Round: id + "1", Programme: id + "8", Mode: Best},
		Lock{manager, pair, why},
		Veto{manager, pair, why},
		Unlock{manager, pair, why},
		SetQuota{manager, Quota{OverCountry, "SO", 0, 5}},
		DropQuota{manager, OverCountry, "SO"},
		SetSeats{manager, Seats{pair.Need, 2}},
		Solve{manager},
		RecordSolution{
			Stamp: system, Attempt: 1, Certificate: Certificate{Valid: true},
			Basis:     Basis{Engine: "1", Taxonomy: "1", Policy: 1, Input: digest, Plan: digest},
			Proposals: []Proposal{{Pair: pair, Score: 7000, Rank: 1}},
		},
		RecordFailure{system, 1, Impossible},
		ApproveProposal{manager, pair, personal.Text{}},
		RefuseProposal{Stamp: manager, Pair: pair, Reason: NotSuitable},
		FailProposal{system, pair},
		Close{manager},
		Cancel{manager, "The mission closed."},
	}
}
