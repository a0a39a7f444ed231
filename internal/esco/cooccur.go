package esco

import (
	"cmp"
	"math"
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
)

// Weights of the relations in a skill's vector, chosen on held-out skills (see
// bench/similarity): optional skills count little, but they are all that a
// third of the skills has.
const (
	essentialWeight = 10
	optionalWeight  = 1
)

// idfUnit is the fixed point of a squared inverse frequency.
const idfUnit = 1000

// Cooccurrence is the cosine of skills over the occupations that ask for them.
// Each occupation is a dimension that weighs ln(skills / skills that it asks
// for): one that asks for everything says little. To the squared length of every
// vector one occupation of mean weight is added that nothing else shares, so that
// two skills that met once are not alike.
//
// All sums are of integers, so that every machine computes the same.
type Cooccurrence struct {
	jobs   []job
	places [][]place // by skill: the jobs that ask for it, ascending
	pseudo int64     // what is added to each squared length
}

type job struct {
	skills []int
	weight []int64
	square int64 // squared inverse frequency
}

type place struct {
	job    int
	weight int64
}

// Cooccur counts occupations over n skills, which they name by their places.
func Cooccur(n int, occupations []Occupation) *Cooccurrence {
	m := &Cooccurrence{places: make([][]place, n)}
	var sum int64
	for o, x := range occupations {
		var j job
		j.skills = slices.Concat(x.Essential, x.Optional)
		for i, s := range j.skills {
			w := int64(essentialWeight)
			if i >= len(x.Essential) {
				w = optionalWeight
			}
			j.weight = append(j.weight, w)
			m.places[s] = append(m.places[s], place{o, w})
		}
		if len(j.skills) > 0 {
			idf := math.Log(float64(n+1) / float64(len(j.skills)))
			j.square = int64(math.Round(idf * idf * idfUnit))
		}
		m.jobs = append(m.jobs, j)
		sum += j.square
	}
	if len(m.jobs) > 0 {
		m.pseudo = essentialWeight * essentialWeight * sum / int64(len(m.jobs))
	}
	return m
}

// Lengths are the squared lengths of all vectors without the occupations for
// which without is true; nil leaves none out.
func (m *Cooccurrence) Lengths(without func(occupation int) bool) []int64 {
	lengths := make([]int64, len(m.places))
	for i := range lengths {
		lengths[i] = m.pseudo
	}
	for o, j := range m.jobs {
		if without != nil && without(o) {
			continue
		}
		for i, s := range j.skills {
			lengths[s] += j.weight[i] * j.weight[i] * j.square
		}
	}
	return lengths
}

// Similar is a skill and its cosine with another, 0 to 1.
type Similar struct {
	Skill  int
	Cosine float64
}

// Row computes the cosines of a skill with all others that share an occupation
// with it, in no particular order, leaving out what without says. The scratch
// has room for every skill, and is all zero before and after.
func (m *Cooccurrence) Row(skill int, lengths []int64, without func(occupation int) bool, scratch []int64) []Similar {
	var touched []int
	for _, p := range m.places[skill] {
		if without != nil && without(p.job) {
			continue
		}
		j := &m.jobs[p.job]
		for i, s := range j.skills {
			if scratch[s] == 0 {
				touched = append(touched, s)
			}
			scratch[s] += p.weight * j.weight[i] * j.square
		}
	}
	row := make([]Similar, 0, len(touched))
	for _, s := range touched {
		if s != skill && scratch[s] > 0 {
			row = append(row, Similar{s, float64(scratch[s]) / (math.Sqrt(float64(lengths[skill])) * math.Sqrt(float64(lengths[s])))})
		}
		scratch[s] = 0
	}
	return row
}

// Best sorts a row, the nearest first and equals by place, and cuts it.
func Best(row []Similar, most int) []Similar {
	slices.SortFunc(row, func(a, b Similar) int {
		return cmp.Or(-cmp.Compare(a.Cosine, b.Cosine), cmp.Compare(a.Skill, b.Skill))
	})
	return row[:min(len(row), most)]
}

// minCosine is the least that counts: below it two skills have little more in
// common than that both are asked for.
const minCosine = 0.05

// worth turns a cosine into a score, never more than taxonomy.MaxCoOccurring.
func worth(cosine float64) domain.Score {
	return min(domain.Score(float64(taxonomy.MaxCoOccurring)*cosine), taxonomy.MaxCoOccurring)
}
