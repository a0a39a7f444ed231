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
		s.openings, s.gates = append(s.openings, o), append(s.gates, gate{})
	}
	s.gates[o.slot] = o.gate()
}

// close takes a need off its shelf; the last one moves into the gap.
func (x *Index) close(o *opening) {
	s := x.shelves[o.Country]
	last := len(s.openings) - 1
	moved := s.openings[last]
	s.openings[o.slot], s.gates[o.slot], moved.slot = moved, s.gates[last], o.slot
	s.openings[last] = nil
	s.openings, s.gates = s.openings[:last], s.gates[:last]
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
			r.Eligible += s.rank(shelf, c, x.fallback.Taxonomy.Len())
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
	best  *best[*opening]
	today domain.Date
	found []bounded // adds holds a total here
}

var suitors = sync.Pool{New: func() any { return new(suitor) }}

// rank ranks the needs of a shelf and counts the eligible ones: bounds first,
// then scores from the highest bounds down.
func (s *suitor) rank(shelf *shelf, c domain.Country, skills int) (eligible int) {
	var f facing
	if !f.face(&s.subject, c, skills) {
		return 0
	}
	s.found = s.found[:0]
	var histogram [domain.One/suitorStep + 1]int32
	for i := range shelf.gates {
		g := &shelf.gates[i]
		if !g.passes(&f, s.today) || (g.wide || f.special) && !shelf.openings[i].admits(g, &f, s.today) {
			continue
		}
		bound := min(g.bound(&f, s.today), domain.One)
		if g.wide || f.odd {
			bound = domain.One // an odd plan has no bound
		}
		histogram[bound/suitorStep]++
		s.found = append(s.found, bounded{int32(i), int32(bound)})
	}
	edge, n := len(histogram), 0
	for ; edge > 0 && n < s.best.k; edge-- {
		n += int(histogram[edge-1])
	}
	first := int32(edge) * int32(suitorStep)
	for _, b := range s.found {
		if b.adds >= first {
			s.offer(shelf, b.slot, &f)
		}
	}
	for _, b := range s.found {
		if b.adds < first && domain.Score(b.adds) >= s.best.floor() {
			s.offer(shelf, b.slot, &f)
		}
	}
	return len(s.found)
}

// suitorStep is the width of a step of the histogram of bounds.
const suitorStep = domain.One / 100

func (s *suitor) offer(shelf *shelf, slot int32, f *facing) {
	o := shelf.openings[slot]
	if total := o.judge(f, s.today); total >= s.best.floor() {
		s.best.offer(scored[*opening]{total, tie(o.seed, f.expert.ID), o})
	}
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
