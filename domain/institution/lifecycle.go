package institution

import (
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
)

// Lifecycle derives the stages of an institution by running its decider over
// example commands, in every order that it allows.
func Lifecycle() []domain.Transition {
	at := time.Date(2027, time.January, 11, 9, 0, 0, 0, time.UTC)
	focal := domain.Stamp{By: "00000000-0000-5000-8000-0000000000b1", Role: domain.RoleFocalPoint, At: at}
	manager := domain.Stamp{By: "00000000-0000-5000-8000-0000000000b2", Role: domain.RoleManager, At: at}
	stage := func(s State) string { return string(s.Stage) }
	return decider.Explore(Decider, stage, stage, []Command{
		Propose{
			Stamp: focal, Institution: "00000000-0000-4000-8000-000000000001", Programme: "00000000-0000-4000-8000-000000000002",
			Profile: Profile{Name: "Example", Type: Hospital, Country: "SO", Sensitivity: domain.Open, Sectors: []domain.Sector{domain.Health}},
		},
		Return{Stamp: manager, Reason: "Say more."},
		Resubmit{Stamp: focal},
		Approve{Stamp: manager},
		Refuse{Stamp: manager, Reason: "Out of scope."},
		Suspend{Stamp: manager, Reason: "Unsafe."},
		Resume{Stamp: manager},
		Close{Stamp: manager, Reason: "Merged."},
	})
}
