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
	shift2 := int64(0)
	if w.pi2 != nil {
		cost, _ := w.second(in)
		if up {
			cost = -cost
		}
		shift2 = w.pi2[v] - w.pi2[u] + cost
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
	w.refresh(top, shift, shift2)
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

// refresh walks the subtree in preorder and shifts its potentials.
func (w *network) refresh(top int32, shift, shift2 int64) {
	nodes, v := w.nodes, top
	for {
		x := &nodes[v]
		x.depth = nodes[x.parent].depth + 1
		w.pi[v] += shift
		if w.pi2 != nil {
			w.pi2[v] += shift2
			if w.queued != nil && !w.queued[v] && (shift != 0 || shift2 != 0) {
				w.changed, w.moved, w.queued[v] = append(w.changed, v), append(w.moved, v), true
			}
		}
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

// reprice computes the potentials of the tree for any cost of arcs.
func (w *network) reprice(pi []int64, cost func(a int32) int64) {
	root := int32(len(w.nodes) - 1)
	pi[root] = 0
	for v := w.nodes[root].child; v >= 0; {
		x := &w.nodes[v]
		if c := cost(x.arc); x.up {
			pi[v] = pi[x.parent] - c
		} else {
			pi[v] = pi[x.parent] + c
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

func isqrt(n int) int {
	r := 0
	for b := 1 << 16; b > 0; b >>= 1 {
		if (r+b)*(r+b) <= n {
			r += b
		}
	}
	return r
}
