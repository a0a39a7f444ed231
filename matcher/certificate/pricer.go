package certificate

// Pricer knows the pairs that were pruned from a problem's edges. It lets a
// proof speak of all pairs and not only of those that somebody kept.
type Pricer interface {
	// Price yields pairs that were pruned and may be planned. Every such pair that
	// bounds.Wants must be among them; others do no harm, nor do those that have
	// become edges since.
	// It stops when yield returns false. An error ends the round.
	Price(bounds Bounds, yield func(Edge) bool) error
}

// Bounds say which pruned pairs would disturb a proof.
type Bounds struct {
	// Expert and Need are parallel to the problem's experts and needs.
	Expert, Need []int64
	// Both asks for a score above each of the two (a blocking pair); otherwise
	// it has to be above their sum (a pair that improves the total).
	Both bool
	// AnyScore counts each pair as 1, whatever it scores, if it is above Floor.
	AnyScore bool
	// Floor is the score that a pair has to exceed at least.
	Floor int64
	// least is the smallest entry of Expert.
	least int64
}

// NewBounds completes the bounds.
func NewBounds(b Bounds) Bounds {
	for i, e := range b.Expert {
		if i == 0 || e < b.least {
			b.least = e
		}
	}
	return b
}

// Above returns a score that every wanted pair of this need exceeds: what a
// ranked retrieval may cut off at.
func (b Bounds) Above(need int32) int64 {
	switch {
	case b.AnyScore:
		return b.Floor
	case b.Both:
		return max(b.Floor, b.Need[need])
	}
	return max(b.Floor, b.least+b.Need[need])
}

// Wants reports whether the pair would disturb the proof.
func (b Bounds) Wants(e Edge) bool {
	s, x, n := int64(e.Score), b.Expert[e.Expert], b.Need[e.Need]
	switch {
	case s <= b.Floor:
		return false
	case b.AnyScore:
		return 1 > x+n
	case b.Both:
		return s > x && s > n
	}
	return s > x+n
}
