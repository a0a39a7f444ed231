package rounds

import "slices"

// Chains orders the differences of two plans of the same experts and needs: who
// comes to a need displaces one who leaves it, who goes elsewhere and displaces
// the next.
func Chains(before, after Plan) []Chain {
	steps := moves(before, after)
	leaving := map[int32][]int{} // steps by the need that they leave
	for k, s := range steps {
		if s.From >= 0 {
			leaving[s.From] = append(leaving[s.From], k)
		}
	}
	next, pushed := make([]int, len(steps)), make([]bool, len(steps))
	for k, s := range steps {
		next[k] = -1
		if l := leaving[s.To]; s.To >= 0 && len(l) > 0 {
			next[k], leaving[s.To] = l[0], l[1:]
			pushed[l[0]] = true
		}
	}
	var out []Chain
	done := make([]bool, len(steps))
	walk := func(k int) {
		var c Chain
		for ; k >= 0 && !done[k]; k = next[k] {
			done[k] = true
			c = append(c, steps[k])
		}
		if c != nil {
			out = append(out, c)
		}
	}
	for _, first := range []bool{true, false} { // circles have no first step
		for k := range steps {
			if !pushed[k] || !first {
				walk(k)
			}
		}
	}
	return out
}

// moves lists what each expert gives up and gets, paired in order of needs.
func moves(before, after Plan) []Step {
	var out []Step
	for len(before) > 0 || len(after) > 0 {
		i := int32(maxScore)
		for _, p := range []Plan{before, after} {
			if len(p) > 0 {
				i = min(i, p[0].Expert)
			}
		}
		var gone, come []int32
		before, gone = take(before, i)
		after, come = take(after, i)
		gone, come = less(gone, come), less(come, gone)
		for k := range max(len(gone), len(come)) {
			s := Step{i, -1, -1}
			if k < len(gone) {
				s.From = gone[k]
			}
			if k < len(come) {
				s.To = come[k]
			}
			out = append(out, s)
		}
	}
	return out
}

// less is what is in a and not in b.
func less(a, b []int32) []int32 {
	var out []int32
	for _, j := range a {
		if !slices.Contains(b, j) {
			out = append(out, j)
		}
	}
	return out
}

// take cuts an expert's needs off the front of a plan.
func take(p Plan, i int32) (rest Plan, needs []int32) {
	for len(p) > 0 && p[0].Expert == i {
		needs = append(needs, p[0].Need)
		p = p[1:]
	}
	return p, needs
}
