package rounds_test

import (
	"math/rand/v2"
	"slices"

	"github.com/diaspora-match/diaspora/matcher/certificate"
	"github.com/diaspora-match/diaspora/matcher/rounds"
)

// everyPlan enumerates all plans of a small problem that keep capacities, seats,
// groups, locks and vetoes: the slow truth that the solver is compared with.
func everyPlan(p *rounds.Problem, yield func(rounds.Plan)) {
	free, seats := slices.Clone(p.Capacity), slices.Clone(p.Seats)
	var plan rounds.Plan
	var walk func(k int)
	walk = func(k int) {
		if k == len(p.Edges) {
			if keeps(p, plan) {
				yield(plan)
			}
			return
		}
		walk(k + 1)
		if e := p.Edges[k]; free[e.Expert] > 0 && seats[e.Need] > 0 && !slices.Contains(p.Vetoes, e.Pair()) {
			free[e.Expert]--
			seats[e.Need]--
			plan = append(plan, e)
			walk(k + 1)
			plan = plan[:len(plan)-1]
			free[e.Expert]++
			seats[e.Need]++
		}
	}
	walk(0)
}

func keeps(p *rounds.Problem, plan rounds.Plan) bool {
	for _, x := range p.Locks {
		if !slices.ContainsFunc(plan, func(e rounds.Edge) bool { return e.Pair() == x }) {
			return false
		}
	}
	for _, g := range p.Groups {
		n := int32(0)
		for _, e := range plan {
			m := e.Need
			if g.Side == certificate.Experts {
				m = e.Expert
			}
			if slices.Contains(g.Members, m) {
				n++
			}
		}
		if n < g.Lower || n > g.Upper {
			return false
		}
	}
	return true
}

func total(plan rounds.Plan) (sum int64) {
	for _, e := range plan {
		sum += int64(e.Score)
	}
	return sum
}

// worth is a plan in the order of Fairest: pairs, smallest free score, total.
type worth struct{ pairs, least, total int64 }

func (a worth) less(b worth) bool {
	if a.pairs != b.pairs {
		return a.pairs < b.pairs
	}
	if a.least != b.least {
		return a.least < b.least
	}
	return a.total < b.total
}

func worthOf(p *rounds.Problem, plan rounds.Plan) worth {
	w := worth{int64(len(plan)), 1 << 40, total(plan)}
	for _, e := range plan {
		if !slices.Contains(p.Locks, e.Pair()) {
			w.least = min(w.least, int64(e.Score))
		}
	}
	return w
}

// small draws a problem that everyPlan can enumerate, with up to 8 experts and
// needs, at times tied, without capacity, without edges, with negative scores.
func small(r *rand.Rand) *rounds.Problem {
	n, m := r.IntN(9), r.IntN(9)
	p := &rounds.Problem{Capacity: make([]int32, n), Seats: make([]int32, m), Seed: r.Uint64()}
	for i := range p.Capacity {
		p.Capacity[i] = int32(min(r.IntN(4), 1+r.IntN(3)))
	}
	for j := range p.Seats {
		p.Seats[j] = int32(min(r.IntN(4), 1+r.IntN(3)))
	}
	if n*m == 0 {
		return p
	}
	scores := []func() int32{
		func() int32 { return r.Int32N(10001) },
		func() int32 { return r.Int32N(4) },
		func() int32 { return 7 },
		func() int32 { return r.Int32N(21) - 8 },
		func() int32 { return int32(r.Uint32()) },
	}[r.IntN(5)]
	for _, x := range r.Perm(n * m)[:r.IntN(min(n*m, 13)+1)] {
		p.Edges = append(p.Edges, rounds.Edge{Expert: int32(x / m), Need: int32(x % m), Score: scores()})
	}
	return p
}

// grouped adds groups, nested ones or any.
func grouped(r *rand.Rand, p *rounds.Problem, nested bool) {
	for _, side := range []certificate.Side{certificate.Needs, certificate.Experts} {
		n := len(p.Seats)
		if side == certificate.Experts {
			n = len(p.Capacity)
		}
		spans := [][2]int{{0, n}}
		for range r.IntN(4) {
			s := spans[r.IntN(len(spans))]
			a, b := s[0], s[1]
			if !nested {
				a, b = 0, n
			}
			if b-a < 1 {
				continue
			}
			cut := a + r.IntN(b-a)
			half := [2]int{a, cut + 1}
			if r.IntN(2) == 0 {
				half = [2]int{cut, b}
			}
			if nested {
				spans = [][2]int{half} // a chain: each within the last
			}
			g := rounds.Group{Side: side, Lower: int32(max(0, r.IntN(5)-2))}
			g.Upper = g.Lower + r.Int32N(4)
			for m := half[0]; m < half[1]; m++ {
				g.Members = append(g.Members, int32(m))
			}
			p.Groups = append(p.Groups, g)
		}
	}
}

// decide adds locks and vetoes that fit.
func decide(r *rand.Rand, p *rounds.Problem) {
	free, seats := slices.Clone(p.Capacity), slices.Clone(p.Seats)
	for _, e := range p.Edges {
		switch {
		case r.IntN(8) == 0 && free[e.Expert] > 0 && seats[e.Need] > 0:
			p.Locks = append(p.Locks, e.Pair())
			free[e.Expert]--
			seats[e.Need]--
		case r.IntN(8) == 0:
			p.Vetoes = append(p.Vetoes, e.Pair())
		}
	}
}
