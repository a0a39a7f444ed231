package rounds

import (
	"cmp"
	"slices"

	"github.com/diaspora-match/diaspora/matcher/certificate"
)

// Groups that cross each other are no network, and planning with them is hard in
// general (three of them already hold three-dimensional matching). Their bounds
// are priced instead (Lagrangean relaxation, Held and Karp 1971): each price
// gives an exact round of the nested groups, a bound for every plan, and a plan
// that is repaired until it keeps all bounds. The best of both stay, with the gap
// between them.

// crossingSteps is how often prices of crossing groups are corrected.
const crossingSteps = 80

// search is the state of that correction.
type search struct {
	t     *instance
	price []int64 // of crossing groups: above 0 for the upper bound, below for the lower
	worth []int32
	duals certificate.Duals
	bound int64
	edges []int32 // the best plan that keeps all bounds
	total int64
	found bool
}

// solveCrossing reports a plan that keeps all groups, and how far from the
// optimum it may be at most.
func (r *Round) solveCrossing(t *instance) error {
	s := &search{t: t, price: make([]int64, len(t.groups)), worth: make([]int32, len(t.need)), bound: 1 << 62}
	scale := int64(2)
	for step := range crossingSteps {
		s.reprice()
		f := newFlow(t, s.worth, -1)
		if !f.net.run(r.options.Stop) {
			return ErrStopped
		}
		if !f.possible() {
			return r.impossible(t)
		}
		planned := f.chosen()
		if improved := s.relax(f, planned); !improved && step%8 == 7 {
			scale *= 2
		}
		s.repair(planned)
		if s.found && s.bound == s.total || !s.correct(planned, scale) {
			break
		}
	}
	if !s.found {
		return ErrUnfound.At("groups")
	}
	plan, at := t.plan(s.edges)
	r.Plan = plan
	r.Proof = certificate.Proof{Mode: certificate.Best, At: at, Duals: s.duals, Gap: s.bound - s.total}
	r.asked = []certificate.Bounds{t.totals(&r.Proof.Duals)}
	return nil
}

// reprice takes the prices of crossing groups off the scores of their pairs.
func (s *search) reprice() {
	expert, need := s.offsets()
	for i := range s.t.capacity {
		for k := s.t.row[i]; k < s.t.row[i+1]; k++ {
			s.worth[k] = int32(int64(s.t.score[k]) - expert[i] - need[s.t.need[k]])
		}
	}
}

func (s *search) offsets() (expert, need []int64) {
	expert, need = make([]int64, len(s.t.capacity)), make([]int64, len(s.t.seats))
	for g, q := range s.t.groups {
		of := need
		if q.side == certificate.Experts {
			of = expert
		}
		for _, m := range q.members {
			of[m] += s.price[g]
		}
	}
	return expert, need
}

// chosen are the edges with flow, by their place in the rows.
func (f *flow) chosen() []int32 {
	var out []int32
	for a := range f.net.edges {
		if f.net.flowOf(int32(a)) > 0 {
			out = append(out, int32(a))
		}
	}
	return out
}

// relax keeps the bound if it is the lowest so far.
func (s *search) relax(f *flow, planned []int32) bool {
	bound := int64(0)
	for _, k := range planned {
		bound += int64(s.worth[k])
	}
	for g, q := range s.t.groups {
		if p := s.price[g]; p > 0 {
			bound += p * q.upper
		} else {
			bound += p * q.lower
		}
	}
	if bound >= s.bound {
		return false
	}
	expert, need := s.offsets()
	d := f.duals(func(e Edge) (int64, bool) { return int64(e.Score) - expert[e.Expert] - need[e.Need], true }, nil)
	for g, p := range s.price {
		if s.t.groups[g].crossing {
			d.Upper[g], d.Lower[g] = max(0, p), max(0, -p)
		}
	}
	s.bound, s.duals = bound, d
	return true
}

// fill counts the pairs of each group.
func (s *search) fill(edges []int32) []int64 {
	experts, needs := make([]int64, len(s.t.capacity)), make([]int64, len(s.t.seats))
	for _, k := range edges {
		experts[s.expert(k)]++
		needs[s.t.need[k]]++
	}
	n := make([]int64, len(s.t.groups))
	for g, q := range s.t.groups {
		of := needs
		if q.side == certificate.Experts {
			of = experts
		}
		for _, m := range q.members {
			n[g] += of[m]
		}
	}
	return n
}

func (s *search) expert(k int32) int32 { return s.t.p.Edges[s.t.edge[k]].Expert }

// correct moves each price along its group's excess. It reports whether anything
// moved.
func (s *search) correct(planned []int32, scale int64) bool {
	n := s.fill(planned)
	excess, norm := make([]int64, len(n)), int64(0)
	for g, q := range s.t.groups {
		if !q.crossing {
			continue
		}
		switch {
		case s.price[g] > 0 || s.price[g] == 0 && n[g] > q.upper:
			excess[g] = n[g] - q.upper
		case s.price[g] < 0 || n[g] < q.lower:
			excess[g] = n[g] - q.lower
		}
		norm += excess[g] * excess[g]
	}
	if norm == 0 {
		return false
	}
	gap := s.bound - s.total
	if !s.found {
		gap = max(s.t.most, s.bound/20)
	}
	step := max(1, gap/(norm*scale))
	// No price may push a score out of 32 bits, whichever groups a pair is in.
	most := min(2*s.t.most, (maxScore-s.t.most)/int64(len(s.price)+1))
	for g, x := range excess {
		before := s.price[g]
		s.price[g] = max(-most, min(most, before+x*step))
		if before > 0 && s.price[g] < 0 || before < 0 && s.price[g] > 0 {
			s.price[g] = 0 // one bound at a time
		}
	}
	return true
}

// repair drops what is too much, the least first, and adds what still fits, the
// most first; if that keeps all bounds and beats the best plan so far, it stays.
func (s *search) repair(planned []int32) {
	t := s.t
	l := newLedger(t)
	for _, k := range planned {
		l.add(k, 1)
	}
	byScore := func(a, b int32) int { return cmp.Or(cmp.Compare(t.score[a], t.score[b]), cmp.Compare(a, b)) }
	planned = slices.Clone(planned)
	slices.SortFunc(planned, byScore)
	kept := planned[:0]
	for _, k := range planned {
		if l.over(k) && !l.needed(k) {
			l.add(k, -1)
		} else {
			kept = append(kept, k)
		}
	}
	in := make([]bool, len(t.need))
	for _, k := range kept {
		in[k] = true
	}
	order := make([]int32, len(t.need))
	for k := range order {
		order[k] = int32(k)
	}
	slices.SortFunc(order, func(a, b int32) int { return byScore(b, a) })
	for _, wanted := range []bool{true, false} {
		for _, k := range order {
			if !in[k] && l.fits(k) && (l.lacking(k) || !wanted && t.score[k] > 0) {
				l.add(k, 1)
				in[k], kept = true, append(kept, k)
			}
		}
	}
	total := int64(0)
	for _, k := range kept {
		total += int64(t.score[k])
	}
	if l.kept() && (!s.found || total > s.total) {
		s.edges, s.total, s.found = slices.Clone(kept), total, true
	}
}
