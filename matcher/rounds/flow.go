package rounds

import (
	"math/bits"
	"slices"

	"github.com/diaspora-match/diaspora/matcher/certificate"
)

// flow is an instance as a network. Experts are the first nodes, then needs,
// then groups. The star arc of an expert carries capacity that is not used, that
// of a need seats that are not filled, both at no cost; a need without seats has
// a dear one that leads away, so that it stays empty. Members of groups get
// and give that slack through their group instead, whose arc to its parent is as
// wide as its bounds are apart; their star arcs are so dear that flow on one of
// them means that there is no plan at all.
type flow struct {
	t    *instance
	net  *network
	free []bool // star arcs that cost nothing
	pool int32  // the node that fixes the number of pairs, or -1
	dear int64  // a cost that no plan is worth
	size int64  // the number of pairs, if it is fixed
	// built is how many own arcs the network had at first.
	built int32
	// parents are the nodes through which slack of experts and needs goes.
	parents []int32
}

// newFlow makes the network of an instance, with scores replaced by worth unless
// that is nil. A size of 0 or more fixes the number of pairs.
func newFlow(t *instance, worth []int32, size int64) *flow {
	if worth == nil {
		worth = t.score
	}
	f := &flow{t: t, pool: -1, size: size}
	e := int32(t.experts())
	edges := make([]arc, len(t.need))
	most := int64(0)
	for i := int32(0); i < e; i++ {
		for k := t.row[i]; k < t.row[i+1]; k++ {
			s := int64(worth[k])
			edges[k] = arc{i, e + t.need[k], -s}
			most = max(most, s, -s)
		}
	}
	supply := make([]int32, t.groupNode(0), len(t.groups)+int(t.groupNode(1)))
	copy(supply, t.capacity)
	for j, b := range t.seats {
		supply[e+int32(j)] = -b
	}
	supply = append(supply, make([]int32, len(t.groups))...)
	if size >= 0 {
		f.pool = int32(len(supply))
		supply = append(supply, 0)
	}
	f.dear = (most + 1) * int64(len(supply)+1)
	wide := f.group(supply)
	f.net = newNetwork(supply, edges, func(v int) int64 {
		if f.free[v] && (v < int(e) || supply[v] < 0) {
			return 0
		}
		return f.dear * f.depth(int32(v))
	})
	f.wire(wide)
	f.built = int32(len(f.net.own))
	return f
}

// depth is how many groups a node's slack passes; that far from the root its
// star arc is that much dearer, so that what cannot be kept shows as far up as
// possible, and no price is paid for capacity that nobody lacks.
func (f *flow) depth(v int32) int64 {
	n := int64(1)
	for v = f.parents[v]; int(v) < len(f.parents); v = f.parents[v] {
		n++
	}
	return n
}

// groupNode is the node of a group.
func (t *instance) groupNode(g int) int32 { return int32(len(t.capacity) + len(t.seats) + g) }

// group sets the supplies of group nodes and returns how wide the bounds of each
// are apart. A group of needs is given what its members can hold beyond its
// upper bound, as slack that they must take; a group of experts asks for it.
func (f *flow) group(supply []int32) []int32 {
	t, root := f.t, int32(len(supply))
	top := map[Side]int32{certificate.Experts: root, certificate.Needs: root}
	if f.pool >= 0 {
		top[certificate.Needs] = f.pool
	}
	parent := func(side Side, g int32) int32 {
		if g >= 0 {
			return t.groupNode(int(g))
		}
		return top[side]
	}
	f.parents, f.free = make([]int32, root), make([]bool, root)
	held := make([]int64, root+1) // what the members of each node can hold
	atExpert, atNeed := t.deepest()
	for i, a := range t.capacity {
		f.parents[i] = parent(certificate.Experts, atExpert[i])
		held[f.parents[i]] += int64(a)
	}
	for j, b := range t.seats {
		v := len(t.capacity) + j
		f.parents[v] = parent(certificate.Needs, atNeed[j])
		held[f.parents[v]] += int64(b)
	}
	for v := range t.groupNode(0) {
		f.free[v] = f.parents[v] == root
	}
	wide := make([]int32, len(t.groups))
	for _, g := range slices.Backward(t.forest) {
		q, v := &t.groups[g], t.groupNode(int(g))
		// Bounds beyond what members hold are cut where they still cannot be
		// reached: so they have no price, or cannot be kept.
		lower := min(max(-1, q.lower), held[v]+1)
		upper := min(q.upper, held[v]+1)
		lower = min(lower, upper)
		f.parents[v], wide[g] = parent(q.side, q.parent), int32(upper-lower)
		held[f.parents[v]] += upper
		if supply[v] = int32(held[v] - upper); q.side == certificate.Experts {
			supply[v] = -supply[v]
		}
	}
	if f.pool >= 0 {
		f.parents[f.pool] = root
		supply[f.pool] = int32(held[f.pool] - f.size)
	}
	return wide
}

// wire makes the arcs that carry slack between members, groups and their parents.
func (f *flow) wire(wide []int32) {
	t, e := f.t, int32(f.t.experts())
	for v := range t.groupNode(0) {
		switch {
		case f.free[v]:
		case v < e:
			f.net.add(v, f.parents[v], unlimited, 0)
		default:
			f.net.add(f.parents[v], v, unlimited, 0)
		}
	}
	for _, g := range t.forest {
		v := t.groupNode(int(g))
		if t.groups[g].side == certificate.Experts {
			f.net.add(v, f.parents[v], wide[g], 0)
		} else {
			f.net.add(f.parents[v], v, wide[g], 0)
		}
		// What the star arc does in one direction, this one does in the other.
		star := f.net.own[v]
		f.net.add(star.to, star.from, unlimited, star.cost)
	}
}

// solve finds the cheapest flow, then the one among equals that lots decide: the
// plan with more pairs, then that with the greater sum of lots, which is almost
// surely one alone. So neither the order of the input nor the way to the optimum
// can be seen in the plan. It reports whether stop let it finish.
func (f *flow) solve(stop func() bool) bool {
	if !f.net.run(stop) {
		return false
	}
	return f.net.settle(f.lots(), stop)
}

// lots is the second cost: each pair's lot, and one thing that outweighs all lots.
func (f *flow) lots() func(a int32) (int64, bool) {
	size, luck := f.t.luck()
	return func(a int32) (int64, bool) {
		x := f.net.arc(a)
		if f.pair(x) {
			lot := f.t.lot(lotPair, x.from, x.to-int32(f.t.experts())) >> (64 - luck)
			return -(1<<(luck+size) + int64(lot)), true
		}
		return 0, x.cost == 0
	}
}

// pair reports whether an arc is an edge of the problem.
func (f *flow) pair(x *arc) bool {
	e := int32(f.t.experts())
	return x.from < e && x.to >= e && x.to < f.t.groupNode(0)
}

// luck shares 61 bits between the number of pairs and the lot of each.
func (t *instance) luck() (size, luck int) {
	left, right := int64(0), int64(0)
	for _, a := range t.p.Capacity {
		left += int64(a)
	}
	for _, b := range t.p.Seats {
		right += int64(b)
	}
	size = bits.Len64(uint64(min(left, right, int64(len(t.p.Edges)))))
	return size, min(40, 61-2*size)
}

// possible reports whether no dear arc carries flow.
func (f *flow) possible() bool {
	m := len(f.net.edges)
	for k := range f.net.own {
		if f.net.own[k].cost > 0 && f.net.flowOf(int32(m+k)) > 0 {
			return false
		}
	}
	return true
}

// planned are the pairs with flow, without the locked ones of the instance.
func (f *flow) planned() []Pair {
	var out []Pair
	e := int32(f.t.experts())
	take := func(a int32) {
		if x := f.net.arc(a); f.pair(x) {
			out = append(out, Pair{Expert: x.from, Need: x.to - e})
		}
	}
	for a, s := range f.net.state {
		if s == atUpper {
			take(int32(a))
		}
	}
	slack := int32(len(f.net.edges)) // the arcs from here on carry slack, …
	later := slack + f.built         // …those from here on came later
	for v := range f.net.nodes {
		if x := &f.net.nodes[v]; x.flow > 0 && x.arc >= 0 && (x.arc < slack || x.arc >= later) {
			take(x.arc)
		}
	}
	return out
}
