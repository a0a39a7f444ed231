package main

import (
	"math"
	"slices"

	"github.com/diaspora-match/diaspora/internal/esco"
)

// tree is the hierarchy of skills and their groups, a graph without circles in
// which a third of the skills have several parents. Nodes are the skills first,
// then the groups.
type tree struct {
	above   [][]int   // ancestors of a skill with itself
	below   [][]int   // skills under a node with itself, ascending
	depth   []float64 // 1 for a node without parents, by the longest way
	content []float64 // information content, -ln p of the skills asked for under a node
}

func newTree(c *esco.Classification) *tree {
	node := map[string]int{}
	for i, x := range c.Concepts {
		node[x.URI] = i
	}
	addresses := make([]string, 0, len(c.Parents))
	for a, parents := range c.Parents {
		addresses = append(append(addresses, a), parents...)
	}
	slices.Sort(addresses)
	for _, a := range slices.Compact(addresses) {
		if _, known := node[a]; !known {
			node[a] = len(node)
		}
	}
	parents := make([][]int, len(node))
	for a, up := range c.Parents {
		for _, p := range up {
			parents[node[a]] = append(parents[node[a]], node[p])
		}
	}
	t := &tree{depth: depths(parents), above: make([][]int, len(c.Concepts)), below: make([][]int, len(node))}
	for s := range c.Concepts {
		t.above[s] = []int{s}
		for i := 0; i < len(t.above[s]); i++ {
			for _, p := range parents[t.above[s][i]] {
				if !slices.Contains(t.above[s], p) {
					t.above[s] = append(t.above[s], p)
				}
			}
		}
		for _, a := range t.above[s] {
			t.below[a] = append(t.below[a], s)
		}
	}
	t.weigh(c)
	return t
}

// maxDepth ends the counting, should a package hold a circle.
const maxDepth = 64

// depths counts nodes from the top by the longest way, so that what lies under a
// node is deeper than it.
func depths(parents [][]int) []float64 {
	depth := make([]float64, len(parents))
	for i := range depth {
		depth[i] = 1
	}
	changed := true
	for round := 0; changed && round < maxDepth; round++ {
		changed = false
		for i, up := range parents {
			for _, p := range up {
				if depth[p]+1 > depth[i] {
					depth[i], changed = depth[p]+1, true
				}
			}
		}
	}
	return depth
}

// weigh counts how often occupations ask for what lies under each node; every
// skill counts once more, so that none has no probability.
func (t *tree) weigh(c *esco.Classification) {
	asked := make([]float64, len(c.Concepts))
	total := float64(len(asked))
	for _, o := range c.Occupations {
		for _, s := range slices.Concat(o.Essential, o.Optional) {
			asked[s]++
			total++
		}
	}
	t.content = make([]float64, len(t.below))
	for n, skills := range t.below {
		sum := 0.0
		for _, s := range skills {
			sum += asked[s] + 1
		}
		t.content[n] = -math.Log(sum / total)
	}
}

// wuPalmer is 2 depth(common ancestor) / (depth(a) + depth(b)), by the ancestor
// that makes most of it (Wu and Palmer, Verb semantics and lexical selection,
// ACL 1994).
func (t *tree) wuPalmer(_ int, skills []int, _ leftOut, rows [][]float64) {
	t.fill(skills, t.depth, rows)
}

// lin is the same over information contents (Lin, An information-theoretic
// definition of similarity, ICML 1998). It is given all occupations, the
// measured one too: that favours it.
func (t *tree) lin(_ int, skills []int, _ leftOut, rows [][]float64) {
	t.fill(skills, t.content, rows)
}

func (t *tree) fill(skills []int, height []float64, rows [][]float64) {
	for k, s := range skills {
		for _, a := range t.above[s] {
			for _, other := range t.below[a] {
				if both := height[s] + height[other]; both > 0 {
					rows[k][other] = max(rows[k][other], 2*height[a]/both)
				}
			}
		}
	}
}
