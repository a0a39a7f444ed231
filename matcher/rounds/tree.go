package rounds

// rehang takes the subtree of out, makes u its top and hangs it below v by the
// arc in with its flow; then depths and potentials of the subtree are set anew.
func (w *network) rehang(out, u, v, in, flow int32) {
	x := w.arc(in)
	up := x.from == u
	shift := w.pi[v] - w.pi[u] + x.cost
	if up {
		shift -= 2 * x.cost
	}
	top, parent, by := u, v, in
	for {
		x := &w.nodes[u]
		oldParent, oldArc, oldUp, oldFlow := x.parent, x.arc, x.up, x.flow
		w.unlink(u)
		x.parent, x.arc, x.up, x.flow = parent, by, up, flow
		w.link(u, parent)
		if u == out {
			break
		}
		parent, by, up, flow = u, oldArc, !oldUp, oldFlow
		u = oldParent
	}
	w.refresh(top, shift)
}

func (w *network) unlink(v int32) {
	x := &w.nodes[v]
	if x.before >= 0 {
		w.nodes[x.before].after = x.after
	} else {
		w.nodes[x.parent].child = x.after
	}
	if x.after >= 0 {
		w.nodes[x.after].before = x.before
	}
}

func (w *network) link(v, parent int32) {
	x, p := &w.nodes[v], &w.nodes[parent]
	x.before, x.after = -1, p.child
	if p.child >= 0 {
		w.nodes[p.child].before = v
	}
	p.child = v
}

// refresh walks the subtree in preorder.
func (w *network) refresh(top int32, shift int64) {
	nodes, v := w.nodes, top
	for {
		x := &nodes[v]
		x.depth = nodes[x.parent].depth + 1
		w.pi[v] += shift
		if x.child >= 0 {
			v = x.child
			continue
		}
		for v != top && nodes[v].after < 0 {
			v = nodes[v].parent
		}
		if v == top {
			return
		}
		v = nodes[v].after
	}
}

// reprice computes all potentials anew.
func (w *network) reprice() {
	root := int32(len(w.nodes) - 1)
	w.pi[root] = 0
	for v := w.nodes[root].child; v >= 0; {
		x := &w.nodes[v]
		if w.pi[v] = w.pi[x.parent] + w.arc(x.arc).cost; x.up {
			w.pi[v] = w.pi[x.parent] - w.arc(x.arc).cost
		}
		if x.child >= 0 {
			v = x.child
			continue
		}
		for v != root && w.nodes[v].after < 0 {
			v = w.nodes[v].parent
		}
		if v == root {
			return
		}
		v = w.nodes[v].after
	}
}

// settle goes on among the flows of least cost, to the one that a second cost
// makes the cheapest. Only arcs that cost nothing by now take part, in a network
// of their own, and the potentials of the first cost stay true. An arc that
// second excludes takes part only if it is in the tree.
func (w *network) settle(second func(a int32) (cost int64, in bool), stop func() bool) bool {
	var free []int32
	for a, s := range w.state {
		if s != resting && w.reduced(int32(a)) == 0 {
			if _, in := second(int32(a)); in {
				free = append(free, int32(a))
			}
		}
	}
	if len(free) == 0 {
		return true
	}
	sub := &network{nodes: append([]node(nil), w.nodes...), pi: make([]int64, len(w.pi))}
	enter := func(a int32, state int8) {
		x := *w.arc(a)
		x.cost, _ = second(a)
		sub.own, sub.limit, sub.state = append(sub.own, x), append(sub.limit, w.limitOf(a)), append(sub.state, state)
	}
	for _, a := range free {
		enter(a, w.state[a])
	}
	for v := range sub.nodes[:len(sub.nodes)-1] {
		x := &sub.nodes[v]
		free = append(free, x.arc)
		enter(x.arc, resting)
		x.arc = int32(len(free) - 1)
	}
	sub.reprice()
	done := sub.run(stop)
	for v := range sub.nodes[:len(sub.nodes)-1] {
		sub.nodes[v].arc = free[sub.nodes[v].arc]
	}
	for k, a := range free {
		w.state[a] = sub.state[k]
	}
	w.nodes, w.pivot = sub.nodes, w.pivot+sub.pivot
	return done
}

func isqrt(n int) int {
	r := 0
	for b := 1 << 16; b > 0; b >>= 1 {
		if (r+b)*(r+b) <= n {
			r += b
		}
	}
	return r
}
