package matcher

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
)

// A block is 4096 experts of one country: small enough that a ranking's own
// bitmaps and the block's stay in the nearest caches while it is judged.
const (
	blockBits = 12
	blockSize = 1 << blockBits
	words     = blockSize / 64
)

// bitmap has a bit for each slot of a block.
type bitmap [words]uint64

func (b *bitmap) set(slot int)      { b[slot>>6] |= 1 << (slot & 63) }
func (b *bitmap) clear(slot int)    { b[slot>>6] &^= 1 << (slot & 63) }
func (b *bitmap) has(slot int) bool { return b[slot>>6]>>(slot&63)&1 != 0 }

func (b *bitmap) and(o *bitmap) {
	for i := range b {
		b[i] &= o[i]
	}
}

func (b *bitmap) andNot(o *bitmap) {
	for i := range b {
		b[i] &^= o[i]
	}
}

func (b *bitmap) or(o *bitmap) {
	for i := range b {
		b[i] |= o[i]
	}
}

// join adds the slots of several bitmaps, four at a time: what is joined then
// passes through the registers, not through memory, between them. A nil bitmap
// is empty. It reports whether any was there.
func (b *bitmap) join(all []*bitmap, which []uint16) (any bool) {
	var four [4]*bitmap
	n := 0
	for _, i := range which {
		if int(i) >= len(all) || all[i] == nil {
			continue
		}
		four[n&3] = all[i]
		if n++; n == 4 {
			b.orFour(four[0], four[1], four[2], four[3])
			n, any = 0, true
		}
	}
	for i := range n {
		b.or(four[i&3])
	}
	return any || n > 0
}

func (b *bitmap) orFour(c, d, e, f *bitmap) {
	for i := range b {
		b[i] |= c[i] | d[i] | e[i] | f[i]
	}
}

// atLeast keeps of b the slots whose number, a bit a slice from the lowest on,
// is not below least.
func (b *bitmap) atLeast(slices []bitmap, least uint) {
	for w := range b {
		if b[w] == 0 {
			continue
		}
		above := ^uint64(0)
		for i := range slices {
			if least>>i&1 != 0 {
				above &= slices[i][w]
			} else {
				above |= slices[i][w]
			}
		}
		b[w] &= above
	}
}

// write puts a number into the slices.
func write(slices []bitmap, slot int, v uint) {
	for i := range slices {
		if v>>i&1 != 0 {
			slices[i].set(slot)
		} else {
			slices[i].clear(slot)
		}
	}
}

// block holds the lines of its experts and the bits that the gates ask.
type block struct {
	used, consent, active, suspended, checked bitmap
	// first: this is the first of the expert's countries.
	first, odd, conflicted, served bitmap

	years     [8]bitmap
	schooling [4]bitmap
	accepts   [3]bitmap
	tongues   []*[3]bitmap // by number of the codebook
	homes     []*bitmap    // likewise
	skills    []*bitmap    // by bucket
	families  []*bitmap
	refused   map[domain.ProgrammeID]*bitmap

	lines   []line
	spells  []spell
	entries []*entry
	ids     []domain.ExpertID // ties are told by ids, and most rankings have many
}

// at gives the bitmap of a number, made when it is missing.
func at[B any](all *[]*B, n uint16) *B {
	for len(*all) <= int(n) {
		*all = append(*all, nil)
	}
	if (*all)[n] == nil {
		(*all)[n] = new(B)
	}
	return (*all)[n]
}

func (b *block) mark(m *bitmap, slot int, on bool) {
	if on {
		m.set(slot)
	} else {
		m.clear(slot)
	}
}

// put writes an expert into an empty slot.
func (b *block) put(slot int, s *subject, c domain.Country, first bool, book *codebook) {
	e := s.expert
	b.used.set(slot)
	b.mark(&b.consent, slot, e.Consent)
	b.mark(&b.active, slot, e.Active)
	b.mark(&b.suspended, slot, e.Suspended)
	b.mark(&b.checked, slot, slices.Contains(e.Heritage, HeritageLink{c, true}))
	b.mark(&b.first, slot, first)
	b.mark(&b.odd, slot, s.odd)
	b.mark(&b.conflicted, slot, len(e.Conflicts) > 0)
	b.mark(&b.served, slot, len(e.Served) > 0)
	write(b.years[:], slot, uint(s.years))
	write(b.schooling[:], slot, uint(s.schooling))
	for i, yes := range s.accepts {
		b.mark(&b.accepts[i], slot, yes)
	}
	for _, t := range s.tongues {
		write(at(&b.tongues, t.number)[:], slot, uint(t.level))
	}
	at(&b.homes, s.home).set(slot)
	for _, i := range s.skills {
		at(&b.skills, uint16(bucketOf(uint16(i)))).set(slot)
		at(&b.families, uint16(book.families[i])).set(slot)
	}
	for _, p := range s.refused {
		if b.refused[p] == nil {
			if b.refused == nil {
				b.refused = map[domain.ProgrammeID]*bitmap{}
			}
			b.refused[p] = new(bitmap)
		}
		b.refused[p].set(slot)
	}
	b.lines[slot], b.spells[slot] = s.in(c), s.spell
	b.entries[slot], b.ids[slot] = s.entry, e.ID
}

// take empties a slot; s is who stands there.
func (b *block) take(slot int, s *subject, book *codebook) {
	b.used.clear(slot)
	for _, t := range s.tongues {
		write(b.tongues[t.number][:], slot, 0)
	}
	b.homes[s.home].clear(slot)
	for _, i := range s.skills {
		b.skills[bucketOf(uint16(i))].clear(slot)
		b.families[book.families[i]].clear(slot)
	}
	for _, p := range s.refused {
		b.refused[p].clear(slot)
	}
	b.entries[slot], b.ids[slot] = nil, ""
}

// pool holds the experts with a heritage link to one country. Who has none is
// in the pool of no country, so that everybody is somewhere.
type pool struct {
	country domain.Country
	number  int32 // among the pools of the index
	blocks  []*block
	size    int32   // slots that were ever used
	free    []int32 // those of them that are empty
}

// place is a slot of a pool.
type place struct{ pool, slot int32 }

func (p *pool) put(s *subject, first bool, book *codebook) place {
	if n := len(p.free); n > 0 {
		slot := p.free[n-1]
		p.free = p.free[:n-1]
		p.blocks[slot>>blockBits].put(int(slot&(blockSize-1)), s, p.country, first, book)
		return place{p.number, slot}
	}
	slot := p.size
	p.size++
	if slot>>blockBits == int32(len(p.blocks)) {
		p.blocks = append(p.blocks, &block{})
	}
	b := p.blocks[slot>>blockBits]
	b.grow()
	b.put(int(slot&(blockSize-1)), s, p.country, first, book)
	return place{p.number, slot}
}

// grow adds a slot. It doubles the room, and never makes more than a block has.
func (b *block) grow() {
	n := len(b.lines)
	if n == cap(b.lines) {
		room := min(max(2*n, 64), blockSize)
		b.lines = append(make([]line, 0, room), b.lines...)
		b.spells = append(make([]spell, 0, room), b.spells...)
		b.entries = append(make([]*entry, 0, room), b.entries...)
		b.ids = append(make([]domain.ExpertID, 0, room), b.ids...)
	}
	b.lines, b.spells = b.lines[:n+1], b.spells[:n+1]
	b.entries, b.ids = b.entries[:n+1], b.ids[:n+1]
}

func (p *pool) take(slot int32, s *subject, book *codebook) {
	p.blocks[slot>>blockBits].take(int(slot&(blockSize-1)), s, book)
	p.free = append(p.free, slot)
}
