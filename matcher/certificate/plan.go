package certificate

import "slices"

// maxDual bounds what the prices on one pair's way may sum to, so that what a pair
// has to pay never overflows.
const maxDual = 1 << 60

// checked is a problem with what its locks take away already taken, and a plan.
type checked struct {
	p        *Problem
	plan     Plan
	capacity []int64 // of experts, without locks
	seats    []int64
	lower    []int64 // of groups, without locks
	upper    []int64
	row      []int32 // where each expert's pairs begin in the plan
	held     []bool  // parallel to plan: by a lock
	touched  []bool  // experts with a lock or a veto
	exempt   map[Pair]bool
	edges    map[Edge]bool // filled when a pricer's answer asks for it
	total    int64
	locked   int64 // what the locked pairs score
	least    int64 // smallest score that no lock fixed
}

// reduce takes the locks out of capacities, seats and groups.
func reduce(p *Problem) (*checked, error) {
	c := &checked{p: p, capacity: wide(p.Capacity), seats: wide(p.Seats), touched: make([]bool, len(p.Capacity)), exempt: map[Pair]bool{}}
	for _, g := range p.Groups {
		c.lower, c.upper = append(c.lower, int64(g.Lower)), append(c.upper, int64(g.Upper))
	}
	inExpert, inNeed, err := c.memberships()
	if err != nil {
		return nil, err
	}
	for _, pairs := range [][]Pair{p.Vetoes, p.Locks} {
		for _, x := range pairs {
			if !c.inRange(x) {
				return nil, invalid("a lock or veto is out of range")
			}
			c.exempt[x], c.touched[x.Expert] = true, true
		}
	}
	seen := map[Pair]bool{}
	for _, x := range p.Locks {
		if seen[x] {
			return nil, invalid("a pair is locked twice")
		}
		seen[x] = true
		c.capacity[x.Expert]--
		c.seats[x.Need]--
		for _, g := range inExpert[x.Expert] {
			c.lower[g]--
			c.upper[g]--
		}
		for _, g := range inNeed[x.Need] {
			c.lower[g]--
			c.upper[g]--
		}
	}
	if slices.ContainsFunc(c.capacity, negative) || slices.ContainsFunc(c.seats, negative) {
		return nil, invalid("a capacity is negative, or has more locks than it holds")
	}
	return c, nil
}

// memberships lists the groups of each expert and each need.
func (c *checked) memberships() (experts, needs map[int32][]int, err error) {
	experts, needs = map[int32][]int{}, map[int32][]int{}
	for g, group := range c.p.Groups {
		of, n := needs, len(c.seats)
		if group.Side == Experts {
			of, n = experts, len(c.capacity)
		}
		for _, m := range group.Members {
			if m < 0 || int(m) >= n || (len(of[m]) > 0 && of[m][len(of[m])-1] == g) {
				return nil, nil, invalid("a member of group %d is out of range or twice in it", g)
			}
			of[m] = append(of[m], g)
		}
	}
	return experts, needs, nil
}

func (c *checked) inRange(x Pair) bool {
	return x.Expert >= 0 && int(x.Expert) < len(c.capacity) && x.Need >= 0 && int(x.Need) < len(c.seats)
}

// special pairs are locked or vetoed: no bound speaks of them.
func (c *checked) special(x Pair) bool { return c.touched[x.Expert] && c.exempt[x] }

// lay checks that the plan keeps every rule of the problem but the bounds of its
// groups. At says where planned pairs stand in the edges, or is nil.
func lay(p *Problem, plan Plan, at []int32) (*checked, error) {
	c, err := reduce(p)
	if err != nil {
		return nil, err
	}
	c.plan, c.held = plan, make([]bool, len(plan))
	c.row = make([]int32, len(c.capacity)+1)
	used, filled := make([]int64, len(c.capacity)), make([]int64, len(c.seats))
	for k, e := range plan {
		if !c.inRange(e.Pair()) {
			return nil, invalid("a planned pair is out of range")
		}
		if k > 0 && compare(plan[k-1], e) >= 0 {
			return nil, invalid("the plan is out of order, or has a pair twice")
		}
		c.row[e.Expert+1]++
		used[e.Expert]++
		filled[e.Need]++
		c.total += int64(e.Score)
	}
	for i := range c.capacity {
		c.row[i+1] += c.row[i]
	}
	for i, n := range used {
		if n > int64(p.Capacity[i]) {
			return nil, invalid("expert %d is planned %d times, with a capacity of %d", i, n, p.Capacity[i])
		}
	}
	for j, n := range filled {
		if n > int64(p.Seats[j]) {
			return nil, invalid("need %d has %d pairs for %d seats", j, n, p.Seats[j])
		}
	}
	if err := c.locks(); err != nil {
		return nil, err
	}
	return c, c.edgesOf(at)
}

// quotas checks that the plan keeps the bounds of all groups.
func (c *checked) quotas() error {
	if len(c.p.Groups) == 0 {
		return nil
	}
	used, filled := make([]int64, len(c.capacity)), make([]int64, len(c.seats))
	for _, e := range c.plan {
		used[e.Expert]++
		filled[e.Need]++
	}
	for g, group := range c.p.Groups {
		n, of := int64(0), filled
		if group.Side == Experts {
			of = used
		}
		for _, m := range group.Members {
			n += of[m]
		}
		if n < int64(group.Lower) || n > int64(group.Upper) {
			return invalid("group %d has %d pairs, not %d to %d", g, n, group.Lower, group.Upper)
		}
	}
	return nil
}

// locks checks that locks are planned and vetoes are not.
func (c *checked) locks() error {
	for _, x := range c.p.Vetoes {
		if c.find(x) >= 0 {
			return invalid("the vetoed pair of expert %d and need %d is planned", x.Expert, x.Need)
		}
	}
	for _, x := range c.p.Locks {
		k := c.find(x)
		if k < 0 {
			return invalid("the locked pair of expert %d and need %d is not planned", x.Expert, x.Need)
		}
		c.held[k] = true
		c.locked += int64(c.plan[k].Score)
	}
	c.least = 1 << 40
	for k, e := range c.plan {
		if !c.held[k] {
			c.least = min(c.least, int64(e.Score))
		}
	}
	return nil
}

// edgesOf checks that each planned pair is an edge with that score.
func (c *checked) edgesOf(at []int32) error {
	if at != nil {
		if len(at) != len(c.plan) {
			return invalid("%d places for %d planned pairs", len(at), len(c.plan))
		}
		for k, e := range c.plan {
			if at[k] < 0 || int(at[k]) >= len(c.p.Edges) || c.p.Edges[at[k]] != e {
				return invalid("the planned pair of expert %d and need %d is no edge", e.Expert, e.Need)
			}
		}
		return nil
	}
	found := make([]bool, len(c.plan))
	n := 0
	for _, e := range c.p.Edges {
		if !c.inRange(e.Pair()) {
			return invalid("an edge is out of range")
		}
		if c.row[e.Expert] == c.row[e.Expert+1] {
			continue
		}
		if k := c.find(e.Pair()); k >= 0 && c.plan[k] == e && !found[k] {
			found[k] = true
			n++
		}
	}
	if n != len(c.plan) {
		return invalid("%d planned pairs are no edges", len(c.plan)-n)
	}
	return nil
}

// find is the place of a pair in the plan, or -1.
func (c *checked) find(x Pair) int {
	low, high := int(c.row[x.Expert]), int(c.row[x.Expert+1])
	for high-low > 8 {
		if mid := (low + high) / 2; c.plan[mid].Need > x.Need {
			high = mid
		} else {
			low = mid
		}
	}
	for k := low; k < high; k++ {
		if c.plan[k].Need == x.Need {
			return k
		}
	}
	return -1
}

func compare(a, b Edge) int {
	if a.Expert != b.Expert {
		return int(a.Expert) - int(b.Expert)
	}
	return int(a.Need) - int(b.Need)
}

func wide(xs []int32) []int64 {
	out := make([]int64, len(xs))
	for i, x := range xs {
		out[i] = int64(x)
	}
	return out
}

func negative(x int64) bool { return x < 0 }
