package rounds

// network is a minimum-cost flow with its basis: a spanning tree that hangs from
// the root. Each node has a star arc to or from the root, which carries what the
// other arcs leave over: capacity of an expert that is not used, seats of a need
// that are not filled. The basis is strongly feasible (Cunningham 1976: every
// node can send one more unit to the root along the tree), so that the simplex
// never cycles.
//
// Edges are arcs of capacity 1; they are never changed, so that a what-if shares
// them with the round that it starts from. All other arcs are the network's own,
// and some may be added at any time. Arcs are numbered edges first.
type network struct {
	edges []arc
	own   []arc
	limit []int32 // capacity of each own arc
	state []int8  // atLower, atUpper, or resting: in the tree, or out of the game
	nodes []node
	pi    []int64 // potentials; the root's is 0
	// Once ties are settled: a second cost decides between arcs that cost nothing,
	// with potentials of its own. It says too whether it may bring the arc in.
	second func(a int32) (cost int64, may bool)
	pi2    []int64
	// While a network is mended: nodes whose potentials changed, each once.
	changed []int32
	queued  []bool
	moved   []int32 // the same, for good
	next    int     // the arc where the search for the next pivot begins
	pivot   int64   // pivots so far
}

// arc costs so much a unit from one node to another.
type arc struct {
	from, to int32
	cost     int64
}

// States are the sign with which a reduced cost has to be read.
const (
	atLower = 1
	atUpper = -1
	resting = 0
)

// node is a node of the tree; siblings are a doubly linked list.
type node struct {
	parent, child, after, before int32
	arc                          int32 // the tree arc between the node and its parent
	flow                         int32 // on that arc
	depth                        int32
	up                           bool // the arc leads to the parent
}

// unlimited is a capacity that no flow reaches.
const unlimited = 1<<31 - 1

// newNetwork has one node for each supply and a root; a positive supply leaves
// the node, a negative one arrives. star gives the cost of each star arc.
func newNetwork(supply []int32, edges []arc, star func(int) int64) *network {
	n, m := len(supply), len(edges)
	root := int32(n)
	w := &network{
		edges: edges, own: make([]arc, n, n+spare), limit: make([]int32, n, n+spare), state: make([]int8, m+n, m+n+spare),
		nodes: make([]node, n+1), pi: make([]int64, n+1),
	}
	for a := range edges {
		w.state[a] = atLower
	}
	w.nodes[root] = node{parent: -1, child: -1, after: -1, before: -1, arc: -1}
	for v, s := range supply {
		w.limit[v] = unlimited
		x := &w.nodes[v]
		*x = node{parent: root, child: -1, arc: int32(m + v), depth: 1, up: s >= 0, flow: max(s, -s), after: int32(v) + 1, before: int32(v) - 1}
		cost := star(v)
		if x.up {
			w.own[v], w.pi[v] = arc{int32(v), root, cost}, -cost
		} else {
			w.own[v], w.pi[v] = arc{root, int32(v), cost}, cost
		}
	}
	if n > 0 {
		w.nodes[root].child = 0
		w.nodes[n-1].after = -1
	}
	return w
}

// spare is room for arcs that are added later.
const spare = 64

// add appends an arc at flow 0 and returns its number.
func (w *network) add(from, to int32, limit int32, cost int64) int32 {
	w.own = append(w.own, arc{from, to, cost})
	w.limit = append(w.limit, limit)
	w.state = append(w.state, atLower)
	return int32(len(w.state) - 1)
}

// clone shares the edges and copies the rest.
func (w *network) clone() *network {
	c := *w
	c.own = append(make([]arc, 0, len(w.own)+spare), w.own...)
	c.limit = append(make([]int32, 0, len(w.own)+spare), w.limit...)
	c.state = append(make([]int8, 0, len(w.state)+spare), w.state...)
	c.nodes = append([]node(nil), w.nodes...)
	c.pi = append([]int64(nil), w.pi...)
	c.pi2 = append([]int64(nil), w.pi2...)
	c.changed, c.moved, c.queued = nil, nil, make([]bool, len(w.nodes))
	return &c
}

func (w *network) arc(a int32) *arc {
	if int(a) < len(w.edges) {
		return &w.edges[a]
	}
	return &w.own[int(a)-len(w.edges)]
}

func (w *network) limitOf(a int32) int32 {
	if int(a) < len(w.edges) {
		return 1
	}
	return w.limit[int(a)-len(w.edges)]
}

// flowOf is the flow on an arc, which only the tree has to remember.
func (w *network) flowOf(a int32) int32 {
	switch w.state[a] {
	case atLower:
		return 0
	case atUpper:
		return w.limitOf(a)
	}
	if v := w.below(a); v >= 0 {
		return w.nodes[v].flow
	}
	return 0
}

// below is the node whose tree arc this is, or -1.
func (w *network) below(a int32) int32 {
	x := w.arc(a)
	if w.nodes[x.from].arc == a {
		return x.from
	}
	if w.nodes[x.to].arc == a {
		return x.to
	}
	return -1
}

// reduced is what a unit more on the arc costs, given the potentials.
func (w *network) reduced(a int32) int64 {
	x := w.arc(a)
	return x.cost + w.pi[x.from] - w.pi[x.to]
}

// run pivots until no arc improves the cost, or stop says so (then false).
func (w *network) run(stop func() bool) bool {
	for {
		in := w.entering()
		if in < 0 {
			return true
		}
		w.enter(in)
		if w.pivot++; w.pivot%stopEvery == 0 && stop != nil && stop() {
			return false
		}
	}
}

// stopEvery is how many pivots pass between two looks at stop.
const stopEvery = 1024

// entering searches block by block, from where the last search ended, for the
// arc of the block that improves most; -1 when there is none at all. Blocks of
// about the root of the number of arcs measured best, and so did edges in rows
// by expert.
func (w *network) entering() int32 {
	m, total := len(w.edges), len(w.state)
	block := max(blockLeast, 3*isqrt(total)/4)
	at := w.next
	for seen := 0; seen < total; {
		if at >= total {
			at = 0
		}
		arcs, first, end := w.edges, 0, min(at+block, total)
		if at < m {
			end = min(end, m)
		} else {
			arcs, first = w.own, m
		}
		if in := w.best(arcs[at-first:end-first], w.state[at:end]); in >= 0 {
			w.next = end
			return int32(at + in)
		}
		seen += end - at
		at = end
	}
	return -1
}

// blockLeast is the fewest arcs that one search looks at.
const blockLeast = 64

// best is the place of the arc that improves most, or -1.
func (w *network) best(arcs []arc, state []int8) int {
	pi, which, most := w.pi, -1, int64(0)
	state = state[:len(arcs)]
	for k := range arcs {
		a := &arcs[k]
		if c := (a.cost + pi[a.from] - pi[a.to]) * int64(state[k]); c < most {
			which, most = k, c
		}
	}
	return which
}

// enter makes one pivot: flow is pushed around the circle that the arc closes in
// the tree, as much as the first arc to block allows.
func (w *network) enter(in int32) {
	x := w.arc(in)
	first, second := x.from, x.to
	if w.state[in] == atUpper {
		first, second = second, first
	}
	join := w.join(first, second)
	limit := w.limitOf(in)
	delta, out, onFirst := limit, int32(-1), false
	// Of several arcs that block, the last one along the circle leaves: so the
	// basis stays strongly feasible.
	for v := first; v != join; v = w.nodes[v].parent {
		if d := w.room(v, false); d < delta {
			delta, out, onFirst = d, v, true
		}
	}
	for v := second; v != join; v = w.nodes[v].parent {
		if d := w.room(v, true); d <= delta {
			delta, out, onFirst = d, v, false
		}
	}
	if delta > 0 {
		w.push(first, join, -delta)
		w.push(second, join, delta)
	}
	if out < 0 {
		w.state[in] = -w.state[in]
		return
	}
	flow := delta
	if w.state[in] == atUpper {
		flow = limit - delta
	}
	w.state[w.nodes[out].arc] = atLower
	if w.nodes[out].flow != 0 {
		w.state[w.nodes[out].arc] = atUpper
	}
	w.state[in] = resting
	if onFirst {
		w.rehang(out, first, second, in, flow)
	} else {
		w.rehang(out, second, first, in, flow)
	}
}

// join is where the paths of two nodes to the root meet.
func (w *network) join(u, v int32) int32 {
	for u != v {
		if w.nodes[u].depth >= w.nodes[v].depth {
			u = w.nodes[u].parent
		} else {
			v = w.nodes[v].parent
		}
	}
	return u
}

// room is how much more the node can send to its parent, or get from it.
func (w *network) room(v int32, toParent bool) int32 {
	x := &w.nodes[v]
	if x.up != toParent {
		return x.flow
	}
	if l := w.limitOf(x.arc); l != unlimited {
		return l - x.flow
	}
	return unlimited
}

// push sends delta from the node up to the join.
func (w *network) push(v, join, delta int32) {
	for v != join {
		x := &w.nodes[v]
		if x.up {
			x.flow += delta
		} else {
			x.flow -= delta
		}
		v = x.parent
	}
}
