package matcher_test

import (
	"slices"
	"strings"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
	"github.com/diaspora-match/diaspora/matcher"
)

// The oracle says again, slowly and day by day, what a pair is worth: no
// indexes, no bits, no shared code with the engine but the taxonomy.

func oracleTotal(e matcher.Expert, n matcher.Need, p matcher.Policy) domain.Score {
	weights, asked := map[policy.Part]int{}, 0
	for part, w := range p.Scoring.Weights {
		if oracleAsks(n, part) {
			weights[part] = int(w)
			asked += int(w)
		}
	}
	if asked == 0 {
		return 0
	}
	weights = oracleScale(weights, asked)
	sum := 0
	for part, w := range weights {
		sum += w * int(oracleValue(part, e, n, p))
	}
	return domain.Score((sum + 5000) / 10000)
}

// oracleScale scales weights to sum to 10000 by largest remainder.
func oracleScale(weights map[policy.Part]int, sum int) map[policy.Part]int {
	out, left := map[policy.Part]int{}, 10000
	order := []policy.Part{}
	for _, part := range policy.Parts {
		if w := weights[part]; w > 0 {
			out[part] = w * 10000 / sum
			left -= out[part]
			order = append(order, part)
		}
	}
	slices.SortStableFunc(order, func(a, b policy.Part) int { return weights[b]*10000%sum - weights[a]*10000%sum })
	for i := range left {
		out[order[i]]++
	}
	return out
}

func oracleAsks(n matcher.Need, part policy.Part) bool {
	has := func(i domain.Importance) bool {
		return slices.ContainsFunc(n.Skills, func(s domain.SkillRequirement) bool { return s.Importance == i })
	}
	switch part {
	case policy.EssentialSkills:
		return has(domain.Essential)
	case policy.PreferredSkills:
		return has(domain.Preferred)
	case policy.OccupationPart:
		return len(n.Occupations) > 0
	case policy.LanguagePart:
		return len(n.Languages) > 0
	case policy.TransferPart:
		return len(n.Transfer) > 0
	case policy.ContinuityPart:
		return n.Institution != ""
	}
	return true
}

func oracleValue(part policy.Part, e matcher.Expert, n matcher.Need, p matcher.Policy) domain.Score {
	switch part {
	case policy.EssentialSkills:
		return oracleSkills(e, n, p.Taxonomy, domain.Essential)
	case policy.PreferredSkills:
		return oracleSkills(e, n, p.Taxonomy, domain.Preferred)
	case policy.SectorPart:
		v := 0
		for _, s := range e.Sectors {
			if s.Sector == n.Sector {
				v = max(v, 1200*min(int(s.Years), 5))
			}
		}
		for _, c := range e.Skills {
			if s, ok := p.Taxonomy.Skill(c.Skill); ok && s.Sector == n.Sector {
				return domain.Score(min(10000, v+4000))
			}
		}
		return domain.Score(v)
	case policy.OccupationPart:
		v := domain.Score(0)
		for _, have := range e.Occupations {
			for _, want := range n.Occupations {
				switch {
				case strings.HasPrefix(string(have), string(want)):
					v = 10000
				case len(want) >= 3 && strings.HasPrefix(string(have), string(want[:3])):
					v = max(v, 7000)
				case len(want) >= 2 && strings.HasPrefix(string(have), string(want[:2])):
					v = max(v, 4000)
				}
			}
		}
		return v
	case policy.LanguagePart:
		return oracleLanguages(e, n)
	case policy.AvailabilityFit:
		most := max(1, int(n.Window.MinWeeks)*7, int(n.Window.MaxWeeks)*7)
		return domain.Score(10000 * min(most, oracleDays(e, n, true)) / most)
	case policy.ModalityPart:
		if len(e.Modalities) == 0 {
			return 5000
		}
		if place := oraclePlace(e, n); place >= 0 {
			return []domain.Score{10000, 7000, 5000}[place]
		}
		return 0
	case policy.TransferPart:
		wanted, met := map[domain.TransferMethod]bool{}, 0
		for _, m := range n.Transfer {
			wanted[m] = true
		}
		for m := range wanted {
			if slices.Contains(e.Transfer, m) {
				met++
			}
		}
		if len(e.Transfer) == 0 {
			return 0
		}
		return domain.Score(max(3000, 10000*met/len(wanted)))
	case policy.ContinuityPart:
		if slices.Contains(e.Served, n.Institution) {
			return 10000
		}
		return 0
	case policy.FreshnessPart:
		span := p.Eligibility.ReconfirmDays
		if span == 0 {
			span = 365
		}
		return domain.Score(10000 * max(0, span-int(today-e.Confirmed)) / span)
	case policy.PreferencePart:
		half := func(expressed, yes bool) int {
			if !expressed {
				return 5000
			}
			if yes {
				return 10000
			}
			return 0
		}
		return domain.Score((half(len(e.PreferredCountries) > 0, slices.Contains(e.PreferredCountries, n.Country)) +
			half(len(e.PreferredSectors) > 0, slices.Contains(e.PreferredSectors, n.Sector))) / 2)
	}
	panic(part)
}

func oracleSkills(e matcher.Expert, n matcher.Need, tax *taxonomy.Taxonomy, importance domain.Importance) domain.Score {
	sum, count := 0, 0
	for _, r := range n.Skills {
		if r.Importance != importance {
			continue
		}
		count++
		best := 0
		for _, c := range e.Skills {
			similarity, _ := tax.Similarity(r.Skill, c.Skill)
			short := max(0, int(r.MinLevel)-max(1, int(c.Level)))
			best = max(best, int(similarity)*[]int{10000, 6500, 3000, 1000}[short]/10000)
		}
		sum += best
	}
	return domain.Score(sum / count)
}

func oracleLevel(e matcher.Expert, l domain.Language) int {
	best := 0
	for _, c := range e.Languages {
		if c.Language == l {
			best = max(best, int(c.Level))
		}
	}
	return best
}

func oracleLanguages(e matcher.Expert, n matcher.Need) domain.Score {
	sum := 0
	for _, l := range n.Languages {
		have, least := oracleLevel(e, l.Language), int(l.MinLevel)
		switch {
		case have == 0:
		case l.Required && least == 7:
			sum += 10000
		case l.Required && least == 6:
			sum += 10000 * max(0, have-least)
		case l.Required:
			sum += 5000 * max(0, min(2, have-least))
		case have >= least:
			sum += 10000
		case have == least-1:
			sum += 5000
		}
	}
	return domain.Score(sum / len(n.Languages))
}

func oraclePlace(e matcher.Expert, n matcher.Need) int {
	if len(e.Modalities) == 0 {
		return 0
	}
	i := slices.Index(e.Modalities, n.Modality)
	p, v := slices.Index(e.Modalities, domain.Physical), slices.Index(e.Modalities, domain.Virtual)
	if i < 0 && n.Modality == domain.Hybrid && p >= 0 && v >= 0 {
		return max(p, v)
	}
	return i
}

// oracleDays walks the days of the window. Each day belongs to the first
// availability that holds it when pieces are added up.
func oracleDays(e matcher.Expert, n matcher.Need, minusBooked bool) int {
	windows := slices.Clone(e.Available)
	slices.SortStableFunc(windows, func(a, b domain.Availability) int {
		if a.Period.From != b.Period.From {
			return int(a.Period.From - b.Period.From)
		}
		if a.Period.To != b.Period.To {
			return int(a.Period.To - b.Period.To)
		}
		return int(a.MaxWeeks) - int(b.MaxWeeks)
	})
	free := func(d domain.Date) bool {
		return d >= today && n.Window.Period.Contains(d) && !(minusBooked &&
			slices.ContainsFunc(e.Booked, func(b domain.Period) bool { return b.Contains(d) }))
	}
	capped := func(days int, weeks uint8) int {
		if weeks > 0 {
			return min(days, int(weeks)*7)
		}
		return days
	}
	seen := map[domain.Date]bool{}
	longest, sum := 0, 0
	for _, w := range windows {
		run, own := 0, 0
		for d := w.Period.From; d <= w.Period.To; d++ {
			if !free(d) {
				run = 0
				continue
			}
			run++
			longest = max(longest, capped(run, w.MaxWeeks))
			if !seen[d] {
				seen[d] = true
				own++
			}
		}
		sum += capped(own, w.MaxWeeks)
	}
	if n.Window.SplitAllowed {
		return max(longest, sum)
	}
	return longest
}

// oracleFails names the codes of the hard rules that fail.
func oracleFails(e matcher.Expert, n matcher.Need, p matcher.Policy) map[string]bool {
	out := map[string]bool{}
	mark := func(failed bool, code string) {
		if failed {
			out["match."+code] = true
		}
	}
	mark(n.CountryHold, "country_hold")
	mark(n.HostAtCapacity, "host_at_capacity")
	mark(n.Seats == 0, "no_free_seat")
	mark(!e.Consent, "consent_missing")
	mark(e.Suspended, "suspended")
	mark(!e.Suspended && !e.Active, "profile_dormant")
	mark(slices.Contains(e.Rulings, matcher.Ruling{Programme: n.Programme}), "refused_by_programme")
	linked := slices.ContainsFunc(e.Heritage, func(h matcher.HeritageLink) bool { return h.Country == n.Country })
	checked := slices.Contains(e.Heritage, matcher.HeritageLink{Country: n.Country, Checked: true})
	mark(!linked, "no_heritage_link")
	mark(linked && !checked && p.Eligibility.HeritageCheck, "heritage_unchecked")
	mark(len(p.Eligibility.Residence) > 0 && !slices.Contains(p.Eligibility.Residence, e.Residence), "residence")
	mark(n.Institution != "" && slices.Contains(e.Conflicts, n.Institution), "conflict_of_interest")
	schooling := domain.ISCED(0)
	for _, ed := range e.Education {
		schooling = max(schooling, ed.Level)
	}
	mark(schooling < n.MinEducation || schooling < p.Eligibility.MinEducation, "education_below_minimum")
	mark(e.TotalYears < n.MinYears || e.TotalYears < p.Eligibility.MinYears, "years_below_minimum")
	for _, l := range n.Languages {
		mark(l.Required && oracleLevel(e, l.Language) < int(l.MinLevel), "language_below_minimum")
	}
	mark(oraclePlace(e, n) < 0, "modality_not_accepted")
	least := max(1, int(n.Window.MinWeeks)*7)
	left := int(n.Window.Period.To) - int(max(n.Window.Period.From, today)) + 1
	switch {
	case left < least:
		mark(true, "window_too_short")
	case oracleDays(e, n, false) < least:
		mark(true, "not_available")
	case oracleDays(e, n, true) < least:
		mark(true, "already_booked")
	}
	return out
}
