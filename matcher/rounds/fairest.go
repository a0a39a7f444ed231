package rounds

import (
	"slices"

	"github.com/diaspora-match/diaspora/matcher/certificate"
)

// solveFairest fills as many seats as can be filled, then raises the smallest
// score as far as that number allows, then maximises the total. Scores of locked
// pairs do not count as the smallest.
func (r *Round) solveFairest() error {
	t, err := prepare(r.Problem, true)
	if err != nil {
		return err
	}
	if t.anyCrossing() {
		return ErrCrossing.At("groups")
	}
	size, most, err := r.count(t)
	if err != nil {
		return err
	}
	if most == nil {
		return r.impossible(t)
	}
	r.Proof = certificate.Proof{Mode: certificate.Fairest, Most: *most}
	r.asked = []certificate.Bounds{t.counts(most, noFloor)}
	if size == 0 {
		r.Plan, r.Proof.At = planOf(t.p, t.lockedAt)
		r.Proof.Above, r.Proof.Duals = t.nothing(), t.nothing()
		return nil
	}
	floor, above, err := r.raise(t, size)
	if err != nil {
		return err
	}
	f := newFlow(t.from(floor), nil, size)
	if !f.solve(r.options.Stop) {
		return ErrStopped
	}
	if r.Plan, r.Proof.At, err = f.plan(); err != nil {
		return err
	}
	r.Proof.Floor, r.Proof.Above = floor, *above
	r.Proof.Duals = f.duals(func(e Edge) (int64, bool) { return int64(e.Score), e.Score >= floor }, nil)
	b := t.totals(&r.Proof.Duals)
	b.Floor = int64(floor) - 1
	r.asked = append(r.asked, t.counts(above, int64(floor)), b)
	return nil
}

// raise finds the greatest score such that as many pairs can be planned among
// those that score at least so much, and the proof that no greater one will do.
func (r *Round) raise(t *instance, size int64) (int32, *certificate.Duals, error) {
	scores := slices.Clone(t.score)
	slices.Sort(scores)
	scores = slices.Compact(scores)
	low, high := 0, len(scores)-1 // the answer is in between
	for low < high {
		mid := (low + high + 1) / 2
		n, _, err := r.count(t.from(scores[mid]))
		switch {
		case err != nil:
			return 0, nil, err
		case n == size:
			low = mid
		default:
			high = mid - 1
		}
	}
	above := t.from(scores[low] + 1)
	if scores[low] == maxScore {
		above = t.none()
	}
	f := newFlow(above, ones(len(above.need)), -1)
	if !f.net.run(r.options.Stop) {
		return 0, nil, ErrStopped
	}
	d := f.duals(func(e Edge) (int64, bool) { return 1, e.Score > scores[low] }, nil)
	return scores[low], &d, nil
}

// maxScore is the greatest score that an edge can have.
const maxScore = 1<<31 - 1

// count is the greatest number of pairs, with its proof; -1 without one when no
// plan keeps the groups.
func (r *Round) count(t *instance) (int64, *certificate.Duals, error) {
	f := newFlow(t, ones(len(t.need)), -1)
	if !f.net.run(r.options.Stop) {
		return 0, nil, ErrStopped
	}
	if !f.possible() {
		return -1, nil, nil
	}
	d := f.duals(func(Edge) (int64, bool) { return 1, true }, nil)
	return int64(len(f.planned())), &d, nil
}

// counts asks for pairs above a floor that add to a number of pairs.
func (t *instance) counts(d *certificate.Duals, floor int64) certificate.Bounds {
	expert, need := t.effective(d)
	return certificate.Bounds{Expert: expert, Need: need, AnyScore: true, Floor: floor}
}

// from is the instance with only the edges that score at least so much.
func (t *instance) from(least int32) *instance {
	return t.filter(func(k int32) bool { return t.score[k] >= least })
}

// none is the instance without edges.
func (t *instance) none() *instance { return t.filter(func(int32) bool { return false }) }

func (t *instance) filter(keep func(k int32) bool) *instance {
	c := *t
	c.row = make([]int32, len(t.row))
	c.need, c.score, c.edge = nil, nil, nil
	c.capacity, c.seats = slices.Clone(t.capacity), slices.Clone(t.seats)
	degree := make([]int32, len(t.seats))
	for i := range t.capacity {
		for k := t.row[i]; k < t.row[i+1]; k++ {
			if keep(k) {
				c.need, c.score, c.edge = append(c.need, t.need[k]), append(c.score, t.score[k]), append(c.edge, t.edge[k])
				degree[t.need[k]]++
			}
		}
		c.row[i+1] = int32(len(c.need))
	}
	c.clip(degree)
	return &c
}

// nothing prices everything at 0.
func (t *instance) nothing() certificate.Duals {
	return certificate.Duals{
		Expert: make([]int64, len(t.capacity)), Need: make([]int64, len(t.seats)),
		Upper: make([]int64, len(t.groups)), Lower: make([]int64, len(t.groups)),
	}
}

func ones(n int) []int32 { return filled(n, 1) }
