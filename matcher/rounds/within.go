package rounds

import (
	"fmt"

	"github.com/diaspora-match/diaspora/matcher/certificate"
)

// A stable plan within groups of needs: a host that has room for three keeps its
// three best, whichever of its needs they are for. Groups that are nested make a
// matroid of what the needs' side can hold, and to keep the best of what was ever
// proposed is its greedy choice; so deferred acceptance ends in a stable plan, of
// all such plans the one that every expert likes best (Fleiner 2003). With a
// single layer of hosts it is student-project allocation (Abraham, Irving,
// Manlove 2007) in which the host ranks pairs.

// stableGroups refuses the groups that a stable plan cannot keep. Lower bounds
// would have to take people against better ones, and groups of experts have
// nobody who ranks for them.
func (t *instance) stableGroups() error {
	for g, q := range t.groups {
		field := fmt.Sprintf("groups[%d]", g)
		switch {
		case t.p.Groups[g].Lower > 0 || q.side == certificate.Experts:
			return ErrStableQuota.At(field)
		case q.crossing:
			return ErrCrossing.At(field)
		case q.upper < 0:
			return ErrImpossible.At(field)
		}
	}
	return nil
}

// nest is what the needs' side holds while experts propose. Its nodes are the
// needs and then the groups; each has the pairs that it and the nodes below it
// hold in a heap, the worst on top. A pair that was dropped stays in the other
// heaps until it comes up there.
type nest struct {
	t       *instance
	parent  []int32 // of each node, -1 at the top
	room    []int64 // of each node, now
	heaps   [][]seat
	dropped []bool // by edge
}

func (t *instance) newNest() *nest {
	n := len(t.seats)
	x := &nest{
		t: t, parent: make([]int32, n+len(t.groups)), room: make([]int64, n+len(t.groups)),
		heaps: make([][]seat, n+len(t.groups)), dropped: make([]bool, len(t.need)),
	}
	_, innermost := t.deepest()
	up := func(g int32) int32 {
		if g < 0 {
			return -1
		}
		return int32(n) + g
	}
	for j, b := range t.seats {
		x.parent[j], x.room[j] = up(innermost[j]), int64(b)
	}
	for g, q := range t.groups {
		x.parent[n+g], x.room[n+g] = up(q.parent), q.upper
	}
	return x
}

// full is the innermost node around a need that has no room, or -1. Its worst is
// better than that of any full node around it.
func (x *nest) full(j int32) int32 {
	for v := j; v >= 0; v = x.parent[v] {
		if x.room[v] <= 0 {
			return v
		}
	}
	return -1
}

// worst is the pair that a node would give up first; false when it holds none.
func (x *nest) worst(v int32) (seat, bool) {
	h := &x.heaps[v]
	for len(*h) > 0 && x.dropped[(*h)[0].edge] {
		x.sink(h)
	}
	if len(*h) == 0 {
		return seat{}, false
	}
	return (*h)[0], true
}

// would reports whether the needs' side would hold a pair today. What it demands
// only rises.
func (x *nest) would(s seat) bool {
	v := x.full(x.t.need[s.edge])
	if v < 0 {
		return true
	}
	worst, some := x.worst(v)
	return some && x.less(worst, s)
}

// less ranks pairs of several needs: between equals of one expert the need's key
// decides.
func (x *nest) less(a, b seat) bool {
	if a.rank == b.rank && a.key == b.key {
		return key(x.t.p.NeedKeys, x.t.need[a.edge]) < key(x.t.p.NeedKeys, x.t.need[b.edge])
	}
	return a.less(b)
}

// hold takes a pair that the side would hold, and returns the one that goes for
// it, if one has to.
func (x *nest) hold(s seat) (out seat, goes bool) {
	j := x.t.need[s.edge]
	if v := x.full(j); v >= 0 {
		out, goes = x.worst(v)
		x.dropped[out.edge] = true
		x.count(x.t.need[out.edge], 1)
	}
	x.count(j, -1)
	for v := j; v >= 0; v = x.parent[v] {
		x.push(&x.heaps[v], s)
	}
	return out, goes
}

// count gives room to a need and all groups around it, or takes it.
func (x *nest) count(j int32, by int64) {
	for v := j; v >= 0; v = x.parent[v] {
		x.room[v] += by
	}
}

func (x *nest) push(heap *[]seat, s seat) {
	h := append(*heap, s)
	for k := len(h) - 1; k > 0 && x.less(h[k], h[(k-1)/2]); k = (k - 1) / 2 {
		h[k], h[(k-1)/2] = h[(k-1)/2], h[k]
	}
	*heap = h
}

// sink takes the worst off a heap.
func (x *nest) sink(heap *[]seat) {
	h := *heap
	last := len(h) - 1
	h[0], h = h[last], h[:last]
	for k := 0; ; {
		c := 2*k + 1
		if c >= last {
			break
		}
		if c+1 < last && x.less(h[c+1], h[c]) {
			c++
		}
		if !x.less(h[c], h[k]) {
			break
		}
		h[k], h[c] = h[c], h[k]
		k = c
	}
	*heap = h
}

// proposeWithin is propose where groups bound what needs hold together.
func (t *instance) proposeWithin(experts, needs taste) []int32 {
	x := t.newNest()
	free := append([]int32(nil), t.capacity...)
	proposed := make([]bool, len(t.need))
	var queue []int32
	for i := range free {
		queue = append(queue[:0], int32(i))
		for len(queue) > 0 {
			e := queue[len(queue)-1]
			queue = queue[:len(queue)-1]
			for free[e] > 0 {
				s, ok := x.choose(e, experts, needs, proposed)
				if !ok {
					break
				}
				proposed[s.edge] = true
				free[e]--
				if out, goes := x.hold(s); goes {
					free[out.expert]++
					queue = append(queue, out.expert)
				}
			}
		}
	}
	var out []int32
	for k := range t.need {
		if proposed[k] && !x.dropped[k] {
			out = append(out, int32(k))
		}
	}
	return out
}

// choose is the edge that the expert likes best among those not yet proposed
// which would be held today.
func (x *nest) choose(i int32, experts, needs taste, proposed []bool) (seat, bool) {
	t := x.t
	var best seat
	var liked rank
	found := false
	for k := t.row[i]; k < t.row[i+1]; k++ {
		l := experts(i, k)
		if proposed[k] || found && (l < liked || l == liked && key(t.p.NeedKeys, t.need[k]) < key(t.p.NeedKeys, t.need[best.edge])) {
			continue
		}
		if s := (seat{needs(i, k), key(t.p.ExpertKeys, i), k, i}); x.would(s) {
			best, liked, found = s, l, true
		}
	}
	return best, found
}

// raise lifts what needs demand to what the full groups around them do: the
// least score that the group holds. Full are the needs' own demands, whatever
// room they have; held are how many pairs each has.
func (t *instance) raise(demand, full []int64, held []int32) {
	for _, q := range t.groups {
		if q.side == certificate.Experts {
			continue
		}
		n, least := int64(0), int64(maxScore)
		for _, j := range q.members {
			if n += int64(held[j]); held[j] > 0 {
				least = min(least, full[j])
			}
		}
		if n < q.upper {
			continue
		}
		for _, j := range q.members {
			demand[j] = max(demand[j], least)
		}
	}
}
