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

// MaxBuckets is how many bitmaps of skills a block keeps. A longer list shares
// them: skills of one bucket bound each other's scores, and a bound it stays.
const MaxBuckets = 256

// bucketOf spreads neighbours of a long list over all buckets.
func bucketOf(skill uint16) uint8 { return uint8(skill % MaxBuckets) }

// buckets is a set of skills by bucket.
type buckets [MaxBuckets / 64]uint64

func (b *buckets) add(bucket uint8) { b[bucket>>6] |= 1 << (bucket & 63) }

func (b *buckets) has(bucket uint8) bool { return b[bucket>>6]>>(bucket&63)&1 != 0 }

func (b *buckets) common(o *buckets) int32 {
	return int32(bits.OnesCount64(b[0]&o[0]) + bits.OnesCount64(b[1]&o[1]) +
		bits.OnesCount64(b[2]&o[2]) + bits.OnesCount64(b[3]&o[3]))
}

// rank counts the members before a bucket.
func (b *buckets) rank(bucket uint8) int {
	n := bits.OnesCount64(b[bucket>>6] & (1<<(bucket&63) - 1))
	for _, w := range b[:bucket>>6] {
		n += bits.OnesCount64(w)
	}
	return n
}

// coverTable finds the hits of a skill. Of a long list a need asks for few, and
// of ten thousand needs none stays in the cache: so a set that stands in the
// table itself says of most skills that they are none of these, and of a list
// that fits in it also where the hits are.
type coverTable struct {
	few  buckets
	keys []uint16 // the skills in order, nil when few tells them apart
	// Hits of the skill of a rank: from its start to the next.
	start []uint16
	hits  []hit
	// essentials has a bit for each requirement that is essential.
	essentials           uint64
	essential, preferred uint8
}

func newCoverTable(all []skillHit, skills int) coverTable {
	slices.SortStableFunc(all, func(a, b skillHit) int { return cmp.Compare(a.skill, b.skill) })
	t := coverTable{hits: make([]hit, len(all))}
	for i, h := range all {
		t.hits[i] = h.hit
		if i == 0 || all[i-1].skill != h.skill {
			t.start = append(t.start, uint16(i))
			t.few.add(bucketOf(uint16(h.skill)))
			if skills > MaxBuckets {
				t.keys = append(t.keys, uint16(h.skill))
			}
		}
	}
	t.start = append(t.start, uint16(len(all)))
	return t
}

// of lists the hits of a skill.
func (t *coverTable) of(skill uint16) []hit {
	if !t.few.has(bucketOf(skill)) {
		return nil
	}
	return t.find(skill)
}

func (t *coverTable) find(skill uint16) []hit {
	var at int
	if t.keys == nil {
		at = t.few.rank(bucketOf(skill))
	} else if i, found := slices.BinarySearch(t.keys, skill); found {
		at = i
	} else {
		return nil
	}
	return t.hits[t.start[at]:t.start[at+1]]
}

// line gives the mean coverages of the essential and the preferred skills by
// those of a line.
func (t *coverTable) line(l *line) (essential, preferred int32) {
	var best [MaxRequirements]uint16
	any := false
	for _, s := range l.skills[:l.counts&0xF] {
		for _, h := range t.of(s >> 2) {
			best[h.requirement%MaxRequirements] = max(best[h.requirement%MaxRequirements], h.coverage[s&3])
			any = true
		}
	}
	if !any {
		return 0, 0
	}
	for i, got := range best[:min(t.essential+t.preferred, MaxRequirements)] {
		if t.essentials>>i&1 != 0 {
			essential += int32(got)
		} else {
			preferred += int32(got)
		}
	}
	return quotient(essential, int(t.essential)), quotient(preferred, int(t.preferred))
}
