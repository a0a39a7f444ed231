package rounds

import (
	"fmt"

	"github.com/diaspora-match/diaspora/matcher/certificate"
)

// Options say how a round is solved. The zero value is the best total of the
// edges alone.
type Options struct {
	Mode   Mode        // empty is Best
	Pricer Pricer      // knows the pairs that were pruned; nil when there are none. Pairs that only tie are not brought in
	Stop   func() bool // asked now and then; true ends the round with ErrStopped
}

// MaxPricings is how often pruned pairs may be added before a round gives up.
const MaxPricings = 64

// Round is a solved round with its certificate, checked. It is never changed;
// what-ifs make others, and several may be asked at once.
type Round struct {
	// Problem is what was solved: with the pruned pairs that pricing added to it,
	// and the changes of a what-if.
	Problem *Problem
	Mode    Mode
	Plan    Plan // by expert, then need
	Proof   certificate.Proof
	Verdict certificate.Verdict

	options Options
	given   int                  // edges before pricing added more
	asked   []certificate.Bounds // what the proof says of pruned pairs
	flow    *flow                // of Best without crossing groups: the way to warm what-ifs
}

// Solve plans a round. What comes back has passed certificate.Check; a plan that
// does not is an error, which wraps certificate.ErrInvalid. A problem that cannot
// be a round, or has no plan, is refused.
func Solve(p *Problem, o Options) (*Round, error) {
	if o.Mode == "" {
		o.Mode = certificate.Best
	}
	problem := *p
	r := &Round{Problem: &problem, Mode: o.Mode, options: o, given: len(p.Edges)}
	for range MaxPricings {
		if err := r.solve(); err != nil {
			return nil, err
		}
		added, err := r.extend()
		if err != nil {
			return nil, err
		}
		if added == 0 {
			return r, r.check()
		}
	}
	return nil, fmt.Errorf("rounds: pruned pairs still improve the plan after %d pricings", MaxPricings)
}

// solve plans the edges as they are now.
func (r *Round) solve() error {
	switch r.Mode {
	case certificate.Best:
		return r.solveBest()
	case certificate.Stable:
		return r.solveStable()
	case certificate.Fairest:
		return r.solveFairest()
	}
	return ErrMode.At("mode")
}

// extend asks the pricer for pairs that disturb the proof and makes edges of
// them. It returns how many.
func (r *Round) extend() (int, error) {
	if r.options.Pricer == nil {
		return 0, nil
	}
	known := map[Pair]bool{}
	for _, pairs := range [][]Pair{r.Problem.Locks, r.Problem.Vetoes} {
		for _, x := range pairs {
			known[x] = true
		}
	}
	for _, e := range r.Problem.Edges[r.given:] {
		known[e.Pair()] = true
	}
	var more []Edge
	for _, b := range r.asked {
		b = certificate.NewBounds(b)
		err := r.options.Pricer.Price(b, func(e Edge) bool {
			if b.Wants(e) && !known[e.Pair()] {
				known[e.Pair()] = true
				more = append(more, e)
			}
			return true
		})
		if err != nil {
			return 0, err
		}
	}
	if len(more) > 0 {
		r.grow(more)
	}
	return len(more), nil
}

// grow makes edges of pruned pairs; the flow of the last plan goes on with them.
func (r *Round) grow(more []Edge) {
	p := r.Problem
	if p.Wishes != nil {
		p.Wishes = p.Wishes[:len(p.Wishes):len(p.Wishes)]
		for _, e := range more {
			p.Wishes = append(p.Wishes, e.Score)
		}
	}
	p.Edges = append(p.Edges[:len(p.Edges):len(p.Edges)], more...)
	r.flow = nil
}

// check lets the separate checker judge the round.
func (r *Round) check() error {
	v, err := certificate.Check(r.Problem, r.Plan, r.Proof, r.options.Pricer)
	if err != nil {
		return fmt.Errorf("rounds: the %s plan was not proved: %w", r.Mode, err)
	}
	r.Verdict = v
	return nil
}
