package matcher

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
)

const parts = len(policy.Parts)

// candidate is an expert made ready for scanning: skills as indexes, sets as
// bits, periods in order. It is never changed after it is made.
type candidate struct {
	Expert
	claims    []claim
	foreign   []domain.SkillClaim // claims that the taxonomy does not list
	schooling domain.ISCED
	transfer  uint32 // bits by place in domain.TransferMethods
	sectors   uint32 // bits by place in domain.Sectors: some skill belongs there
}

type claim struct {
	skill taxonomy.Index
	level domain.SkillLevel
}

// demand is a need made ready for scanning, under the policy of its programme.
type demand struct {
	Need
	policy    policy.Eligibility
	tax       *taxonomy.Taxonomy
	covers    coverTable
	foreign   []foreignHit
	essential int
	preferred int
	transfer  uint32
	schooling domain.ISCED
	years     uint8
	sector    uint32
	weights   [parts]domain.Score // sum to One, 0 for what the need does not ask
}

type foreignHit struct {
	skill       domain.Skill
	requirement uint16
}

// MaxRequirements bounds the skills of a need that are matched; a need's own
// decider refuses more long before. Later ones are ignored.
const MaxRequirements = 64

func compileExpert(e Expert, tax *taxonomy.Taxonomy) *candidate {
	c := &candidate{Expert: e}
	c.Available = slices.Clone(e.Available)
	slices.SortStableFunc(c.Available, compareAvailable)
	c.Booked = slices.Clone(e.Booked)
	slices.SortFunc(c.Booked, comparePeriods)
	for _, s := range e.Skills {
		i, ok := tax.Index(s.Skill)
		if !ok {
			c.foreign = append(c.foreign, s)
			continue
		}
		c.claims = append(c.claims, claim{i, s.Level})
		c.sectors |= sectorBit(tax.At(i).Sector)
	}
	for _, ed := range e.Education {
		c.schooling = max(c.schooling, ed.Level)
	}
	c.transfer = transferBits(e.Transfer)
	return c
}

func compileNeed(n Need, p Policy) *demand {
	p = p.normal()
	n.Skills = n.Skills[:min(len(n.Skills), MaxRequirements)]
	d := &demand{
		Need: n, policy: p.Eligibility, tax: p.Taxonomy,
		transfer:  transferBits(n.Transfer),
		schooling: max(n.MinEducation, p.Eligibility.MinEducation),
		years:     max(n.MinYears, p.Eligibility.MinYears),
		sector:    sectorBit(n.Sector),
	}
	var hits []skillHit
	var essentials uint64
	for r, req := range n.Skills {
		if req.Importance == domain.Essential {
			d.essential++
			essentials |= 1 << r
		} else {
			d.preferred++
		}
		i, ok := p.Taxonomy.Index(req.Skill)
		if !ok {
			d.foreign = append(d.foreign, foreignHit{req.Skill, uint16(r)})
			continue
		}
		hits = append(hits, skillHit{i, newHit(r, domain.One, req.MinLevel)})
		for _, near := range p.Taxonomy.Neighbours(i) {
			hits = append(hits, skillHit{near.Skill, newHit(r, domain.Score(near.Score), req.MinLevel)})
		}
	}
	d.covers = newCoverTable(hits, p.Taxonomy.Len())
	d.covers.essentials, d.covers.essential, d.covers.preferred = essentials, uint8(d.essential), uint8(d.preferred)
	d.weights = d.effective(p.Scoring.Weights)
	return d
}

// effective gives the weights of the parts that the need asks for, scaled to
// sum to One: silence in a need neither helps nor harms it when needs are
// ranked for an expert.
func (d *demand) effective(weights map[policy.Part]domain.Score) [parts]domain.Score {
	var asked [parts]domain.Score
	var sum int64
	for i, p := range policy.Parts {
		if d.asks(p) {
			asked[i] = weights[p]
			sum += int64(weights[p])
		}
	}
	if sum <= 0 {
		return [parts]domain.Score{}
	}
	var numerators [parts]int64
	for i, w := range asked {
		numerators[i] = int64(w) * int64(domain.One)
	}
	return apportion(numerators, sum, domain.One)
}

func (d *demand) asks(p policy.Part) bool {
	switch p {
	case policy.EssentialSkills:
		return d.essential > 0
	case policy.PreferredSkills:
		return d.preferred > 0
	case policy.OccupationPart:
		return len(d.Need.Occupations) > 0
	case policy.LanguagePart:
		return len(d.Need.Languages) > 0
	case policy.TransferPart:
		return d.transfer != 0
	case policy.ContinuityPart:
		return d.Institution != ""
	}
	return true
}

// apportion divides each numerator by the denominator so that the quotients sum
// to total: floors first, then one unit each by largest remainder, ties in the
// order of policy.Parts. A part without numerator gets nothing.
func apportion(numerators [parts]int64, denominator int64, total domain.Score) [parts]domain.Score {
	var out [parts]domain.Score
	var rest [parts]int64
	left := total
	for i, n := range numerators {
		out[i] = domain.Score(n / denominator)
		rest[i] = n % denominator
		left -= out[i]
	}
	for ; left > 0; left-- {
		best := -1
		for i, r := range rest {
			if r > 0 && (best < 0 || r > rest[best]) {
				best = i
			}
		}
		if best < 0 {
			break // cannot happen: total never exceeds the sum rounded up
		}
		out[best]++
		rest[best] = 0
	}
	return out
}

func sectorBit(s domain.Sector) uint32 {
	if i := slices.Index(domain.Sectors, s); i >= 0 {
		return 1 << i
	}
	return 0
}

func transferBits(methods []domain.TransferMethod) uint32 {
	var bits uint32
	for _, m := range methods {
		if i := slices.Index(domain.TransferMethods, m); i >= 0 {
			bits |= 1 << i
		}
	}
	return bits
}
