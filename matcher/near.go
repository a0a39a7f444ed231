package matcher

import (
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
	k = max(0, min(k, MaxRanked))
	// Some have no cure after all: then more are looked at.
	for kept := k + nearSpare; ; kept *= nearMore {
		n := nearly{plan: &o.plan, moment: o.moment(today), today: today}
		for failed := range n.best {
			n.best[failed] = &best[*entry]{k: kept}
		}
		n.pool(x.linked(o.Country))
		if out, done := n.cures(k); done {
			return out, true
		}
	}
}

const (
	nearSpare = 16
	nearMore  = 8
)

// nearly looks for near misses: the rules that nobody can cure are gates, the
// others bitmaps that are counted, the time is judged one by one.
type nearly struct {
	plan   *plan
	moment moment
	today  domain.Date
	best   [nearRules]*best[*entry] // by how many rules fail, from one
}

// cures tells the best k; false when more must be looked at to know them.
func (n *nearly) cures(k int) (out []NearMiss, done bool) {
	for _, best := range n.best {
		cut := len(best.heap) == best.k
		for _, row := range best.sorted() {
			if len(out) >= k {
				return out, true
			}
			c := row.of.candidate(n.plan.tax)
			if cf, ok := n.plan.cure(c, n.plan.fails(c, n.today, false), n.today); ok {
				out = append(out, NearMiss{row.of.ID, n.plan.ID, cf})
			}
		}
		if cut && len(out) < k {
			return nil, false
		}
	}
	return out, true
}

func (n *nearly) add(e *entry, failed int, total domain.Score) {
	if best := n.best[failed-1]; total >= best.floor() {
		best.offer(scored[*entry]{total, tie(n.plan.seed, e.ID), e})
	}
}

func (n *nearly) pool(p *pool) {
	if n.plan.closed || n.moment.short || p == nil {
		return
	}
	for _, b := range p.blocks {
		if !n.plan.odd {
			n.block(b)
			continue
		}
		for _, e := range b.entries {
			if e != nil {
				n.whole(e)
			}
		}
	}
}

// whole judges somebody from the whole profile.
func (n *nearly) whole(e *entry) {
	c := e.candidate(n.plan.tax)
	if failed := n.plan.fails(c, n.today, false); failed != 0 && n.plan.near(c, failed, n.today) {
		n.add(e, bits.OnesCount32(uint32(failed)), n.plan.total(n.plan.values(c, n.today)))
	}
}

func (n *nearly) block(b *block) {
	failing := n.plan.failing(b)
	for others := range failing {
		for w, left := range failing[others] {
			for ; left != 0; left &= left - 1 {
				slot := w<<6 + bits.TrailingZeros64(left)
				if b.odd.has(slot) {
					n.whole(b.entries[slot])
				} else {
					n.line(b, slot, others)
				}
			}
		}
	}
}

// line judges the time of somebody who fails so many other rules.
func (n *nearly) line(b *block, slot, failed int) {
	days := n.moment.days(&b.spells[slot])
	if days < n.moment.least {
		failed++
	}
	if failed == 0 || failed > nearRules || n.moment.least-days > nearWeeks*daysPerWeek {
		return
	}
	p, e := n.plan, b.entries[slot]
	served := p.Institution != "" && b.served.has(slot) && slices.Contains(e.Served, p.Institution)
	n.add(e, failed, p.score(&b.lines[slot], days, &n.moment, served))
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
