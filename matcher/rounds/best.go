package rounds

import (
	"fmt"
	"math"

	"github.com/diaspora-match/diaspora/matcher/certificate"
)

// noFloor is below every score.
const noFloor = math.MinInt64 / 4

func byScore(e Edge) (int64, bool) { return int64(e.Score), true }

// solveBest plans the greatest total. Pairs of score 0 and below add nothing and
// are left out, unless a group's lower bound may ask for them.
func (r *Round) solveBest() error {
	t, err := prepare(r.Problem, len(r.Problem.Groups) > 0)
	if err != nil {
		return err
	}
	if t.anyCrossing() {
		return r.solveCrossing(t)
	}
	f := newFlow(t, nil, -1)
	if !f.solve(r.options.Stop) {
		return ErrStopped
	}
	if !f.possible() {
		return r.impossible(t)
	}
	r.flow = f
	return r.conclude(nil)
}

// conclude reads plan and proof off the flow; before are the prices that a what-if
// began with.
func (r *Round) conclude(before *certificate.Duals) error {
	f := r.flow
	plan, at, err := f.plan()
	if err != nil {
		return err
	}
	r.Plan = plan
	r.Proof = certificate.Proof{Mode: certificate.Best, At: at, Duals: f.duals(byScore, before)}
	r.asked = []certificate.Bounds{f.t.totals(&r.Proof.Duals)}
	return nil
}

// totals asks for pairs that improve a total.
func (t *instance) totals(d *certificate.Duals) certificate.Bounds {
	expert, need := t.effective(d)
	b := certificate.Bounds{Expert: expert, Need: need}
	if len(t.p.Groups) > 0 {
		b.Floor = noFloor
	}
	return b
}

// plan is the pairs with flow and the locked pairs, with their places in the edges.
func (f *flow) plan() (Plan, []int32, error) {
	t := f.t
	edges := append([]int32(nil), t.lockedAt...)
	for _, x := range f.planned() {
		k := t.find(x)
		if k < 0 {
			return nil, nil, fmt.Errorf("rounds: planned a pair that is no edge: %v", x)
		}
		edges = append(edges, t.edge[k])
	}
	plan, at := planOf(t.p, edges)
	return plan, at, nil
}

// find is the place of a pair in the rows, or -1.
func (t *instance) find(x Pair) int32 {
	for k := t.row[x.Expert]; k < t.row[x.Expert+1]; k++ {
		if t.need[k] == x.Need {
			return k
		}
	}
	return -1
}

// impossible refuses the round after proving that it has no plan: with all
// scores 0, the prices of the quotas and locks alone exclude every plan.
func (r *Round) impossible(t *instance) error {
	f := newFlow(t, make([]int32, len(t.need)), -1)
	if !f.net.run(r.options.Stop) {
		return ErrStopped
	}
	ray := f.duals(func(Edge) (int64, bool) { return 0, true }, nil)
	if err := certificate.CheckImpossible(r.Problem, ray); err != nil {
		return fmt.Errorf("rounds: found no plan, and no proof that there is none: %w", err)
	}
	for g := range t.groups {
		if ray.Lower[g] > 0 || ray.Upper[g] > 0 {
			return ErrImpossible.At(fmt.Sprintf("groups[%d]", g))
		}
	}
	return ErrImpossible
}
