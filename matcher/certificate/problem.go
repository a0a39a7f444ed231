package certificate

// Pair is an expert and a need, by their indexes in the problem.
type Pair struct{ Expert, Need int32 }

// Edge is a pair that may be planned, with its score: fixed point in units of
// 1e-4, any int32. A pair without an edge is forbidden.
type Edge struct{ Expert, Need, Score int32 }

// Pair is the edge without its score.
func (e Edge) Pair() Pair { return Pair{e.Expert, e.Need} }

// Side says whose indexes the members of a group are.
type Side uint8

// The two sides of a round.
const (
	Needs Side = iota
	Experts
)

// Group is a quota: at least Lower and at most Upper planned pairs whose need
// (or expert) is a member. A country, a sector, a host.
type Group struct {
	Name         string
	Side         Side
	Members      []int32 // indexes, each once
	Lower, Upper int32
}

// Problem is what a round has to plan. Slices are parallel to experts or needs.
// Nothing in it is changed by solving or checking.
type Problem struct {
	Capacity []int32 // of each expert: how many needs at most; ≥ 0
	Seats    []int32 // of each need; ≥ 0
	Edges    []Edge  // in any order, no pair twice
	// Wishes, parallel to Edges, say how the expert ranks the needs (higher is
	// better); nil means by score. Only the stable plan looks at them.
	Wishes []int32
	Groups []Group
	Locks  []Pair // must be planned; each is an edge
	Vetoes []Pair // must not be planned
	// Seed and keys decide ties, so that neither the order of the input nor the
	// method does. Keys are stable hashes of the ids; nil means the indexes.
	Seed                 uint64
	ExpertKeys, NeedKeys []uint64
}

// Plan is the planned pairs with their scores, ordered by expert, then need.
type Plan []Edge

// Mode is what a plan is chosen for.
type Mode string

// The modes of a round. Groups may be added to Best and to Fairest.
const (
	Best    Mode = "best"    // the greatest sum of scores; pairs of score ≤ 0 only where a group's lower bound or a lock asks for them
	Stable  Mode = "stable"  // no expert and need would both rather have each other
	Fairest Mode = "fairest" // most seats filled, then the greatest smallest score, then the greatest total
)

// Duals are the prices that prove a bound: what one unit of each capacity is
// worth, in units of score; none is negative. Slices are parallel to experts,
// needs and groups.
type Duals struct {
	Expert, Need []int64
	Upper, Lower []int64 // of the groups' bounds
	// Size is the price of the number of pairs where a proof fixes it, of any
	// sign; it belongs to the second stage of Fairest only.
	Size int64
}

// Proof is what a solver hands over with a plan.
type Proof struct {
	Mode Mode
	// At says where each planned pair stands in the problem's edges, so that the
	// checker finds it at once; nil lets it search.
	At    []int32
	Duals Duals // Best: of the total. Fairest: of the total among pairs at or above Floor
	Gap   int64 // Best with crossing groups: bound minus total; otherwise 0
	// Fairest only. Floor is the smallest score in the plan that no lock fixed;
	// Most prices pairs at 1 each and bounds the number of seats filled; Above
	// does so for the pairs above Floor, and stays below that number.
	Floor       int32
	Most, Above Duals
}

// Verdict is what was proved.
type Verdict struct {
	Total int64 // of the plan
	Bound int64 // Best and Fairest: no plan of this kind has more
	Gap   int64 // Bound minus Total, 0 when the plan is optimal
	Pairs int   // planned
}
