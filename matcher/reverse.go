package matcher

import (
	"slices"
	"sync"

	"github.com/diaspora-match/diaspora/domain"
)

// opening is an open need of an index, with its plan and its shortlist.
type opening struct {
	plan
	slot int32            // on the shelf of its country
	top  []scored[*entry] // the shortlist, best first; the gate has its standing
}

func (o *opening) key() string { return string(o.ID) }

// shelf holds the open needs of one country, gates beside each other.
type shelf struct {
	gates    []gate
	terms    []terms
	openings []*opening
}

// open plans a need and puts it on the shelf, or in its own place there when it
// is not fresh.
func (x *Index) open(o *opening, d *demand, fresh bool) {
	o.plan, o.top = *d.plan(&x.book, true), nil
	s := x.shelves[d.Country]
	if s == nil {
		s = &shelf{}
		x.shelves[d.Country] = s
	}
	if fresh {
		o.slot = int32(len(s.openings))
		s.openings, s.gates, s.terms = append(s.openings, o), append(s.gates, gate{}), append(s.terms, terms{})
	}
	s.gates[o.slot], s.terms[o.slot] = o.gate(), o.plan.terms()
}

// close takes a need off its shelf; the last one moves into the gap.
func (x *Index) close(o *opening) {
	s := x.shelves[o.Country]
	last := len(s.openings) - 1
	moved := s.openings[last]
	s.openings[o.slot], s.gates[o.slot], s.terms[o.slot], moved.slot = moved, s.gates[last], s.terms[last], o.slot
	s.openings[last] = nil
	s.openings, s.gates, s.terms = s.openings[:last], s.gates[:last], s.terms[:last]
}

// TopNeeds ranks the needs for which an expert is eligible, the best k of them;
// false for an unknown expert. The basis is the fallback policy's: each need is
// scored under its own programme's, which its verdict names.
func (x *Index) TopNeeds(expert domain.ExpertID, k int, today domain.Date) (Ranking, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	e, ok := x.experts[expert]
	if !ok {
		return Ranking{}, false
	}
	r := Ranking{Basis: x.basis("", today), Considered: len(x.needs)}
	s := suitors.Get().(*suitor)
	defer suitors.Put(s)
	s.unfold(e.Expert, &x.book, x.fallback.Taxonomy)
	s.best, s.today = newBest[*opening](k), today
	for _, c := range s.countries() {
		if shelf := x.shelves[c]; shelf != nil {
			r.Eligible += s.rank(shelf, c)
		}
	}
	rows := s.best.sorted()
	r.Rows = make([]Ranked, len(rows))
	for i, row := range rows {
		r.Rows[i] = Ranked{e.ID, row.of.ID, i + 1, row.total}
	}
	return r, true
}

// suitor is an expert who looks for needs.
type suitor struct {
	subject
	best   *best[*opening]
	today  domain.Date
	found  []fitting
	sorted []fitting
}

// fitting is a need that somebody is eligible for, with the most that their
// total can be, and what is known of it.
type fitting struct {
	slot  int32
	bound domain.Score
	known int32
}

var suitors = sync.Pool{New: func() any { return new(suitor) }}

// rank ranks the needs of a shelf and counts the eligible ones: bounds first,
// then scores from the highest bounds down.
func (s *suitor) rank(shelf *shelf, c domain.Country) (eligible int) {
	var f facing
	if !f.face(&s.subject, c) {
		return 0
	}
	s.found = s.found[:0]
	for i := range shelf.gates {
		g := &shelf.gates[i]
		if !g.passes(&f, s.today) || (g.wide || f.special) && !shelf.openings[i].admits(g, &f, s.today) {
			continue
		}
		t := &shelf.terms[i]
		n := fitting{int32(i), domain.One, t.known(g, &f, s.today)}
		if !g.wide && !f.odd { // an odd plan has no bound
			n.bound = min(max(t.bound(&f, n.known), 0), domain.One)
		}
		s.found = append(s.found, n)
	}
	for _, n := range s.descending() {
		if n.bound < s.best.floor() && (n.bound/suitorStep+1)*suitorStep <= s.best.floor() {
			break // so are all that follow
		}
		if n.bound < s.best.floor() {
			continue
		}
		o := shelf.openings[n.slot]
		if total := o.judge(&shelf.terms[n.slot], &f, n.known, s.today); total >= s.best.floor() {
			s.best.offer(scored[*opening]{total, tie(o.seed, f.expert.ID), o})
		}
	}
	return len(s.found)
}

// suitorStep is how finely the bounds are sorted.
const suitorStep = domain.One / 200

// descending sorts by counting: what was found, the highest bounds first.
func (s *suitor) descending() []fitting {
	var starts [domain.One/suitorStep + 2]int32
	for _, n := range s.found {
		starts[n.bound/suitorStep]++
	}
	for i := len(starts) - 2; i >= 0; i-- {
		starts[i] += starts[i+1]
	}
	s.sorted = slices.Grow(s.sorted[:0], len(s.found))[:len(s.found)]
	for _, n := range s.found {
		at := &starts[n.bound/suitorStep+1]
		s.sorted[*at] = n
		*at++
	}
	return s.sorted
}

// countries lists the heritage of an expert, each country once.
func (s *subject) countries() []domain.Country {
	var out []domain.Country
	for _, h := range s.expert.Heritage {
		if !slices.Contains(out, h.Country) {
			out = append(out, h.Country)
		}
	}
	return out
}
