package rounds

import "github.com/diaspora-match/diaspora/matcher/certificate"

// duals reads the prices off the potentials: what a unit of slack costs on its
// way to the parent. Those who can hold nothing are no part of the flow, and get
// the least price at which none of their pairs is worth more than its prices.
//
// A what-if gives the prices that it began with: of those who can hold nothing,
// only the ones whose partners' prices changed are looked at again.
func (f *flow) duals(worth func(Edge) (int64, bool), before *certificate.Duals) certificate.Duals {
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
	if len(t.groups) > 0 {
		before = nil // their prices are part of everybody's
	}
	t.complete(&d, worth, before, f.net.moved)
	return d
}

// complete prices experts and needs without capacity.
func (t *instance) complete(d *certificate.Duals, worth func(Edge) (int64, bool), before *certificate.Duals, moved []int32) {
	expert, need := t.effective(d)
	idle := false
	for i, a := range t.capacity {
		if a == 0 {
			price := int64(0)
			if before != nil {
				price = before.Expert[i]
			}
			expert[i] += price - d.Expert[i]
			d.Expert[i], idle = price, true
		}
	}
	for j, b := range t.seats {
		if b == 0 {
			price := int64(0)
			if before != nil {
				price = before.Need[j]
			}
			need[j] += price - d.Need[j]
			d.Need[j], idle = price, true
		}
	}
	if !idle {
		return
	}
	raise := func(e *Edge) {
		s, ok := worth(*e)
		if lack := s - expert[e.Expert] - need[e.Need]; ok && lack > 0 {
			if t.capacity[e.Expert] == 0 {
				d.Expert[e.Expert] += lack
				expert[e.Expert] += lack
			} else {
				d.Need[e.Need] += lack
				need[e.Need] += lack
			}
		}
	}
	if before == nil {
		for k := range t.p.Edges {
			if e := &t.p.Edges[k]; t.capacity[e.Expert] == 0 || t.seats[e.Need] == 0 {
				raise(e)
			}
		}
		return
	}
	t.atMoved(moved, raise)
}

// atMoved yields the edges of experts and needs without capacity whose partners'
// prices changed, some of them twice, and some more.
func (t *instance) atMoved(moved []int32, yield func(*Edge)) {
	edges, e := t.p.Edges, int32(len(t.capacity))
	for _, k := range t.idle {
		yield(&edges[k])
	}
	row := func(i int32) {
		for k := t.row[i]; k < t.row[i+1]; k++ {
			if t.capacity[i] == 0 || t.seats[t.need[k]] == 0 {
				yield(&edges[t.edge[k]])
			}
		}
	}
	column := func(j int32) {
		for _, k := range t.columns().of(j) {
			if x := &edges[t.edge[k]]; t.seats[j] == 0 || t.capacity[x.Expert] == 0 {
				yield(x)
			}
		}
	}
	for _, v := range moved {
		switch {
		case v < e:
			row(v)
		case v < t.groupNode(0):
			column(v - e)
		}
	}
	// Who has lost the last capacity has no price of before that would do.
	for _, x := range t.warm {
		row(x.Expert)
		column(x.Need)
	}
	for _, j := range t.reseated {
		column(j)
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
