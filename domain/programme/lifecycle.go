package programme

import (
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/decider"
)

// Lifecycle derives the stages of a programme by running its decider over
// example commands.
func Lifecycle() []domain.Transition {
	at := time.Date(2027, time.January, 11, 9, 0, 0, 0, time.UTC)
	stamp := domain.Stamp{By: "00000000-0000-5000-8000-0000000000b1", Role: domain.RoleManager, At: at}
	stage := func(s State) string { return string(s.Stage) }
	return decider.Explore(Decider, stage, stage, []Command{
		Open{Stamp: stamp, Programme: "00000000-0000-4000-8000-000000000001", Name: "Example"},
		Close{Stamp: stamp, Reason: "It ended."},
	})
}
