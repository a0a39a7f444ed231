package rounds

import "github.com/diaspora-match/diaspora/matcher/certificate"

// duals reads the prices off the potentials: what a unit of slack costs on its
// way to the parent. Those who can hold nothing are no part of the flow, and get
// the least price at which none of their pairs is worth more than its prices.
func (f *flow) duals(worth func(Edge) (int64, bool)) certificate.Duals {
	t, pi, root := f.t, f.net.pi, int32(len(f.parents))
	d := certificate.Duals{
		Expert: make([]int64, len(t.capacity)), Need: make([]int64, len(t.seats)),
		Upper: make([]int64, len(t.groups)), Lower: make([]int64, len(t.groups)),
	}
	e := len(t.capacity)
	for i := range d.Expert {
		d.Expert[i] = pi[i] - pi[f.parents[i]]
	}
	for j := range d.Need {
		d.Need[j] = pi[f.parents[e+j]] - pi[e+j]
	}
	for _, g := range t.forest {
		v := t.groupNode(int(g))
		price := pi[f.parents[v]] - pi[v]
		if t.groups[g].side == certificate.Experts {
			price = -price
		}
		d.Upper[g], d.Lower[g] = max(0, price), max(0, -price)
	}
	if f.pool >= 0 {
		d.Size = pi[root] - pi[f.pool]
	}
	t.complete(&d, worth)
	return d
}

// complete prices experts and needs without capacity.
func (t *instance) complete(d *certificate.Duals, worth func(Edge) (int64, bool)) {
	expert, need := t.effective(d)
	idle := false
	for i, a := range t.capacity {
		if a == 0 {
			expert[i] -= d.Expert[i]
			d.Expert[i], idle = 0, true
		}
	}
	for j, b := range t.seats {
		if b == 0 {
			need[j] -= d.Need[j]
			d.Need[j], idle = 0, true
		}
	}
	if !idle {
		return
	}
	t.eachIdle(func(e Edge) {
		s, ok := worth(e)
		if lack := s - expert[e.Expert] - need[e.Need]; ok && lack > 0 {
			if t.capacity[e.Expert] == 0 {
				d.Expert[e.Expert] += lack
				expert[e.Expert] += lack
			} else {
				d.Need[e.Need] += lack
				need[e.Need] += lack
			}
		}
	})
}

// eachIdle yields the edges of experts and needs without capacity: of all edges,
// or, where a what-if has turned the rows already, without looking at others.
func (t *instance) eachIdle(yield func(Edge)) {
	edges := t.p.Edges
	if !t.again {
		for k := range edges {
			if e := &edges[k]; t.capacity[e.Expert] == 0 || t.seats[e.Need] == 0 {
				yield(*e)
			}
		}
		return
	}
	for _, k := range t.idle {
		yield(edges[k])
	}
	for i, a := range t.capacity {
		if a == 0 {
			for _, k := range t.edge[t.row[i]:t.row[i+1]] {
				yield(edges[k])
			}
		}
	}
	turned := t.columns()
	for j, b := range t.seats {
		if b == 0 {
			for _, k := range turned.of(int32(j)) {
				yield(edges[t.edge[k]])
			}
		}
	}
}

// effective adds the prices of groups and of the size, as a pair has to pay them.
func (t *instance) effective(d *certificate.Duals) (expert, need []int64) {
	expert, need = append([]int64(nil), d.Expert...), append([]int64(nil), d.Need...)
	for j := range need {
		need[j] += d.Size
	}
	for g := range t.groups {
		of := need
		if t.groups[g].side == certificate.Experts {
			of = expert
		}
		for _, m := range t.groups[g].members {
			of[m] += d.Upper[g] - d.Lower[g]
		}
	}
	return expert, need
}
