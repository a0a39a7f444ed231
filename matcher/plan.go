package matcher

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
)

// plan is a need made ready for lines: everything by number, every value that
// depends on a level looked up.
type plan struct {
	demand
	// odd: asks something that lines and bits cannot answer; then everybody is
	// judged from the whole profile.
	odd bool
	// closed: the need takes nobody.
	closed   bool
	modality uint8 // place in domain.Modalities
	place    uint8 // of the sector in domain.Sectors
	tongues  []planTongue
	groups   []occupationGroup
	anywhere bool     // no residence rule
	homes    []uint16 // where experts may live
	methods  int      // of transfer, asked for
	bounds   []requirementBound
	// rest is the most that the parts besides skills and continuity add, in
	// units of 1e-8, as are all sums before they become a total.
	rest int32
	seed uint64 // of ties
}

type planTongue struct {
	number uint16
	// least a required language must reach; 0 when it is optional.
	least domain.CEFR
	value [domain.Native + 1]uint16 // by level
}

type occupationGroup struct {
	code   uint16
	digits uint8
}

// requirementBound says what covering a requirement adds at most, by the
// buckets that its skills fall in, most first.
type requirementBound struct {
	tiers []tier
	// foreign: the taxonomy does not list the skill; odd experts may have it.
	foreign bool
	most    int32
}

// tier is who adds so much, or some more people than that: of weakly similar
// skills that form a family, the family's one bitmap stands for all.
type tier struct {
	adds     int32
	buckets  []uint16
	families []uint16
	skills   []uint16 // whose bitmaps those are
}

// noTongue is a language that nobody declares.
const noTongue = 1<<16 - 1

// plan numbers what the need names by a codebook. With grow it may add to it:
// a plan that is kept must know the number that a later expert will have.
func (d *demand) plan(book *codebook, grow bool) *plan {
	p := &plan{demand: *d, seed: tieSeed(d.ID), anywhere: len(d.policy.Residence) == 0}
	p.closed = failsOpen(d, nil) != 0
	modality, sector := slices.Index(domain.Modalities, d.Modality), slices.Index(domain.Sectors, d.Sector)
	p.odd = modality < 0 || sector < 0 || d.schooling > maxSchooling
	p.modality, p.place = uint8(max(modality, 0)), uint8(max(sector, 0))
	for _, c := range d.policy.Residence {
		if grow {
			p.homes = append(p.homes, numberOf(book.homes, c))
		} else if n, ok := book.homes[c]; ok {
			p.homes = append(p.homes, n)
		}
	}
	for _, l := range d.Need.Languages {
		p.addTongue(l, book, grow)
	}
	for _, o := range d.Need.Occupations {
		code, ok := iscoDigits(o, noGroup)
		p.groups, p.odd = append(p.groups, occupationGroup{code, uint8(len(o))}), p.odd || !ok
	}
	p.methods = bits.OnesCount32(d.transfer)
	p.bound(book)
	return p
}

func (p *plan) addTongue(l domain.LanguageRequirement, book *codebook, grow bool) {
	t := planTongue{number: noTongue}
	if n, ok := book.tongues[l.Language]; ok {
		t.number = n
	} else if grow {
		t.number = numberOf(book.tongues, l.Language)
	}
	if l.Required {
		t.least = max(l.MinLevel, domain.A1)
	}
	for level := range t.value {
		t.value[level] = uint16(languageFit(l, domain.CEFR(level)))
	}
	p.tongues = append(p.tongues, t)
	p.odd = p.odd || l.MinLevel > domain.Native
}

// bound prepares the most that each requirement and all the rest can add.
func (p *plan) bound(book *codebook) {
	for i, w := range p.weights {
		p.odd = p.odd || w < 0 // then a part could lower a total, and nothing would bound it
		switch policy.Parts[i] {
		case policy.EssentialSkills, policy.PreferredSkills, policy.ContinuityPart:
		default:
			p.rest += max(int32(w), 0) * int32(domain.One)
		}
	}
	p.bounds = make([]requirementBound, len(p.Need.Skills))
	for r, req := range p.Need.Skills {
		p.odd = p.odd || req.MinLevel > domain.Expert
		i, ok := p.tax.Index(req.Skill)
		if !ok {
			p.bounds[r].foreign, p.bounds[r].most = true, p.adds(req, domain.One)
			continue
		}
		p.bounds[r].add(p.adds(req, domain.One), uint16(i))
		for _, near := range p.tax.Neighbours(i) {
			p.bounds[r].add(p.adds(req, domain.Score(near.Score)), uint16(near.Skill))
		}
		slices.SortStableFunc(p.bounds[r].tiers, func(a, b tier) int { return cmp.Compare(b.adds, a.adds) })
		p.bounds[r].most = p.bounds[r].tiers[0].adds
		p.bounds[r].sort(book)
	}
}

// adds is what a requirement adds at most when it is covered so far.
func (p *plan) adds(req domain.SkillRequirement, similarity domain.Score) int32 {
	weight, n := p.weights[1], p.preferred
	if req.Importance == domain.Essential {
		weight, n = p.weights[0], p.essential
	}
	return (max(int32(weight), 0)*int32(similarity) + int32(n) - 1) / int32(n)
}

func (b *requirementBound) add(adds int32, skill uint16) {
	i := slices.IndexFunc(b.tiers, func(t tier) bool { return t.adds == adds })
	if i < 0 {
		i = len(b.tiers)
		b.tiers = append(b.tiers, tier{adds: adds})
	}
	b.tiers[i].skills = append(b.tiers[i].skills, skill)
}

// sort finds the bitmaps of each tier. In a weak one a family that has several
// of its skills takes their place, and that of its skills in weaker tiers.
func (b *requirementBound) sort(book *codebook) {
	var taken [families]bool
	for i := range b.tiers {
		t := &b.tiers[i]
		var members [families]int
		for _, s := range t.skills {
			members[book.families[s]]++
		}
		for _, s := range t.skills {
			f, bucket := book.families[s], uint16(bucketOf(s))
			switch {
			case taken[f]:
			case members[f] > 1 && t.adds <= b.most/2:
				taken[f] = true
				t.families = append(t.families, uint16(f))
			case !slices.Contains(t.buckets, bucket):
				t.buckets = append(t.buckets, bucket)
			}
		}
	}
}

// moment is a need on a day: its window, and what freshness is measured by.
type moment struct {
	today, from, to int32
	least, most     int32 // days of presence
	weeks           uint8 // an own maximum below so many plus one is too little
	split           bool
	short           bool // less than least is left of the window
	fresh           int32
}

func (d *demand) moment(today domain.Date) moment {
	w := d.fromToday(today)
	m := moment{
		today: int32(today), from: int32(w.Period.From), to: int32(w.Period.To),
		least: int32(minDays(w)), most: int32(maxDays(w)), split: w.SplitAllowed, fresh: freshDays,
	}
	m.weeks = uint8((m.least - 1) / daysPerWeek)
	m.short = w.Period.Days() < int(m.least)
	if d.policy.ReconfirmDays > 0 {
		m.fresh = int32(d.policy.ReconfirmDays)
	}
	return m
}

// free reports, in the lowest bit, whether somebody can be there long enough.
// It has no branches: whether one of several windows is long enough is as good
// as chance, and a processor that guesses wrong loses more than the arithmetic.
func (m *moment) free(s *spell) uint64 {
	short := m.shortOf(s, 0) & m.shortOf(s, 1) & m.shortOf(s, 2)
	return uint64(^uint32(short) >> 31)
}

// shortOf is negative when a run of days is not enough. A run without a maximum
// of weeks passes that bound, since 0-1 is above every byte.
func (m *moment) shortOf(s *spell, i int) int32 {
	days := min(int32(s.to[i]), m.to) - max(int32(s.from[i]), m.from) + 1
	return (days - m.least) | (int32(s.weeks[i]-1) - int32(m.weeks))
}

// days is daysIn for a spell.
func (m *moment) days(s *spell) int32 {
	var best, sum, counted int32
	for i := range s.n {
		from, to := max(int32(s.from[i]), m.from), min(int32(s.to[i]), m.to)
		if to < from {
			continue
		}
		weeks := s.weeks[i]
		best = max(best, capped(to-from+1, weeks))
		if m.split {
			sum += capped(max(0, to-max(from, counted+1)+1), weeks)
			counted = max(counted, to)
		}
	}
	return max(best, sum)
}

func capped(days int32, weeks uint8) int32 {
	if weeks == 0 {
		return days
	}
	return min(days, int32(weeks)*daysPerWeek)
}
