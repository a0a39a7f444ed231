package demo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
	"github.com/diaspora-match/diaspora/matcher"
)

// Person is a synthetic expert: who they are, and, apart from it, what they
// declare.
type Person struct {
	ID         domain.ExpertID
	Name       string
	Email      string
	Gender     string // "woman", "man" or "other"
	BirthYear  int
	Motivation string
	Profile    Profile
}

// Profile is what the person declares, in the values of the domain.
type Profile struct {
	Residence    domain.Country
	Heritage     []matcher.HeritageLink
	Skills       []domain.SkillClaim
	Languages    []domain.LanguageClaim
	Education    []domain.Education
	TotalYears   uint8
	Sectors      []matcher.SectorYears
	Occupation   domain.ISCO
	Available    []domain.Availability
	Modalities   []domain.Modality
	Countries    []domain.Country // preferred
	Interests    []domain.Sector  // preferred
	Transfer     []domain.TransferMethod
	TimesTrained uint16
	Confirmed    domain.Date
}

// namespace separates the ids of demonstrations from every other.
var namespace = [16]byte{0x2f, 0x5c, 0x8e, 0x11, 0x7d, 0x40, 0x4a, 0x6b, 0x9e, 0x02, 0xd3, 0x61, 0x0a, 0xbe, 0x57, 0x90}

// ExpertID is the id of person i of a seed.
func ExpertID(seed uint64, i int) domain.ExpertID {
	return domain.ExpertID(domain.DeriveID(namespace, fmt.Sprintf("expert|%d|%d", seed, i)))
}

// Generate makes the first n people of a seed, with availability from start on.
func Generate(seed uint64, n int, start domain.Date) []Person {
	people := make([]Person, n)
	for i := range people {
		people[i] = One(seed, i, start)
	}
	return people
}

// One makes person i of a seed. The profile is drawn first and from its own
// stream of chance, so that identity can be swapped without touching it.
func One(seed uint64, i int, start domain.Date) Person {
	d := draw{rand.New(rand.NewPCG(seed, uint64(i)))}
	origin := pick(d, backgrounds, func(b background) int { return b.weight })
	p := Person{ID: ExpertID(seed, i), Profile: d.profile(origin, start)}
	identity := draw{rand.New(rand.NewPCG(seed^0x1d_e27171, uint64(i)))}
	identity.introduce(&p, origin, i, start.Time().Year())
	return p
}

// Matching is what the matcher may know of the person.
func (p Person) Matching() matcher.Expert {
	f := p.Profile
	return matcher.Expert{
		ID: p.ID, Active: true, Consent: true,
		Residence: f.Residence, Heritage: f.Heritage, Skills: f.Skills, Languages: f.Languages,
		Education: f.Education, TotalYears: f.TotalYears, Sectors: f.Sectors,
		Occupations: []domain.ISCO{f.Occupation}, Available: f.Available, Modalities: f.Modalities,
		PreferredCountries: f.Countries, PreferredSectors: f.Interests, Transfer: f.Transfer,
		Confirmed: f.Confirmed,
	}
}

// draw is chance with a few words of its own.
type draw struct{ *rand.Rand }

// chance is true so many times of a hundred.
func (d draw) chance(percent int) bool { return d.IntN(100) < percent }

// between includes both ends.
func (d draw) between(low, high int) int { return low + d.IntN(high-low+1) }

func pick[T any](d draw, from []T, weight func(T) int) T {
	sum := 0
	for _, v := range from {
		sum += weight(v)
	}
	at := d.IntN(sum)
	for _, v := range from {
		if at -= weight(v); at < 0 {
			return v
		}
	}
	panic("demo: weights changed while drawing")
}

func anyOf[T any](d draw, from []T) T { return from[d.IntN(len(from))] }

func (d draw) introduce(p *Person, origin background, i, year int) {
	p.Gender = "man"
	names := origin.men
	if roll := d.IntN(100); roll < 42 {
		p.Gender, names = "woman", origin.women
	} else if roll == 99 {
		p.Gender = "other"
	}
	first, family := anyOf(d, names), anyOf(d, origin.family)
	p.Name = first + " " + family
	p.Email = fmt.Sprintf("%s.%s.%d@example.org", mailbox(first), mailbox(family), i)
	p.BirthYear = year - 23 - int(p.Profile.TotalYears) - d.IntN(9)
	p.Motivation = anyOf(d, motivations)
}

func mailbox(s string) string { return strings.ToLower(strings.ReplaceAll(s, " ", "-")) }

var motivations = []string{
	"I learnt my profession here and want to share it where my parents come from.",
	"A colleague told me how her assignment went, and I have six weeks of leave.",
	"I have trained staff online for two years and would like to meet them.",
	"The institution trained me before I left; I owe it something.",
	"I want to see whether what works in the Netherlands fits there, and what does not.",
}

// sectorWeights follow the 47 example Terms of Reference.
var sectorWeights = map[domain.Sector]int{
	domain.RuleOfLaw: 24, domain.Health: 24, domain.EducationSector: 20,
	domain.Agriculture: 12, domain.Infrastructure: 12, domain.Entrepreneurship: 8,
}

// studies are fields of ISCED-F 2013 that lead to a sector.
var studies = map[domain.Sector][]domain.ISCEDField{
	domain.Health: {"0912", "0913", "0988", "0914", "0916"}, domain.EducationSector: {"0111", "0113", "0114", "0188"},
	domain.RuleOfLaw: {"0421", "0312", "0413", "0314"}, domain.Agriculture: {"0811", "0812", "0721", "0821"},
	domain.Infrastructure: {"0732", "0712", "0713", "0731"}, domain.Entrepreneurship: {"0413", "0411", "0414", "0311"},
}

func (d draw) profile(origin background, start domain.Date) Profile {
	at := pick(d, homes, func(h home) int { return h.weight })
	sector := pick(d, domain.Sectors, func(s domain.Sector) int { return sectorWeights[s] })
	f := Profile{Residence: at.country, Heritage: []matcher.HeritageLink{{Country: origin.country, Checked: d.chance(72)}}}
	if d.chance(4) {
		if other := pick(d, backgrounds, func(b background) int { return b.weight }); other.country != origin.country {
			f.Heritage = append(f.Heritage, matcher.HeritageLink{Country: other.country, Checked: d.chance(40)})
		}
	}
	f.TotalYears = uint8(max(0, min(d.between(-3, 24), d.between(0, 38))))
	f.Education = d.education(sector)
	f.Sectors = d.experience(sector, f.TotalYears)
	f.Skills, f.Occupation = d.skills(sector, int(f.TotalYears))
	f.Languages = d.languages(origin, at)
	f.Available = d.availability(start)
	f.Modalities = slices.Clone(anyOf(d, wishes))
	if d.chance(45) {
		f.Countries = []domain.Country{origin.country}
	}
	if d.chance(60) {
		f.Interests = []domain.Sector{sector}
	}
	f.Transfer, f.TimesTrained = d.transfer()
	f.Confirmed = start.AddDays(-d.IntN(330))
	return f
}

// wishes are the modality wishes that occur; none is the most frequent.
var wishes = [][]domain.Modality{
	nil, nil, {domain.Physical, domain.Hybrid}, {domain.Hybrid, domain.Virtual, domain.Physical}, {domain.Virtual},
	{domain.Physical}, {domain.Virtual, domain.Hybrid}, {domain.Physical, domain.Virtual}, {domain.Hybrid},
}

func (d draw) education(sector domain.Sector) []domain.Education {
	level := pick(d, []domain.ISCED{5, 6, 7, 8}, func(l domain.ISCED) int { return [...]int{5: 6, 6: 36, 7: 46, 8: 12}[l] })
	out := []domain.Education{{Level: level, Field: anyOf(d, studies[sector])}}
	if level >= 7 && d.chance(60) {
		out = append(out, domain.Education{Level: 6, Field: anyOf(d, studies[sector])})
	}
	return out
}

func (d draw) experience(sector domain.Sector, total uint8) []matcher.SectorYears {
	if total == 0 {
		return nil
	}
	own := uint8(d.between(int(total+1)/2, int(total)))
	out := []matcher.SectorYears{{Sector: sector, Years: own}}
	if other := anyOf(d, domain.Sectors); own < total && other != sector {
		out = append(out, matcher.SectorYears{Sector: other, Years: total - own})
	}
	return out
}

// skills draws an anchor in the sector, skills near it, a few of the sector at
// large and some transversal ones. Levels grow with years, loosely: there are
// young masters and old hands who begin anew.
func (d draw) skills(sector domain.Sector, years int) ([]domain.SkillClaim, domain.ISCO) {
	tax := taxonomy.Builtin()
	own := tax.OfSector(sector)
	anchor := anyOf(d, own)
	claims := []domain.SkillClaim{d.claim(anchor.ID, years, 1)}
	add := func(id domain.Skill, lift int) {
		if !slices.ContainsFunc(claims, func(c domain.SkillClaim) bool { return c.Skill == id }) {
			claims = append(claims, d.claim(id, years, lift))
		}
	}
	at, _ := tax.Index(anchor.ID)
	near := tax.Neighbours(at)
	for range d.between(1, 4) {
		if len(near) > 0 {
			add(tax.At(near[d.IntN(len(near))].Skill).ID, 0)
		}
	}
	for range d.between(0, 3) {
		add(anyOf(d, own).ID, 0)
	}
	for range d.between(1, 4) {
		add(anyOf(d, tax.OfSector(taxonomy.Transversal)).ID, 0)
	}
	if d.chance(25) {
		add(anyOf(d, tax.Skills()).ID, -1)
	}
	return claims, anyOf(d, anchor.ISCO)
}

func (d draw) claim(id domain.Skill, years, lift int) domain.SkillClaim {
	level := 1 + lift + min(2, years/5) + d.IntN(3)
	if d.chance(20) {
		level--
	}
	return domain.SkillClaim{
		Skill: id, Level: domain.SkillLevel(max(1, min(4, level))), Years: uint8(d.IntN(years + 1)),
	}
}

func (d draw) languages(origin background, at home) []domain.LanguageClaim {
	var out []domain.LanguageClaim
	add := func(l domain.Language, level domain.CEFR) {
		if !slices.ContainsFunc(out, func(c domain.LanguageClaim) bool { return c.Language == l }) {
			out = append(out, domain.LanguageClaim{Language: l, Level: level})
		}
	}
	for _, t := range origin.tongues {
		switch {
		case d.chance(t.native):
			add(t.language, pick(d, []domain.CEFR{domain.Native, domain.C1, domain.B2}, func(l domain.CEFR) int {
				return [...]int{domain.Native: 80, domain.C1: 12, domain.B2: 8}[l] // a second generation speaks less
			}))
		case d.chance(t.native):
			add(t.language, domain.CEFR(d.between(int(domain.A2), int(domain.C1))))
		}
	}
	add(at.language, domain.CEFR(d.between(int(domain.B2), int(domain.Native))))
	add("en", domain.CEFR(d.between(int(domain.B1)+d.IntN(2), int(domain.C2))))
	if d.chance(12) {
		add("fr", domain.CEFR(d.between(int(domain.A2), int(domain.C1))))
	}
	if d.chance(10) {
		add("ar", domain.CEFR(d.between(int(domain.A2), int(domain.C1))))
	}
	return out
}

// availability draws up to three windows in the eighteen months from start,
// apart from each other. Most people have jobs: a window has a maximum.
func (d draw) availability(start domain.Date) []domain.Availability {
	if d.chance(4) {
		return nil
	}
	var out []domain.Availability
	from := start.AddDays(d.IntN(60))
	for range d.between(1, 3) {
		a := domain.Availability{Period: domain.Period{From: from, To: from.AddDays(7*d.between(4, 40) - 1)}}
		if d.chance(55) {
			a.MaxWeeks = anyOf(d, []uint8{3, 4, 6, 8, 12, 16})
		}
		out = append(out, a)
		from = a.Period.To.AddDays(d.between(14, 90))
		if from > start.AddDays(540) {
			break
		}
	}
	return out
}

func (d draw) transfer() ([]domain.TransferMethod, uint16) {
	if d.chance(15) {
		return nil, 0
	}
	var out []domain.TransferMethod
	for range d.between(1, 5) {
		if m := anyOf(d, domain.TransferMethods); !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out, uint16(d.IntN(30))
}

func labelOf(s domain.Skill) string { return taxonomy.Builtin().Label(s, "en") }
