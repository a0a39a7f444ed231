package planning

import (
	"cmp"
	"slices"
	"sync"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/round"
)

// Bounds of what is kept warm; the rounds that were not asked for longest go.
const (
	maxWarmRounds = 16      // solved rounds at hand
	maxWarmPairs  = 4 << 20 // eligible pairs of the solved rounds at hand, together
)

// Warm keeps the last solved rounds at hand, so that what is asked of them goes
// on from where they stand. It may be used by several at once.
type Warm struct {
	mu     sync.Mutex
	rounds []kept // the one that was asked for last comes last
}

type kept struct {
	id      domain.RoundID
	attempt int
	solved  *Solved
}

// NewWarm keeps nothing yet.
func NewWarm() *Warm { return &Warm{} }

// Keep keeps a solved attempt of a round, in the place of what was kept of this
// round before.
func (w *Warm) Keep(id domain.RoundID, attempt int, s *Solved) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rounds = slices.DeleteFunc(w.rounds, func(k kept) bool { return k.id == id })
	w.rounds = append(w.rounds, kept{id, attempt, s})
	pairs := 0
	for at, k := range slices.Backward(w.rounds) {
		if pairs += len(k.solved.problem.p.Edges); pairs > maxWarmPairs || len(w.rounds)-at > maxWarmRounds {
			w.rounds = slices.Delete(w.rounds, 0, at+1)
			return
		}
	}
}

// Find is the attempt of a round if it is at hand and rests on these terms; nil
// otherwise.
func (w *Warm) Find(id domain.RoundID, attempt int, t Terms) *Solved {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := slices.IndexFunc(w.rounds, func(k kept) bool { return k.id == id && k.attempt == attempt })
	if at < 0 || !w.rounds[at].solved.problem.in.Terms.same(t) {
		return nil
	}
	found := w.rounds[at]
	w.rounds = append(slices.Delete(w.rounds, at, at+1), found)
	return found.solved
}

// same reports whether other terms say the same, in whatever order.
func (t Terms) same(o Terms) bool {
	pairs := func(a, b []round.Pair) bool {
		return sameSet(a, b, func(a, b round.Pair) int {
			return cmp.Or(cmp.Compare(a.Need, b.Need), cmp.Compare(a.Expert, b.Expert))
		})
	}
	return t.Mode == o.Mode && t.Seed == o.Seed && pairs(t.Locks, o.Locks) && pairs(t.Vetoes, o.Vetoes) &&
		sameSet(t.Quotas, o.Quotas, func(a, b round.Quota) int { return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.Of, b.Of)) }) &&
		sameSet(t.Seats, o.Seats, func(a, b round.Seats) int { return cmp.Compare(a.Need, b.Need) })
}

func sameSet[T comparable](a, b []T, order func(a, b T) int) bool {
	return slices.Equal(slices.SortedFunc(slices.Values(a), order), slices.SortedFunc(slices.Values(b), order))
}
