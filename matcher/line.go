package matcher

import (
	"cmp"
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
)

// Room of a line. Who declares more is odd: ranked like everybody else, but
// timed and scored from the whole profile.
const (
	lineSkills      = 12
	lineTongues     = 6
	lineOccupations = 2
	lineSpells      = 3
	lineSkillBits   = 14 // of a skill's number; 2 more hold its level
	maxLineDate     = 1<<16 - 1
	maxLineTongue   = 1<<8 - 1
)

// line is what scoring reads of an expert, besides the time: 48 bytes that
// stand beside those of the next expert, so that ranking reads memory in order.
type line struct {
	skills      [lineSkills]uint16 // number << 2 | level - 1
	tongues     [lineTongues]uint8 // numbers of the codebook
	counts      uint8              // skills, and tongues << 4
	flags       uint8
	occupations [lineOccupations]uint16 // ISCO by its digits, 0xF where there is none
	transfer    uint16
	confirmed   uint16 // day since 1970, 0 for never
	levels      uint32 // 3 bits a tongue
	sectors     uint32 // 4 bits a sector: years up to sectorYears, and a skill of it
	modalities  uint16 // 2 bits each: place among those accepted, 3 for none
	interests   uint16 // bits by place in domain.Sectors
}

// Flags of a line.
const (
	anyModality  uint8 = 1 << iota // no wish
	anySector                      // no preferred sector
	anyCountry                     // no preferred country
	wantsCountry                   // the country of the pool is preferred
	hasServed                      // somewhere: continuity is looked up
)

const (
	bitsOfModality = 2
	notAccepted    = 3
	skilled        = 8 // within the 4 bits of a sector
)

// spell is when an expert is free: up to three runs of days, in order.
type spell struct {
	from, to [lineSpells]uint16
	weeks    [lineSpells]uint8 // at most so many, 0 for all
	n        uint8
}

// codebook numbers what lines name in short. It only grows.
type codebook struct {
	tongues  map[domain.Language]uint16
	homes    map[domain.Country]uint16
	families []uint8 // by skill
}

// families is how many groups of skills have a bitmap of their own.
const families = 64

// newCodebook makes the clusters of a taxonomy families; those of a large one
// share them in turn.
func newCodebook(tax *taxonomy.Taxonomy) codebook {
	b := codebook{tongues: map[domain.Language]uint16{}, homes: map[domain.Country]uint16{}, families: make([]uint8, tax.Len())}
	type cluster struct {
		sector domain.Sector
		name   string
	}
	clusters := map[cluster]uint16{}
	for i := range b.families {
		s := tax.At(taxonomy.Index(i))
		b.families[i] = uint8(numberOf(clusters, cluster{s.Sector, s.Cluster}) % families)
	}
	return b
}

func numberOf[K comparable](m map[K]uint16, k K) uint16 {
	n, ok := m[k]
	if !ok {
		n = uint16(len(m))
		m[k] = n
	}
	return n
}

// subject is an expert unfolded: the line, and what the gates ask.
type subject struct {
	line  line
	spell spell
	// odd: line or spell does not say all.
	odd       bool
	skills    []taxonomy.Index // each listed one
	tongues   []tongueLevel    // each language once, with its best level
	home      uint16
	years     uint8
	schooling uint8
	accepts   [3]bool // by place in domain.Modalities
	refused   []domain.ProgrammeID
	expert    *Expert
	whole     *candidate // of an odd one
	entry     *entry
}

type tongueLevel struct {
	number uint16
	level  domain.CEFR // at most Native
}

// maxSchooling is above every level of ISCED: four bits hold it.
const maxSchooling = 15

// unfold reads an expert into s, whose lists it reuses. It adds to the codebook
// only what no expert of the index has declared before.
func (s *subject) unfold(e *Expert, book *codebook, tax *taxonomy.Taxonomy) {
	*s = subject{skills: s.skills[:0], tongues: s.tongues[:0], refused: s.refused[:0], expert: e}
	s.home, s.years = numberOf(book.homes, e.Residence), e.TotalYears
	for _, ed := range e.Education {
		s.schooling = max(s.schooling, min(uint8(ed.Level), maxSchooling))
	}
	for _, r := range e.Rulings {
		if !r.Eligible {
			s.refused = append(s.refused, r.Programme)
		}
	}
	for i, m := range domain.Modalities {
		place := likes(e.Modalities, m)
		s.accepts[i] = place >= 0
		s.line.modalities |= placed(place) << (bitsOfModality * i)
	}
	s.readSkills(e, tax)
	s.readTongues(e, book)
	s.readWork(e)
	s.readWishes(e)
	s.odd = s.readSpells(e) || s.odd
	if s.odd {
		s.whole = compileExpert(*e, tax)
	}
}

// placed keeps "not accepted" apart from a late place, which counts as the
// third.
func placed(place int) uint16 {
	if place < 0 {
		return notAccepted
	}
	return uint16(min(place, len(modalityByPlace)-1))
}

func (s *subject) readSkills(e *Expert, tax *taxonomy.Taxonomy) {
	n := 0
	for _, c := range e.Skills {
		i, ok := tax.Index(c.Skill)
		if !ok {
			s.odd = true
			continue
		}
		s.skills = append(s.skills, i)
		if bit := slices.Index(domain.Sectors, tax.At(i).Sector); bit >= 0 {
			s.line.sectors |= skilled << (4 * bit)
		}
		if n == lineSkills || i >= 1<<lineSkillBits {
			s.odd = true
			continue
		}
		level := min(max(c.Level, domain.Basic), domain.Expert)
		s.line.skills[n] = uint16(i)<<2 | uint16(level-domain.Basic)
		n++
	}
	s.line.counts |= uint8(n)
}

func (s *subject) readTongues(e *Expert, book *codebook) {
	for _, l := range e.Languages {
		if l.Level == 0 {
			continue
		}
		t := tongueLevel{numberOf(book.tongues, l.Language), min(l.Level, domain.Native)}
		if i := slices.IndexFunc(s.tongues, func(o tongueLevel) bool { return o.number == t.number }); i >= 0 {
			s.tongues[i].level = max(s.tongues[i].level, t.level)
		} else {
			s.tongues = append(s.tongues, t)
		}
	}
	n := min(len(s.tongues), lineTongues)
	s.odd = s.odd || len(s.tongues) > n
	for i, t := range s.tongues[:n] {
		s.odd = s.odd || t.number > maxLineTongue
		s.line.tongues[i] = uint8(t.number)
		s.line.levels |= uint32(t.level) << (3 * i)
	}
	s.line.counts |= uint8(n) << 4
}

func (s *subject) readWork(e *Expert) {
	for i, sector := range domain.Sectors {
		var years uint8
		for _, y := range e.Sectors {
			if y.Sector == sector {
				years = max(years, y.Years)
			}
		}
		s.line.sectors |= uint32(min(years, sectorYears)) << (4 * i)
	}
	for i := range s.line.occupations {
		s.line.occupations[i] = noOccupation
	}
	s.odd = s.odd || len(e.Occupations) > lineOccupations
	for i, o := range e.Occupations[:min(len(e.Occupations), lineOccupations)] {
		code, ok := iscoDigits(o, noOccupation)
		s.line.occupations[i], s.odd = code, s.odd || !ok
	}
	s.line.transfer = uint16(transferBits(e.Transfer))
	if e.Confirmed < 0 || e.Confirmed > maxLineDate {
		s.odd = true
	} else {
		s.line.confirmed = uint16(e.Confirmed)
	}
	if len(e.Served) > 0 {
		s.line.flags |= hasServed
	}
}

func (s *subject) readWishes(e *Expert) {
	if len(e.Modalities) == 0 {
		s.line.flags |= anyModality
	}
	if len(e.PreferredCountries) == 0 {
		s.line.flags |= anyCountry
	}
	if len(e.PreferredSectors) == 0 {
		s.line.flags |= anySector
	}
	for _, sector := range e.PreferredSectors {
		if i := slices.Index(domain.Sectors, sector); i >= 0 {
			s.line.interests |= 1 << i
		}
	}
}

// noOccupation and noGroup fill the digits that a code lacks, on the expert's
// and on the need's side: they never agree.
const (
	noOccupation uint16 = 0xFFFF
	noGroup      uint16 = 0xEEEE
)

// iscoDigits packs 1 to 4 digits, the first one highest; false for another code.
func iscoDigits(o domain.ISCO, fill uint16) (uint16, bool) {
	if !o.Valid() {
		return fill, false
	}
	for i := range len(o) {
		shift := 12 - 4*i
		fill = fill&^(0xF<<shift) | uint16(o[i]-'0')<<shift
	}
	return fill, true
}

// readSpells packs the runs of free days: the declared windows less what is
// booked. It reports whether they do not say all: too many, a date out of
// range, or a booking that splits a window with a maximum, which binds its
// parts together.
func (s *subject) readSpells(e *Expert) (odd bool) {
	for i := range s.spell.from {
		s.spell.from[i] = maxLineDate // an empty run, wherever it is cut
	}
	available, booked := e.Available, e.Booked
	if len(available) > 1 && !slices.IsSortedFunc(available, compareAvailable) {
		available = slices.Clone(available)
		slices.SortStableFunc(available, compareAvailable)
	}
	if len(booked) > 1 && !slices.IsSortedFunc(booked, comparePeriods) {
		booked = slices.Clone(booked)
		slices.SortFunc(booked, comparePeriods)
	}
	for _, a := range available {
		pieces := 0
		eachFree(a.Period, booked, func(p domain.Period) {
			if p.Days() == 0 {
				return
			}
			pieces++
			if s.spell.n == lineSpells || p.From < 0 || p.To > maxLineDate {
				odd = true
				return
			}
			i := s.spell.n
			s.spell.from[i], s.spell.to[i], s.spell.weeks[i] = uint16(p.From), uint16(p.To), a.MaxWeeks
			s.spell.n++
		})
		odd = odd || pieces > 1 && a.MaxWeeks != 0
	}
	return odd
}

func compareAvailable(a, b domain.Availability) int {
	return cmp.Or(comparePeriods(a.Period, b.Period), cmp.Compare(a.MaxWeeks, b.MaxWeeks))
}

func comparePeriods(a, b domain.Period) int {
	return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
}

// in is the line as the pool of a country holds it.
func (s *subject) in(c domain.Country) line {
	l := s.line
	if slices.Contains(s.expert.PreferredCountries, c) {
		l.flags |= wantsCountry
	}
	return l
}

// candidate is the whole profile ready for judging.
func (s *subject) candidate(tax *taxonomy.Taxonomy) *candidate {
	if s.whole == nil {
		s.whole = compileExpert(*s.expert, tax)
	}
	return s.whole
}
