package matcher

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
)

// entry is an expert of an index with the places of their lines. It stays the
// same one as long as the id is known.
type entry struct {
	Expert
	home  place   // the first of the countries
	other []place // the rest
	whole *candidate
}

func (e *entry) key() string { return string(e.ID) }

// candidate is the whole profile ready for judging. Odd ones keep it; for the
// rest it is made when somebody asks for an explanation.
func (e *entry) candidate(tax *taxonomy.Taxonomy) *candidate {
	if e.whole != nil {
		return e.whole
	}
	return compileExpert(e.Expert, tax)
}

// settle puts an expert into the pools of their countries.
func (x *Index) settle(s *subject) {
	e, skills := s.entry, x.fallback.Taxonomy.Len()
	e.whole, e.other = s.whole, nil
	if len(e.Heritage) == 0 {
		e.home = x.unlinked.put(s, true, skills)
		return
	}
	for i, h := range e.Heritage {
		if slices.ContainsFunc(e.Heritage[:i], func(o HeritageLink) bool { return o.Country == h.Country }) {
			continue
		}
		at := x.poolOf(h.Country).put(s, i == 0, skills)
		if i == 0 {
			e.home = at
		} else {
			e.other = append(e.other, at)
		}
	}
}

// unsettle takes an expert out of all pools.
func (x *Index) unsettle(s *subject) {
	skills := x.fallback.Taxonomy.Len()
	for _, at := range s.entry.other {
		at.pool.take(at.slot, s, skills)
	}
	s.entry.home.pool.take(s.entry.home.slot, s, skills)
}

func (x *Index) poolOf(c domain.Country) *pool {
	p := x.pools[c]
	if p == nil {
		p = &pool{country: c}
		x.pools[c] = p
	}
	return p
}
