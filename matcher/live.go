package matcher

import (
	"reflect"
	"slices"

	"github.com/diaspora-match/diaspora/domain"
)

const (
	// ShortlistShown is up to which rank the shortlist of an open need answers
	// a ranking; a longer one is searched.
	ShortlistShown = 50
	// shortlistKept is how many it holds when it is new: departures eat into
	// the reserve, and only when it is gone is there another search.
	shortlistKept = 80
)

// shortlist is the head of the ranking of an open need on a day. It is exact at
// all times: everybody who is eligible and not in it ranks behind its last. It
// is changed under the index's lock alone.
type shortlist struct {
	day      domain.Date
	eligible int
	rows     []scored[*entry] // best first
}

// answers reports whether the list holds the best k of its day.
func (l *shortlist) answers(k int, today domain.Date) bool {
	return l != nil && l.day == today && (k <= len(l.rows) || len(l.rows) == l.eligible)
}

// leave takes somebody out who was eligible.
func (l *shortlist) leave(e *entry) {
	l.eligible--
	if i := slices.IndexFunc(l.rows, func(s scored[*entry]) bool { return s.of == e }); i >= 0 {
		l.rows = slices.Delete(l.rows, i, i+1)
	}
}

// enter ranks somebody who is eligible. Behind the last of a list that does not
// hold everybody there may be better ones, so they stay out.
func (l *shortlist) enter(e *entry, total domain.Score, seed uint64, kept int) {
	all := len(l.rows) == l.eligible
	l.eligible++
	if !all && (len(l.rows) == 0 || total < l.rows[len(l.rows)-1].total) {
		return
	}
	s := scored[*entry]{total, tie(seed, e.ID), e}
	i, _ := slices.BinarySearchFunc(l.rows, s, compareScored)
	if i == len(l.rows) && !all {
		return
	}
	l.rows = slices.Insert(l.rows, i, s)
	l.rows = l.rows[:min(len(l.rows), kept)]
}

// shortlist gives the list of a need that answers for k; the lock is held, for
// reading.
func (x *Index) shortlist(o *opening, k int, today domain.Date) *shortlist {
	x.day.Store(int32(today))
	if l := o.list.Load(); l.answers(k, today) {
		return l
	}
	l := &shortlist{day: today}
	l.rows, l.eligible = x.search(o.plan, max(k, x.kept), today)
	x.listed.Store(true)
	o.list.Store(l)
	return l
}

// keepUp brings the shortlists in step with a change of an expert, nil before
// they came and after they went. The lock is held.
func (x *Index) keepUp(e *entry, was, is *subject) {
	if !x.listed.Load() {
		return
	}
	var countries []domain.Country
	for _, s := range []*subject{was, is} {
		if s == nil {
			continue
		}
		for _, h := range s.expert.Heritage {
			if !slices.Contains(countries, h.Country) {
				countries = append(countries, h.Country)
			}
		}
	}
	today := domain.Date(x.day.Load())
	for _, c := range countries {
		shelf, before, left := x.facing(was, c)
		_, after, came := x.facing(is, c)
		if !left && !came {
			continue
		}
		for i := range shelf.gates {
			g := &shelf.gates[i]
			wasIn, isIn := left && g.passes(&before), came && g.passes(&after)
			if wasIn || isIn {
				shelf.openings[i].keepUp(e, &before, &after, wasIn, isIn, g.wide, today, x.kept)
			}
		}
	}
}

func (o *opening) keepUp(e *entry, before, after *facing, wasIn, isIn, wide bool, today domain.Date, kept int) {
	l := o.list.Load()
	if l == nil {
		return
	}
	if l.day != today {
		o.list.Store(nil)
		return
	}
	if wasIn {
		if _, ok := o.judge(before, wide, today); ok {
			l.leave(e)
		}
	}
	if isIn {
		if total, ok := o.judge(after, wide, today); ok {
			l.enter(e, total, o.seed, kept)
		}
	}
}

// sameRanking reports whether a need in a new version ranks everybody as it
// did: how many seats are free is no matter as long as there is one.
func sameRanking(a, b Need) bool {
	if (a.Seats > 0) != (b.Seats > 0) {
		return false
	}
	a.Seats = b.Seats
	return reflect.DeepEqual(a, b)
}
