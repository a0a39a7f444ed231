package rounds_test

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/diaspora-match/diaspora/matcher/certificate"
	"github.com/diaspora-match/diaspora/matcher/rounds"
)

func TestBestAgainstAllPlans(t *testing.T) {
	for seed := range uint64(4000) {
		r := rand.New(rand.NewPCG(seed, 1))
		p := small(r)
		if seed%2 == 0 {
			decide(r, p)
		}
		if seed%3 == 0 {
			grouped(r, p, true)
		}
		best, any := int64(0), false
		everyPlan(p, func(plan rounds.Plan) {
			if x := total(plan); !any || x > best {
				best, any = x, true
			}
		})
		got, err := rounds.Solve(p, rounds.Options{})
		if !any {
			if !errors.Is(err, rounds.ErrImpossible) {
				t.Fatalf("seed %d: no plan exists, got %v", seed, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if total(got.Plan) != best || got.Verdict.Bound != best || got.Verdict.Gap != 0 {
			t.Fatalf("seed %d: planned %d, bound %d, the best is %d", seed, total(got.Plan), got.Verdict.Bound, best)
		}
	}
}

func TestFairestAgainstAllPlans(t *testing.T) {
	for seed := range uint64(4000) {
		r := rand.New(rand.NewPCG(seed, 2))
		p := small(r)
		if seed%2 == 0 {
			decide(r, p)
		}
		if seed%3 == 0 {
			grouped(r, p, true)
		}
		var best worth
		any := false
		everyPlan(p, func(plan rounds.Plan) {
			if w := worthOf(p, plan); !any || best.less(w) {
				best, any = w, true
			}
		})
		got, err := rounds.Solve(p, rounds.Options{Mode: certificate.Fairest})
		if !any {
			if !errors.Is(err, rounds.ErrImpossible) {
				t.Fatalf("seed %d: no plan exists, got %v", seed, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if w := worthOf(p, got.Plan); w != best {
			t.Fatalf("seed %d: planned %v, the best is %v", seed, w, best)
		}
	}
}

// TestCrossingQuotas: the plan keeps every bound, and the truth lies between it
// and its bound.
func TestCrossingQuotas(t *testing.T) {
	solved, exact := 0, 0
	for seed := range uint64(1500) {
		r := rand.New(rand.NewPCG(seed, 3))
		p := small(r)
		grouped(r, p, false)
		best, any := int64(0), false
		everyPlan(p, func(plan rounds.Plan) {
			if x := total(plan); !any || x > best {
				best, any = x, true
			}
		})
		got, err := rounds.Solve(p, rounds.Options{})
		switch {
		case errors.Is(err, rounds.ErrImpossible):
			if any {
				t.Fatalf("seed %d: refused, though there is a plan", seed)
			}
			continue
		case errors.Is(err, rounds.ErrUnfound):
			continue
		case err != nil:
			t.Fatalf("seed %d: %v", seed, err)
		}
		if !keeps(p, got.Plan) || total(got.Plan) > best || got.Verdict.Bound < best {
			t.Fatalf("seed %d: planned %d with bound %d, the best is %d", seed, total(got.Plan), got.Verdict.Bound, best)
		}
		solved++
		if total(got.Plan) == best {
			exact++
		}
	}
	if solved < 600 || exact < solved*9/10 {
		t.Errorf("%d solved, %d of them exactly: the search has become worse", solved, exact)
	}
}
