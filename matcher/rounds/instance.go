package rounds

import (
	"fmt"
	"sync"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/matcher/certificate"
)

// instance is a problem made ready: checked, locks taken out of capacities and
// groups, pairs that cannot be planned left out, edges in rows by expert.
type instance struct {
	p        *Problem
	capacity []int32 // of experts, without locks, at most one more than edges
	seats    []int32
	row      []int32 // where each expert's edges begin
	need     []int32 // of each edge, in the order of rows
	score    []int32
	edge     []int32 // its place in the problem
	groups   []quota
	forest   []int32 // groups that nest, outer before inner
	lockedAt []int32 // places of the locked pairs in the problem
	most     int64   // largest magnitude of a score
	degree   []int32
	turned   *columns
	idle     []int32 // places of edges of experts without capacity: not in the rows
	warm     []Pair  // locked by what-ifs, which keep their edges in the rows
	reseated []int32 // needs that got or lost seats in what-ifs
}

// quota is a group without what locks already fill.
type quota struct {
	side         Side
	members      []int32
	lower, upper int64
	parent       int32 // in the forest of nested groups, -1 at its top
	crossing     bool
}

// prepare checks the problem and lays it out. With all it keeps pairs of score 0
// and below, which only quotas, fairness and stability have a use for.
func prepare(p *Problem, all bool) (*instance, error) {
	if err := validate(p); err != nil {
		return nil, err
	}
	t := &instance{p: p, capacity: append([]int32(nil), p.Capacity...), seats: append([]int32(nil), p.Seats...)}
	for _, g := range p.Groups {
		t.groups = append(t.groups, quota{side: g.Side, members: g.Members, lower: int64(g.Lower), upper: int64(g.Upper)})
	}
	apart, err := t.takeLocks()
	if err != nil {
		return nil, err
	}
	t.lay(apart, all)
	t.nest()
	return t, nil
}

// takeLocks subtracts the locked pairs from capacities, seats and groups, and
// returns the pairs that are no longer to be decided.
func (t *instance) takeLocks() (map[Pair]bool, error) {
	if len(t.p.Locks)+len(t.p.Vetoes) == 0 {
		return nil, nil
	}
	apart := map[Pair]bool{}
	for k, x := range t.p.Vetoes {
		if !t.inRange(x) {
			return nil, ErrRange.At(fmt.Sprintf("vetoes[%d]", k))
		}
		apart[x] = true
	}
	for k, x := range t.p.Locks {
		field := fmt.Sprintf("locks[%d]", k)
		switch {
		case !t.inRange(x):
			return nil, ErrRange.At(field)
		case apart[x]:
			return nil, ErrLockTwice.At(field)
		case t.capacity[x.Expert] == 0 || t.seats[x.Need] == 0:
			return nil, ErrLockFull.At(field)
		}
		apart[x] = true
		t.capacity[x.Expert]--
		t.seats[x.Need]--
	}
	return apart, t.findLocks(apart)
}

// findLocks finds the edges of the locks and takes them out of the groups.
func (t *instance) findLocks(apart map[Pair]bool) error {
	if len(t.p.Locks) == 0 {
		return nil
	}
	vetoed := map[Pair]bool{}
	for _, x := range t.p.Vetoes {
		vetoed[x] = true
	}
	places := map[Pair]int32{}
	for k, e := range t.p.Edges {
		if apart[e.Pair()] && !vetoed[e.Pair()] {
			places[e.Pair()] = int32(k)
		}
	}
	experts, needs := map[int32]int64{}, map[int32]int64{}
	for k, x := range t.p.Locks {
		at, ok := places[x]
		if !ok {
			return ErrLockUnknown.At(fmt.Sprintf("locks[%d]", k))
		}
		t.lockedAt = append(t.lockedAt, at)
		experts[x.Expert]++
		needs[x.Need]++
	}
	for g := range t.groups {
		q, of := &t.groups[g], needs
		if q.side == certificate.Experts {
			of = experts
		}
		for _, m := range q.members {
			q.lower -= of[m]
			q.upper -= of[m]
		}
	}
	return nil
}

func (t *instance) inRange(x Pair) bool {
	return x.Expert >= 0 && int(x.Expert) < len(t.capacity) && x.Need >= 0 && int(x.Need) < len(t.seats)
}

// lay sorts the edges that may be planned into rows by expert, in a stable
// counting sort. Needs without seats keep theirs: a what-if may add seats.
func (t *instance) lay(apart map[Pair]bool, all bool) {
	edges := t.p.Edges
	open := func(e *Edge) bool {
		return (all || e.Score > 0) && t.capacity[e.Expert] > 0 && (apart == nil || !apart[e.Pair()])
	}
	t.row = make([]int32, len(t.capacity)+1)
	for k := range edges {
		if e := &edges[k]; open(e) {
			t.row[e.Expert+1]++
		} else if t.capacity[e.Expert] == 0 {
			t.idle = append(t.idle, int32(k))
		}
	}
	for i := range t.capacity {
		t.row[i+1] += t.row[i]
	}
	n := int(t.row[len(t.capacity)])
	at := append([]int32(nil), t.row...)
	t.need, t.score, t.edge = make([]int32, n), make([]int32, n), make([]int32, n)
	degree := make([]int32, len(t.seats))
	for k := range edges {
		e := &edges[k]
		if !open(e) {
			continue
		}
		to := at[e.Expert]
		at[e.Expert]++
		t.need[to], t.score[to], t.edge[to] = e.Need, e.Score, int32(k)
		degree[e.Need]++
		t.most = max(t.most, int64(e.Score), -int64(e.Score))
	}
	t.clip(degree)
}

// clip lowers capacities to one more than there are edges: what is never reached
// keeps the price 0 that it deserves.
func (t *instance) clip(degree []int32) {
	t.degree, t.turned = degree, new(columns)
	for i := range t.capacity {
		t.capacity[i] = min(t.capacity[i], t.row[i+1]-t.row[i]+1)
	}
	for j := range t.seats {
		t.seats[j] = min(t.seats[j], degree[j]+1)
	}
}

// columns are the edges by need, made when the first what-if asks.
type columns struct {
	once  sync.Once
	begin []int32
	edge  []int32
}

func (c *columns) of(j int32) []int32 { return c.edge[c.begin[j]:c.begin[j+1]] }

// columns turns the rows.
func (t *instance) columns() *columns {
	c := t.turned
	c.once.Do(func() {
		c.begin, c.edge = make([]int32, len(t.seats)+1), make([]int32, len(t.need))
		for j, n := range t.degree {
			c.begin[j+1] = c.begin[j] + n
		}
		at := append([]int32(nil), c.begin...)
		for k, j := range t.need {
			c.edge[at[j]] = int32(k)
			at[j]++
		}
	})
	return c
}

func (t *instance) experts() int { return len(t.capacity) }

// validate refuses what cannot be a round, naming the field in the names of the
// file format.
func validate(p *Problem) error {
	var c domain.Checks
	nodes := len(p.Capacity) + len(p.Seats) + len(p.Groups)
	c.Require(nodes <= MaxNodes, ErrTooLarge.At("experts"))
	c.Require(len(p.Edges) <= MaxEdges, ErrTooLarge.At("edges"))
	c.Require(p.Wishes == nil || len(p.Wishes) == len(p.Edges), ErrParallel.At("wishes"))
	c.Require(p.ExpertKeys == nil || len(p.ExpertKeys) == len(p.Capacity), ErrParallel.At("expert_keys"))
	c.Require(p.NeedKeys == nil || len(p.NeedKeys) == len(p.Seats), ErrParallel.At("need_keys"))
	if err := c.Err(); err != nil {
		return err
	}
	for i, a := range p.Capacity {
		if a < 0 {
			return ErrNegative.At(fmt.Sprintf("expert_capacity[%d]", i))
		}
	}
	for j, b := range p.Seats {
		if b < 0 {
			return ErrNegative.At(fmt.Sprintf("seats[%d]", j))
		}
	}
	for k, e := range p.Edges {
		if uint(e.Expert) >= uint(len(p.Capacity)) || uint(e.Need) >= uint(len(p.Seats)) {
			return ErrRange.At(fmt.Sprintf("edges[%d]", k))
		}
	}
	if k := duplicate(p); k >= 0 {
		return ErrTwice.At(fmt.Sprintf("edges[%d]", k))
	}
	return validateGroups(p)
}

func validateGroups(p *Problem) error {
	for g, group := range p.Groups {
		field := fmt.Sprintf("groups[%d]", g)
		n := len(p.Seats)
		if group.Side == certificate.Experts {
			n = len(p.Capacity)
		}
		if group.Lower < 0 || group.Upper < group.Lower {
			return ErrQuota.At(field)
		}
		seen := make(map[int32]bool, len(group.Members))
		for k, m := range group.Members {
			if m < 0 || int(m) >= n || seen[m] {
				return ErrMember.At(fmt.Sprintf("%s.members[%d]", field, k))
			}
			seen[m] = true
		}
	}
	return nil
}

// duplicate finds the place of an edge whose pair came before, or -1. Edges that
// come in rows by expert, as they do as a rule, need no sorting for it.
func duplicate(p *Problem) int {
	last := make([]int32, len(p.Seats)) // the row that saw this need last, from 1
	row, previous := int32(0), int32(-1)
	for k := range p.Edges {
		e := &p.Edges[k]
		if e.Expert != previous {
			if e.Expert < previous {
				return duplicateAnyOrder(p)
			}
			row++
			previous = e.Expert
		}
		if last[e.Need] == row {
			return k
		}
		last[e.Need] = row
	}
	return -1
}

func duplicateAnyOrder(p *Problem) int {
	begin := make([]int32, len(p.Capacity)+1)
	for k := range p.Edges {
		begin[p.Edges[k].Expert+1]++
	}
	for i := range p.Capacity {
		begin[i+1] += begin[i]
	}
	at, order := append([]int32(nil), begin...), make([]int32, len(p.Edges))
	for k := range p.Edges {
		i := p.Edges[k].Expert
		order[at[i]] = int32(k)
		at[i]++
	}
	last, first := make([]int32, len(p.Seats)), -1
	for i := range p.Capacity {
		for _, k := range order[begin[i]:begin[i+1]] {
			if j := p.Edges[k].Need; last[j] == int32(i)+1 {
				if first < 0 || int(k) < first {
					first = int(k)
				}
			} else {
				last[j] = int32(i) + 1
			}
		}
	}
	return first
}
