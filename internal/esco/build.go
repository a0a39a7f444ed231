package esco

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
)

// maxISCO is how many occupations a skill of ESCO names.
const maxISCO = 3

// builder makes the extension. Its skills are numbered as the extended list
// numbers them: the listed ones, then the concepts that are none of these.
type builder struct {
	list     *taxonomy.Taxonomy
	c        *Classification
	mappings []Mapping
	index    []taxonomy.Index // by concept
	jobs     []Occupation     // over the extended list
	above    [][]taxonomy.Index
	below    [][]taxonomy.Index
	out      taxonomy.Extension
	cut      int // narrower skills that did not fit among the neighbours
}

// build makes the extension of a list by a classification.
func build(ctx context.Context, list *taxonomy.Taxonomy, c *Classification, progress Progress) (*builder, error) {
	b := &builder{list: list, c: c, mappings: mapAll(list, c), index: make([]taxonomy.Index, len(c.Concepts))}
	b.out.Base, b.out.Titles = list.Version(), c.Groups
	if err := b.number(); err != nil {
		return nil, err
	}
	b.addSkills()
	b.addJobs()
	b.climb()
	return b, b.relate(ctx, progress)
}

// number gives each concept its index, and adopts those that are listed skills.
func (b *builder) number() error {
	const none = taxonomy.Index(taxonomy.MaxSkills)
	for i := range b.index {
		b.index[i] = none
	}
	for i, m := range b.mappings {
		if !m.How.same() {
			continue
		}
		concept := b.c.Concepts[m.places[0]]
		b.index[m.places[0]] = taxonomy.Index(i)
		b.out.Adopted = append(b.out.Adopted, taxonomy.Adopted{Skill: m.Skill, Also: idOf(concept.URI), ESCO: concept.URI, Names: namesOf(concept, true)})
	}
	next := b.list.Len()
	for i := range b.index {
		if b.index[i] != none {
			continue
		}
		if next >= taxonomy.MaxSkills {
			return ErrPackage.With(fmt.Sprintf("With the skills of the package the list would have more than %d.", taxonomy.MaxSkills))
		}
		b.index[i] = taxonomy.Index(next)
		next++
	}
	return nil
}

// idOf is the id of a concept: ESCOPrefix and the end of its address.
func idOf(uri string) domain.Skill {
	return domain.Skill(taxonomy.ESCOPrefix + strings.TrimPrefix(uri, skillAddress))
}

// namesOf are the names of a concept by language. English ones are left out
// unless asked for: they stand in the skill's own fields.
func namesOf(c Concept, english bool) []taxonomy.Names {
	var names []taxonomy.Names
	if english {
		names = append(names, taxonomy.Names{Language: "en", Label: c.Name.Label, Synonyms: c.Name.Alt})
	}
	for l, n := range c.Other {
		names = append(names, taxonomy.Names{Language: l, Label: n.Label, Synonyms: n.Alt})
	}
	slices.SortFunc(names, func(x, y taxonomy.Names) int { return cmp.Compare(x.Language, y.Language) })
	return names
}

// addSkills lists the concepts that are not listed yet. Their occupations are
// the unit groups that ask for them most.
func (b *builder) addSkills() {
	asked := make([]map[domain.ISCO]int, len(b.c.Concepts))
	for _, o := range b.c.Occupations {
		count := func(skills []int, by int) {
			for _, s := range skills {
				if asked[s] == nil {
					asked[s] = map[domain.ISCO]int{}
				}
				asked[s][o.ISCO] += by
			}
		}
		count(o.Essential, essentialWeight)
		count(o.Optional, optionalWeight)
	}
	for i, c := range b.c.Concepts {
		if int(b.index[i]) < b.list.Len() {
			continue
		}
		s := taxonomy.Skill{ID: idOf(c.URI), Cluster: c.Cluster, English: c.Name.Label, Synonyms: c.Name.Alt, ESCO: c.URI, Names: namesOf(c, false)}
		if nl, ok := c.Other["nl"]; ok {
			s.Dutch = nl.Label
		}
		for code := range asked[i] {
			s.ISCO = append(s.ISCO, code)
		}
		slices.SortFunc(s.ISCO, func(x, y domain.ISCO) int {
			return cmp.Or(-cmp.Compare(asked[i][x], asked[i][y]), cmp.Compare(x, y))
		})
		s.ISCO = s.ISCO[:min(len(s.ISCO), maxISCO)]
		for _, p := range c.Broader {
			s.Broader = append(s.Broader, idOf(b.c.Concepts[p].URI))
		}
		b.out.Skills = append(b.out.Skills, s)
	}
}

// addJobs writes the occupations over the extended list. A listed skill that
// has parts or namesakes in ESCO is asked for where any of them is.
func (b *builder) addJobs() {
	also := map[int][]int{}
	for i, m := range b.mappings {
		if m.How != NotMapped && !m.How.same() {
			for _, p := range m.places {
				also[p] = append(also[p], i)
			}
		}
	}
	extended := func(skills []int, but []int) []int {
		var list []int
		for _, s := range skills {
			list = append(append(list, int(b.index[s])), also[s]...)
		}
		slices.Sort(list)
		return slices.DeleteFunc(slices.Compact(list), func(s int) bool {
			_, there := slices.BinarySearch(but, s)
			return there
		})
	}
	for _, o := range b.c.Occupations {
		job := Occupation{ISCO: o.ISCO, Essential: extended(o.Essential, nil)}
		job.Optional = extended(o.Optional, job.Essential)
		b.jobs = append(b.jobs, job)
		b.out.Occupations = append(b.out.Occupations, taxonomy.Occupation{ISCO: o.ISCO, Essential: indexes(job.Essential), Optional: indexes(job.Optional)})
	}
}

func indexes(list []int) []taxonomy.Index {
	out := make([]taxonomy.Index, len(list))
	for i, s := range list {
		out[i] = taxonomy.Index(s)
	}
	return out
}

// climb finds for every skill those that it is a part of, over at most
// taxonomy.MaxBroaderSteps, and the other way.
func (b *builder) climb() {
	n := b.list.Len() + len(b.out.Skills)
	direct := make([][]taxonomy.Index, n)
	for i, s := range b.list.Skills() {
		for _, id := range s.Broader {
			if up, ok := b.list.Index(id); ok {
				direct[i] = append(direct[i], up)
			}
		}
	}
	for i, c := range b.c.Concepts {
		for _, p := range c.Broader {
			direct[b.index[i]] = append(direct[b.index[i]], b.index[p])
		}
	}
	for i, m := range b.mappings {
		if m.How == ByPart {
			for _, p := range m.places {
				direct[b.index[p]] = append(direct[b.index[p]], taxonomy.Index(i))
			}
		}
	}
	b.above, b.below = make([][]taxonomy.Index, n), make([][]taxonomy.Index, n)
	for i := range direct {
		frontier := []taxonomy.Index{taxonomy.Index(i)}
		for range taxonomy.MaxBroaderSteps {
			var next []taxonomy.Index
			for _, f := range frontier {
				for _, up := range direct[f] {
					if int(up) != i && !slices.Contains(b.above[i], up) {
						b.above[i] = append(b.above[i], up)
						b.below[up] = append(b.below[up], taxonomy.Index(i))
						next = append(next, up)
					}
				}
			}
			frontier = next
		}
	}
}

// skillsBetweenChecks is how many skills are related before the context is
// asked again and progress is told.
const skillsBetweenChecks = 500

// relate computes the neighbours of every skill.
func (b *builder) relate(ctx context.Context, progress Progress) error {
	n := len(b.above)
	m := Cooccur(n, b.jobs)
	lengths, scratch := m.Lengths(nil), make([]int64, n)
	named := b.named(n)
	b.out.Near = make([][]taxonomy.Neighbour, n)
	for i := range n {
		if i%skillsBetweenChecks == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			progress.at("relating", float64(i)/float64(n))
		}
		row := m.Row(i, lengths, nil, scratch)
		b.out.Near[i] = b.neighbours(taxonomy.Index(i), row, named[i])
	}
	progress.at("relating", 1)
	return nil
}

// named are, for every skill, those that mapping found by a shared name, both
// ways.
func (b *builder) named(n int) [][]taxonomy.Neighbour {
	all := make([][]taxonomy.Neighbour, n)
	for i, m := range b.mappings {
		relation := taxonomy.SharedName
		switch m.How {
		case ByTwin:
			relation = taxonomy.Namesake
		case ByName:
		default:
			continue
		}
		for _, p := range m.places {
			at := b.index[p]
			all[i] = append(all[i], taxonomy.Neighbour{Skill: at, Relation: relation})
			all[at] = append(all[at], taxonomy.Neighbour{Skill: taxonomy.Index(i), Relation: relation})
		}
	}
	return all
}

// neighbours joins what the list says of a skill with what ESCO says, the
// strongest for each other skill, equals by co-occurrence and then by place.
func (b *builder) neighbours(i taxonomy.Index, row []Similar, named []taxonomy.Neighbour) []taxonomy.Neighbour {
	cosine := make(map[taxonomy.Index]float64, len(row))
	near := map[taxonomy.Index]taxonomy.Neighbour{}
	consider := func(o taxonomy.Index, r taxonomy.Relation, score domain.Score) {
		if o != i && score > 0 && score > domain.Score(near[o].Score) {
			near[o] = taxonomy.Neighbour{Skill: o, Score: uint16(score), Relation: r}
		}
	}
	if int(i) < b.list.Len() {
		for _, x := range b.list.Neighbours(i) {
			consider(x.Skill, x.Relation, domain.Score(x.Score))
		}
	}
	for _, o := range b.below[i] {
		consider(o, taxonomy.Narrower, taxonomy.Narrower.Worth())
	}
	for _, x := range named {
		consider(x.Skill, x.Relation, x.Relation.Worth())
	}
	for _, o := range b.above[i] {
		consider(o, taxonomy.Broader, taxonomy.Broader.Worth())
	}
	for _, s := range row {
		cosine[taxonomy.Index(s.Skill)] = s.Cosine
		if s.Cosine >= minCosine {
			consider(taxonomy.Index(s.Skill), taxonomy.CoOccurring, worth(s.Cosine))
		}
	}
	list := make([]taxonomy.Neighbour, 0, len(near))
	for _, x := range near {
		list = append(list, x)
	}
	slices.SortFunc(list, func(x, y taxonomy.Neighbour) int {
		return cmp.Or(-cmp.Compare(x.Score, y.Score), -cmp.Compare(cosine[x.Skill], cosine[y.Skill]), cmp.Compare(x.Skill, y.Skill))
	})
	for _, x := range list[min(len(list), taxonomy.MaxNeighbours):] {
		if x.Relation == taxonomy.Narrower {
			b.cut++
		}
	}
	return list[:min(len(list), taxonomy.MaxNeighbours)]
}
