package fairness

// Few is the number of people under which a count is not told: small numbers
// identify (docs/limits.md). Nobody at all is told, since it names nobody.
const Few = 5

// Suppression is why a figure is held back.
type Suppression string

// SmallNumbers is the one reason: it would tell of few people, or lets such a
// figure be computed. Which of the two is not told.
const SmallNumbers Suppression = "small_numbers"

// small reports whether a count would tell of single people.
func small(n int) bool { return 0 < n && n < Few }

// Table counts the people of each group at each stage of a selection. Each stage
// but the first takes from an earlier one: Counts[g][k] ≤ Counts[g][Parents[k]].
type Table struct {
	// Parents names, for each stage, the one that it takes from; -1 for the first.
	Parents []int
	Counts  [][]int // by group, then by stage
}

// Protected says what of a table may be told.
type Protected struct {
	// Groups says for each group and stage whether its count may be told.
	Groups [][]bool
	// Total says it of the sum over all groups, for each stage.
	Total []bool
}

// Protect decides what may be told of a table together with its totals.
//
// A count may not be told when it is small, or when its difference to the
// nearest earlier stage that is told is small: the people who were not taken are
// people too. A group of few people at the first stage is not told at all. That
// alone would not do: what is not told of one group is the total less the others.
// So at each stage where something is held back, further groups are, the smallest
// first, until at least two are, and those together are not small, neither in the
// count nor in what they have less than at earlier stages. Then whatever is small
// may lie anywhere within a range of at least Few.
//
// It says nothing of why a group is held back: whether it is small or only
// shields one that is, since that would narrow the range again.
func Protect(t Table) Protected {
	p := Protected{Total: told(t.Parents, t.sum(nil))}
	for _, counts := range t.Counts {
		p.Groups = append(p.Groups, told(t.Parents, counts))
	}
	for k := range t.Parents {
		t.shield(p, k)
	}
	return p
}

// told is what may be told of one row of counts by itself.
func told(parents, counts []int) []bool {
	out := make([]bool, len(parents))
	for k := range parents {
		out[k] = !small(counts[k]) && (k == 0 || out[0])
		for j := parents[k]; j >= 0 && out[k]; j = parents[j] {
			if out[j] {
				out[k] = !small(counts[j] - counts[k])
				break
			}
		}
	}
	return out
}

// sum adds the counts of the groups that keep names; nil adds all.
func (t Table) sum(keep func(group int) bool) []int {
	out := make([]int, len(t.Parents))
	for g, counts := range t.Counts {
		if keep == nil || keep(g) {
			for k, n := range counts {
				out[k] += n
			}
		}
	}
	return out
}

// shield holds back further groups at a stage until those held back shield each
// other. Without its first stage a group is not told at all.
func (t Table) shield(p Protected, k int) {
	for !t.shielded(p, k) {
		next := t.smallest(p, k)
		if next < 0 {
			return // all are held back
		}
		if k == 0 {
			clear(p.Groups[next])
		}
		p.Groups[next][k] = false
	}
}

// shielded reports whether nothing is held back at a stage, or what is tells of
// few people neither as a whole nor by what it has less than at earlier stages.
func (t Table) shielded(p Protected, k int) bool {
	hidden := 0
	together := t.sum(func(g int) bool {
		if !p.Groups[g][k] && t.Counts[g][0] > 0 {
			hidden++
		}
		return !p.Groups[g][k]
	})
	if hidden == 0 {
		return true
	}
	if hidden == 1 || together[0] < Few || small(together[k]) {
		return false
	}
	for j := t.Parents[k]; j >= 0; j = t.Parents[j] {
		if small(together[j] - together[k]) {
			return false
		}
	}
	return true
}

// smallest is the group with the fewest people among those still told at a stage,
// but for empty ones: they shield nobody. -1 when there is none.
func (t Table) smallest(p Protected, k int) int {
	best := -1
	for g, counts := range t.Counts {
		if p.Groups[g][k] && counts[0] > 0 && (best < 0 || less(counts, t.Counts[best], k)) {
			best = g
		}
	}
	return best
}

func less(a, b []int, k int) bool {
	if a[k] != b[k] {
		return a[k] < b[k]
	}
	return a[0] < b[0]
}
