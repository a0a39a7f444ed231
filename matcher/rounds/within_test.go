package rounds_test

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/matcher/certificate"
	"github.com/diaspora-match/diaspora/matcher/rounds"
)

// TestStableWithinHosts enumerates every plan of rounds in which nested groups
// bound what needs take together: ours is stable, and no stable plan gives any
// expert a need that they would rather have.
func TestStableWithinHosts(t *testing.T) {
	several, tight := 0, 0
	for seed := range uint64(1200) {
		r := rand.New(rand.NewPCG(seed, 21))
		n, m := 1+r.IntN(6), 1+r.IntN(4)
		p := &rounds.Problem{Capacity: ones(n), Seats: make([]int32, m)}
		for j := range p.Seats {
			p.Seats[j] = r.Int32N(3)
		}
		for i := range n {
			for j := range m {
				if r.IntN(4) > 0 {
					p.Edges = append(p.Edges, rounds.Edge{Expert: int32(i), Need: int32(j)})
				}
			}
		}
		for k, s := range r.Perm(len(p.Edges)) {
			p.Edges[k].Score = int32(s)
		}
		for _, s := range r.Perm(len(p.Edges)) {
			p.Wishes = append(p.Wishes, int32(s))
		}
		hosts(r, p)
		got, err := rounds.Solve(p, rounds.Options{Mode: certificate.Stable})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		mine, stable := wishes(p, got.Plan), 0
		everyMatching(p, func(plan rounds.Plan) {
			if !keeps(p, plan) || wanted(p, plan) {
				return
			}
			stable++
			for i, w := range wishes(p, plan) {
				if w > mine[i] {
					t.Fatalf("seed %d: expert %d would rather have another stable plan", seed, i)
				}
			}
		})
		if stable == 0 || !keeps(p, got.Plan) || wanted(p, got.Plan) {
			t.Fatalf("seed %d: %d stable plans, ours %v of %+v", seed, stable, got.Plan, p)
		}
		if stable > 1 {
			several++
		}
		free := *p
		free.Groups = nil
		if without, err := rounds.Solve(&free, rounds.Options{Mode: certificate.Stable}); err != nil || !keeps(p, without.Plan) {
			tight++
		}
	}
	if several < 20 || tight < 300 {
		t.Errorf("only %d rounds had a choice, and in %d a group mattered", several, tight)
	}
}

// hosts bounds one or two neighbouring needs and, around them, more of them.
func hosts(r *rand.Rand, p *rounds.Problem) {
	m := int32(len(p.Seats))
	from := r.Int32N(m)
	to := min(m, from+1+r.Int32N(2))
	for range 1 + r.IntN(3) {
		g := rounds.Group{Upper: r.Int32N(3)}
		for j := from; j < to; j++ {
			g.Members = append(g.Members, j)
		}
		p.Groups = append(p.Groups, g)
		from, to = max(0, from-r.Int32N(2)), min(m, to+r.Int32N(2))
	}
}

// wanted looks, in the plainest way, for a pair that its expert would rather have
// and that the needs would take: they take the best first, as far as their bounds
// go, of all that they have and this one.
func wanted(p *rounds.Problem, plan rounds.Plan) bool {
	mine := wishes(p, plan)
	for k, e := range p.Edges {
		if slices.Contains(plan, e) || mine[e.Expert] > p.Wishes[k] {
			continue
		}
		offers := append(slices.Clone(plan), e)
		slices.SortFunc(offers, func(a, b rounds.Edge) int { return cmp.Compare(b.Score, a.Score) })
		var taken rounds.Plan
		for _, o := range offers {
			if with := append(slices.Clone(taken), o); bounded(p, with) {
				taken = with
			}
		}
		if slices.Contains(taken, e) {
			return true
		}
	}
	return false
}

// bounded reports whether seats and upper bounds allow the pairs.
func bounded(p *rounds.Problem, plan rounds.Plan) bool {
	filled := make([]int32, len(p.Seats))
	for _, e := range plan {
		filled[e.Need]++
		if filled[e.Need] > p.Seats[e.Need] {
			return false
		}
	}
	for _, g := range p.Groups {
		n := int32(0)
		for _, j := range g.Members {
			n += filled[j]
		}
		if n > g.Upper {
			return false
		}
	}
	return true
}

// TestStableWithinHostsAlways: with ties, several seats, capacities, locks, vetoes
// and pruned pairs the separate checker finds the plan stable, and it is the same
// in any order of input.
func TestStableWithinHostsAlways(t *testing.T) {
	solved, tight := 0, 0
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 22))
		p := small(r)
		if len(p.Seats) == 0 {
			continue
		}
		hosts(r, p)
		if seed%2 == 0 {
			decide(r, p)
		}
		got, err := rounds.Solve(p, rounds.Options{Mode: certificate.Stable})
		if errors.Is(err, rounds.ErrImpossible) { // by its locks
			continue
		}
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		solved++
		if !keeps(p, got.Plan) {
			t.Fatalf("seed %d: a group is broken by %v", seed, got.Plan)
		}
		q := *p
		q.Edges = slices.Clone(p.Edges)
		r.Shuffle(len(q.Edges), func(a, b int) { q.Edges[a], q.Edges[b] = q.Edges[b], q.Edges[a] })
		if again, err := rounds.Solve(&q, rounds.Options{Mode: certificate.Stable}); err != nil || !slices.Equal(again.Plan, got.Plan) {
			t.Fatalf("seed %d: in another order %v (%v), not %v", seed, again, err, got.Plan)
		}
		c, err := got.Compare()
		if err != nil || c.Chosen.Blocking != 0 || c.Stable.Total != c.Chosen.Total {
			t.Fatalf("seed %d: %+v, %v", seed, c, err)
		}
		if slices.ContainsFunc(c.Greedy.Slack, func(s rounds.Slack) bool { return s.BelowUpper < 0 }) {
			tight++
		}
		var few, pruned rounds.Plan
		for _, e := range p.Edges {
			if len(p.Locks) == 0 && r.IntN(3) == 0 {
				pruned = append(pruned, e)
			} else {
				few = append(few, e)
			}
		}
		q.Edges = few
		if _, err := rounds.Solve(&q, rounds.Options{Mode: certificate.Stable, Pricer: kept(pruned)}); err != nil {
			t.Fatalf("seed %d, pruned: %v", seed, err)
		}
	}
	if solved < 2000 || tight < 200 {
		t.Errorf("%d solved, in %d a group mattered", solved, tight)
	}
}

// TestStableRefusesWhatItCannotKeep: quotas without a meaning for a stable plan
// are named.
func TestStableRefusesWhatItCannotKeep(t *testing.T) {
	for name, c := range map[string]struct {
		groups []rounds.Group
		want   error
		field  string
	}{
		"a lower bound":     {[]rounds.Group{{Members: []int32{0}, Upper: 1}, {Members: []int32{0, 1}, Lower: 1, Upper: 1}}, rounds.ErrStableQuota, "groups[1]"},
		"a group of people": {[]rounds.Group{{Side: certificate.Experts, Members: []int32{0}, Upper: 1}}, rounds.ErrStableQuota, "groups[0]"},
		"crossing groups":   {[]rounds.Group{{Members: []int32{0, 1}, Upper: 1}, {Members: []int32{1, 2}, Upper: 1}}, rounds.ErrCrossing, "groups[1]"},
	} {
		p := &rounds.Problem{Capacity: ones(3), Seats: ones(3), Groups: c.groups, Edges: []rounds.Edge{{Expert: 0, Need: 1, Score: 1}}}
		_, err := rounds.Solve(p, rounds.Options{Mode: certificate.Stable})
		if r := domain.AsRefusals(err); !errors.Is(err, c.want) || len(r) != 1 || r[0].Field != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}
