package matcher

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
)

// fails gives the hard rules that the pair does not meet; with first, it stops
// at the first one, for the scan.
func (d *demand) fails(c *candidate, today domain.Date, first bool) rules {
	var f rules
	for _, check := range [...]func(*demand, *candidate) rules{failsOpen, failsPerson, failsProfile} {
		f |= check(d, c)
		if first && f != 0 {
			return f
		}
	}
	return f | d.failsTime(c, today)
}

// failsOpen: the need itself takes nobody.
func failsOpen(d *demand, _ *candidate) rules {
	var f rules
	if d.CountryHold {
		f |= ruleHold
	}
	if d.HostAtCapacity {
		f |= ruleCapacity
	}
	if d.Seats <= 0 {
		f |= ruleSeats
	}
	return f
}

// failsPerson: who may serve in this programme, country and institution.
func failsPerson(d *demand, c *candidate) rules {
	f := heritageFails(d, c)
	if !c.Consent {
		f |= ruleConsent
	}
	if c.Suspended {
		f |= ruleSuspended
	} else if !c.Active {
		f |= ruleDormant
	}
	for _, r := range c.Rulings {
		if r.Programme == d.Programme && !r.Eligible {
			f |= ruleRefused
		}
	}
	if len(d.policy.Residence) > 0 && !slices.Contains(d.policy.Residence, c.Residence) {
		f |= ruleResidence
	}
	if d.Institution != "" && slices.Contains(c.Conflicts, d.Institution) {
		f |= ruleConflict
	}
	return f
}

func heritageFails(d *demand, c *candidate) rules {
	f := ruleHeritage
	for _, h := range c.Heritage {
		if h.Country != d.Country {
			continue
		}
		if h.Checked || !d.policy.HeritageCheck {
			return 0
		}
		f = ruleHeritageCheck
	}
	return f
}

// failsProfile: what the need asks of the profile.
func failsProfile(d *demand, c *candidate) rules {
	var f rules
	if c.schooling < d.schooling {
		f |= ruleEducation
	}
	if c.TotalYears < d.years {
		f |= ruleYears
	}
	for _, l := range d.Need.Languages {
		if l.Required && c.speaks(l.Language) < max(l.MinLevel, domain.A1) {
			f |= ruleLanguage
		}
	}
	if likes(c.Modalities, d.Modality) < 0 {
		f |= ruleModality
	}
	return f
}

// failsTime: whether the expert can be there long enough.
func (d *demand) failsTime(c *candidate, today domain.Date) rules {
	w := d.fromToday(today)
	least := minDays(w)
	switch {
	case w.Period.Days() < least:
		return ruleWindow
	case daysIn(w, c.Available, c.Booked) >= least:
		return 0
	case daysIn(w, c.Available, nil) >= least:
		return ruleBooked
	}
	return ruleAvailability
}

// speaks is the best declared level of a language, 0 when there is none.
func (c *candidate) speaks(l domain.Language) domain.CEFR {
	var level domain.CEFR
	for _, s := range c.Languages {
		if s.Language == l {
			level = max(level, s.Level)
		}
	}
	return level
}

// likes is the place of a modality among those accepted, the most liked being
// 0; -1 when it is not accepted. Who takes physical and virtual work takes
// hybrid work, in the place of the later of the two.
func likes(accepted []domain.Modality, m domain.Modality) int {
	if len(accepted) == 0 {
		return 0
	}
	if i := slices.Index(accepted, m); i >= 0 || m != domain.Hybrid {
		return i
	}
	p, v := slices.Index(accepted, domain.Physical), slices.Index(accepted, domain.Virtual)
	if p < 0 || v < 0 {
		return -1
	}
	return max(p, v)
}
