package certificate_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/diaspora-match/diaspora/matcher/certificate"
	"github.com/diaspora-match/diaspora/matcher/rounds"
)

// claim is a problem with what a solver says of it.
type claim struct {
	p     *certificate.Problem
	plan  certificate.Plan
	proof certificate.Proof
}

func (c claim) check() error {
	_, err := certificate.Check(c.p, c.plan, c.proof, nil)
	return err
}

// clone copies all that tampering may touch.
func (c claim) clone() claim {
	p := *c.p
	p.Edges, p.Capacity, p.Seats = slices.Clone(p.Edges), slices.Clone(p.Capacity), slices.Clone(p.Seats)
	p.Locks, p.Vetoes, p.Groups = slices.Clone(p.Locks), slices.Clone(p.Vetoes), slices.Clone(p.Groups)
	proof := c.proof
	proof.At = slices.Clone(proof.At)
	for _, d := range []*certificate.Duals{&proof.Duals, &proof.Most, &proof.Above} {
		d.Expert, d.Need = slices.Clone(d.Expert), slices.Clone(d.Need)
		d.Upper, d.Lower = slices.Clone(d.Upper), slices.Clone(d.Lower)
	}
	return claim{&p, slices.Clone(c.plan), proof}
}

// honest solves a problem in which every seat is wanted, so that each price and
// each pair matters.
func honest(t *testing.T, mode certificate.Mode, seed uint64) claim {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	p := &certificate.Problem{Capacity: make([]int32, 30), Seats: make([]int32, 8), Seed: seed}
	for i := range p.Capacity {
		p.Capacity[i] = 1 + r.Int32N(2)
	}
	for j := range p.Seats {
		p.Seats[j] = 1 + r.Int32N(3)
	}
	for i := range p.Capacity {
		for j := range p.Seats {
			if r.IntN(2) == 0 {
				p.Edges = append(p.Edges, certificate.Edge{Expert: int32(i), Need: int32(j), Score: 1 + r.Int32N(10000)})
			}
		}
	}
	p.Locks, p.Vetoes = []certificate.Pair{p.Edges[3].Pair()}, []certificate.Pair{p.Edges[9].Pair()}
	p.Groups = []certificate.Group{{Members: []int32{0, 1, 2}, Upper: 3}, {Members: []int32{0, 1}, Upper: 2}}
	if mode != certificate.Stable {
		p.Groups = []certificate.Group{{Members: []int32{0, 1, 2}, Lower: 1, Upper: 3}, {Side: certificate.Experts, Members: []int32{4, 5, 6, 7}, Upper: 1}}
	}
	round, err := rounds.Solve(p, rounds.Options{Mode: mode})
	if err != nil {
		t.Fatal(err)
	}
	return claim{round.Problem, round.Plan, round.Proof}
}

// forgeries are ways to claim more than is true. Each reports whether it applied.
var forgeries = map[string]func(*claim, *rand.Rand) bool{
	"a place forgotten":    func(c *claim, r *rand.Rand) bool { c.proof.At = c.proof.At[1:]; return true },
	"a place out of range": func(c *claim, r *rand.Rand) bool { c.proof.At[0] = 1 << 30; return true },
	"another place":        func(c *claim, r *rand.Rand) bool { c.proof.At[0]++; return true },
	"an edge out of range": func(c *claim, r *rand.Rand) bool {
		c.p.Edges = append(c.p.Edges, certificate.Edge{Expert: 99})
		return true
	},
	"a pair left out":        func(c *claim, r *rand.Rand) bool { c.plan = slices.Delete(c.plan, 0, 1); return true },
	"a pair twice":           func(c *claim, r *rand.Rand) bool { c.plan = slices.Insert(c.plan, 0, c.plan[0]); return true },
	"a score raised":         func(c *claim, r *rand.Rand) bool { c.plan[r.IntN(len(c.plan))].Score++; return true },
	"out of order":           func(c *claim, r *rand.Rand) bool { c.plan[0], c.plan[1] = c.plan[1], c.plan[0]; return true },
	"an expert out of range": func(c *claim, r *rand.Rand) bool { c.plan[len(c.plan)-1].Expert = 99; return true },
	"a need out of range":    func(c *claim, r *rand.Rand) bool { c.plan[0].Need = -1; return true },
	"another need": func(c *claim, r *rand.Rand) bool {
		e := &c.plan[r.IntN(len(c.plan))]
		e.Need = (e.Need + 1) % 8
		return true
	},
	"a pair that is no edge": func(c *claim, r *rand.Rand) bool {
		c.p.Edges = slices.DeleteFunc(c.p.Edges, func(e certificate.Edge) bool { return e == c.plan[2] })
		return true
	},
	"a seat fewer":     func(c *claim, r *rand.Rand) bool { c.p.Seats[c.plan[0].Need] = 0; return true },
	"no capacity":      func(c *claim, r *rand.Rand) bool { c.p.Capacity[c.plan[0].Expert] = 0; return true },
	"a lock not kept":  func(c *claim, r *rand.Rand) bool { c.p.Locks = []certificate.Pair{c.unplanned().Pair()}; return true },
	"a veto not kept":  func(c *claim, r *rand.Rand) bool { c.p.Vetoes = []certificate.Pair{c.plan[0].Pair()}; return true },
	"an unknown mode":  func(c *claim, r *rand.Rand) bool { c.proof.Mode = "worst"; return true },
	"an edge too good": func(c *claim, r *rand.Rand) bool { c.improve(); return true },
	"a group broken": func(c *claim, r *rand.Rand) bool {
		if len(c.p.Groups) == 0 {
			return false
		}
		c.p.Groups[0].Lower, c.p.Groups[0].Upper = 9, 9
		return true
	},
	"a price raised": func(c *claim, r *rand.Rand) bool {
		if c.proof.Mode == certificate.Stable {
			return false
		}
		j := c.plan[r.IntN(len(c.plan))].Need
		c.proof.Duals.Need[j] += 100_000
		return j != c.p.Locks[0].Need // the price of a seat that is not to be had may be any
	},
	"a negative price": func(c *claim, r *rand.Rand) bool {
		if c.proof.Mode == certificate.Stable {
			return false
		}
		c.proof.Duals.Expert[r.IntN(30)] = -1
		return true
	},
	"a huge price":     func(c *claim, r *rand.Rand) bool { return c.price(1 << 62) },
	"prices forgotten": func(c *claim, r *rand.Rand) bool { return c.price(-1) },
	"a gap hidden": func(c *claim, r *rand.Rand) bool {
		c.proof.Gap = 5
		return c.proof.Mode != certificate.Stable
	},
	"a floor too high": func(c *claim, r *rand.Rand) bool {
		c.proof.Floor++
		return c.proof.Mode == certificate.Fairest
	},
	"a floor too low": func(c *claim, r *rand.Rand) bool {
		c.proof.Floor--
		return c.proof.Mode == certificate.Fairest
	},
	"the number not proved": func(c *claim, r *rand.Rand) bool {
		if c.proof.Mode != certificate.Fairest {
			return false
		}
		c.proof.Most = c.proof.Above
		return true
	},
	"the floor not proved": func(c *claim, r *rand.Rand) bool {
		if c.proof.Mode != certificate.Fairest {
			return false
		}
		c.proof.Above = c.proof.Most
		return true
	},
}

// price sets or drops the prices.
func (c *claim) price(x int64) bool {
	if x < 0 {
		c.proof.Duals.Need = nil
	} else if len(c.proof.Duals.Need) > 0 {
		c.proof.Duals.Need[0] = x
	}
	return c.proof.Mode != certificate.Stable
}

// unplanned is an edge that is not planned, of an expert and a need without a
// lock.
func (c *claim) unplanned() certificate.Edge {
	for _, e := range c.p.Edges {
		if lock := c.p.Locks[0]; !slices.Contains(c.plan, e) && e.Expert != lock.Expert && e.Need != lock.Need {
			return e
		}
	}
	panic("every edge is planned")
}

// improve raises the score of an edge that is not planned above all others.
func (c *claim) improve() {
	k := slices.Index(c.p.Edges, c.unplanned())
	if slices.Contains(c.p.Vetoes, c.p.Edges[k].Pair()) {
		c.p.Vetoes = nil
	}
	c.p.Edges[k].Score = 1_000_000
}

func TestEveryForgeryIsRejected(t *testing.T) {
	for _, mode := range []certificate.Mode{certificate.Best, certificate.Stable, certificate.Fairest} {
		for seed := range uint64(60) {
			c := honest(t, mode, seed)
			if err := c.check(); err != nil {
				t.Fatalf("%s, seed %d: an honest claim is rejected: %v", mode, seed, err)
			}
			for name, forge := range forgeries {
				f := c.clone()
				if !forge(&f, rand.New(rand.NewPCG(seed, 2))) {
					continue
				}
				if err := f.check(); !errors.Is(err, certificate.ErrInvalid) {
					t.Errorf("%s, seed %d: %s is accepted: %v", mode, seed, name, err)
				}
			}
		}
	}
}

// TestImpossibleNeedsAProof: the ray of an impossible round proves nothing about a
// possible one.
func TestImpossibleNeedsAProof(t *testing.T) {
	p := &certificate.Problem{Capacity: []int32{1}, Seats: []int32{1, 1}, Edges: []certificate.Edge{{Expert: 0, Need: 0, Score: 1}, {Expert: 0, Need: 1, Score: 1}}}
	p.Groups = []certificate.Group{{Members: []int32{0, 1}, Lower: 2, Upper: 2}}
	ray := certificate.Duals{Expert: []int64{1}, Need: []int64{0, 0}, Upper: []int64{0}, Lower: []int64{1}}
	if err := certificate.CheckImpossible(p, ray); err != nil {
		t.Error(err)
	}
	p.Capacity[0] = 2
	if err := certificate.CheckImpossible(p, ray); !errors.Is(err, certificate.ErrInvalid) {
		t.Errorf("a round with a plan is proved impossible: %v", err)
	}
}

// all is a pricer that knows one pair.
type all []certificate.Edge

func (a all) Price(_ certificate.Bounds, yield func(certificate.Edge) bool) error {
	for _, e := range a {
		yield(e)
	}
	return nil
}

// TestPrunedPairsDisturb: a proof that holds over the edges is rejected when a
// pruned pair would improve the plan.
func TestPrunedPairsDisturb(t *testing.T) {
	for _, mode := range []certificate.Mode{certificate.Best, certificate.Stable, certificate.Fairest} {
		c := honest(t, mode, 1)
		pruned := certificate.Edge{Score: 1_000_000}
		for slices.ContainsFunc(c.p.Edges, func(e certificate.Edge) bool { return e.Pair() == pruned.Pair() }) {
			pruned.Need++
		}
		if c.p.Capacity[pruned.Expert] == 0 || int(pruned.Need) >= len(c.p.Seats) {
			t.Fatal("the drawn problem has no room for the test")
		}
		if _, err := certificate.Check(c.p, c.plan, c.proof, all{pruned}); !errors.Is(err, certificate.ErrInvalid) {
			t.Errorf("%s: a pruned pair that improves the plan is overlooked: %v", mode, err)
		}
		pruned.Score = -1_000_000
		if _, err := certificate.Check(c.p, c.plan, c.proof, all{pruned}); mode != certificate.Fairest && err != nil {
			t.Errorf("%s: a pruned pair of no worth disturbs the plan: %v", mode, err)
		}
	}
}

// TestBlockingWithinAHost: a host with room for one more takes whoever comes, one
// that is full only who ranks above somebody it has, whichever need that is for.
func TestBlockingWithinAHost(t *testing.T) {
	for name, c := range map[string]struct {
		upper, score int32
		blocking     int
	}{
		"room for one more": {2, 5, 1}, "full of a better one": {1, 5, 0}, "full of a worse one": {1, 10, 1}, "no room at all": {0, 10, 0}, "one too many": {0, 5, 0},
	} {
		p := &certificate.Problem{
			Capacity: []int32{1, 1}, Seats: []int32{1, 1},
			Edges:  []certificate.Edge{{Expert: 0, Need: 0, Score: 9}, {Expert: 1, Need: 1, Score: c.score}},
			Groups: []certificate.Group{{Members: []int32{0, 1}, Upper: c.upper}},
		}
		plan := certificate.Plan{p.Edges[0]}
		if name == "no room at all" {
			plan = nil
		}
		n, err := certificate.Blocking(p, plan)
		if err != nil || n != c.blocking {
			t.Errorf("%s: %d pairs block, want %d (%v)", name, n, c.blocking, err)
		}
		_, err = certificate.Check(p, plan, certificate.Proof{Mode: certificate.Stable}, nil)
		if stable := c.blocking == 0 && int32(len(plan)) <= c.upper; stable != (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDenseForgeries does the same for full assignments.
func TestDenseForgeries(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for _, size := range [][2]int{{6, 6}, {4, 7}, {7, 4}} {
		scores := make([]int32, size[0]*size[1])
		for k := range scores {
			scores[k] = r.Int32N(10000)
		}
		p, err := rounds.SolveDense(size[0], size[1], scores)
		if err != nil {
			t.Fatal(err)
		}
		for name, forge := range map[string]func(column []int32, row, col []int64){
			"two rows with one column": func(column []int32, _, _ []int64) { column[0] = max(column[1], 0); column[1] = column[0] },
			"a row without a column": func(column []int32, _, _ []int64) {
				column[slices.Max([]int{0, slices.IndexFunc(column, func(j int32) bool { return j >= 0 })})] = -1
			},
			"a column out of range":   func(column []int32, _, _ []int64) { column[0] = 99 },
			"a row's price lowered":   func(_ []int32, row, _ []int64) { row[slices.Index(row, slices.Max(row))] -= 10 },
			"a column's price raised": func(_ []int32, _, col []int64) { col[0] += 10 },
			"a huge price":            func(_ []int32, row, _ []int64) { row[0] = 1 << 62 },
		} {
			column, row, col := slices.Clone(p.Column), slices.Clone(p.Row), slices.Clone(p.Col)
			forge(column, row, col)
			if err := certificate.CheckDense(size[0], size[1], scores, column, row, col); !errors.Is(err, certificate.ErrInvalid) {
				t.Errorf("%v: %s is accepted: %v", size, name, err)
			}
		}
	}
}
