package certificate

import "slices"

// Blocking counts the pairs whose expert and need would both rather have each
// other than what the plan gives them. A need may take somebody only where every
// group that it is in has room for one more or gives up a pair that ranks lower:
// so a host that is full of better people blocks nothing (the stability of
// ordered matroids, Fleiner 2003; with one host around some needs, that of
// student-project allocation). Locked and vetoed pairs, and the places that locks
// take, are beyond anybody's wishes; lower bounds and groups of experts do not
// count here. The plan must keep the rules, but may break the bounds of groups.
func Blocking(p *Problem, plan Plan) (int, error) {
	c, err := lay(p, plan, nil)
	if err != nil {
		return 0, err
	}
	n := 0
	c.eachBlocking(func(Edge) bool { n++; return true })
	return n, nil
}

// stable looks for a blocking pair among all edges, then beyond them.
func (c *checked) stable(beyond Pricer) error {
	for _, e := range c.p.Edges {
		if !c.inRange(e.Pair()) {
			return invalid("an edge is out of range")
		}
	}
	var blocking error
	worst := c.eachBlocking(func(e Edge) bool {
		blocking = invalid("expert %d and need %d block the plan", e.Expert, e.Need)
		return false
	})
	if blocking != nil {
		return blocking
	}
	return c.undisturbed(beyond, Bounds{Expert: worst.expertScore, Need: worst.needScore, Both: true, Floor: noFloor})
}

// worst is what each side would give up first; nothing, when it has room.
type worst struct {
	expert, need           []rank
	expertScore, needScore []int64
}

// rank orders pairs in the eyes of one side: by score, then by lot, then by the
// key of the other side. A group ranks pairs of several needs: for it the need's
// key comes last.
type rank struct {
	score int64
	lot   uint64
	key   uint64
	need  uint64
}

func (r rank) less(o rank) bool {
	if r.score != o.score {
		return r.score < o.score
	}
	if r.lot != o.lot {
		return r.lot < o.lot
	}
	if r.key != o.key {
		return r.key < o.key
	}
	return r.need < o.need
}

func (c *checked) eachBlocking(yield func(Edge) bool) worst {
	w := worst{make([]rank, len(c.capacity)), make([]rank, len(c.seats)), make([]int64, len(c.capacity)), make([]int64, len(c.seats))}
	usedExpert, usedNeed := make([]int64, len(c.capacity)), make([]int64, len(c.seats))
	top := rank{score: 1 << 40}
	for i := range w.expert {
		w.expert[i] = top
	}
	for j := range w.need {
		w.need[j] = top
	}
	for k, e := range c.p.Edges {
		if c.row[e.Expert] == c.row[e.Expert+1] {
			continue
		}
		if at := c.find(e.Pair()); at >= 0 && !c.held[at] {
			usedExpert[e.Expert]++
			usedNeed[e.Need]++
			if r := c.wish(k); r.less(w.expert[e.Expert]) {
				w.expert[e.Expert], w.expertScore[e.Expert] = r, int64(e.Score)
			}
			if r := c.claimOf(k); r.less(w.need[e.Need]) {
				w.need[e.Need], w.needScore[e.Need] = r, int64(e.Score)
			}
		}
	}
	settle(w.expert, w.expertScore, usedExpert, c.capacity, top)
	of := &groupWorst{c: c, in: slices.Clone(w.need), score: slices.Clone(w.needScore), used: usedNeed}
	settle(w.need, w.needScore, usedNeed, c.seats, top)
	of.raise(&w, top)
	for k, e := range c.p.Edges {
		if int64(e.Score) < w.need[e.Need].score || c.liking(k) < w.expert[e.Expert].score {
			continue // decided without lots
		}
		if w.expert[e.Expert].less(c.wish(k)) && w.need[e.Need].less(c.claimOf(k)) && c.find(e.Pair()) < 0 && !c.special(e.Pair()) {
			if !yield(e) {
				break
			}
		}
	}
	return w
}

// groupWorst is, for each need, the worst of the pairs it has, in and score, and
// how many, before its room counts.
type groupWorst struct {
	c     *checked
	in    []rank
	score []int64
	used  []int64
}

// raise makes the members of a full group give up nothing below the worst pair
// that the group has.
func (x *groupWorst) raise(w *worst, top rank) {
	for g, group := range x.c.p.Groups {
		if group.Side != Needs {
			continue
		}
		n, least, score := int64(0), top, top.score
		for _, j := range group.Members {
			n += x.used[j]
			if x.used[j] > 0 && x.in[j].less(least) {
				least, score = x.in[j], x.score[j]
			}
		}
		if n < x.c.upper[g] {
			continue
		}
		for _, j := range group.Members {
			if w.need[j].less(least) {
				w.need[j], w.needScore[j] = least, score
			}
		}
	}
}

// settle gives those with room a worst below every pair, and those who can hold
// nothing one above every pair.
func settle(w []rank, scores []int64, used, capacity []int64, top rank) {
	for i := range w {
		switch {
		case capacity[i] == 0:
			w[i], scores[i] = top, top.score
		case used[i] < capacity[i]:
			w[i], scores[i] = rank{score: noFloor}, noFloor
		}
	}
}

// wish is how the expert of an edge ranks it, claimOf how the need does.
func (c *checked) wish(k int) rank {
	e := c.p.Edges[k]
	x, n := keyOf(c.p.ExpertKeys, e.Expert), keyOf(c.p.NeedKeys, e.Need)
	return rank{score: c.liking(k), lot: lot(c.p.Seed, 1, x, n), key: n}
}

// liking is the first word of a wish.
func (c *checked) liking(k int) int64 {
	if c.p.Wishes != nil {
		return int64(c.p.Wishes[k])
	}
	return int64(c.p.Edges[k].Score)
}

func (c *checked) claimOf(k int) rank {
	e := c.p.Edges[k]
	x, n := keyOf(c.p.ExpertKeys, e.Expert), keyOf(c.p.NeedKeys, e.Need)
	return rank{int64(e.Score), lot(c.p.Seed, 2, x, n), x, n}
}

func keyOf(keys []uint64, i int32) uint64 {
	if keys == nil {
		return uint64(i)
	}
	return keys[i]
}

// lot is the rule of ties: SplitMix64's finisher (Steele, Lea, Flood 2014) over
// seed, side, expert and need, the upper 32 bits.
func lot(seed, side, expert, need uint64) uint64 {
	x := seed
	for _, w := range [...]uint64{side, expert, need} {
		x += w + 0x9e3779b97f4a7c15
		x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
		x = (x ^ x>>27) * 0x94d049bb133111eb
		x ^= x >> 31
	}
	return x >> 32
}
