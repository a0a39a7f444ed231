package matcher

import (
	"slices"
	"sync/atomic"

	"github.com/diaspora-match/diaspora/domain"
)

// opening is an open need of an index, with its plan and its shortlist.
type opening struct {
	*plan
	slot int32 // on the shelf of its country
	list atomic.Pointer[shortlist]
}

func (o *opening) key() string { return string(o.ID) }

// gate is what tells in a few bytes that an expert does not pass: of a thousand
// needs of a country most are told apart without reading the need itself.
type gate struct {
	closed, checked bool
	// wide: there is a rule that only the plan tells.
	wide                       bool
	modality, years, schooling uint8
	least                      [gateTongues]uint8
	tongues                    [gateTongues]uint8
}

const gateTongues = 4

// shelf holds the open needs of one country, gates beside each other.
type shelf struct {
	gates    []gate
	openings []*opening
}

func (p *plan) gate() gate {
	g := gate{
		closed: p.closed, checked: p.policy.HeritageCheck, wide: p.odd || !p.anywhere,
		modality: p.modality, years: p.years, schooling: uint8(min(p.schooling, maxSchooling)),
	}
	if p.odd {
		g.modality = anyGate // the plan tells
	}
	n := 0
	for _, t := range p.tongues {
		switch {
		case t.least == 0:
		case n == gateTongues || t.number > maxLineTongue:
			g.wide = true
		default:
			g.tongues[n], g.least[n] = uint8(t.number), uint8(min(t.least, domain.Native))
			n++
		}
	}
	return g
}

// anyGate is the place of a modality that a gate lets through.
const anyGate = 3

// open plans a need and puts it on the shelf, or in its own place there.
func (x *Index) open(o *opening, d *demand) {
	fresh := o.plan == nil
	o.plan = d.plan(&x.book, true)
	o.list.Store(nil)
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

// facing is an expert as the needs of one country see them.
type facing struct {
	*subject
	line    line
	accepts [anyGate + 1]bool
	levels  [maxLineTongue + 1]uint8
	checked bool
}

// face turns an expert to the needs of a country; false when they have no link
// to it, or are open to none at all.
func (s *subject) face(c domain.Country) (f facing, ok bool) {
	e := s.expert
	if !e.Consent || !e.Active || e.Suspended {
		return f, false
	}
	for _, h := range e.Heritage {
		if h.Country == c {
			ok = true
			f.checked = f.checked || h.Checked
		}
	}
	if !ok {
		return f, false
	}
	f.subject, f.line = s, s.in(c)
	copy(f.accepts[:], s.accepts[:])
	f.accepts[anyGate] = true
	for _, t := range s.tongues {
		if t.number <= maxLineTongue {
			f.levels[t.number] = uint8(t.level)
		}
	}
	return f, true
}

// passes reports whether a gate lets somebody through.
func (g *gate) passes(f *facing) bool {
	return !g.closed && g.years <= f.years && g.schooling <= f.schooling && f.accepts[g.modality] &&
		(f.checked || !g.checked) &&
		g.least[0] <= f.levels[g.tongues[0]] && g.least[1] <= f.levels[g.tongues[1]] &&
		g.least[2] <= f.levels[g.tongues[2]] && g.least[3] <= f.levels[g.tongues[3]]
}

// judge gives the total of an expert who passed a need's gate; false when
// another rule fails.
func (o *opening) judge(f *facing, wide bool, today domain.Date) (domain.Score, bool) {
	if wide && o.fails(f.candidate(o.tax), today, true) != 0 {
		return 0, false
	}
	if len(f.refused) > 0 && slices.Contains(f.refused, o.Programme) ||
		o.Institution != "" && slices.Contains(f.expert.Conflicts, o.Institution) {
		return 0, false
	}
	if f.odd || o.odd {
		c := f.candidate(o.tax)
		if o.failsTime(c, today) != 0 {
			return 0, false
		}
		return o.total(o.values(c, today)), true
	}
	m := o.moment(today)
	days := m.days(&f.spell)
	if m.short || days < m.least {
		return 0, false
	}
	served := f.line.flags&hasServed != 0 && o.Institution != "" && slices.Contains(f.expert.Served, o.Institution)
	return o.score(&f.line, days, &m, served), true
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
	best := newBest[*opening](k)
	var s subject
	s.unfold(e.Expert, &x.book, x.fallback.Taxonomy)
	for i, h := range e.Heritage {
		if slices.ContainsFunc(e.Heritage[:i], func(o HeritageLink) bool { return o.Country == h.Country }) {
			continue
		}
		shelf, f, ok := x.facing(&s, h.Country)
		if !ok {
			continue
		}
		for i := range shelf.gates {
			g := &shelf.gates[i]
			if !g.passes(&f) {
				continue
			}
			o := shelf.openings[i]
			total, ok := o.judge(&f, g.wide, today)
			if !ok {
				continue
			}
			r.Eligible++
			if total >= best.floor() {
				best.offer(scored[*opening]{total, tie(o.seed, e.ID), o})
			}
		}
	}
	rows := best.sorted()
	r.Rows = make([]Ranked, len(rows))
	for i, s := range rows {
		r.Rows[i] = Ranked{e.ID, s.of.ID, i + 1, s.total}
	}
	return r, true
}

// facing turns an expert to the shelf of a country.
func (x *Index) facing(s *subject, c domain.Country) (*shelf, facing, bool) {
	shelf := x.shelves[c]
	if shelf == nil || s == nil {
		return shelf, facing{}, false
	}
	f, ok := s.face(c)
	return shelf, f, ok
}
