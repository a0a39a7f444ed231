package main

import (
	"context"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/diaspora-match/diaspora/domain/taxonomy"
	"github.com/diaspora-match/diaspora/internal/esco"
)

// leftOut says which occupations take no part when one is measured.
type leftOut int

const (
	occupationOut leftOut = iota
	unitGroupOut          // the same four digits of ISCO-08
	subMajorOut           // the same two
	levels
)

// result is the mean reciprocal rank of one similarity.
type result struct {
	name string
	mrr  [levels]float64
}

// similarity fills, for each of the essential skills of an occupation, a row
// with its similarity to every skill; the rows are zero before.
type similarity func(occupation int, skills []int, out leftOut, rows [][]float64)

// tally adds up reciprocal ranks.
type tally struct {
	sum  float64
	held int
}

// measure ranks every n-th occupation's essential skills by each similarity.
// The sums are added in the order of occupations, whatever goroutine is first.
func measure(ctx context.Context, c *esco.Classification, every int) ([]result, int, error) {
	m := esco.Cooccur(len(c.Concepts), c.Occupations)
	tree := newTree(c)
	results := []result{{name: "co-occurrence"}, {name: "co-occurrence, the 20 nearest"}, {name: "Wu–Palmer"}, {name: "Lin"}}
	held := 0
	for r, method := range []similarity{cosines(c, m, 0), cosines(c, m, taxonomy.MaxNeighbours), tree.wuPalmer, tree.lin} {
		for out := range levels {
			if r >= 2 && out > 0 { // distances in the tree leave nothing out
				results[r].mrr[out] = results[r].mrr[0]
				continue
			}
			t, err := over(ctx, c, every, out, method)
			if err != nil {
				return nil, 0, err
			}
			held = t.held
			results[r].mrr[out] = t.sum / float64(max(t.held, 1))
		}
	}
	return results, held, nil
}

// over measures one similarity over the occupations, on all processors.
func over(ctx context.Context, c *esco.Classification, every int, out leftOut, method similarity) (tally, error) {
	tallies := make([]tally, len(c.Occupations))
	g, ctx := errgroup.WithContext(ctx)
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		g.Go(func() error {
			var rows [][]float64
			sum := make([]float64, len(c.Concepts))
			for o := w * every; o < len(c.Occupations); o += workers * every {
				if err := ctx.Err(); err != nil {
					return err
				}
				skills := c.Occupations[o].Essential
				if len(skills) < 2 { // nothing is left to tell from
					continue
				}
				for len(rows) < len(skills) {
					rows = append(rows, make([]float64, len(c.Concepts)))
				}
				for _, r := range rows[:len(skills)] {
					clear(r)
				}
				method(o, skills, out, rows[:len(skills)])
				tallies[o] = rank(skills, rows, sum)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return tally{}, err
	}
	var all tally
	for _, t := range tallies {
		all.sum += t.sum
		all.held += t.held
	}
	return all, nil
}

// tiny is less than any difference of similarities that means something.
const tiny = 1e-12

// rank holds out each skill in turn and finds its place. sum is scratch.
func rank(skills []int, rows [][]float64, sum []float64) tally {
	clear(sum)
	for k := range skills {
		for s, v := range rows[k] {
			sum[s] += v
		}
	}
	var t tally
	for k, held := range skills {
		own := sum[held] - rows[k][held]
		before, equal := 0, 0
		for s := range sum {
			switch other := sum[s] - rows[k][s]; {
			case other < own-tiny:
			case slices.Contains(skills, s): // the others are given, and compete not
			case other > own+tiny:
				before++
			default:
				equal++
			}
		}
		t.sum += 1 / (1 + float64(before) + float64(equal)/2)
		t.held++
	}
	return t
}

// cosines is the co-occurrence of skills, of which each keeps its nearest, or
// all for 0.
func cosines(c *esco.Classification, m *esco.Cooccurrence, nearest int) similarity {
	return func(o int, skills []int, out leftOut, rows [][]float64) {
		own := c.Occupations[o].ISCO
		without := func(x int) bool {
			switch out {
			case unitGroupOut:
				return c.Occupations[x].ISCO == own
			case subMajorOut:
				return c.Occupations[x].ISCO[:2] == own[:2]
			}
			return x == o
		}
		lengths, scratch := m.Lengths(without), make([]int64, len(c.Concepts))
		for k, s := range skills {
			row := m.Row(s, lengths, without, scratch)
			if nearest > 0 {
				row = esco.Best(row, nearest)
			}
			for _, x := range row {
				rows[k][x.Skill] = x.Cosine
			}
		}
	}
}
