package matcher

import (
	"math"
	"math/bits"
	"slices"

	"github.com/diaspora-match/diaspora/domain"
)

// gate is what tells of an open need, in two cache lines, whether an expert
// passes its rules and whether they could reach its shortlist. Those of a
// country stand beside each other: an event reads them all, and of a few needs
// only the rest.
type gate struct {
	closed, checked, split bool
	// wide: there is a rule that only the plan tells.
	wide                              bool
	modality, years, schooling, weeks uint8
	least                             [gateTongues]uint8
	tongues                           [gateTongues]uint8
	homes                             uint64 // where experts may live, by number
	from, to, days                    int32  // the window, and the least days
	rest, continuity                  int32  // the most that parts besides skills add
	standing
	// Skills that add much, and others that add something: each at most so much.
	strong, weak         buckets
	strongAdds, weakAdds int32
	skillsAdd            int32 // all together at most
	// What a line tells at once, by weight.
	group                                                                                 occupationGroup
	place, methods                                                                        uint8
	transfer                                                                              uint16
	bySector, byOccupation, byModality, byTransfer, byPreference, byPresence, byFreshness int16
	most, fresh                                                                           int32 // of moment
}

const (
	gateTongues = 4
	// anyGate is the place of a modality that a gate lets through.
	anyGate = 3
	// otherHomes is the bit of all residences from that number on.
	otherHomes = 63
	// unlisted is the floor of a need without a shortlist.
	unlisted domain.Score = math.MaxInt32
)

// buckets is a set of skills by bucket.
type buckets [MaxBuckets / 64]uint64

func (b *buckets) add(bucket uint16) { b[bucket>>6] |= 1 << (bucket & 63) }

func (b *buckets) common(o *buckets) int32 {
	return int32(bits.OnesCount64(b[0]&o[0]) + bits.OnesCount64(b[1]&o[1]) +
		bits.OnesCount64(b[2]&o[2]) + bits.OnesCount64(b[3]&o[3]))
}

func (p *plan) gate() gate {
	least := minDays(p.Window)
	g := gate{
		closed: p.closed, checked: p.policy.HeritageCheck, wide: p.odd, homes: math.MaxUint64, split: p.Window.SplitAllowed,
		modality: p.modality, years: p.years, schooling: uint8(min(p.schooling, maxSchooling)),
		weeks: uint8((least - 1) / daysPerWeek), days: int32(least),
		from: int32(p.Window.Period.From), to: int32(p.Window.Period.To),
		rest: p.rest, continuity: max(int32(p.weights[8]), 0) * int32(domain.One), standing: standing{floor: unlisted},
	}
	if p.odd {
		g.modality = anyGate // the plan tells
	}
	if !p.anywhere {
		g.homes = 0
	}
	for _, h := range p.homes {
		g.homes |= 1 << min(h, otherHomes)
		g.wide = g.wide || h >= otherHomes
	}
	n := 0
	for _, t := range p.tongues {
		switch {
		case t.least == 0:
		case n == gateTongues || t.number > maxLineTongue:
			g.wide = true
		default:
			g.tongues[n], g.least[n] = uint8(t.number), uint8(min(t.least, domain.Native))
			n++
		}
	}
	g.readSkills(p)
	g.readWork(p)
	return g
}

// readWork takes out of the rest what the bound reads of a line.
func (g *gate) readWork(p *plan) {
	g.place, g.methods, g.transfer = p.place, uint8(p.methods), uint16(p.transfer)
	if p.odd {
		return
	}
	g.bySector, g.byModality = int16(p.weights[2]), int16(p.weights[6])
	g.byTransfer, g.byPreference = int16(p.weights[7]), int16(p.weights[10])
	if len(p.groups) == 1 {
		g.group, g.byOccupation = p.groups[0], int16(p.weights[3])
	}
	m := p.moment(0)
	g.most, g.fresh = m.most, m.fresh
	g.byPresence, g.byFreshness = int16(p.weights[5]), int16(p.weights[9])
	g.rest -= int32(domain.One) * (int32(g.byPresence) + int32(g.byFreshness) + int32(g.bySector) + int32(g.byOccupation) + int32(g.byModality) + int32(g.byTransfer) + int32(g.byPreference))
}

// readSkills sums what a skill of each bucket adds over all requirements, and
// splits the buckets where it is half of the most.
func (g *gate) readSkills(p *plan) {
	var adds [MaxBuckets]int32
	var top int32
	for _, r := range p.bounds {
		var seen buckets
		g.skillsAdd += r.most
		for _, t := range r.tiers { // the most first
			for _, skill := range t.skills {
				b := bucketOf(skill, p.tax.Len())
				if seen[b>>6]>>(b&63)&1 == 0 {
					seen.add(b)
					adds[b] += t.adds
					top = max(top, adds[b])
				}
			}
		}
	}
	for b, add := range adds {
		switch {
		case add > top/2:
			g.strong.add(uint16(b))
			g.strongAdds = max(g.strongAdds, add)
		case add > 0:
			g.weak.add(uint16(b))
			g.weakAdds = max(g.weakAdds, add)
		}
	}
}

// facing is an expert as the needs of one country see them.
type facing struct {
	*subject
	line    line
	accepts [anyGate + 1]bool
	checked bool
	home    uint64
	// special: gates do not tell all of them.
	special bool
	levels  [maxLineTongue + 1]uint8
	skills  buckets
}

// face turns an expert to the needs of a country; false when they have no link
// to it, or are open to none at all.
func (f *facing) face(s *subject, c domain.Country, skills int) bool {
	e := s.expert
	if !e.Consent || !e.Active || e.Suspended {
		return false
	}
	linked := false
	for _, h := range e.Heritage {
		if h.Country == c {
			linked = true
			f.checked = f.checked || h.Checked
		}
	}
	if !linked {
		return false
	}
	f.subject, f.line = s, s.in(c)
	f.special = s.odd || len(s.refused) > 0 || len(e.Conflicts) > 0
	copy(f.accepts[:], s.accepts[:])
	f.accepts[anyGate] = true
	f.home = 1 << min(s.home, otherHomes)
	for _, t := range s.tongues {
		if t.number <= maxLineTongue {
			f.levels[t.number] = uint8(t.level)
		}
	}
	for _, i := range s.skills {
		f.skills.add(bucketOf(uint16(i), skills))
	}
	return true
}

// moment is the need's on a day.
func (g *gate) moment(today domain.Date) moment {
	return moment{
		today: int32(today), from: max(g.from, int32(today)), to: g.to, least: g.days, most: g.most,
		weeks: g.weeks, split: g.split, fresh: g.fresh,
	}
}

// passes reports whether a gate lets somebody through on a day. For a wide gate
// and a special expert there is more to ask.
func (g *gate) passes(f *facing, today domain.Date) bool {
	if g.closed || g.years > f.years || g.schooling > f.schooling || !f.accepts[g.modality] || g.homes&f.home == 0 || g.checked && !f.checked ||
		g.least[0] > f.levels[g.tongues[0]] || g.least[1] > f.levels[g.tongues[1]] ||
		g.least[2] > f.levels[g.tongues[2]] || g.least[3] > f.levels[g.tongues[3]] {
		return false
	}
	m := g.moment(today)
	if m.to-m.from+1 < m.least {
		return false
	}
	if f.odd {
		return true // the whole profile tells
	}
	if m.split {
		return m.days(&f.spell) >= m.least
	}
	return m.free(&f.spell) != 0
}

// bound is the most that somebody's total can be.
func (g *gate) bound(f *facing, today domain.Date) domain.Score {
	sum := g.rest + min(g.skillsAdd, g.strongAdds*f.skills.common(&g.strong)+g.weakAdds*f.skills.common(&g.weak))
	l := &f.line
	if l.flags&hasServed != 0 {
		sum += g.continuity
	}
	sum += int32(g.bySector)*l.sectorValue(g.place) + int32(g.byModality)*l.modalityValue(g.modality) +
		int32(g.byTransfer)*l.transferValue(g.transfer, int(g.methods)) + int32(g.byPreference)*l.preferenceValue(g.place)
	m := g.moment(today)
	if g.byPresence != 0 {
		sum += int32(g.byPresence) * presenceValue(m.days(&f.spell), &m)
	}
	if g.byFreshness != 0 {
		sum += int32(g.byFreshness) * m.lineFreshness(l)
	}
	if g.byOccupation != 0 {
		sum += int32(g.byOccupation) * max(g.group.value(l.occupations[0]), g.group.value(l.occupations[1]))
	}
	return rounded(sum)
}

// judge gives the total of an expert who is eligible.
func (o *opening) judge(f *facing, today domain.Date) domain.Score {
	if f.odd || o.odd {
		return o.total(o.values(f.candidate(o.tax), today))
	}
	m := o.moment(today)
	served := f.line.flags&hasServed != 0 && o.Institution != "" && slices.Contains(f.expert.Served, o.Institution)
	return o.score(&f.line, m.days(&f.spell), &m, served)
}

// admits asks the rules that the gate does not tell.
func (o *opening) admits(g *gate, f *facing, today domain.Date) bool {
	if g.wide || f.odd {
		return o.fails(f.candidate(o.tax), today, true) == 0
	}
	return !f.special || !slices.Contains(f.refused, o.Programme) &&
		(o.Institution == "" || !slices.Contains(f.expert.Conflicts, o.Institution))
}
