package ranking

import (
	"slices"
	"time"

	"github.com/diaspora-match/diaspora/domain"
)

// State is what a decider was shown last of a need: of each kind the last list,
// and by which lists the same one is known again. Earlier ones are in the stream.
type State struct {
	Need   domain.NeedID
	To     domain.PrincipalID
	Count  int
	Last   []Shown // one a kind, the latest last
	recent []recent
}

// recent is what is known of a list that was shown.
type recent struct {
	digest string
	at     time.Time
}

func evolve(s State, event Event) State {
	e, ok := event.(Shown)
	if !ok {
		return s
	}
	s.Need, s.To, s.Count = e.Need, e.To, e.Number
	// Clones: older states keep their own.
	s.Last = append(slices.DeleteFunc(slices.Clone(s.Last), func(l Shown) bool { return l.Kind == e.Kind }), e)
	s.recent = append(slices.Clone(s.recent), recent{e.Digest, e.At})
	s.recent = s.recent[max(0, len(s.recent)-MaxRemembered):]
	return s
}

// knows reports whether the list was shown a short while before.
func (s State) knows(digest string, at time.Time) bool {
	return slices.ContainsFunc(s.recent, func(r recent) bool {
		return r.digest == digest && !at.Before(r.at) && at.Sub(r.at) < SameWithin
	})
}

// Before is what the decider had seen of an expert when they decided.
type Before struct {
	List domain.ShownID
	// Rank is the place in a list that ranks; 0 where the list does not rank, or
	// does not have the expert.
	Rank  int
	Total domain.Score
}

// Before finds the latest list that has the expert, or else the latest that
// ranks; false when nothing was shown.
func (s State) Before(e domain.ExpertID) (Before, bool) {
	for _, l := range slices.Backward(s.Last) {
		if place, total := l.find(e); place > 0 {
			if !l.Kind.Ranks() {
				place = 0
			}
			return Before{l.ID, place, total}, true
		}
	}
	for _, l := range slices.Backward(s.Last) {
		if l.Kind.Ranks() {
			return Before{List: l.ID}, true
		}
	}
	return Before{}, false
}
