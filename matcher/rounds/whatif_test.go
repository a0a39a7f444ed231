package rounds_test

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/diaspora-match/diaspora/matcher/certificate"
	"github.com/diaspora-match/diaspora/matcher/rounds"
)

// change draws a change of any kind.
func change(r *rand.Rand, p *rounds.Problem) rounds.Change {
	if r.IntN(3) == 0 || len(p.Edges) == 0 {
		return rounds.Change{Kind: rounds.Seats, Need: r.Int32N(int32(len(p.Seats))), Seats: r.Int32N(5) - 2}
	}
	kinds := []rounds.ChangeKind{rounds.Lock, rounds.Veto, rounds.Unlock}
	x := p.Edges[r.IntN(len(p.Edges))].Pair()
	if len(p.Locks) > 0 && r.IntN(3) == 0 {
		return rounds.Change{Kind: rounds.Unlock, Pair: p.Locks[0]}
	}
	return rounds.Change{Kind: kinds[r.IntN(2)], Pair: x}
}

// TestWarmIsCold: a what-if that goes on from a solved round gives the plan that
// a round from nothing gives, ties included, through any number of them.
func TestWarmIsCold(t *testing.T) {
	asked := 0
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 4))
		p := small(r)
		if len(p.Seats) == 0 {
			continue
		}
		if seed%2 == 0 {
			decide(r, p)
		}
		if seed%5 == 0 {
			grouped(r, p, true)
		}
		o := rounds.Options{Mode: []rounds.Mode{certificate.Best, certificate.Best, certificate.Best, certificate.Fairest}[r.IntN(4)]}
		round, err := rounds.Solve(p, o)
		if err != nil {
			continue
		}
		for range 6 {
			changes := []rounds.Change{change(r, round.Problem)}
			if r.IntN(3) == 0 {
				changes = append(changes, change(r, round.Problem))
			}
			out, err := round.WhatIf(changes...)
			if err != nil {
				continue
			}
			asked++
			cold, err := rounds.Solve(out.Round.Problem, o)
			if err != nil {
				t.Fatalf("seed %d: warm has a plan, cold: %v", seed, err)
			}
			if !reflect.DeepEqual(out.Round.Plan, cold.Plan) {
				t.Fatalf("seed %d, %v:\nwarm %v\ncold %v", seed, changes, out.Round.Plan, cold.Plan)
			}
			follow(t, round.Plan, out)
			round = out.Round
		}
	}
	if asked < 3000 {
		t.Errorf("only %d what-ifs answered", asked)
	}
}

// TestWarmIsColdAmongTies: among many plans of the same worth lots decide, also
// when fewer or more seats weigh them in another way.
func TestWarmIsColdAmongTies(t *testing.T) {
	asked := 0
	for seed := range uint64(800) {
		r := rand.New(rand.NewPCG(seed, 13))
		p := &rounds.Problem{Capacity: ones(40), Seats: make([]int32, 5), Seed: 3}
		for j := range p.Seats {
			p.Seats[j] = 1 + r.Int32N(2)
		}
		for k := range 200 {
			if r.IntN(3) > 0 {
				p.Edges = append(p.Edges, rounds.Edge{Expert: int32(k / 5), Need: int32(k % 5), Score: 1 + r.Int32N(3)})
			}
		}
		round, err := rounds.Solve(p, rounds.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var changes []rounds.Change
		for range 1 + r.IntN(4) {
			x, j := p.Edges[r.IntN(len(p.Edges))].Pair(), r.Int32N(5)
			changes = append(changes, []rounds.Change{
				{Kind: rounds.Veto, Pair: x}, {Kind: rounds.Lock, Pair: x}, {Kind: rounds.Seats, Need: j, Seats: -p.Seats[j]}, {Kind: rounds.Seats, Need: j, Seats: 3},
			}[r.IntN(4)])
		}
		out, err := round.WhatIf(changes...)
		if err != nil {
			continue // two locks on one seat
		}
		asked++
		cold, err := rounds.Solve(out.Round.Problem, rounds.Options{})
		if err != nil || !reflect.DeepEqual(out.Round.Plan, cold.Plan) {
			t.Fatalf("seed %d, %v:\nwarm %v\ncold %v (%v)", seed, changes, out.Round.Plan, cold, err)
		}
	}
	if asked < 500 {
		t.Errorf("only %d answered", asked)
	}
}

// follow replays the chains on the old plan.
func follow(t *testing.T, before rounds.Plan, out *rounds.Outcome) {
	t.Helper()
	pairs := map[rounds.Pair]bool{}
	for _, e := range before {
		pairs[e.Pair()] = true
	}
	for _, chain := range out.Chains {
		for k, s := range chain {
			if k > 0 && chain[k-1].To != s.From {
				t.Fatalf("the chain %v breaks at step %d", chain, k)
			}
			if s.From >= 0 {
				delete(pairs, rounds.Pair{Expert: s.Expert, Need: s.From})
			}
			if s.To >= 0 {
				pairs[rounds.Pair{Expert: s.Expert, Need: s.To}] = true
			}
		}
	}
	if len(pairs) != len(out.Round.Plan) {
		t.Fatalf("the chains lead to %d pairs, the plan has %d", len(pairs), len(out.Round.Plan))
	}
	for _, e := range out.Round.Plan {
		if !pairs[e.Pair()] {
			t.Fatalf("the chains do not lead to %v", e)
		}
	}
}
