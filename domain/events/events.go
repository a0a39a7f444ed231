// Package events lists every event of the domain, for the codec that stores them
// and for the tests that hold for all of them. It knows every aggregate; no
// aggregate knows it.
package events

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain/access"
	"github.com/diaspora-match/diaspora/domain/assignment"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/decider"
	"github.com/diaspora-match/diaspora/domain/disclosure"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/institution"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/domain/programme"
	"github.com/diaspora-match/diaspora/domain/ranking"
	"github.com/diaspora-match/diaspora/domain/round"
)

// Registry gives the zero value of every event, aggregate by aggregate.
func Registry() []decider.Event {
	return slices.Concat(
		plain(programme.Aggregate.Events),
		plain(expert.Aggregate.Events),
		plain(institution.Aggregate.Events),
		plain(need.Aggregate.Events),
		plain(candidacy.Aggregate.Events),
		plain(assignment.Aggregate.Events),
		plain(access.Aggregate.Events),
		plain(disclosure.Aggregate.Events),
		plain(round.Aggregate.Events),
		plain(ranking.Aggregate.Events),
	)
}

// plain forgets to which aggregate events belong.
func plain[E decider.Event](events []E) []decider.Event {
	all := make([]decider.Event, len(events))
	for i, e := range events {
		all[i] = e
	}
	return all
}
