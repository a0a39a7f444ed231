package matcher

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
)

// levels that a claim may have, from domain.Basic on.
const levels = 4

// hit says that a skill covers the requirement at a place in Need.Skills.
type hit struct {
	requirement uint16
	similarity  uint16
	// coverage is the similarity lessened by the level of the claim.
	coverage [levels]uint16
}

func newHit(requirement int, similarity domain.Score, least domain.SkillLevel) hit {
	h := hit{requirement: uint16(requirement), similarity: uint16(similarity)}
	for i := range h.coverage {
		h.coverage[i] = uint16(coverage(similarity, least, domain.Basic+domain.SkillLevel(i)))
	}
	return h
}

type skillHit struct {
	skill taxonomy.Index
	hit   hit
}

// coverTable finds the hits of a skill. Of a long list a need asks for few
// skills: a bit for each skill of the list, then the rank among the set bits,
// keep ten thousand needs small and tell most skills apart without a miss.
type coverTable struct {
	// few has a bit for each skill modulo 256: it says of most skills that they
	// are none of these, and stands in the need itself.
	few   buckets
	words []uint64
	rank  []uint16 // set bits before each word
	start []uint16 // hits of the skill of a rank: from start to the next start
	hits  []hit
}

func newCoverTable(all []skillHit, skills int) coverTable {
	slices.SortStableFunc(all, func(a, b skillHit) int { return cmp.Compare(a.skill, b.skill) })
	n := (skills + 63) / 64
	t := coverTable{words: make([]uint64, n), rank: make([]uint16, n), hits: make([]hit, len(all))}
	for i, h := range all {
		t.hits[i] = h.hit
		if i == 0 || all[i-1].skill != h.skill {
			t.start = append(t.start, uint16(i))
			t.words[h.skill>>6] |= 1 << (h.skill & 63)
			t.few.add(uint16(h.skill % MaxBuckets))
		}
	}
	t.start = append(t.start, uint16(len(all)))
	for i := 1; i < n; i++ {
		t.rank[i] = t.rank[i-1] + uint16(bits.OnesCount64(t.words[i-1]))
	}
	return t
}

// of lists the hits of a skill.
func (t *coverTable) of(skill uint16) []hit {
	bit := uint64(1) << (skill & 63)
	if t.few[skill>>6%uint16(len(t.few))]&bit == 0 {
		return nil
	}
	return t.find(int(skill>>6), bit)
}

func (t *coverTable) find(w int, bit uint64) []hit {
	if w >= len(t.words) || t.words[w]&bit == 0 {
		return nil
	}
	at := int(t.rank[w]) + bits.OnesCount64(t.words[w]&(bit-1))
	return t.hits[t.start[at]:t.start[at+1]]
}
