package rounds_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/diaspora-match/diaspora/matcher/certificate"
	"github.com/diaspora-match/diaspora/matcher/rounds"
)

// TestStableIsTheExpertsBest enumerates every stable plan of rounds with up to six
// experts and needs, who rank in different ways without ties: the plan is stable,
// and no stable plan gives any expert a need that they would rather have.
func TestStableIsTheExpertsBest(t *testing.T) {
	several := 0
	for seed := range uint64(600) {
		r := rand.New(rand.NewPCG(seed, 6))
		n := 1 + r.IntN(6)
		p := &rounds.Problem{Capacity: ones(n), Seats: ones(n)}
		for i := range n {
			for j := range n {
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
		if n < 6 && r.IntN(3) == 0 {
			p.Seats[r.IntN(n)] = 2
		}
		got, err := rounds.Solve(p, rounds.Options{Mode: certificate.Stable})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		mine := wishes(p, got.Plan)
		stable := 0
		everyMatching(p, func(plan rounds.Plan) {
			if blocked(p, plan) {
				return
			}
			stable++
			for i, w := range wishes(p, plan) {
				if w > mine[i] {
					t.Fatalf("seed %d: expert %d would rather have another stable plan", seed, i)
				}
			}
		})
		if stable == 0 || blocked(p, got.Plan) {
			t.Fatalf("seed %d: %d stable plans, and ours is blocked: %v", seed, stable, blocked(p, got.Plan))
		}
		if stable > 1 {
			several++
		}
	}
	if several < 50 {
		t.Errorf("only %d rounds had a choice", several)
	}
}

func ones(n int) []int32 {
	s := make([]int32, n)
	for i := range s {
		s[i] = 1
	}
	return s
}

// everyMatching enumerates plans of experts with a capacity of 1.
func everyMatching(p *rounds.Problem, yield func(rounds.Plan)) {
	of := make([][]rounds.Edge, len(p.Capacity))
	for _, e := range p.Edges {
		of[e.Expert] = append(of[e.Expert], e)
	}
	seats := slices.Clone(p.Seats)
	var plan rounds.Plan
	var walk func(i int)
	walk = func(i int) {
		if i == len(of) {
			yield(plan)
			return
		}
		walk(i + 1)
		for _, e := range of[i] {
			if seats[e.Need] > 0 {
				seats[e.Need]--
				plan = append(plan, e)
				walk(i + 1)
				plan = plan[:len(plan)-1]
				seats[e.Need]++
			}
		}
	}
	walk(0)
}

// wishes is what each expert's place is worth to them, -1 without one.
func wishes(p *rounds.Problem, plan rounds.Plan) []int32 {
	w := make([]int32, len(p.Capacity))
	for i := range w {
		w[i] = -1
	}
	for k, e := range p.Edges {
		if slices.Contains(plan, e) {
			w[e.Expert] = p.Wishes[k]
		}
	}
	return w
}

// blocked looks for a blocking pair in the plainest way.
func blocked(p *rounds.Problem, plan rounds.Plan) bool {
	mine := wishes(p, plan)
	for k, e := range p.Edges {
		if slices.Contains(plan, e) || mine[e.Expert] > p.Wishes[k] {
			continue
		}
		held, worst := int32(0), int32(1<<30)
		for _, o := range plan {
			if o.Need == e.Need {
				held++
				worst = min(worst, o.Score)
			}
		}
		if held < p.Seats[e.Need] || e.Score > worst {
			return true
		}
	}
	return false
}

// TestStableAlways: with ties, several seats, capacities, locks and vetoes the
// checker finds no blocking pair, and greedy is what sorting gives.
func TestStableAlways(t *testing.T) {
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 7))
		p := small(r)
		if seed%2 == 0 {
			decide(r, p)
		}
		if seed%3 == 0 {
			for range p.Edges {
				p.Wishes = append(p.Wishes, r.Int32N(4))
			}
		}
		got, err := rounds.Solve(p, rounds.Options{Mode: certificate.Stable})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		c, err := got.Compare()
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if c.Chosen.Blocking != 0 || c.Stable.Blocking != 0 || c.Chosen.Total > c.Best.Total || c.Greedy.Total > c.Best.Total {
			t.Fatalf("seed %d: %+v", seed, c)
		}
		if want, ok := sorted(p); ok && want != c.Greedy.Total {
			t.Fatalf("seed %d: greedy has %d, sorting gives %d", seed, c.Greedy.Total, want)
		}
	}
}

// sorted is the total of the greedy plan by sorting; ok is false where scores tie,
// since then it may depend on the lots.
func sorted(p *rounds.Problem) (sum int64, ok bool) {
	edges := slices.Clone(p.Edges)
	slices.SortFunc(edges, func(a, b rounds.Edge) int { return cmp.Compare(b.Score, a.Score) })
	for k := 1; k < len(edges); k++ {
		if edges[k-1].Score == edges[k].Score {
			return 0, false
		}
	}
	free, seats := slices.Clone(p.Capacity), slices.Clone(p.Seats)
	for _, x := range p.Locks {
		free[x.Expert]--
		seats[x.Need]--
	}
	for _, e := range edges {
		if slices.Contains(p.Locks, e.Pair()) {
			sum += int64(e.Score)
		} else if e.Score > 0 && free[e.Expert] > 0 && seats[e.Need] > 0 && !slices.Contains(p.Vetoes, e.Pair()) {
			free[e.Expert]--
			seats[e.Need]--
			sum += int64(e.Score)
		}
	}
	return sum, true
}
