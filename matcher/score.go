package matcher

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
)

// levelFactor is what remains of a similarity when the level is so many steps
// below the minimum: somebody who begins still brings something.
var levelFactor = [...]domain.Score{domain.One, 6500, 3000, 1000}

const (
	// sectorBySkill is for a skill of the need's sector without a year in it,
	// sectorByYear for each year, up to sectorYears of them: a graduate stands
	// at 0.4 of this part, five years at the whole, thirty at no more.
	sectorBySkill domain.Score = 4000
	sectorByYear  domain.Score = 1200
	sectorYears                = 5
	// languageSteps above a required minimum count; more adds nothing.
	languageSteps = 2
	// oneStepShort is for an optional language one level below its minimum.
	oneStepShort domain.Score = 5000
	// someTransfer is for experience in passing on knowledge, though by other
	// methods than the need asks for.
	someTransfer domain.Score = 3000
	// unexpressed is for a preference that was not given: between "yes" and "no".
	unexpressed domain.Score = 5000
	// freshDays is how long a profile stays fresh where the rules do not say.
	freshDays = 365
)

// occupationByPrefix is for ISCO codes that share so many leading digits.
var occupationByPrefix = [...]domain.Score{0, 0, 4000, 7000, domain.One}

// modalityByPlace is for the place of the modality among those accepted.
var modalityByPlace = [...]domain.Score{domain.One, 7000, 5000}

// values scores every part from 0 to One. It allocates nothing.
func (d *demand) values(c *candidate, today domain.Date) [parts]domain.Score {
	var v [parts]domain.Score
	v[0], v[1] = d.skillValues(c)
	v[2] = d.sectorValue(c)
	v[3] = d.occupationValue(c)
	v[4] = d.languageValue(c)
	v[5] = d.presenceValue(c, today)
	v[6] = d.modalityValue(c)
	v[7] = d.transferValue(c)
	v[8] = d.continuityValue(c)
	v[9] = d.freshnessValue(c, today)
	v[10] = d.preferenceValue(c)
	return v
}

// total is the weighted sum, rounded half up.
func (d *demand) total(v [parts]domain.Score) domain.Score {
	var sum int64
	for i, w := range d.weights {
		sum += int64(w) * int64(v[i])
	}
	return domain.Score((sum + int64(domain.One)/2) / int64(domain.One))
}

// contributions are the shares of the parts in the total, which they sum to.
func (d *demand) contributions(v [parts]domain.Score) []PartScore {
	var numerators [parts]int64
	for i, w := range d.weights {
		numerators[i] = int64(w) * int64(v[i])
	}
	shares := apportion(numerators, int64(domain.One), d.total(v))
	out := make([]PartScore, parts)
	for i, p := range policy.Parts {
		out[i] = PartScore{Part: p, Value: v[i], Weight: d.weights[i], Contribution: shares[i]}
	}
	return out
}

// coverages gives, for each required skill, the best coverage by any claim.
func (d *demand) coverages(c *candidate, best *[MaxRequirements]domain.Score) {
	for _, claim := range c.claims {
		for _, h := range d.covers.of(uint16(claim.skill)) {
			got := coverage(domain.Score(h.similarity), d.Need.Skills[h.requirement].MinLevel, claim.level)
			best[h.requirement] = max(best[h.requirement], got)
		}
	}
	if len(d.foreign) == 0 {
		return
	}
	for _, claim := range c.foreign {
		for _, h := range d.foreign {
			if h.skill == claim.Skill {
				got := coverage(domain.One, d.Need.Skills[h.requirement].MinLevel, claim.Level)
				best[h.requirement] = max(best[h.requirement], got)
			}
		}
	}
}

// coverage is the similarity, lessened by missing levels. A claim without level
// counts as basic.
func coverage(similarity domain.Score, least, level domain.SkillLevel) domain.Score {
	short := int(least) - int(max(level, domain.Basic))
	if short <= 0 {
		return similarity
	}
	return similarity * levelFactor[min(short, len(levelFactor)-1)] / domain.One
}

// skillValues are the mean coverages of the essential and the preferred skills.
func (d *demand) skillValues(c *candidate) (essential, preferred domain.Score) {
	var best [MaxRequirements]domain.Score
	d.coverages(c, &best)
	for i, r := range d.Need.Skills {
		if r.Importance == domain.Essential {
			essential += best[i]
		} else {
			preferred += best[i]
		}
	}
	return mean(essential, d.essential), mean(preferred, d.preferred)
}

func mean(sum domain.Score, n int) domain.Score {
	if n == 0 {
		return 0
	}
	return sum / domain.Score(n)
}

func (d *demand) sectorValue(c *candidate) domain.Score {
	var years uint8
	for _, s := range c.Expert.Sectors {
		if s.Sector == d.Sector {
			years = max(years, s.Years)
		}
	}
	v := sectorByYear * domain.Score(min(years, sectorYears))
	if c.sectors&d.sector != 0 {
		v += sectorBySkill
	}
	return min(v, domain.One)
}

// occupationValue is the nearest of any of the expert's occupations to any of
// the need's. A shorter code of the need is a wider group: to be in it is all.
func (d *demand) occupationValue(c *candidate) domain.Score {
	var best domain.Score
	for _, o := range c.Expert.Occupations {
		for _, wanted := range d.Need.Occupations {
			n := 0
			for n < len(o) && n < len(wanted) && o[n] == wanted[n] {
				n++
			}
			if n > 0 && n == len(wanted) {
				return domain.One
			}
			best = max(best, occupationByPrefix[min(n, len(occupationByPrefix)-1)])
		}
	}
	return best
}

// languageValue is the mean over the need's languages: for a required one how
// far above the minimum, for an optional one whether it is met.
func (d *demand) languageValue(c *candidate) domain.Score {
	var sum domain.Score
	for _, l := range d.Need.Languages {
		sum += languageFit(l, c.speaks(l.Language))
	}
	return mean(sum, len(d.Need.Languages))
}

func languageFit(l domain.LanguageRequirement, level domain.CEFR) domain.Score {
	short := int(l.MinLevel) - int(level)
	switch {
	case level == 0:
	case l.Required:
		steps := min(languageSteps, int(domain.Native)-int(l.MinLevel))
		if steps <= 0 {
			return domain.One
		}
		return domain.One * domain.Score(max(0, min(steps, -short))) / domain.Score(steps)
	case short <= 0:
		return domain.One
	case short == 1:
		return oneStepShort
	}
	return 0
}

func (d *demand) presenceValue(c *candidate, today domain.Date) domain.Score {
	w := d.fromToday(today)
	most := maxDays(w)
	days := min(daysIn(w, c.Available, c.Booked), most)
	return domain.One * domain.Score(days) / domain.Score(most)
}

func (d *demand) modalityValue(c *candidate) domain.Score {
	if len(c.Modalities) == 0 {
		return unexpressed
	}
	place := likes(c.Modalities, d.Modality)
	if place < 0 {
		return 0
	}
	return modalityByPlace[min(place, len(modalityByPlace)-1)]
}

func (d *demand) transferValue(c *candidate) domain.Score {
	if c.transfer == 0 || d.transfer == 0 {
		return 0
	}
	asked, met := 0, 0
	for bits := d.transfer; bits != 0; bits &= bits - 1 {
		asked++
		if c.transfer&(bits&-bits) != 0 {
			met++
		}
	}
	return max(someTransfer, domain.One*domain.Score(met)/domain.Score(asked))
}

func (d *demand) continuityValue(c *candidate) domain.Score {
	if d.Institution != "" && slices.Contains(c.Served, d.Institution) {
		return domain.One
	}
	return 0
}

// freshnessValue falls evenly from the day of confirmation to the day when the
// profile would go dormant.
func (d *demand) freshnessValue(c *candidate, today domain.Date) domain.Score {
	span := d.policy.ReconfirmDays
	if span <= 0 {
		span = freshDays
	}
	age := int(today) - int(c.Confirmed)
	if c.Confirmed == 0 || age >= span {
		return 0
	}
	return domain.Score(int64(domain.One) * int64(span-max(age, 0)) / int64(span))
}

// preferenceValue is half country, half sector.
func (d *demand) preferenceValue(c *candidate) domain.Score {
	return (wish(c.PreferredCountries, d.Country) + wish(c.PreferredSectors, d.Sector)) / 2
}

func wish[T comparable](wanted []T, v T) domain.Score {
	switch {
	case len(wanted) == 0:
		return unexpressed
	case slices.Contains(wanted, v):
		return domain.One
	}
	return 0
}
