package matcher

import (
	"math/bits"
	"slices"
	"sync"

	"github.com/diaspora-match/diaspora/domain"
)

// search is one ranking of experts. It runs in two steps over the pool of the
// need's country. The first finds who passes every hard rule, by bitmaps and
// then by time, and adds up what each one's skills can bring at most: the
// buckets of a requirement are bitmaps, so that only those are visited who have
// something to bring. The second scores lines, first of those with the highest
// bounds, then of whoever can still reach the k-th total: nobody who is left out
// could have ranked, and an equal bound is scored, for the tie may decide.
// Scoring each block at once reads memory in better order, but scores so many
// more that it takes a third longer.
type search struct {
	plan     *plan
	moment   moment
	today    domain.Date
	best     *best[*entry]
	eligible int
	scratch  *scratch
}

// bounded is an eligible expert with the most that skills and continuity add.
type bounded struct {
	slot int32
	adds int32
}

// scratch is what a search needs for its time, kept for the next.
type scratch struct {
	found []bounded
	adds  [blockSize]int32
	steps [steps + 1]int32
	// sorted are those found who may still rank, by step.
	sorted   []bounded
	gathered []bounded
	touched  uint16 // of no meaning: it keeps what gathered touches
}

// steps of the histogram of bounds: a sum is at most 1e8.
const (
	stepBits = 20
	steps    = 1 + 100_000_000>>stepBits
)

var scratches = sync.Pool{New: func() any { return new(scratch) }}

func newSearch(p *plan, k int, today domain.Date) *search {
	return &search{plan: p, moment: p.moment(today), today: today, best: newBest[*entry](k)}
}

// pool ranks the experts of a pool.
func (s *search) pool(p *pool) {
	if s.plan.closed || s.moment.short || p == nil {
		return
	}
	if s.plan.odd {
		s.wholeProfiles(p)
		return
	}
	s.scratch = scratches.Get().(*scratch)
	s.scratch.found, s.scratch.steps = s.scratch.found[:0], [steps + 1]int32{}
	for i, b := range p.blocks {
		var eligible bitmap
		s.plan.gates(b, &eligible)
		if s.inTime(b, &eligible) {
			s.collect(b, &eligible, int32(i)<<blockBits)
		}
	}
	s.eligible += len(s.scratch.found)
	s.rank(p)
	scratches.Put(s.scratch)
	s.scratch = nil
}

// wholeProfiles judges everybody without lines.
func (s *search) wholeProfiles(p *pool) {
	for _, b := range p.blocks {
		for _, e := range b.entries {
			if e == nil {
				continue
			}
			c := e.candidate(s.plan.tax)
			if s.plan.fails(c, s.today, true) != 0 {
				continue
			}
			s.eligible++
			s.offer(e, s.plan.total(s.plan.values(c, s.today)))
		}
	}
}

func (s *search) offer(e *entry, total domain.Score) {
	if total >= s.best.floor() {
		s.best.offer(scored[*entry]{total, tie(s.plan.seed, e.ID), e})
	}
}

// gates finds who passes every hard rule but the time.
func (p *plan) gates(b *block, e *bitmap) {
	accepts := &b.accepts[p.modality]
	for i := range e {
		e[i] = b.used[i] & b.consent[i] & b.active[i] &^ b.suspended[i] & accepts[i]
	}
	p.profileGates(b, e, 0)
	if p.policy.HeritageCheck {
		e.and(&b.checked)
	}
	for i := range p.tongues {
		if t := &p.tongues[i]; t.least > 0 {
			p.speaking(b, e, t.number, t.least)
		}
	}
}

// profileGates are those of residence, rulings, conflicts, education and years.
func (p *plan) profileGates(b *block, e *bitmap, fewer uint8) {
	if !p.anywhere {
		var home bitmap
		for _, h := range p.homes {
			if int(h) < len(b.homes) && b.homes[h] != nil {
				home.or(b.homes[h])
			}
		}
		e.and(&home)
	}
	if refused := b.refused[p.Programme]; refused != nil {
		e.andNot(refused)
	}
	if p.schooling > 0 {
		e.atLeast(b.schooling[:], uint(p.schooling))
	}
	if p.years > fewer {
		e.atLeast(b.years[:], uint(p.years-fewer))
	}
	if p.Institution == "" {
		return
	}
	for w := range e {
		for left := e[w] & b.conflicted[w]; left != 0; left &= left - 1 {
			slot := w<<6 + bits.TrailingZeros64(left)
			if slices.Contains(b.entries[slot].Conflicts, p.Institution) {
				e.clear(slot)
			}
		}
	}
}

// speaking keeps who has a level of a language.
func (p *plan) speaking(b *block, e *bitmap, number uint16, least domain.CEFR) {
	if int(number) >= len(b.tongues) || b.tongues[number] == nil {
		*e = bitmap{}
		return
	}
	e.atLeast(b.tongues[number][:], uint(least))
}

// inTime keeps who can be there long enough, and reports whether anybody can.
func (s *search) inTime(b *block, e *bitmap) (any bool) {
	m := &s.moment
	for w, all := range e {
		if all == 0 {
			continue
		}
		keep := uint64(0)
		for left := all &^ b.odd[w]; left != 0; left &= left - 1 {
			i := bits.TrailingZeros64(left)
			spell := &b.spells[w<<6+i]
			if m.split {
				if m.days(spell) >= m.least {
					keep |= left & -left
				}
				continue
			}
			// moment.free, which the compiler would call.
			short := m.shortOf(spell, 0) & m.shortOf(spell, 1) & m.shortOf(spell, 2)
			keep |= uint64(^uint32(short)>>31) << i
		}
		for left := all & b.odd[w]; left != 0; left &= left - 1 {
			whole := b.entries[w<<6+bits.TrailingZeros64(left)].candidate(s.plan.tax)
			if s.plan.failsTime(whole, s.today) == 0 {
				keep |= left & -left
			}
		}
		e[w] = keep
		any = any || keep != 0
	}
	return any
}

// collect bounds the eligible experts of a block.
func (s *search) collect(b *block, eligible *bitmap, base int32) {
	adds := &s.scratch.adds
	clear(adds[:])
	for i := range s.plan.bounds {
		s.plan.bounds[i].collect(b, eligible, adds)
	}
	if continuity := max(int32(s.plan.weights[8]), 0) * int32(domain.One); continuity > 0 {
		for w := range eligible {
			for left := eligible[w] & b.served[w]; left != 0; left &= left - 1 {
				adds[w<<6+bits.TrailingZeros64(left)] += continuity
			}
		}
	}
	found := s.scratch.found
	for w, left := range eligible {
		for ; left != 0; left &= left - 1 {
			slot := int32(w<<6 + bits.TrailingZeros64(left))
			found = append(found, bounded{base + slot, adds[slot]})
			s.scratch.steps[adds[slot]>>stepBits%steps]++
		}
	}
	s.scratch.found = found
}

// collect adds to each expert the most that the requirement can bring: the
// first tier that they are in.
func (r *requirementBound) collect(b *block, eligible *bitmap, adds *[blockSize]int32) {
	if r.foreign {
		for w := range eligible {
			for left := eligible[w] & b.odd[w]; left != 0; left &= left - 1 {
				adds[w<<6+bits.TrailingZeros64(left)] += r.most
			}
		}
		return
	}
	open := *eligible
	for _, t := range r.tiers {
		var in bitmap
		any := in.join(b.skills, t.buckets)
		if !in.join(b.families, t.families) && !any {
			continue
		}
		for w := range open {
			left := open[w] & in[w]
			open[w] &^= left
			for ; left != 0; left &= left - 1 {
				adds[w<<6+bits.TrailingZeros64(left)&(blockSize-1)] += t.adds
			}
		}
	}
}

// rank scores who was found: first those of the highest bounds, as many as are
// asked for, then whoever can still reach the last of them.
func (s *search) rank(p *pool) {
	first, n := int32(steps), int32(0)
	for ; first > 0 && int(n) < s.best.k; first-- {
		n += s.scratch.steps[first-1]
	}
	edge := first << stepBits
	for _, f := range s.scratch.found {
		if f.adds >= edge {
			s.gather(p, f)
		}
	}
	s.gathered(p)
	for _, f := range s.descending(s.least(), edge) {
		if f.adds >= s.least() {
			s.gather(p, f)
		}
	}
	s.gathered(p)
}

// gathering is how many lines are read at once.
const gathering = 32

// gather scores somebody soon, together with others.
func (s *search) gather(p *pool, f bounded) {
	if s.scratch.gathered = append(s.scratch.gathered, f); len(s.scratch.gathered) == gathering {
		s.gathered(p)
	}
}

// gathered scores them. Their lines lie far apart: each is touched first, so
// that the processor waits for all of them together, not for one after another.
func (s *search) gathered(p *pool) {
	for _, f := range s.scratch.gathered {
		b, slot := p.blocks[f.slot>>blockBits], f.slot&(blockSize-1)
		s.scratch.touched ^= b.lines[slot].skills[0] ^ b.lines[slot].interests ^ b.spells[slot].from[0]
	}
	for _, f := range s.scratch.gathered {
		if f.adds >= s.least() {
			s.score(p, f.slot)
		}
	}
	s.scratch.gathered = s.scratch.gathered[:0]
}

// descending gives those found with bounds from least to below edge, step by
// step downwards: the higher bounds raise the floor for the rest.
func (s *search) descending(least, edge int32) []bounded {
	starts := &s.scratch.steps
	for i := len(starts) - 2; i >= 0; i-- {
		starts[i] += starts[i+1]
	}
	skip := int32(0) // those of the first step
	if edge>>stepBits < int32(steps) {
		skip = starts[edge>>stepBits]
	}
	n := starts[max(least, 0)>>stepBits] - skip
	if n <= 0 {
		return nil
	}
	s.scratch.sorted = slices.Grow(s.scratch.sorted[:0], int(n))[:n]
	for _, f := range s.scratch.found {
		if f.adds < edge && f.adds>>stepBits >= max(least, 0)>>stepBits {
			at := &starts[f.adds>>stepBits+1]
			s.scratch.sorted[*at-skip] = f
			*at++
		}
	}
	return s.scratch.sorted
}

// least is the bound below which nobody can reach the k-th total.
func (s *search) least() int32 {
	floor := int64(s.best.floor())*int64(domain.One) - int64(domain.One)/2 - int64(s.plan.rest)
	return int32(max(floor, -1<<31))
}

func (s *search) score(p *pool, at int32) {
	b, slot := p.blocks[at>>blockBits], int(at&(blockSize-1))
	if b.odd.has(slot) {
		e := b.entries[slot]
		s.offer(e, s.plan.total(s.plan.values(e.candidate(s.plan.tax), s.today)))
		return
	}
	served := s.plan.Institution != "" && b.served.has(slot) && slices.Contains(b.entries[slot].Served, s.plan.Institution)
	total := s.plan.score(&b.lines[slot], s.moment.days(&b.spells[slot]), &s.moment, served)
	if total >= s.best.floor() { // most are not: their ids are not read
		s.best.offer(scored[*entry]{total, tie(s.plan.seed, b.ids[slot]), b.entries[slot]})
	}
}
