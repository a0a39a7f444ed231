package certificate

import (
	"errors"
	"fmt"
)

// ErrInvalid is in every error of this package: the plan does not keep the
// problem's rules, or the proof does not prove the claim. It is never shown to a
// user as a result; it means that the solver is wrong.
var ErrInvalid = errors.New("certificate is not valid")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrInvalid}, args...)...)
}

// Check recomputes everything that is claimed of a plan. The pricer, if there is
// one, is asked again for pairs that would disturb the proof. An error of the
// pricer is returned as it is; every other error is ErrInvalid.
func Check(p *Problem, plan Plan, proof Proof, beyond Pricer) (Verdict, error) {
	c, err := lay(p, plan, proof.At)
	if err != nil {
		return Verdict{}, err
	}
	if err := c.quotas(); err != nil {
		return Verdict{}, err
	}
	v := Verdict{Total: c.total, Pairs: len(plan)}
	switch proof.Mode {
	case Best:
		v.Bound, err = c.best(proof, beyond)
	case Stable:
		return v, c.stable(beyond)
	case Fairest:
		v.Bound, err = c.fairest(proof, beyond)
	default:
		err = invalid("there is no mode %q", proof.Mode)
	}
	v.Gap = v.Bound - v.Total
	return v, err
}

// CheckImpossible proves that no plan keeps all locks and groups: when every
// pair is worth nothing, each plan has the total 0, so that a bound below 0
// leaves none.
func CheckImpossible(p *Problem, ray Duals) error {
	c, err := reduce(p)
	if err != nil {
		return err
	}
	b, err := c.bound(ray, claim{nothing: true})
	if err != nil {
		return err
	}
	if b >= 0 {
		return invalid("a bound of %d does not exclude a plan", b)
	}
	return nil
}

func (c *checked) best(proof Proof, beyond Pricer) (int64, error) {
	if proof.Duals.Size != 0 {
		return 0, invalid("the size of the plan has a price")
	}
	b, err := c.bound(proof.Duals, claim{})
	if err != nil {
		return 0, err
	}
	bound, ok := add(b, c.locked)
	if !ok || bound-c.total != proof.Gap || proof.Gap < 0 {
		return 0, invalid("the bound is %d, the total %d, the gap claimed %d", bound, c.total, proof.Gap)
	}
	if proof.Gap > 0 && len(c.p.Groups) == 0 {
		return 0, invalid("a gap of %d without groups", proof.Gap)
	}
	expert, need := c.effective(proof.Duals)
	// A pair of no worth never improves a total, unless a group asks for it.
	floor := int64(0)
	if len(c.p.Groups) > 0 {
		floor = noFloor
	}
	return bound, c.undisturbed(beyond, Bounds{Expert: expert, Need: need, Floor: floor})
}

func (c *checked) fairest(proof Proof, beyond Pricer) (int64, error) {
	free := int64(len(c.plan) - len(c.p.Locks))
	most, err := c.bound(proof.Most, claim{single: true})
	if err != nil {
		return 0, err
	}
	if most != free || proof.Most.Size != 0 {
		return 0, invalid("%d pairs besides the locks, but the bound is %d", free, most)
	}
	floor := int64(proof.Floor)
	if free > 0 && c.least != floor {
		return 0, invalid("the smallest score is %d, the floor %d", c.least, floor)
	}
	if proof.Gap != 0 {
		return 0, invalid("a gap is claimed")
	}
	expert, need := c.effective(proof.Most)
	if err := c.undisturbed(beyond, Bounds{Expert: expert, Need: need, AnyScore: true, Floor: noFloor}); err != nil {
		return 0, err
	}
	if free == 0 {
		return c.total, nil // one plan only: the locks
	}
	above, err := c.bound(proof.Above, claim{single: true, above: floor, limited: true})
	if err != nil {
		return 0, err
	}
	if above >= free || proof.Above.Size != 0 {
		return 0, invalid("%d pairs above the floor are not excluded: the bound is %d", free, above)
	}
	expert, need = c.effective(proof.Above)
	if err := c.undisturbed(beyond, Bounds{Expert: expert, Need: need, AnyScore: true, Floor: floor}); err != nil {
		return 0, err
	}
	b, err := c.bound(proof.Duals, claim{above: floor - 1, limited: true, size: free})
	if err != nil {
		return 0, err
	}
	bound, ok := add(b, c.locked)
	if !ok || bound != c.total {
		return 0, invalid("the bound is %d, the total %d", bound, c.total)
	}
	expert, need = c.effective(proof.Duals)
	return bound, c.undisturbed(beyond, Bounds{Expert: expert, Need: need, Floor: floor - 1})
}

// noFloor is below every score.
const noFloor = -1 << 40

// undisturbed asks the pricer for a pair that the proof forgot.
func (c *checked) undisturbed(beyond Pricer, b Bounds) error {
	if beyond == nil {
		return nil
	}
	b = NewBounds(b)
	var found error
	err := beyond.Price(b, func(e Edge) bool {
		if e.Expert < 0 || int(e.Expert) >= len(c.capacity) || e.Need < 0 || int(e.Need) >= len(c.seats) {
			found = invalid("a pruned pair is out of range")
		} else if b.Wants(e) && !c.special(e.Pair()) && !c.known(e) {
			found = invalid("the pruned pair of expert %d and need %d with score %d disturbs the proof", e.Expert, e.Need, e.Score)
		}
		return found == nil
	})
	if err != nil {
		return err
	}
	return found
}

// known reports whether a pruned pair has become an edge since.
func (c *checked) known(e Edge) bool {
	if c.edges == nil {
		c.edges = make(map[Edge]bool, len(c.p.Edges))
		for _, k := range c.p.Edges {
			c.edges[k] = true
		}
	}
	return c.edges[e]
}
