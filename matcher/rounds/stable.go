package rounds

import (
	"slices"

	"github.com/diaspora-match/diaspora/matcher/certificate"
)

// rank orders edges in one side's eyes: score in the upper half, lot below.
type rank uint64

// rankOf packs a score and the upper half of a hash.
func rankOf(score int32, lot uint64) rank {
	return rank(uint64(uint32(score)^1<<31)<<32 | lot>>32)
}

// taste ranks edges, given by their place in the rows of the instance.
type taste func(expert, edge int32) rank

// The three ways to draw lots. A stable round draws for each side apart; the
// greedy plan and the best one draw once for both.
const (
	lotExpert = 1
	lotNeed   = 2
	lotPair   = 3
)

func (t *instance) byScore(side uint64) taste {
	return func(i, k int32) rank { return rankOf(t.score[k], t.lot(side, i, t.need[k])) }
}

// byWish is the experts' taste: their wishes where the problem has them.
func (t *instance) byWish() taste {
	if t.p.Wishes == nil {
		return t.byScore(lotExpert)
	}
	return func(i, k int32) rank { return rankOf(t.p.Wishes[t.edge[k]], t.lot(lotExpert, i, t.need[k])) }
}

// lot is the stable hash that decides a tie: of the round's seed, the side, and
// the keys of expert and need.
func (t *instance) lot(side uint64, expert, need int32) uint64 {
	h := mix(t.p.Seed, side)
	h = mix(h, key(t.p.ExpertKeys, expert))
	return mix(h, key(t.p.NeedKeys, need))
}

func key(keys []uint64, i int32) uint64 {
	if keys == nil {
		return uint64(i)
	}
	return keys[i]
}

// mix is SplitMix64's finisher (Steele, Lea, Flood 2014) over a running hash.
func mix(h, x uint64) uint64 {
	h += x + 0x9e3779b97f4a7c15
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// seat is an edge that a need holds.
type seat struct {
	rank   rank
	key    uint64 // of the expert: the last word where even lots are equal
	edge   int32
	expert int32
}

func (a seat) less(b seat) bool {
	if a.rank != b.rank {
		return a.rank < b.rank
	}
	return a.key < b.key
}

// propose is deferred acceptance (Gale, Shapley 1962) with seats and capacities:
// experts propose in their order, needs hold the best. An expert skips a need
// that holds better ones already, since a need's demands only rise; so the order
// in which experts get their turn does not matter, and no list is ever sorted.
// Pairs that score below least are left out. It returns the held edges, by their
// place in the rows.
func (t *instance) propose(experts, needs taste, least int32) []int32 {
	held := make([][]seat, len(t.seats)) // heaps, the worst on top
	floor := make([]int32, len(t.seats)) // worst score held when full
	for j := range floor {
		floor[j] = least
	}
	free := append([]int32(nil), t.capacity...)
	proposed := make([]bool, len(t.need))
	queue := make([]int32, 0, 1024)
	for i := range free {
		queue = append(queue[:0], int32(i))
		for len(queue) > 0 {
			x := queue[len(queue)-1]
			queue = queue[:len(queue)-1]
			for free[x] > 0 {
				s, ok := t.choose(x, experts, needs, held, floor, proposed)
				if !ok {
					break
				}
				proposed[s.edge] = true
				free[x]--
				j := t.need[s.edge]
				if out, full := t.hold(&held[j], s, t.seats[j]); full {
					free[out.expert]++
					queue = append(queue, out.expert)
				}
				if int32(len(held[j])) == t.seats[j] {
					floor[j] = t.score[held[j][0].edge]
				}
			}
		}
	}
	var out []int32
	for _, h := range held {
		for _, s := range h {
			out = append(out, s.edge)
		}
	}
	return out
}

// minScore is the least score that an edge can have.
const minScore = -1 << 31

// choose is the edge that the expert likes best among those not yet proposed
// which the need would hold today.
func (t *instance) choose(i int32, experts, needs taste, held [][]seat, floor []int32, proposed []bool) (seat, bool) {
	var best seat
	var liked rank
	var likedKey uint64
	found := false
	for k := t.row[i]; k < t.row[i+1]; k++ {
		j := t.need[k]
		if t.score[k] < floor[j] || t.seats[j] == 0 || proposed[k] {
			continue
		}
		l := experts(i, k)
		if found && (l < liked || l == liked && key(t.p.NeedKeys, j) < likedKey) {
			continue
		}
		s := seat{needs(i, k), key(t.p.ExpertKeys, i), k, i}
		if h := held[j]; int32(len(h)) == t.seats[j] && s.less(h[0]) {
			continue
		}
		best, liked, likedKey, found = s, l, key(t.p.NeedKeys, j), true
	}
	return best, found
}

// hold puts a seat into the heap; when that makes one too many, the worst goes.
func (t *instance) hold(heap *[]seat, s seat, seats int32) (out seat, full bool) {
	h := *heap
	if int32(len(h)) < seats {
		h = append(h, s)
		for k := len(h) - 1; k > 0 && h[k].less(h[(k-1)/2]); k = (k - 1) / 2 {
			h[k], h[(k-1)/2] = h[(k-1)/2], h[k]
		}
		*heap = h
		return seat{}, false
	}
	out, h[0] = h[0], s
	for k := 0; ; {
		c := 2*k + 1
		if c >= len(h) {
			break
		}
		if c+1 < len(h) && h[c+1].less(h[c]) {
			c++
		}
		if !h[c].less(h[k]) {
			break
		}
		h[k], h[c] = h[c], h[k]
		k = c
	}
	return out, true
}

// stable is the edges of the stable plan that every expert likes best.
func (t *instance) stable() []int32 {
	if len(t.groups) == 0 {
		return t.propose(t.byWish(), t.byScore(lotNeed), minScore)
	}
	return t.proposeWithin(t.byWish(), t.byScore(lotNeed))
}

// solveStable plans so that no expert and need would both rather have each
// other; of all such plans the one that every expert likes best.
func (r *Round) solveStable() error {
	t, err := prepare(r.Problem, true)
	if err != nil {
		return err
	}
	if err := t.stableGroups(); err != nil {
		return err
	}
	edges := t.stable()
	plan, at := t.plan(edges)
	r.Plan, r.Proof = plan, certificate.Proof{Mode: certificate.Stable, At: at}
	r.asked = []certificate.Bounds{t.worst(edges)}
	return nil
}

// worst is the score that each side would give up first: below every score where
// there is room, above every score where there is no place at all.
func (t *instance) worst(edges []int32) certificate.Bounds {
	b := certificate.Bounds{Expert: make([]int64, len(t.capacity)), Need: make([]int64, len(t.seats)), Both: true, Floor: noFloor}
	experts, needs := make([]int32, len(t.capacity)), make([]int32, len(t.seats))
	liked := make([]rank, len(t.capacity))
	wish := t.byWish()
	for j := range b.Need {
		b.Need[j] = maxScore
	}
	for i := range b.Expert {
		b.Expert[i] = maxScore
	}
	for _, k := range edges {
		i, j := t.p.Edges[t.edge[k]].Expert, t.need[k]
		experts[i]++
		needs[j]++
		if w := wish(i, k); experts[i] == 1 || w < liked[i] {
			liked[i], b.Expert[i] = w, int64(t.score[k])
		}
		b.Need[j] = min(b.Need[j], int64(t.score[k]))
	}
	// A clipped capacity has room whenever the true one has.
	for i, a := range t.capacity {
		if experts[i] < a {
			b.Expert[i] = noFloor
		}
	}
	full := slices.Clone(b.Need)
	for j, a := range t.seats {
		if needs[j] < a {
			b.Need[j] = noFloor
		}
	}
	t.raise(b.Need, full, needs)
	return b
}

// greedy takes the best pair that is still possible, again and again. When
// both sides rank alike there is one stable plan only, and it is this one.
func (t *instance) greedy() []int32 {
	order := t.byScore(lotPair)
	return t.propose(order, order, 1)
}

// plan is the locked pairs and these edges, given by their places in the rows.
func (t *instance) plan(edges []int32) (Plan, []int32) {
	places := append([]int32(nil), t.lockedAt...)
	for _, k := range edges {
		places = append(places, t.edge[k])
	}
	return planOf(t.p, places)
}
