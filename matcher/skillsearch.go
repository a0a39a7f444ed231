package matcher

import (
	"math/bits"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
)

// TopBySkills ranks all people who consent, are active and not suspended by
// nothing but how well they cover some skills, each as much as another; a
// ranking across countries for somebody who plans a programme. At most
// MaxRequirements skills count. The rows name no need.
func (x *Index) TopBySkills(required []domain.SkillRequirement, k int) []Ranked {
	x.mu.RLock()
	defer x.mu.RUnlock()
	// A need that asks for nothing else, in values that any gate knows.
	n := Need{Modality: domain.Modalities[0], Sector: domain.Sectors[0], Seats: 1}
	for _, r := range required {
		r.Importance, r.MinLevel = domain.Essential, min(r.MinLevel, domain.Expert)
		n.Skills = append(n.Skills, r)
	}
	only := policy.Scoring{Weights: map[policy.Part]domain.Score{policy.EssentialSkills: domain.One}}
	d := compileNeed(n, Policy{Scoring: only, Taxonomy: x.fallback.Taxonomy})
	s := skillSearch{plan: d.plan(&x.book, false), best: newBest[*entry](k)}
	s.measure()
	for _, p := range x.pools {
		for _, b := range p.blocks {
			s.block(b)
		}
	}
	return rankedExperts("", s.best.sorted())
}

// skillSearch bounds 64 people at once: what each requirement adds at most is a
// number of a few bits, a bitmap a bit, and the numbers are added by the logic
// of an adder. Only who reaches the k-th total is then scored.
type skillSearch struct {
	plan *plan
	best *best[*entry]
	unit int32 // of the bounds, in units of a sum
	// For the block at hand.
	slots   []int32
	totals  []domain.Score
	touched uint16 // of no meaning: it keeps what score touches
}

const (
	boundBits = 7
	boundMax  = 1<<boundBits - 1
)

// measure chooses a unit in which all bounds are whole numbers that fit, or
// else one in which they fit when rounded up.
func (s *skillSearch) measure() {
	var most, unit int32
	for _, r := range s.plan.bounds {
		most += r.most
		for _, t := range r.tiers {
			for unit, t.adds = t.adds, unit; t.adds != 0; { // Euclid
				unit, t.adds = t.adds, unit%t.adds
			}
		}
	}
	// Each rounding adds less than one unit.
	s.unit = max(unit, 1)
	if room := int32(boundMax - len(s.plan.bounds)); most/s.unit >= room {
		s.unit = most/max(room, 1) + 1
	}
}

func (s *skillSearch) block(b *block) {
	var open bitmap
	for i := range open {
		open[i] = b.used[i] & b.first[i] & b.consent[i] & b.active[i] &^ b.suspended[i]
	}
	var sums [boundBits]bitmap
	for i := range s.plan.bounds {
		var adds [boundBits]bitmap
		s.adds(b, &s.plan.bounds[i], &adds)
		addTo(&sums, adds[:bits.Len32(uint32(s.units(s.plan.bounds[i].most)))])
	}
	// Until there are k, the best of the block raise the floor for the rest.
	for least := uint(boundMax); len(s.best.heap) < s.best.k && least > 0; least -= 3 {
		top := open
		top.atLeast(sums[:], least)
		open.andNot(&top)
		s.score(b, &top)
	}
	if least := s.least(); least > 0 {
		open.atLeast(sums[:], uint(min(least, boundMax)))
	}
	s.score(b, &open)
}

// least is the bound below which nobody reaches the k-th total.
func (s *skillSearch) least() int64 {
	floor := int64(s.best.floor())*int64(domain.One) - int64(domain.One)/2
	return (max(floor, 0) + int64(s.unit) - 1) / int64(s.unit)
}

// adds writes what a requirement adds at most, in units: the first tier that
// somebody is in.
func (s *skillSearch) adds(b *block, r *requirementBound, adds *[boundBits]bitmap) {
	if r.foreign {
		for i := range adds {
			if s.units(r.most)>>i&1 != 0 {
				adds[i] = b.odd
			}
		}
		return
	}
	var done bitmap
	for _, t := range r.tiers {
		var in bitmap
		any := in.join(b.skills, t.buckets)
		if !in.join(b.families, t.families) && !any {
			continue
		}
		in.andNot(&done)
		done.or(&in)
		units := s.units(t.adds)
		for i := range adds {
			if units>>i&1 != 0 {
				adds[i].or(&in)
			}
		}
	}
}

// units rounds up.
func (s *skillSearch) units(adds int32) int32 { return (adds + s.unit - 1) / s.unit }

// addTo adds numbers of a few bits to sums, 64 at once. The sums fit: measure
// saw to it.
func addTo(sums *[boundBits]bitmap, adds []bitmap) {
	for w := range words {
		var carry uint64
		for i := range adds {
			a, b := sums[i][w], adds[i][w]
			sums[i][w] = a ^ b ^ carry
			carry = a&b | carry&(a^b)
		}
		for i := len(adds); carry != 0 && i < boundBits; i++ {
			sums[i][w], carry = sums[i][w]^carry, sums[i][w]&carry
		}
	}
}

// score scores a block's people. Their lines lie far apart, and so do the ids of
// those whose rank a tie decides: each is touched first, so that the processor
// waits for all of them together, not for one after another.
func (s *skillSearch) score(b *block, who *bitmap) {
	s.slots, s.totals = s.slots[:0], s.totals[:0]
	for w, left := range who {
		for ; left != 0; left &= left - 1 {
			s.slots = append(s.slots, int32(w<<6+bits.TrailingZeros64(left)))
		}
	}
	for _, slot := range s.slots {
		s.touched ^= b.lines[slot].skills[0] ^ b.lines[slot].interests
	}
	reached, floor := 0, s.best.floor()
	for _, slot := range s.slots {
		var essential int32
		if b.odd.has(int(slot)) {
			v, _ := s.plan.skillValues(b.entries[slot].candidate(s.plan.tax))
			essential = int32(v)
		} else {
			essential, _ = s.plan.covers.line(&b.lines[slot])
		}
		if total := rounded(int32(s.plan.weights[0]) * essential); total >= floor {
			s.slots[reached] = slot
			s.totals = append(s.totals, total)
			reached++
		}
	}
	for _, slot := range s.slots[:reached] {
		if id := b.ids[slot]; id != "" {
			s.touched ^= uint16(id[0]) ^ uint16(id[len(id)-1])
		}
	}
	for i, slot := range s.slots[:reached] {
		if s.totals[i] >= s.best.floor() {
			s.best.offer(scored[*entry]{s.totals[i], tie(s.plan.seed, b.ids[slot]), b.entries[slot]})
		}
	}
}
