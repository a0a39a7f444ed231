package planning

import (
	"cmp"
	"errors"
	"hash/fnv"
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/round"
	"github.com/diaspora-match/diaspora/matcher"
	"github.com/diaspora-match/diaspora/matcher/rounds"
)

// Ranker ranks experts and judges pairs; matcher.Index is one.
type Ranker interface {
	TopExperts(need domain.NeedID, k int, today domain.Date) (matcher.Ranking, bool)
	Explain(expert domain.ExpertID, need domain.NeedID, today domain.Date) (matcher.Verdict, bool)
	Position() uint64
}

// Terms are what people have said of a round.
type Terms struct {
	Mode   round.Mode
	Seed   uint64
	Locks  []round.Pair
	Vetoes []round.Pair
	Quotas []round.Quota
	Seats  []round.Seats
}

// Opening is a need that takes people.
type Opening struct {
	Need        domain.NeedID
	Country     domain.Country
	Sector      domain.Sector
	Institution domain.InstitutionID
	Seats       int
}

// Host is an institution that said how many it can have at once; Room is how
// many more that is.
type Host struct {
	Institution domain.InstitutionID
	Room        int
}

// Input is a round to plan.
type Input struct {
	Terms
	Openings []Opening
	Hosts    []Host // those with a limit
	// Taken are pairs that are settled outside of the round: their candidacy has
	// ended or holds a place.
	Taken []round.Pair
	Today domain.Date
}

// ErrNothing and ErrTooLarge say that there is no problem to solve.
var (
	ErrNothing  = errors.New("planning: no need is open")
	ErrTooLarge = errors.New("planning: beyond the bounds of a round")
)

// Problem is a round ready for solving.
type Problem struct {
	in       Input
	openings []Opening // by need, with the seats of this round
	experts  []domain.ExpertID
	rank     map[rounds.Pair]int
	quotas   []group         // those that the problem has, then those that never bind
	closed   []domain.NeedID // with seats in the terms, and not open
	bases    []matcher.Basis
	lists    []list
	p        rounds.Problem
	position uint64
}

// list is what was ranked for a need.
type list struct {
	cut  bool // there are eligible ones beyond
	last domain.Score
}

// group is a quota with the needs that it is over.
type group struct {
	round.Quota
	members []int32
	own     bool // said by the manager; otherwise a host's capacity
	binds   bool
}

// Build ranks the experts for every opening and lays the problem out.
func Build(r Ranker, in Input) (*Problem, error) {
	x := &Problem{in: in, rank: map[rounds.Pair]int{}, position: r.Position()}
	x.openings = slices.Clone(in.Openings)
	slices.SortFunc(x.openings, func(a, b Opening) int { return cmp.Compare(a.Need, b.Need) })
	seats := 0
	for i := range x.openings {
		o := &x.openings[i]
		for _, s := range in.Seats {
			if s.Need == o.Need {
				o.Seats = s.Seats
			}
		}
		o.Seats = max(o.Seats, 0)
		seats += o.Seats
	}
	switch {
	case seats == 0:
		return nil, ErrNothing
	case seats > round.MaxSeats || len(x.openings) > round.MaxNeeds:
		return nil, ErrTooLarge
	}
	for _, s := range in.Seats {
		if _, open := x.opening(s.Need); !open {
			x.closed = append(x.closed, s.Need)
		}
	}
	slices.Sort(x.closed)
	x.edges(x.rankAll(r, seats))
	x.group()
	x.mark()
	return x, nil
}

// ranked is an eligible pair before experts have numbers.
type ranked struct {
	expert domain.ExpertID
	need   int32
	score  domain.Score
	rank   int
}

// Spare is how many more than a proof needs are ranked for each need, so that a
// what-if with as many vetoes and seats more still has its proof.
const Spare = 64

// rankAll lists the best of every need. One more than there are seats, besides
// those who are out anyway, is enough to prove that nobody beyond is missing.
func (x *Problem) rankAll(r Ranker, seats int) []ranked {
	out := map[domain.NeedID]int{}
	for _, p := range slices.Concat(x.in.Taken, x.in.Vetoes) {
		out[p.Need]++
	}
	var all []ranked
	x.lists = make([]list, len(x.openings))
	for j, o := range x.openings {
		ranking, ok := rankUntilLower(r, o.Need, seats+out[o.Need]+1+Spare, x.in.Today)
		if !ok {
			continue
		}
		x.bases = append(x.bases, ranking.Basis)
		for _, row := range ranking.Rows {
			all = append(all, ranked{row.Expert, int32(j), row.Total, row.Rank})
		}
		if n := len(ranking.Rows); n > 0 && ranking.Eligible > n {
			x.lists[j] = list{true, ranking.Rows[n-1].Total}
		}
	}
	return append(all, x.locked(r, all)...)
}

// rankUntilLower lists the best k of a need and all who score as much as the
// last of them, as far as rankings go: so it depends on no tie who is left out,
// and nobody who is could be in a plan of the same worth.
func rankUntilLower(r Ranker, need domain.NeedID, k int, today domain.Date) (matcher.Ranking, bool) {
	least := min(k, matcher.MaxRanked)
	for k = least + 1; ; k *= 2 {
		ranking, ok := r.TopExperts(need, min(k, matcher.MaxRanked), today)
		rows := ranking.Rows
		if !ok || len(rows) <= least {
			return ranking, ok
		}
		lower := slices.IndexFunc(rows, func(row matcher.Ranked) bool { return row.Total < rows[least-1].Total })
		if lower >= 0 {
			ranking.Rows = rows[:lower]
		}
		if lower >= 0 || len(rows) == ranking.Eligible || k >= matcher.MaxRanked {
			return ranking, true
		}
	}
}

// locked finds eligible locked pairs that rank too low to be listed.
func (x *Problem) locked(r Ranker, all []ranked) []ranked {
	listed := map[round.Pair]bool{}
	for _, p := range x.in.Locks {
		listed[p] = false
	}
	for _, e := range all {
		p := round.Pair{Need: x.openings[e.need].Need, Expert: e.expert}
		if _, locked := listed[p]; locked {
			listed[p] = true
		}
	}
	var more []ranked
	for _, p := range x.in.Locks {
		j, known := x.opening(p.Need)
		if !known || listed[p] {
			continue
		}
		if v, ok := r.Explain(p.Expert, p.Need, x.in.Today); ok && v.Eligible {
			more = append(more, ranked{p.Expert, j, v.Total, 0})
		}
	}
	return more
}

func (x *Problem) opening(id domain.NeedID) (int32, bool) {
	i, ok := slices.BinarySearchFunc(x.openings, id, func(o Opening, id domain.NeedID) int { return cmp.Compare(o.Need, id) })
	return int32(i), ok
}

func (x *Problem) expert(id domain.ExpertID) (int32, bool) {
	i, ok := slices.BinarySearch(x.experts, id)
	return int32(i), ok
}

// edges numbers the experts and lays the pairs out by expert, then need.
func (x *Problem) edges(all []ranked) {
	slices.SortFunc(all, func(a, b ranked) int { return cmp.Or(cmp.Compare(a.expert, b.expert), cmp.Compare(a.need, b.need)) })
	for _, e := range all {
		if n := len(x.experts); n == 0 || x.experts[n-1] != e.expert {
			x.experts = append(x.experts, e.expert)
			x.p.Capacity = append(x.p.Capacity, 1)
			x.p.ExpertKeys = append(x.p.ExpertKeys, keyOf(string(e.expert)))
		}
		edge := rounds.Edge{Expert: int32(len(x.experts) - 1), Need: e.need, Score: int32(e.score)}
		x.p.Edges = append(x.p.Edges, edge)
		x.rank[edge.Pair()] = e.rank
	}
	for _, o := range x.openings {
		x.p.Seats = append(x.p.Seats, int32(o.Seats))
		x.p.NeedKeys = append(x.p.NeedKeys, keyOf(string(o.Need)))
	}
	x.p.Seed = x.in.Seed
}

// keyOf is a stable number of an id, for ties.
func keyOf(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}

// group makes quotas of what managers said and of what hosts can carry. One that
// cannot bind is no part of the problem: fewer of them cross.
func (x *Problem) group() {
	for _, q := range x.in.Quotas {
		x.quotas = append(x.quotas, group{Quota: q, own: true})
	}
	for _, h := range x.in.Hosts {
		x.quotas = append(x.quotas, group{Quota: round.Quota{Place: round.OverHost, Of: string(h.Institution), Upper: max(h.Room, 0)}})
	}
	for g := range x.quotas {
		q := &x.quotas[g]
		for j, o := range x.openings {
			if q.covers(o) {
				q.members = append(q.members, int32(j))
			}
		}
		q.binds = q.mayBind(x.openings)
	}
	slices.SortStableFunc(x.quotas, func(a, b group) int {
		return cmp.Or(cmp.Compare(b2i(b.binds), b2i(a.binds)), cmp.Compare(a.Place, b.Place), cmp.Compare(a.Of, b.Of))
	})
	for _, q := range x.quotas {
		if q.binds {
			x.p.Groups = append(x.p.Groups, rounds.Group{
				Name: string(q.Place) + ":" + q.Of, Members: q.members, Lower: int32(q.Lower), Upper: int32(q.Upper),
			})
		}
	}
}

// mayBind reports whether a plan could have more or fewer pairs than the quota
// allows.
func (g group) mayBind(openings []Opening) bool {
	seats := 0
	for _, j := range g.members {
		seats += openings[j].Seats
	}
	return g.Lower > 0 || g.Upper < seats
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (g group) covers(o Opening) bool {
	switch g.Place {
	case round.OverCountry:
		return string(o.Country) == g.Of
	case round.OverSector:
		return string(o.Sector) == g.Of
	}
	return string(o.Institution) == g.Of
}

// mark turns locks and vetoes into numbers. A lock of somebody unknown stands as
// a pair without an edge, so that the solver refuses it; a veto of such a pair
// says nothing.
func (x *Problem) mark() {
	for _, p := range x.in.Locks {
		j, open := x.opening(p.Need)
		i, known := x.expert(p.Expert)
		if !open || !known {
			i, j = -1, -1
		}
		x.p.Locks = append(x.p.Locks, rounds.Pair{Expert: i, Need: j})
	}
	seen := map[rounds.Pair]bool{}
	for _, p := range slices.Concat(x.in.Taken, x.in.Vetoes) {
		j, open := x.opening(p.Need)
		i, known := x.expert(p.Expert)
		pair := rounds.Pair{Expert: i, Need: j}
		if open && known && !seen[pair] {
			seen[pair] = true
			x.p.Vetoes = append(x.p.Vetoes, pair)
		}
	}
}
