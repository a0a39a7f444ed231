package rounds

import (
	"slices"

	"github.com/diaspora-match/diaspora/matcher/certificate"
)

// nest builds the forest of groups. From the largest to the smallest, a group
// hangs below the group that all its members are in by then; where they are in
// different ones, it crosses another group and stays outside of the network, and
// so it does when it would lie in too many.
func (t *instance) nest() {
	order := make([]int32, len(t.groups))
	for g := range order {
		order[g] = int32(g)
	}
	slices.SortStableFunc(order, func(a, b int32) int {
		return len(t.groups[b].members) - len(t.groups[a].members)
	})
	deepest := map[Side][]int32{
		certificate.Needs:   filled(len(t.seats), -1),
		certificate.Experts: filled(len(t.capacity), -1),
	}
	for _, g := range order {
		q := &t.groups[g]
		in := deepest[q.side]
		q.parent = -1
		for k, m := range q.members {
			if k == 0 {
				q.parent = in[m]
			} else if in[m] != q.parent {
				q.crossing = true
			}
		}
		if q.crossing || t.nesting(q.parent) == MaxNesting {
			q.crossing = true
			q.parent = -1
			continue
		}
		t.forest = append(t.forest, g)
		for _, m := range q.members {
			in[m] = g
		}
	}
}

// nesting is how many groups this one is in, itself included.
func (t *instance) nesting(g int32) int {
	n := 0
	for ; g >= 0; g = t.groups[g].parent {
		n++
	}
	return n
}

// anyCrossing reports whether the groups are more than a forest.
func (t *instance) anyCrossing() bool { return len(t.forest) < len(t.groups) }

// deepest is the innermost group of the forest of each expert and need, or -1.
func (t *instance) deepest() (experts, needs []int32) {
	experts, needs = filled(len(t.capacity), -1), filled(len(t.seats), -1)
	for _, g := range t.forest {
		in := needs
		if t.groups[g].side == certificate.Experts {
			in = experts
		}
		for _, m := range t.groups[g].members {
			in[m] = g
		}
	}
	return experts, needs
}

func filled(n int, x int32) []int32 {
	s := make([]int32, n)
	for i := range s {
		s[i] = x
	}
	return s
}
