package rounds

import (
	"cmp"
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/matcher/certificate"
)

// The plain data of a round is that of the certificates, so that solver and
// checker speak of the same problem and share nothing else.
type (
	Problem = certificate.Problem
	Edge    = certificate.Edge
	Pair    = certificate.Pair
	Plan    = certificate.Plan
	Group   = certificate.Group
	Side    = certificate.Side
	Mode    = certificate.Mode
	Pricer  = certificate.Pricer
)

// Bounds of a round. Up to them no sum of the solver leaves 64 bits.
const (
	MaxNodes = 1 << 21 // experts, needs and groups together
	MaxEdges = 1 << 27

	MaxNesting = 64 // groups within groups; deeper ones are treated like crossing ones
)

// Refusals of a round. Their fields have the names of the file format.
var (
	ErrTooLarge    = domain.Refuse(domain.Invalid, "round.too_large", "The round has more experts, needs or pairs than one round may have.", "Split the round; docs/limits.md names the bounds.")
	ErrParallel    = domain.Refuse(domain.Invalid, "round.parallel", "This list does not have one entry for each expert, need or pair.", "Give one entry each, in the same order, or leave the list out.")
	ErrNegative    = domain.Refuse(domain.Invalid, "round.negative", "A capacity or a number of seats is below 0.", "Use 0 for an expert who has no time, or a need without seats.")
	ErrRange       = domain.Refuse(domain.Invalid, "round.range", "The pair names an expert or a need that does not exist.", "Count experts and needs from 0.")
	ErrTwice       = domain.Refuse(domain.Invalid, "round.twice", "The pair stands in the list twice.", "Keep one entry for each pair of an expert and a need.")
	ErrQuota       = domain.Refuse(domain.Invalid, "round.quota", "A group's bounds must be 0 or more, the upper not below the lower.", "Correct the bounds of this group.")
	ErrMember      = domain.Refuse(domain.Invalid, "round.member", "The member does not exist, or stands in the group twice.", "Name each member once, counting from 0.")
	ErrLockUnknown = domain.Refuse(domain.Refused, "round.lock_unknown", "The locked pair cannot be planned: the expert is not eligible for this need.", "Remove the lock, or the reason why the pair is not eligible.")
	ErrLockTwice   = domain.Refuse(domain.Refused, "round.lock_twice", "The pair is locked twice, or locked and vetoed.", "Keep one of the two.")
	ErrLockFull    = domain.Refuse(domain.Refused, "round.lock_full", "The expert has no free capacity or the need no free seat for this lock.", "Remove another lock, or add a seat.")
	ErrImpossible  = domain.Refuse(domain.Refused, "round.impossible", "No plan keeps all quotas and locks.", "Loosen a quota or remove a lock.")
	ErrStableQuota = domain.Refuse(domain.Refused, "round.stable_quota", "A stable plan keeps upper bounds over needs, and no other quota.", "Choose best total or fairest minimum, or leave the lower bound and the group of experts out.")
	ErrCrossing    = domain.Refuse(domain.Refused, "round.crossing", "These quotas cross each other, and this mode needs groups that are nested or apart.", "Choose best total, or make the groups nested.")
	ErrUnfound     = domain.Refuse(domain.Refused, "round.unfound", "No plan was found that keeps all quotas; as they cross each other, it is not proved that there is none.", "Loosen a quota, or make the groups nested.")
	ErrMode        = domain.Refuse(domain.Invalid, "round.mode", "There is no such mode.", "Use best, stable or fairest.")
	ErrStopped     = domain.Refuse(domain.Busy, "round.stopped", "The round was stopped before it was solved.", "Start it again with more time.")
)

// planOf makes a plan of edges, given by their places in the problem: by expert,
// then need, with the places in the same order.
func planOf(p *Problem, places []int32) (Plan, []int32) {
	type entry struct {
		pair uint64
		at   int32
	}
	order := make([]entry, len(places))
	for n, k := range places {
		e := &p.Edges[k]
		order[n] = entry{uint64(e.Expert)<<32 | uint64(e.Need), k}
	}
	slices.SortFunc(order, func(a, b entry) int { return cmp.Compare(a.pair, b.pair) })
	plan, at := make(Plan, len(order)), make([]int32, len(order))
	for n, o := range order {
		plan[n], at[n] = p.Edges[o.at], o.at
	}
	return plan, at
}
