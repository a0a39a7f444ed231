package matcher

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/diaspora-match/diaspora/domain"
)

// A near miss lacks at most so much.
const (
	nearRules         = 2 // hard rules
	nearLanguageSteps = 2 // CEFR levels, of any one language
	nearWeeks         = 4
	nearYears         = 1
)

// NearMiss is an expert who would match but for something small, and for what.
type NearMiss struct {
	Expert         domain.ExpertID `json:"expert"`
	Need           domain.NeedID   `json:"need"`
	Counterfactual Counterfactual  `json:"counterfactual"`
}

// nearly is somebody who fails so many rules.
type nearly struct {
	failed int
	scored[*entry]
}

// NearMisses lists the experts who fail little and curable, with what would
// make each a match: fewest failed rules first, then the higher score. Who
// withdrew consent is never among them. False for an unknown need.
func (x *Index) NearMisses(need domain.NeedID, k int, today domain.Date) ([]NearMiss, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	o, ok := x.needs[need]
	if !ok {
		return nil, false
	}
	k = min(k, MaxRanked)
	near := x.nearly(&o.plan, today)
	slices.SortFunc(near, func(a, b nearly) int {
		return cmp.Or(cmp.Compare(a.failed, b.failed), compareScored(a.scored, b.scored))
	})
	var out []NearMiss
	for _, n := range near {
		if len(out) >= k {
			break
		}
		c := n.of.candidate(o.tax)
		if cf, ok := o.cure(c, o.fails(c, today, false), today); ok {
			out = append(out, NearMiss{n.of.ID, o.ID, cf})
		}
	}
	return out, true
}

// nearly finds them: the rules that nobody can cure as gates, the others as
// bitmaps that are counted, the time one by one.
func (x *Index) nearly(p *plan, today domain.Date) []nearly {
	m := p.moment(today)
	pool := x.linked(p.Country)
	if p.closed || m.short || pool == nil {
		return nil
	}
	var out []nearly
	add := func(e *entry, failed int, total domain.Score) {
		out = append(out, nearly{failed, scored[*entry]{total, tie(p.seed, e.ID), e}})
	}
	for _, b := range pool.blocks {
		if p.odd {
			for _, e := range b.entries {
				if e == nil {
					continue
				}
				if c := e.candidate(p.tax); p.nearWhole(c, today) > 0 {
					add(e, p.nearWhole(c, today), p.total(p.values(c, today)))
				}
			}
			continue
		}
		failing := p.failing(b)
		for w := range failing[0] {
			for left := failing[0][w] | failing[1][w] | failing[2][w]; left != 0; left &= left - 1 {
				slot := w<<6 + bits.TrailingZeros64(left)
				e := b.entries[slot]
				if b.odd.has(slot) {
					if c := e.candidate(p.tax); p.nearWhole(c, today) > 0 {
						add(e, p.nearWhole(c, today), p.total(p.values(c, today)))
					}
					continue
				}
				failed := 0
				for i := range failing {
					if failing[i].has(slot) {
						failed = i
					}
				}
				days := m.days(&b.spells[slot])
				if days < m.least {
					failed++
				}
				if failed == 0 || failed > nearRules || m.least-days > nearWeeks*daysPerWeek {
					continue
				}
				served := p.Institution != "" && b.served.has(slot) && slices.Contains(e.Served, p.Institution)
				add(e, failed, p.score(&b.lines[slot], days, &m, served))
			}
		}
	}
	return out
}

// failing gives who fails none, one and two of the curable rules besides the
// time, and no rule or degree that puts a match out of reach.
func (p *plan) failing(b *block) [nearRules + 1]bitmap {
	var within bitmap
	for i := range within {
		within[i] = b.used[i] & b.consent[i] &^ b.suspended[i]
	}
	p.profileGates(b, &within, nearYears)
	missed := []bitmap{b.active, b.accepts[p.modality]}
	if p.policy.HeritageCheck {
		missed = append(missed, b.checked)
	}
	years := within
	years.atLeast(b.years[:], uint(p.years))
	missed = append(missed, years)
	speaks := within
	for i := range p.tongues {
		t := &p.tongues[i]
		if t.least == 0 {
			continue
		}
		p.speaking(b, &speaks, t.number, t.least)
		if reach := p.Need.Languages[i].MinLevel; reach > nearLanguageSteps {
			p.speaking(b, &within, t.number, reach-nearLanguageSteps)
		}
	}
	missed = append(missed, speaks)
	var counts [nearRules + 1]bitmap
	counts[0] = within
	for i := range missed {
		for w := range within {
			met := missed[i][w]
			for n := nearRules; n > 0; n-- {
				counts[n][w] = counts[n][w]&met | counts[n-1][w]&^met
			}
			counts[0][w] &= met
		}
	}
	for i := range counts {
		counts[i].and(&within)
	}
	return counts
}

// nearWhole counts the rules that fail when what fails is little, else 0.
func (p *plan) nearWhole(c *candidate, today domain.Date) int {
	failed := p.fails(c, today, false)
	if failed == 0 || !p.near(c, failed, today) {
		return 0
	}
	return bits.OnesCount32(uint32(failed))
}

// near reports whether what fails is little.
func (d *demand) near(c *candidate, failed rules, today domain.Date) bool {
	if failed&^(curable&^(ruleConsent|ruleEducation)) != 0 || bits.OnesCount32(uint32(failed)) > nearRules {
		return false
	}
	if int(d.years)-int(c.TotalYears) > nearYears {
		return false
	}
	for _, l := range d.Need.Languages {
		if l.Required && int(l.MinLevel)-int(c.speaks(l.Language)) > nearLanguageSteps {
			return false
		}
	}
	if failed&(ruleAvailability|ruleBooked) == 0 {
		return true
	}
	w := d.fromToday(today)
	return minDays(w)-daysIn(w, c.Available, c.Booked) <= nearWeeks*daysPerWeek
}
