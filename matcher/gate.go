package matcher

import (
	"math"
	"slices"

	"github.com/diaspora-match/diaspora/domain"
)

// gate is what tells of an open need, in a cache line, whether an expert passes
// its rules. Those of a country stand beside each other: an event reads them
// all, and of a few needs more.
type gate struct {
	standing
	closed, checked, split bool
	// wide: there is a rule that only the plan tells.
	wide                              bool
	modality, years, schooling, weeks uint8
	least                             [gateTongues]uint8
	tongues                           [gateTongues]uint8
	homes                             uint64 // where experts may live, by number
	from, to, days                    int32  // the window, and the least days
}

// terms are what a need's gate leads to: enough to score all but the skills,
// and to bound those.
type terms struct {
	// whole: some part besides the skills is only scored from the plan.
	whole                bool
	place, methods       uint8
	languages            uint8 // that the need names
	asked                [gateTongues]askedTongue
	group                occupationGroup
	transfer             uint16
	by                   [parts]int16 // weights of the parts that are scored here
	most, fresh          int32        // of moment
	rest, continuity     int32        // the most that the other parts add
	skillsAdd            int32        // all skills together at most
	strongAdds, weakAdds int32
	// Skills that add much; the others that the table knows add something: each
	// at most so much.
	strong buckets
	covers coverTable
}

// askedTongue is a language with the row of languageFits that values it.
type askedTongue struct{ tongue, fit uint8 }

// languageFits values a level for a requirement, by requiredFit or not, and the
// minimum.
var languageFits = func() (t [2 * requiredFit][domain.Native + 1]uint16) {
	for row := range t {
		l := domain.LanguageRequirement{MinLevel: domain.CEFR(row % requiredFit), Required: row >= requiredFit}
		for level := range t[row] {
			t[row][level] = uint16(languageFit(l, domain.CEFR(level)))
		}
	}
	return t
}()

const requiredFit = int(domain.Native) + 1

const (
	gateTongues = 4
	// anyGate is the place of a modality that a gate lets through.
	anyGate = 3
	// otherHomes is the bit of all residences from that number on.
	otherHomes = 63
	// unlisted is the floor of a need without a shortlist.
	unlisted domain.Score = math.MaxInt32
)

func (p *plan) gate() gate {
	least := minDays(p.Window)
	g := gate{
		standing: standing{floor: unlisted},
		closed:   p.closed, checked: p.policy.HeritageCheck, wide: p.odd, homes: math.MaxUint64, split: p.Window.SplitAllowed,
		modality: p.modality, years: p.years, schooling: uint8(min(p.schooling, maxSchooling)),
		weeks: uint8((least - 1) / daysPerWeek), days: int32(least),
		from: int32(p.Window.Period.From), to: int32(p.Window.Period.To),
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
	return g
}

// terms reads what the bound asks of a plan.
func (p *plan) terms() terms {
	m := p.moment(0)
	t := terms{
		place: p.place, methods: uint8(p.methods), transfer: uint16(p.transfer), most: m.most, fresh: m.fresh,
		languages: uint8(min(len(p.tongues), gateTongues)), continuity: max(int32(p.weights[8]), 0) * int32(domain.One),
	}
	t.whole = p.odd || len(p.groups) > 1 || len(p.tongues) > gateTongues
	for i, tongue := range p.tongues[:t.languages] {
		l := p.Need.Languages[i]
		t.whole = t.whole || tongue.number > maxLineTongue
		t.asked[i] = askedTongue{uint8(tongue.number), uint8(l.MinLevel) % uint8(requiredFit)}
		if l.Required {
			t.asked[i].fit += uint8(requiredFit)
		}
	}
	if len(p.groups) == 1 {
		t.group = p.groups[0]
	}
	t.rest, t.covers = p.rest, p.covers
	t.by[0], t.by[1] = int16(p.weights[0]), int16(p.weights[1])
	if !t.whole {
		for _, i := range [...]int{2, 3, 4, 5, 6, 7, 9, 10} {
			t.by[i] = int16(p.weights[i])
			t.rest -= int32(p.weights[i]) * int32(domain.One)
		}
	}
	t.readSkills(p)
	return t
}

// readSkills sums what a skill of each bucket adds over all requirements, and
// splits the buckets where it is half of the most.
func (t *terms) readSkills(p *plan) {
	var adds [MaxBuckets]int32
	var top int32
	for _, r := range p.bounds {
		var seen buckets
		t.skillsAdd += r.most
		for _, tier := range r.tiers { // the most first
			for _, skill := range tier.skills {
				b := bucketOf(skill)
				if !seen.has(b) {
					seen.add(b)
					adds[b] += tier.adds
					top = max(top, adds[b])
				}
			}
		}
	}
	for b, add := range adds {
		switch {
		case add > top/2:
			t.strong.add(uint8(b))
			t.strongAdds = max(t.strongAdds, add)
		case add > 0:
			t.weakAdds = max(t.weakAdds, add)
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
func (f *facing) face(s *subject, c domain.Country) bool {
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
		f.skills.add(bucketOf(uint16(i)))
	}
	return true
}

// moment is the need's on a day, but for what only scoring asks.
func (g *gate) moment(today domain.Date) moment {
	return moment{
		today: int32(today), from: max(g.from, int32(today)), to: g.to, least: g.days, weeks: g.weeks, split: g.split,
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

// known sums the parts that the terms score, for somebody who passed the gate.
func (t *terms) known(g *gate, f *facing, today domain.Date) int32 {
	if t.whole {
		return 0
	}
	l, m := &f.line, g.moment(today)
	m.most, m.fresh = t.most, t.fresh
	var spoken int32
	for _, a := range t.asked[:t.languages] {
		spoken += int32(languageFits[a.fit][f.levels[a.tongue]&7])
	}
	sum := int32(t.by[2])*l.sectorValue(t.place) + int32(t.by[6])*l.modalityValue(g.modality) +
		int32(t.by[7])*l.transferValue(t.transfer, int(t.methods)) + int32(t.by[10])*l.preferenceValue(t.place) +
		int32(t.by[4])*quotient(spoken, int(t.languages)) + int32(t.by[5])*presenceValue(m.days(&f.spell), &m) +
		int32(t.by[9])*m.lineFreshness(l)
	if t.group.digits != 0 {
		sum += int32(t.by[3]) * max(t.group.value(l.occupations[0]), t.group.value(l.occupations[1]))
	}
	return sum
}

// bound is the most that somebody's total can be, known being what the terms
// score of them.
func (t *terms) bound(f *facing, known int32) domain.Score {
	strong, all := f.skills.common(&t.strong), f.skills.common(&t.covers.few)
	sum := known + t.rest + min(t.skillsAdd, t.strongAdds*strong+t.weakAdds*(all-strong))
	if f.line.flags&hasServed != 0 {
		sum += t.continuity
	}
	return rounded(sum)
}

// judge gives the total of an expert who is eligible, known being what the
// terms score of them.
func (o *opening) judge(t *terms, f *facing, known int32, today domain.Date) domain.Score {
	if f.odd || t.whole && o.odd {
		return o.total(o.values(f.candidate(o.tax), today))
	}
	served := f.line.flags&hasServed != 0 && o.Institution != "" && slices.Contains(f.expert.Served, o.Institution)
	if t.whole {
		m := o.moment(today)
		return o.score(&f.line, m.days(&f.spell), &m, served)
	}
	essential, preferred := t.covers.line(&f.line)
	known += int32(t.by[0])*essential + int32(t.by[1])*preferred
	if served {
		known += t.continuity
	}
	return rounded(known)
}

// admits asks the rules that the gate does not tell.
func (o *opening) admits(g *gate, f *facing, today domain.Date) bool {
	if g.wide || f.odd {
		return o.fails(f.candidate(o.tax), today, true) == 0
	}
	return !f.special || !slices.Contains(f.refused, o.Programme) &&
		(o.Institution == "" || !slices.Contains(f.expert.Conflicts, o.Institution))
}
