package rounds_test

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/diaspora-match/diaspora/matcher/certificate"
	"github.com/diaspora-match/diaspora/matcher/rounds"
)

// planted makes a problem of any size whose optimum is known before it is solved:
// prices first, then a plan whose pairs score exactly their prices, then other
// pairs that score at most that. Who is not planned has the price 0.
func planted(r *rand.Rand, experts, needs, degree int) (*rounds.Problem, int64) {
	p := &rounds.Problem{Capacity: make([]int32, experts), Seats: make([]int32, needs), Seed: r.Uint64()}
	u, v := make([]int32, experts), make([]int32, needs)
	for j := range v {
		v[j] = r.Int32N(5000)
		p.Seats[j] = r.Int32N(4)
	}
	best := int64(0)
	need, left := 0, p.Seats[0]
	row := make([][]rounds.Edge, experts)
	for i := range u {
		p.Capacity[i] = 1
		for need < needs && left == 0 {
			if need++; need < needs {
				left = p.Seats[need]
			}
		}
		if need < needs && r.IntN(10) > 0 {
			u[i] = r.Int32N(5000)
			left--
			if s := u[i] + v[need]; s > 0 {
				row[i] = append(row[i], rounds.Edge{Expert: int32(i), Need: int32(need), Score: s})
				best += int64(s)
			}
		}
	}
	for j := need; j < needs; j++ {
		if j > need || left > 0 {
			v[j] = 0 // seats that stay empty are worth nothing
		}
	}
	// The need that was being filled when the experts ran out may have had a price.
	if need < needs && left > 0 {
		best = 0
		for i := range row {
			for k := range row[i] {
				if e := &row[i][k]; int(e.Need) == need {
					e.Score = u[i]
				}
				best += int64(row[i][k].Score)
			}
		}
	}
	for i := range row {
		for range degree {
			j := r.Int32N(int32(needs))
			if !slices.ContainsFunc(row[i], func(e rounds.Edge) bool { return e.Need == j }) {
				row[i] = append(row[i], rounds.Edge{Expert: int32(i), Need: j, Score: u[i] + v[j] - r.Int32N(100)*r.Int32N(3)})
			}
		}
		p.Edges = append(p.Edges, row[i]...)
	}
	return p, best
}

func TestPlantedOptimum(t *testing.T) {
	for seed, size := range [][3]int{{10, 10, 3}, {100, 40, 8}, {1000, 1500, 6}, {3000, 400, 20}, {20000, 2000, 10}, {300, 300, 250}} {
		r := rand.New(rand.NewPCG(uint64(seed), 8))
		p, best := planted(r, size[0], size[1], size[2])
		got, err := rounds.Solve(p, rounds.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got.Verdict.Total != best {
			t.Errorf("%v: planned %d, planted %d", size, got.Verdict.Total, best)
		}
	}
}

// drawn is a problem of moderate size from rapid's seed.
func drawn(t *rapid.T) (*rounds.Problem, *rand.Rand) {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 9))
	p := &rounds.Problem{Capacity: make([]int32, 1+r.IntN(25)), Seats: make([]int32, 1+r.IntN(15)), Seed: r.Uint64()}
	for i := range p.Capacity {
		p.Capacity[i] = r.Int32N(3)
		p.ExpertKeys = append(p.ExpertKeys, r.Uint64())
	}
	for j := range p.Seats {
		p.Seats[j] = r.Int32N(4)
		p.NeedKeys = append(p.NeedKeys, r.Uint64())
	}
	span := []int32{1, 4, 10000}[r.IntN(3)]
	for i := range p.Capacity {
		for j := range p.Seats {
			if r.IntN(3) == 0 {
				p.Edges = append(p.Edges, rounds.Edge{Expert: int32(i), Need: int32(j), Score: 1 + r.Int32N(span)})
			}
		}
	}
	return p, r
}

var modes = []rounds.Mode{certificate.Best, certificate.Stable, certificate.Fairest}

func solved(t *rapid.T, p *rounds.Problem, mode rounds.Mode) *rounds.Round {
	r, err := rounds.Solve(p, rounds.Options{Mode: mode})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestOrderDoesNotShow: the same people in another order of input, with the same
// keys, get the same plan, also where scores tie.
func TestOrderDoesNotShow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, r := drawn(t)
		x, n := r.Perm(len(p.Capacity)), r.Perm(len(p.Seats))
		q := &rounds.Problem{Capacity: make([]int32, len(x)), Seats: make([]int32, len(n)), ExpertKeys: make([]uint64, len(x)), NeedKeys: make([]uint64, len(n)), Seed: p.Seed}
		for i, to := range x {
			q.Capacity[to], q.ExpertKeys[to] = p.Capacity[i], p.ExpertKeys[i]
		}
		for j, to := range n {
			q.Seats[to], q.NeedKeys[to] = p.Seats[j], p.NeedKeys[j]
		}
		for _, k := range r.Perm(len(p.Edges)) {
			e := p.Edges[k]
			q.Edges = append(q.Edges, rounds.Edge{Expert: int32(x[e.Expert]), Need: int32(n[e.Need]), Score: e.Score})
		}
		for _, mode := range modes {
			a, b := solved(t, p, mode).Plan, solved(t, q, mode).Plan
			for k := range a {
				a[k].Expert, a[k].Need = int32(x[a[k].Expert]), int32(n[a[k].Need])
			}
			slices.SortFunc(a, func(a, b rounds.Edge) int {
				if a.Expert != b.Expert {
					return int(a.Expert - b.Expert)
				}
				return int(a.Need - b.Need)
			})
			if !slices.Equal(a, b) {
				t.Fatalf("%s: %v became %v", mode, a, b)
			}
		}
	})
}

// TestScaleAndShift: scores in another unit give the same plan; where the number
// of pairs is fixed, so do scores that are all higher by the same.
func TestScaleAndShift(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, _ := drawn(t)
		for _, mode := range modes {
			before := solved(t, p, mode).Plan
			for _, f := range []func(int32) int32{func(s int32) int32 { return 7 * s }, func(s int32) int32 { return s + 12345 }} {
				if f(0) != 0 && mode == certificate.Best {
					continue
				}
				q := *p
				q.Edges = slices.Clone(p.Edges)
				for k := range q.Edges {
					q.Edges[k].Score = f(q.Edges[k].Score)
				}
				after := solved(t, &q, mode).Plan
				if !slices.EqualFunc(before, after, func(a, b rounds.Edge) bool { return a.Pair() == b.Pair() && f(a.Score) == b.Score }) {
					t.Fatalf("%s: %v became %v", mode, before, after)
				}
			}
		}
	})
}

// TestSeatsAndLocks: a seat more never lowers the optimum, and is worth no more
// than its price; locking a pair of the plan, or vetoing one outside, changes
// nothing; forcing another never helps.
func TestSeatsAndLocks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, r := drawn(t)
		round := solved(t, p, certificate.Best)
		j := r.Int32N(int32(len(p.Seats)))
		more, err := round.SeatValue(j)
		if err != nil {
			t.Fatal(err)
		}
		if more.Change < 0 || p.Seats[j] > 0 && more.Change > round.Proof.Duals.Need[j] {
			t.Fatalf("a seat more at %d changed the total by %d at a price of %d", j, more.Change, round.Proof.Duals.Need[j])
		}
		for _, e := range p.Edges {
			kind := rounds.Veto
			if slices.Contains(round.Plan, e) {
				kind = rounds.Lock
			}
			same, err := round.WhatIf(rounds.Change{Kind: kind, Pair: e.Pair()})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(same.Round.Plan, round.Plan) || len(same.Chains) != 0 || same.Change != 0 {
				t.Fatalf("%v of %v changed the plan", kind, e)
			}
			if kind == rounds.Veto && p.Capacity[e.Expert] > 0 && p.Seats[e.Need] > 0 {
				forced, err := round.Force(e.Pair())
				if err != nil {
					t.Fatal(err)
				}
				if forced.Change > 0 {
					t.Fatalf("forcing %v gained %d", e, forced.Change)
				}
			}
		}
		for i := range p.Capacity {
			for _, a := range round.WhyNot(int32(i)) {
				if p.Capacity[i] == 1 && a.Short() < 0 || a.Seat+a.Groups+a.Elsewhere != a.Asked {
					t.Fatalf("%+v", a)
				}
			}
		}
	})
}

// kept is a Pricer that knows pairs which somebody pruned.
type kept []rounds.Edge

func (k kept) Price(b certificate.Bounds, yield func(rounds.Edge) bool) error {
	for _, e := range k {
		if int64(e.Score) > b.Above(e.Need) && !yield(e) {
			return nil
		}
	}
	return nil
}

// TestPricingProvesAllPairs: a round on few of the edges, with a pricer for the
// others, is as good as a round on all of them.
func TestPricingProvesAllPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, r := drawn(t)
		q := *p
		q.Edges = nil
		var pruned kept
		for _, e := range p.Edges {
			if r.IntN(3) == 0 {
				q.Edges = append(q.Edges, e)
			} else {
				pruned = append(pruned, e)
			}
		}
		for _, mode := range []rounds.Mode{certificate.Best, certificate.Fairest} {
			all := solved(t, p, mode)
			few, err := rounds.Solve(&q, rounds.Options{Mode: mode, Pricer: pruned})
			if err != nil {
				t.Fatal(err)
			}
			// A pruned pair that only ties is not asked for, so that the number of
			// pairs may be another.
			if all.Verdict.Total != few.Verdict.Total || mode == certificate.Fairest && len(all.Plan) != len(few.Plan) {
				t.Fatalf("%s: %d with all edges, %d with pricing", mode, all.Verdict.Total, few.Verdict.Total)
			}
		}
		if _, err := rounds.Solve(&q, rounds.Options{Mode: certificate.Stable, Pricer: pruned}); err != nil {
			t.Fatal(err)
		}
	})
}

// TestManyThreads: rounds solved side by side, and what-ifs asked of one round at
// once, give what they give alone.
func TestManyThreads(t *testing.T) {
	p, _ := planted(rand.New(rand.NewPCG(1, 10)), 2000, 300, 12)
	round, err := rounds.Solve(p, rounds.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(k int) *rounds.Outcome {
		out, err := round.WhatIf(rounds.Change{Kind: rounds.Veto, Pair: round.Plan[k].Pair()})
		if err != nil {
			t.Error(err)
		}
		return out
	}
	alone := make([]*rounds.Outcome, 8)
	for k := range alone {
		alone[k] = ask(k)
	}
	var wait sync.WaitGroup
	for k := range alone {
		wait.Go(func() {
			if !reflect.DeepEqual(ask(k).Round.Plan, alone[k].Round.Plan) {
				t.Errorf("what-if %d has another plan among others", k)
			}
			again, err := rounds.Solve(p, rounds.Options{})
			if err != nil || !reflect.DeepEqual(again.Plan, round.Plan) || !reflect.DeepEqual(again.Proof, round.Proof) {
				t.Errorf("the round has another plan or proof among others: %v", err)
			}
		})
	}
	wait.Wait()
}

func TestRefusals(t *testing.T) {
	base := func() *rounds.Problem {
		return &rounds.Problem{Capacity: []int32{1, 1}, Seats: []int32{1, 1}, Edges: []rounds.Edge{{Expert: 0, Need: 0, Score: 5}, {Expert: 1, Need: 0, Score: 4}}}
	}
	for name, c := range map[string]struct {
		change func(*rounds.Problem)
		mode   rounds.Mode
		want   error
	}{
		"negative capacity": {func(p *rounds.Problem) { p.Capacity[1] = -1 }, "", rounds.ErrNegative},
		"negative seats":    {func(p *rounds.Problem) { p.Seats[1] = -1 }, "", rounds.ErrNegative},
		"expert unknown":    {func(p *rounds.Problem) { p.Edges[0].Expert = 2 }, "", rounds.ErrRange},
		"need unknown":      {func(p *rounds.Problem) { p.Edges[1].Need = -1 }, "", rounds.ErrRange},
		"twice":             {func(p *rounds.Problem) { p.Edges[1] = p.Edges[0] }, "", rounds.ErrTwice},
		"twice, unordered":  {func(p *rounds.Problem) { p.Edges = append(p.Edges, p.Edges[0]) }, "", rounds.ErrTwice},
		"wishes":            {func(p *rounds.Problem) { p.Wishes = []int32{1} }, "", rounds.ErrParallel},
		"lock unknown":      {func(p *rounds.Problem) { p.Locks = []rounds.Pair{{Expert: 0, Need: 1}} }, "", rounds.ErrLockUnknown},
		"lock full":         {func(p *rounds.Problem) { p.Locks = []rounds.Pair{{Expert: 0}, {Expert: 1}} }, "", rounds.ErrLockFull},
		"lock and veto":     {func(p *rounds.Problem) { p.Locks, p.Vetoes = []rounds.Pair{{}}, []rounds.Pair{{}} }, "", rounds.ErrLockTwice},
		"quota":             {func(p *rounds.Problem) { p.Groups = []rounds.Group{{Lower: 2, Upper: 1}} }, "", rounds.ErrQuota},
		"member":            {func(p *rounds.Problem) { p.Groups = []rounds.Group{{Members: []int32{2}, Upper: 1}} }, "", rounds.ErrMember},
		"impossible":        {func(p *rounds.Problem) { p.Groups = []rounds.Group{{Members: []int32{1}, Lower: 1, Upper: 1}} }, "", rounds.ErrImpossible},
		"stable quota":      {func(p *rounds.Problem) { p.Groups = []rounds.Group{{Members: []int32{0}, Lower: 1, Upper: 1}} }, certificate.Stable, rounds.ErrStableQuota},
		"mode":              {func(*rounds.Problem) {}, "worst", rounds.ErrMode},
		"stopped":           {func(p *rounds.Problem) { *p = *crowd() }, "", rounds.ErrStopped},
		"crossing fairest": {func(p *rounds.Problem) {
			p.Seats = []int32{1, 1, 1}
			p.Groups = []rounds.Group{{Members: []int32{0, 1}, Upper: 1}, {Members: []int32{1, 2}, Upper: 1}}
		}, certificate.Fairest, rounds.ErrCrossing},
	} {
		p := base()
		c.change(p)
		if _, err := rounds.Solve(p, rounds.Options{Mode: c.mode, Stop: func() bool { return true }}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// crowd is a round that takes many pivots.
func crowd() *rounds.Problem {
	p, _ := planted(rand.New(rand.NewPCG(2, 11)), 3000, 400, 20)
	return p
}
