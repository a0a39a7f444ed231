package rounds

// settle goes on among the flows of least cost, to the one that the second cost
// makes the cheapest. Only arcs that cost nothing by now take part, in a network
// of their own, and the potentials of the first cost stay true. An arc that the
// second cost does not bring in takes part only if it is in the tree.
func (w *network) settle(second func(a int32) (cost int64, may bool), stop func() bool) bool {
	w.second, w.pi2 = second, make([]int64, len(w.pi))
	var free []int32
	for a, s := range w.state {
		if s != resting && w.reduced(int32(a)) == 0 {
			if _, may := second(int32(a)); may {
				free = append(free, int32(a))
			}
		}
	}
	if len(free) == 0 {
		w.reprice(w.pi2, w.cost2)
		return true
	}
	sub := &network{nodes: append([]node(nil), w.nodes...), pi: w.pi2}
	enter := func(a int32, state int8) {
		x := *w.arc(a)
		x.cost = w.cost2(a)
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
	sub.reprice(sub.pi, func(a int32) int64 { return sub.own[a].cost })
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

func (w *network) cost2(a int32) int64 {
	c, _ := w.second(a)
	return c
}

// mend makes a settled network optimal again, in both costs at once, after own
// arcs were added and potentials changed. Only arcs at nodes whose potentials
// changed can have become better, so it looks at these and never at all edges;
// whether that was enough is the checker's to say. at lists a node's edges.
func (w *network) mend(at func(v int32) (row [2]int32, column []int32), stop func() bool) bool {
	for {
		for len(w.changed) > 0 {
			v := w.changed[len(w.changed)-1]
			in := w.better(at(v))
			if in < 0 {
				w.changed, w.queued[v] = w.changed[:len(w.changed)-1], false
				continue
			}
			w.enter(in)
			if w.pivot++; w.pivot%stopEvery == 0 && stop != nil && stop() {
				return false
			}
		}
		in, m := int32(-1), int32(len(w.edges))
		for k := range w.own {
			if w.improves(m + int32(k)) {
				in = m + int32(k)
				break
			}
		}
		if in < 0 {
			return true
		}
		w.enter(in)
		w.pivot++
	}
}

// redraw begins anew with another second cost: its potentials are computed from
// the tree, and every node will be looked at.
func (w *network) redraw() {
	w.reprice(w.pi2, w.cost2)
	for v := range w.nodes[:len(w.nodes)-1] {
		if !w.queued[v] {
			w.changed, w.moved, w.queued[v] = append(w.changed, int32(v)), append(w.moved, int32(v)), true
		}
	}
}

// better finds the edge of a row or a column that improves most by the first
// cost, else one that improves by the second; -1 when none does.
func (w *network) better(row [2]int32, column []int32) int32 {
	in, most := int32(-1), int64(0)
	look := func(a int32) {
		if s := w.state[a]; s != resting {
			if c := w.reduced(a) * int64(s); c < most || in < 0 && c == 0 && w.improves(a) {
				in, most = a, c
			}
		}
	}
	for a := row[0]; a < row[1]; a++ {
		look(a)
	}
	for _, a := range column {
		look(a)
	}
	return in
}

// improves reports whether an arc would better the flow in either cost.
func (w *network) improves(a int32) bool {
	s := int64(w.state[a])
	if c := w.reduced(a) * s; c != 0 || s == 0 {
		return c < 0
	}
	cost, may := w.second(a)
	x := w.arc(a)
	return may && (cost+w.pi2[x.from]-w.pi2[x.to])*s < 0
}
