package rounds

import (
	"slices"

	"github.com/diaspora-match/diaspora/matcher/certificate"
)

// SeatValue is what one more seat at the need would add to the total, exactly,
// and who would move.
func (r *Round) SeatValue(need int32) (*Outcome, error) {
	return r.WhatIf(Change{Kind: Seats, Need: need, Seats: 1})
}

// Force is what planning the pair in any case would change, and whom it would
// displace. The change of the total is 0 or below.
func (r *Round) Force(x Pair) (*Outcome, error) {
	return r.WhatIf(Change{Kind: Lock, Pair: x})
}

// Absence says why an expert was not chosen for a need.
type Absence struct {
	Need  int32
	Score int32
	// Asked is what a place costs at the plan's prices: the need's seat, the
	// groups that both are in, and what the expert brings elsewhere. The pair
	// would have to score more than this.
	Asked int64
	// Seat, Groups and Elsewhere are the parts of Asked.
	Seat, Groups, Elsewhere int64
	Vetoed                  bool
}

// Short is by how much the score would have to rise before the plan may change.
func (a Absence) Short() int64 { return max(0, a.Asked-int64(a.Score)) }

// WhyNot explains, for each need that the expert may go to and was not planned
// for, what stood in the way, the nearest misses first. It speaks of prices and
// never of another expert. It is nil for rounds that are not priced (Stable).
func (r *Round) WhyNot(expert int32) []Absence {
	if r.Mode == certificate.Stable || expert < 0 || int(expert) >= len(r.Problem.Capacity) {
		return nil
	}
	p, d := r.Problem, r.Proof.Duals
	groups := func(side Side, m int32) int64 {
		sum := int64(0)
		for g, q := range p.Groups {
			if q.Side == side && slices.Contains(q.Members, m) {
				sum += d.Upper[g] - d.Lower[g]
			}
		}
		return sum
	}
	planned := map[Pair]bool{}
	for _, e := range r.Plan {
		planned[e.Pair()] = true
	}
	own := groups(certificate.Experts, expert)
	var out []Absence
	for _, e := range p.Edges {
		if e.Expert != expert || planned[e.Pair()] {
			continue
		}
		a := Absence{Need: e.Need, Score: e.Score, Seat: d.Need[e.Need] + d.Size, Elsewhere: d.Expert[expert], Vetoed: slices.Contains(p.Vetoes, e.Pair())}
		a.Groups = own + groups(certificate.Needs, e.Need)
		a.Asked = a.Seat + a.Groups + a.Elsewhere
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b Absence) int {
		if a.Short() != b.Short() {
			if a.Short() < b.Short() {
				return -1
			}
			return 1
		}
		return int(a.Need) - int(b.Need)
	})
	return out
}
