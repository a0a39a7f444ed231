package matcher

import (
	"math"
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

// standing is what a gate knows of the need's shortlist: the head of the
// ranking on a day, kept in opening.top. It is exact at all times: everybody
// who is eligible and not on it ranks behind its last. What happens to somebody
// below the floor changes a number here, and no list.
type standing struct {
	// floor is the total below which nobody enters: unlisted without a list.
	floor    domain.Score
	day      domain.Date
	eligible int32
	rows     int32 // on the list
}

// settle finds the floor. Behind the last of a list that does not hold
// everybody there may be better ones, so they stay out.
func (s *standing) settle(top []scored[*entry]) {
	s.rows = int32(len(top))
	switch {
	case s.rows == s.eligible:
		s.floor = math.MinInt32
	case s.rows == 0:
		s.floor = unlisted - 1
	default:
		s.floor = top[s.rows-1].total
	}
}

// answers reports whether the list holds the best k of the day.
func (s *standing) answers(k int, today domain.Date) bool {
	return s.floor != unlisted && s.day == today && (k <= int(s.rows) || s.rows == s.eligible)
}

// leave takes somebody out, by what they were worth.
func (o *opening) leave(s scored[*entry]) {
	if i, found := slices.BinarySearchFunc(o.top, s, compareScored); found {
		o.top = slices.Delete(o.top, i, i+1)
	}
}

// enter ranks somebody; all says that the list holds everybody else.
func (o *opening) enter(s scored[*entry], all bool, kept int) {
	i, _ := slices.BinarySearchFunc(o.top, s, compareScored)
	if i == len(o.top) && !all {
		return
	}
	o.top = slices.Insert(o.top, i, s)
	o.top = o.top[:min(len(o.top), kept)]
}

// shortlist gives the best k of a need, and how many are eligible, from its
// list, which is searched when it does not answer. The lock is held, for
// reading: another reader may bring a new list, but none changes one.
func (x *Index) shortlist(o *opening, k int, today domain.Date) (rows []scored[*entry], eligible int) {
	g := &x.shelves[o.Country].gates[o.slot]
	x.listing.Lock()
	x.day = today
	top, standing := o.top, g.standing
	x.listing.Unlock()
	if !standing.answers(k, today) {
		top, eligible = x.search(&o.plan, max(k, x.kept), today)
		standing.day, standing.eligible = today, int32(eligible)
		standing.settle(top)
		x.listing.Lock()
		x.listed, o.top, g.standing = true, top, standing
		x.listing.Unlock()
	}
	return top[:min(k, len(top))], int(standing.eligible)
}

// keepUp brings the shortlists in step with a change of an expert, nil before
// they came and after they went. The lock is held.
func (x *Index) keepUp(e *entry, was, is *subject) {
	if !x.listed {
		return
	}
	var countries []domain.Country
	if was != nil {
		countries = was.countries()
	}
	if is != nil {
		for _, c := range is.countries() {
			if !slices.Contains(countries, c) {
				countries = append(countries, c)
			}
		}
	}
	for _, c := range countries {
		shelf := x.shelves[c]
		if shelf == nil {
			continue
		}
		u := update{entry: e, today: x.day, kept: x.kept}
		u.left = was != nil && u.before.face(was, c)
		u.came = is != nil && u.after.face(is, c)
		if u.left || u.came {
			u.shelf(shelf)
		}
	}
}

// update is a change of an expert as the needs of one country see it.
type update struct {
	entry         *entry
	left, came    bool // open to needs of the country before, and after
	before, after facing
	today         domain.Date
	kept          int
}

func (u *update) shelf(s *shelf) {
	for i := range s.gates {
		g := &s.gates[i]
		if g.floor == unlisted {
			continue
		}
		if g.day != u.today {
			g.floor, s.openings[i].top = unlisted, nil
			continue
		}
		before, after := u.left && g.passes(&u.before, u.today), u.came && g.passes(&u.after, u.today)
		if before || after {
			u.need(g, &s.terms[i], s.openings[i], before, after)
		}
	}
}

// need brings one shortlist in step. Whose bound is below the floor neither was
// on the list nor will be.
func (u *update) need(g *gate, t *terms, o *opening, before, after bool) {
	before = before && (!g.wide && !u.before.special || o.admits(g, &u.before, u.today))
	after = after && (!g.wide && !u.after.special || o.admits(g, &u.after, u.today))
	out, leaves := u.row(g, t, o, &u.before, before)
	in, enters := u.row(g, t, o, &u.after, after)
	all := g.rows == g.eligible
	if leaves {
		o.leave(out)
	}
	if enters {
		o.enter(in, all, u.kept)
	}
	if before {
		g.eligible--
	}
	if after {
		g.eligible++
	}
	if all || leaves || enters {
		g.settle(o.top)
	}
}

// row is an eligible expert as the shortlist has them; false when they are not
// worth a place on it, which the bound tells of most without reading the need.
func (u *update) row(g *gate, t *terms, o *opening, f *facing, eligible bool) (s scored[*entry], ok bool) {
	if !eligible {
		return s, false
	}
	known := t.known(g, f, u.today)
	if !g.wide && !f.odd && t.bound(f, known) < g.floor {
		return s, false
	}
	total := o.judge(t, f, known, u.today)
	if total < g.floor {
		return s, false
	}
	return scored[*entry]{total, tie(o.seed, u.entry.ID), u.entry}, true
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
