package planning

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain/round"
)

// Change is what another plan would do otherwise than this one.
type Change struct {
	Total  int64            // how much more its total is; below 0: what it costs
	Filled int              // how many more seats it fills
	Comes  []round.Proposal // pairs that it has and this one has not
	Goes   []round.Proposal // pairs that this one has and it has not: who is displaced
}

// Compare tells how another plan differs from this one.
func Compare(this, other *Solution) Change {
	c := Change{Total: other.Plan.Total - this.Plan.Total, Filled: other.Plan.Filled - this.Plan.Filled}
	c.Comes, c.Goes = without(other.Proposals, this.Proposals), without(this.Proposals, other.Proposals)
	return c
}

func without(list, others []round.Proposal) []round.Proposal {
	known := map[round.Pair]bool{}
	for _, p := range others {
		known[p.Pair] = true
	}
	var out []round.Proposal
	for _, p := range list {
		if !known[p.Pair] {
			out = append(out, p)
		}
	}
	return out
}

// With are the terms after one more lock, veto or number of seats. The newer
// word holds.
func (t Terms) With(locks, vetoes []round.Pair, seats []round.Seats) Terms {
	drop := func(list, gone []round.Pair) []round.Pair {
		return slices.DeleteFunc(slices.Clone(list), func(p round.Pair) bool { return slices.Contains(gone, p) })
	}
	t.Locks = append(drop(drop(t.Locks, vetoes), locks), locks...)
	t.Vetoes = append(drop(drop(t.Vetoes, locks), vetoes), vetoes...)
	kept := slices.DeleteFunc(slices.Clone(t.Seats), func(s round.Seats) bool {
		return slices.ContainsFunc(seats, func(o round.Seats) bool { return o.Need == s.Need })
	})
	t.Seats = append(kept, seats...)
	return t
}
