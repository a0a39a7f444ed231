package rounds

import (
	"fmt"
	"slices"
)

// Change is one decision to try on a solved round: exactly one of the four kinds.
type Change struct {
	Kind  ChangeKind
	Pair  Pair  // of Lock and Veto
	Need  int32 // of Seats
	Seats int32 // added, or taken when negative
}

// ChangeKind says what a Change does.
type ChangeKind uint8

// The kinds of change.
const (
	Lock   ChangeKind = iota // the pair must be planned
	Veto                     // the pair must not be planned
	Seats                    // the need has more or fewer seats
	Unlock                   // a lock or veto on the pair is taken back
)

// MaxChanges is how many changes one what-if takes.
const MaxChanges = 64

// Outcome is what a what-if found.
type Outcome struct {
	Round  *Round // as it would be, with its own certificate; may be asked further
	Change int64  // of the total
	Chains []Chain
}

// Chain is who moves because somebody else does, in order: each step frees or
// takes the place that the next one is about.
type Chain []Step

// Step is one move. From or To is -1 where the expert was or becomes unplanned.
type Step struct{ Expert, From, To int32 }

// WhatIf solves the round again with the changes, from where it stands when it
// can, and reports who is displaced. The round itself stays as it is.
func (r *Round) WhatIf(changes ...Change) (*Outcome, error) {
	if len(changes) > MaxChanges {
		return nil, ErrTooLarge.At("changes")
	}
	p, err := r.changed(changes)
	if err != nil {
		return nil, err
	}
	warm := r.flow != nil
	for _, c := range changes {
		warm = warm && c.Kind != Unlock
	}
	next := &Round{Problem: p, Mode: r.Mode, options: r.options, given: r.given}
	if warm {
		err = next.resolve(r, changes)
	} else {
		err = next.solveCold()
	}
	if err != nil {
		return nil, err
	}
	return &Outcome{Round: next, Change: next.Verdict.Total - r.Verdict.Total, Chains: Chains(r.Plan, next.Plan)}, nil
}

// changed is the problem with the changes.
func (r *Round) changed(changes []Change) (*Problem, error) {
	p := *r.Problem
	p.Seats, p.Locks, p.Vetoes = slices.Clone(p.Seats), slices.Clone(p.Locks), slices.Clone(p.Vetoes)
	for k, c := range changes {
		field := fmt.Sprintf("changes[%d]", k)
		if c.Kind == Seats {
			if c.Need < 0 || int(c.Need) >= len(p.Seats) {
				return nil, ErrRange.At(field)
			}
			if s := int64(p.Seats[c.Need]) + int64(c.Seats); s < 0 || s > maxScore {
				return nil, ErrNegative.At(field)
			}
			p.Seats[c.Need] += c.Seats
			continue
		}
		if c.Pair.Expert < 0 || int(c.Pair.Expert) >= len(p.Capacity) || c.Pair.Need < 0 || int(c.Pair.Need) >= len(p.Seats) {
			return nil, ErrRange.At(field)
		}
		known := slices.Contains(p.Locks, c.Pair) || slices.Contains(p.Vetoes, c.Pair)
		switch {
		case c.Kind == Unlock:
			p.Locks, p.Vetoes = without(p.Locks, c.Pair), without(p.Vetoes, c.Pair)
		case known:
			return nil, ErrLockTwice.At(field)
		case c.Kind == Lock:
			p.Locks = append(p.Locks, c.Pair)
		default:
			p.Vetoes = append(p.Vetoes, c.Pair)
		}
	}
	return &p, nil
}

func without(pairs []Pair, x Pair) []Pair {
	return slices.DeleteFunc(pairs, func(y Pair) bool { return y == x })
}

// resolve goes on from the flow of another round.
func (r *Round) resolve(from *Round, changes []Change) error {
	t := *from.flow.t
	t.p = r.Problem
	t.capacity, t.seats, t.warm = slices.Clone(t.capacity), slices.Clone(t.seats), slices.Clone(t.warm)
	t.reseated = slices.Clone(t.reseated)
	f := *from.flow
	f.t, f.net = &t, from.flow.net.clone()
	f.net.second = f.lots()
	if size, luck := t.luck(); [2]int{size, luck} != pairOf(from.flow.t.luck()) {
		f.net.redraw() // other numbers of seats weigh pairs and lots in another way
	}
	for _, c := range changes {
		if !f.change(c) {
			return r.solveCold()
		}
	}
	column := from.flow.t.columns()
	e, n := int32(t.experts()), t.groupNode(0)
	at := func(v int32) (row [2]int32, of []int32) {
		switch {
		case v < e:
			row = [2]int32{t.row[v], t.row[v+1]}
		case v < n:
			of = column.of(v - e)
		}
		return row, of
	}
	if !f.net.mend(at, r.options.Stop) {
		return ErrStopped
	}
	if !f.possible() || !f.forced() {
		return r.solveCold()
	}
	r.flow = &f
	if err := r.conclude(&from.Proof.Duals); err != nil {
		return err
	}
	if added, err := r.extend(); err != nil || added > 0 {
		if err != nil {
			return err
		}
		return r.solveCold()
	}
	return r.check()
}

func pairOf(a, b int) [2]int { return [2]int{a, b} }

// solveCold starts from nothing, which also proves what is impossible.
func (r *Round) solveCold() error {
	given := r.given
	c, err := Solve(r.Problem, r.options)
	if err != nil {
		return err
	}
	*r = *c
	r.given = given
	return nil
}

// change brings a change into the flow, or reports that it cannot: then a round
// that starts from nothing finds out why.
func (f *flow) change(c Change) bool {
	t := f.t
	if c.Kind == Seats {
		return f.reseat(c.Need, int64(c.Seats))
	}
	k := t.find(c.Pair)
	if c.Kind == Veto {
		return k < 0 || f.forbid(k)
	}
	if k < 0 || t.capacity[c.Pair.Expert] == 0 || t.seats[c.Pair.Need] == 0 {
		return false
	}
	t.capacity[c.Pair.Expert]--
	t.seats[c.Pair.Need]--
	t.warm = append(t.warm, c.Pair)
	f.net.replace(k, f.net.edges[k].cost-f.dear)
	return true
}

// forbid takes an edge out of the game, at once if nothing depends on it.
func (f *flow) forbid(k int32) bool {
	if f.net.state[k] == atLower {
		f.net.state[k] = resting
	} else if f.net.state[k] == atUpper || f.net.below(k) >= 0 {
		f.net.replace(k, f.net.edges[k].cost+f.dear)
	}
	return true
}

// reseat gives a need more seats by an arc that takes slack back, or fewer by one
// that claims slack at any price.
func (f *flow) reseat(j int32, n int64) bool {
	t, v := f.t, int32(f.t.experts())+j
	locks, warm := int64(0), int64(0)
	for _, x := range t.p.Locks {
		locks += b2i(x.Need == j)
	}
	for _, x := range t.warm {
		warm += b2i(x.Need == j)
	}
	// The flow knows the seats without the locks it began with, and never more
	// than one above the number of edges.
	now := int64(t.seats[j]) + warm
	after := min(int64(t.p.Seats[j])-locks+warm, int64(t.degree[j])+1)
	d := int32(after - now)
	if len(t.forest) > 0 && d > 0 || int64(t.seats[j])+int64(d) < 0 {
		return false
	}
	t.seats[j] += d
	t.reseated = append(t.reseated, j)
	if d > 0 {
		f.net.add(v, f.parents[v], d, 0)
	} else if d < 0 {
		f.net.add(f.parents[v], v, -d, -f.dear)
	}
	return true
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// forced reports whether all that was demanded at any price is there.
func (f *flow) forced() bool {
	m := len(f.net.edges)
	for k := range f.net.own {
		if a := int32(m + k); f.net.own[k].cost <= -f.dear/2 && f.net.flowOf(a) != f.net.limit[k] {
			return false
		}
	}
	return true
}

// replace puts an arc of another cost in an edge's place.
func (w *network) replace(k int32, cost int64) {
	old := w.edges[k]
	a := w.add(old.from, old.to, 1, cost)
	v := w.below(k)
	if v < 0 {
		w.state[a], w.state[k] = w.state[k], resting
		return
	}
	w.state[a] = resting
	w.nodes[v].arc = a
	shift := cost - old.cost
	if w.nodes[v].up {
		shift = -shift
	}
	w.refresh(v, shift, 0)
}
