package rounds_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/diaspora-match/diaspora/matcher/certificate"
	"github.com/diaspora-match/diaspora/matcher/rounds"
)

// full is every pair of so many experts and needs, each with a score.
func full(experts, needs int, score func(i, j int) int32) *rounds.Problem {
	p := &rounds.Problem{Capacity: ones(experts), Seats: ones(needs), Seed: 1}
	for i := range experts {
		for j := range needs {
			p.Edges = append(p.Edges, rounds.Edge{Expert: int32(i), Need: int32(j), Score: score(i, j)})
		}
	}
	return p
}

// TestCorners: the rounds at the rim of what there is, in every mode, with the
// total that each must have.
func TestCorners(t *testing.T) {
	seven := func(int, int) int32 { return 7 }
	for name, c := range map[string]struct {
		p     *rounds.Problem
		total map[rounds.Mode]int64
		pairs int
	}{
		"nobody and nothing":               {&rounds.Problem{}, nil, 0},
		"nobody":                           {&rounds.Problem{Seats: ones(3)}, nil, 0},
		"nothing":                          {&rounds.Problem{Capacity: ones(3)}, nil, 0},
		"everything forbidden by no edges": {&rounds.Problem{Capacity: ones(4), Seats: ones(3)}, nil, 0},
		"everything vetoed": {func() *rounds.Problem {
			p := full(4, 3, seven)
			for _, e := range p.Edges {
				p.Vetoes = append(p.Vetoes, e.Pair())
			}
			return p
		}(), nil, 0},
		"no capacity":            {func() *rounds.Problem { p := full(4, 3, seven); p.Capacity = make([]int32, 4); return p }(), nil, 0},
		"no seats":               {func() *rounds.Problem { p := full(4, 3, seven); p.Seats = make([]int32, 3); return p }(), nil, 0},
		"all tied, more experts": {full(9, 4, seven), map[rounds.Mode]int64{certificate.Best: 28, certificate.Stable: 28, certificate.Fairest: 28}, 4},
		"all tied, more needs":   {full(4, 9, seven), map[rounds.Mode]int64{certificate.Best: 28, certificate.Stable: 28, certificate.Fairest: 28}, 4},
		"one expert, many needs": {full(1, 50, func(_, j int) int32 { return int32(j) }), map[rounds.Mode]int64{certificate.Best: 49, certificate.Stable: 49, certificate.Fairest: 49}, 1},
		"many experts, one need": {full(50, 1, func(i, _ int) int32 { return int32(i) }), map[rounds.Mode]int64{certificate.Best: 49, certificate.Stable: 49, certificate.Fairest: 49}, 1},
		// The only perfect assignment of Machol and Wien (1968) is the antidiagonal:
		// its costs i·j, turned into scores, punish every shortcut.
		"the hardest of its size": {full(30, 30, func(i, j int) int32 { return int32(1000 - (i+1)*(j+1)) }), map[rounds.Mode]int64{certificate.Best: 30*1000 - 4960}, 30},
		"the greatest scores":     {full(3, 3, func(int, int) int32 { return math.MaxInt32 }), map[rounds.Mode]int64{certificate.Best: 3 * math.MaxInt32, certificate.Stable: 3 * math.MaxInt32, certificate.Fairest: 3 * math.MaxInt32}, 3},
		"the least scores":        {full(3, 3, func(int, int) int32 { return math.MinInt32 }), map[rounds.Mode]int64{certificate.Stable: 3 * math.MinInt32, certificate.Fairest: 3 * math.MinInt32}, 3},
	} {
		for _, mode := range modes {
			r, err := rounds.Solve(c.p, rounds.Options{Mode: mode})
			if err != nil {
				t.Errorf("%s, %s: %v", name, mode, err)
				continue
			}
			want, listed := c.total[mode]
			if listed && (r.Verdict.Total != want || len(r.Plan) != c.pairs) || c.pairs == 0 && len(r.Plan) != 0 {
				t.Errorf("%s, %s: %d pairs worth %d, want %d worth %d", name, mode, len(r.Plan), r.Verdict.Total, c.pairs, want)
			}
		}
	}
	r, err := rounds.Solve(full(3, 3, func(int, int) int32 { return math.MinInt32 }), rounds.Options{})
	if err != nil || len(r.Plan) != 0 || r.Verdict.Total != 0 {
		t.Errorf("pairs below 0 add to the best total: %+v, %v", r, err)
	}
}

// TestInfeasible: in the modes that keep quotas a round without a plan is refused,
// with a proof that the separate checker has accepted.
func TestInfeasible(t *testing.T) {
	for name, change := range map[string]func(*rounds.Problem){
		"more than seats": func(p *rounds.Problem) { p.Groups = []rounds.Group{{Members: []int32{0, 1}, Lower: 3, Upper: 5}} },
		"more than experts": func(p *rounds.Problem) {
			p.Seats = []int32{9, 9, 9}
			p.Groups = []rounds.Group{{Members: []int32{0, 1, 2}, Lower: 5, Upper: 9}}
		},
		"locked out": func(p *rounds.Problem) { p.Groups = []rounds.Group{{Members: []int32{0}}}; p.Locks = []rounds.Pair{{}} },
		"vetoed out": func(p *rounds.Problem) {
			p.Groups = []rounds.Group{{Members: []int32{0}, Lower: 1, Upper: 1}}
			for i := range p.Capacity {
				p.Vetoes = append(p.Vetoes, rounds.Pair{Expert: int32(i)})
			}
		},
	} {
		for _, mode := range []rounds.Mode{certificate.Best, certificate.Fairest} {
			p := full(4, 3, func(i, j int) int32 { return int32(1 + i*j) })
			change(p)
			if _, err := rounds.Solve(p, rounds.Options{Mode: mode}); !errors.Is(err, rounds.ErrImpossible) {
				t.Errorf("%s, %s: %v", name, mode, err)
			}
		}
	}
}

// TestPlantedOptimumOfAnySize draws the size too: whatever it is, the optimum that
// was planted is found.
func TestPlantedOptimumOfAnySize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		experts, needs := rapid.IntRange(1, 400).Draw(t, "experts"), rapid.IntRange(1, 200).Draw(t, "needs")
		p, best := planted(rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 12)), experts, needs, rapid.IntRange(0, min(needs-1, 20)).Draw(t, "degree"))
		if got := solved(t, p, certificate.Best); got.Verdict.Total != best {
			t.Fatalf("%d experts, %d needs: planned %d, planted %d", experts, needs, got.Verdict.Total, best)
		}
	})
}
