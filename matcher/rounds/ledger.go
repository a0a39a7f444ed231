package rounds

import "github.com/diaspora-match/diaspora/matcher/certificate"

// ledger counts what a plan uses of experts, needs and groups.
type ledger struct {
	t                *instance
	free, seats      []int32
	count            []int64   // pairs of each group
	ofExpert, ofNeed [][]int32 // their groups
	expertOf         []int32   // of each edge
}

func newLedger(t *instance) *ledger {
	l := &ledger{
		t: t, free: append([]int32(nil), t.capacity...), seats: append([]int32(nil), t.seats...), count: make([]int64, len(t.groups)),
		ofExpert: make([][]int32, len(t.capacity)), ofNeed: make([][]int32, len(t.seats)), expertOf: make([]int32, len(t.need)),
	}
	for g, q := range t.groups {
		of := l.ofNeed
		if q.side == certificate.Experts {
			of = l.ofExpert
		}
		for _, m := range q.members {
			of[m] = append(of[m], int32(g))
		}
	}
	for i := range t.capacity {
		for k := t.row[i]; k < t.row[i+1]; k++ {
			l.expertOf[k] = int32(i)
		}
	}
	return l
}

// groups are all groups of an edge.
func (l *ledger) groups(k int32) [2][]int32 {
	return [2][]int32{l.ofExpert[l.expertOf[k]], l.ofNeed[l.t.need[k]]}
}

func (l *ledger) add(k, n int32) {
	l.free[l.expertOf[k]] -= n
	l.seats[l.t.need[k]] -= n
	for _, gs := range l.groups(k) {
		for _, g := range gs {
			l.count[g] += int64(n)
		}
	}
}

// some reports whether the test holds for a group of the edge.
func (l *ledger) some(k int32, test func(q *quota, n int64) bool) bool {
	for _, gs := range l.groups(k) {
		for _, g := range gs {
			if test(&l.t.groups[g], l.count[g]) {
				return true
			}
		}
	}
	return false
}

func (l *ledger) over(k int32) bool {
	return l.some(k, func(q *quota, n int64) bool { return n > q.upper })
}

func (l *ledger) needed(k int32) bool {
	return l.some(k, func(q *quota, n int64) bool { return n <= q.lower })
}

func (l *ledger) lacking(k int32) bool {
	return l.some(k, func(q *quota, n int64) bool { return n < q.lower })
}

// fits reports whether one pair more keeps every upper bound.
func (l *ledger) fits(k int32) bool {
	return l.free[l.expertOf[k]] > 0 && l.seats[l.t.need[k]] > 0 && !l.some(k, func(q *quota, n int64) bool { return n >= q.upper })
}

// kept reports whether all groups are within their bounds.
func (l *ledger) kept() bool {
	for g := range l.t.groups {
		if q := &l.t.groups[g]; l.count[g] < q.lower || l.count[g] > q.upper {
			return false
		}
	}
	return true
}
