package certificate

import "math/bits"

// claim says over which pairs a bound reaches, and what one is worth in it.
type claim struct {
	single  bool  // 1, instead of its score
	nothing bool  // 0
	limited bool  // only pairs that score above…
	above   int64 // …this
	size    int64 // of plans with exactly so many pairs besides the locks, where a price of size is given
}

// bound is what no plan of the claim exceeds (locked pairs left out): the sum of
// capacities times prices, and for each pair what it is worth above the prices
// of its two sides. It is a bound whatever the prices, as long as none is
// negative; whoever chose bad prices gets a high bound.
func (c *checked) bound(d Duals, cl claim) (int64, error) {
	if err := c.prices(d); err != nil {
		return 0, err
	}
	var s sum
	for i, a := range c.capacity {
		s.times(a, d.Expert[i])
	}
	for j, b := range c.seats {
		s.times(b, d.Need[j])
	}
	for g := range c.p.Groups {
		s.times(c.upper[g], d.Upper[g])
		s.times(c.lower[g], -d.Lower[g])
	}
	s.times(cl.size, d.Size)
	if err := c.above(d, cl, &s); err != nil {
		return 0, err
	}
	return s.value()
}

// above adds what pairs are worth above the prices of their two sides.
func (c *checked) above(d Duals, cl claim, s *sum) error {
	expert, need := c.effective(d)
	some := len(c.p.Locks)+len(c.p.Vetoes) > 0
	for k := range c.p.Edges {
		e := &c.p.Edges[k]
		if uint(e.Expert) >= uint(len(expert)) || uint(e.Need) >= uint(len(need)) {
			return invalid("an edge is out of range")
		}
		worth := int64(e.Score)
		if cl.single {
			worth = 1
		} else if cl.nothing {
			worth = 0
		}
		if x := worth - expert[e.Expert] - need[e.Need]; x > 0 && (!cl.limited || int64(e.Score) > cl.above) && !(some && c.special(e.Pair())) {
			s.add(x)
		}
	}
	return nil
}

// prices checks lengths, signs and sizes.
func (c *checked) prices(d Duals) error {
	if len(d.Expert) != len(c.capacity) || len(d.Need) != len(c.seats) || len(d.Upper) != len(c.p.Groups) || len(d.Lower) != len(c.p.Groups) {
		return invalid("there is not one price for each expert, need and group")
	}
	most := int64(maxDual) / int64(len(c.p.Groups)+1)
	for _, prices := range [][]int64{d.Expert, d.Need, d.Upper, d.Lower} {
		for _, x := range prices {
			if x < 0 || x > most {
				return invalid("a price of %d", x)
			}
		}
	}
	if d.Size > most || d.Size < -most {
		return invalid("a price of %d for the size", d.Size)
	}
	return nil
}

// effective adds to each expert's and need's price those of its groups; the
// price of the size is the needs' to carry.
func (c *checked) effective(d Duals) (expert, need []int64) {
	if len(c.p.Groups) == 0 && d.Size == 0 {
		return d.Expert, d.Need
	}
	expert, need = append([]int64(nil), d.Expert...), append([]int64(nil), d.Need...)
	for j := range need {
		need[j] += d.Size
	}
	for g, group := range c.p.Groups {
		of := need
		if group.Side == Experts {
			of = expert
		}
		for _, m := range group.Members {
			of[m] += d.Upper[g] - d.Lower[g]
		}
	}
	return expert, need
}

// sum adds products in 128 bits, so that a bound is never wrong by wrapping.
type sum struct{ high, low uint64 }

func (s *sum) times(a, b int64) {
	high, low := bits.Mul64(magnitude(a), magnitude(b))
	if (a < 0) != (b < 0) {
		var carry uint64
		low, carry = bits.Add64(^low, 1, 0)
		high = ^high + carry
	}
	s.plus(high, low)
}

func (s *sum) add(x int64) { s.plus(uint64(x>>63), uint64(x)) }

func (s *sum) plus(high, low uint64) {
	var carry uint64
	s.low, carry = bits.Add64(s.low, low, 0)
	s.high, _ = bits.Add64(s.high, high, carry)
}

// value is the sum, or an error when it does not fit.
func (s *sum) value() (int64, error) {
	v := int64(s.low)
	if uint64(v>>63) != s.high {
		return 0, invalid("a bound beyond 64 bits")
	}
	return v, nil
}

func magnitude(x int64) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}

func add(a, b int64) (int64, bool) {
	s := a + b
	return s, (s > a) == (b > 0)
}
