package matcher

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
)

// entry is an expert of an index with the places of their lines. It stays the
// same one as long as the id is known.
type entry struct {
	*Expert
	home  place    // the first of the countries
	other *[]place // the rest, nil for none
	whole *candidate
}

func (e *entry) key() string { return string(e.ID) }

// candidate is the whole profile ready for judging. Odd ones keep it; for the
// rest it is made when somebody asks for an explanation.
func (e *entry) candidate(tax *taxonomy.Taxonomy) *candidate {
	if e.whole != nil {
		return e.whole
	}
	return compileExpert(*e.Expert, tax)
}

// settle puts an expert into the pools of their countries.
func (x *Index) settle(s *subject) {
	e := s.entry
	e.whole, e.other = s.whole, nil
	if len(e.Heritage) == 0 {
		e.home = x.pools[unlinked].put(s, true, &x.book)
		return
	}
	for i, h := range e.Heritage {
		if slices.ContainsFunc(e.Heritage[:i], func(o HeritageLink) bool { return o.Country == h.Country }) {
			continue
		}
		at := x.poolOf(h.Country).put(s, i == 0, &x.book)
		switch {
		case i == 0:
			e.home = at
		case e.other == nil:
			e.other = &[]place{at}
		default:
			*e.other = append(*e.other, at)
		}
	}
}

// unsettle takes an expert out of all pools.
func (x *Index) unsettle(s *subject) {
	if s.entry.other != nil {
		for _, at := range *s.entry.other {
			x.pools[at.pool].take(at.slot, s, &x.book)
		}
	}
	x.pools[s.entry.home.pool].take(s.entry.home.slot, s, &x.book)
}

// unlinked is the number of the pool of experts without a heritage link.
const unlinked = 0

// poolOf is the pool of a country, made when it is missing.
func (x *Index) poolOf(c domain.Country) *pool {
	n, ok := x.poolNumbers[c]
	if !ok {
		n = int32(len(x.pools))
		x.poolNumbers[c] = n
		x.pools = append(x.pools, &pool{country: c, number: n})
	}
	return x.pools[n]
}

// linked is the pool of a country, nil when nobody has a link to it.
func (x *Index) linked(c domain.Country) *pool {
	if n, ok := x.poolNumbers[c]; ok {
		return x.pools[n]
	}
	return nil
}
