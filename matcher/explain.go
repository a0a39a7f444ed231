package matcher

import (
	"fmt"
	"strings"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
)

// Explain judges one pair on a day. It is pure: the same arguments give the
// same verdict, bit for bit.
func Explain(e Expert, n Need, p Policy, today domain.Date) Verdict {
	p = p.normal()
	v := compileNeed(n, p).explain(compileExpert(e, p.Taxonomy), today)
	v.Basis = p.basis(today)
	return v
}

// explain gives everything but the basis.
func (d *demand) explain(c *candidate, today domain.Date) Verdict {
	values := d.values(c, today)
	failed := d.fails(c, today, false)
	w := d.fromToday(today)
	v := Verdict{
		Expert: c.ID, Need: d.ID, Eligible: failed == 0,
		Failures: d.failures(c, failed, today),
		Total:    d.total(values), Parts: d.contributions(values),
		Evidence: d.evidence(c),
		Presence: Presence{daysIn(w, c.Available, c.Booked), int(w.MinWeeks), int(w.MaxWeeks)},
	}
	for _, l := range d.Need.Languages {
		v.Languages = append(v.Languages, LanguageFit{l, c.speaks(l.Language)})
	}
	if v.Eligible {
		v.Counterfactuals = d.improvements(c, v, today)
	} else if cure, ok := d.cure(c, failed, today); ok {
		v.Counterfactuals = []Counterfactual{cure}
	}
	return v
}

// evidence finds the claim that covers each required skill best: by coverage,
// then similarity, then level; the earlier claim of the profile wins a tie.
func (d *demand) evidence(c *candidate) []Evidence {
	var out []Evidence
	for _, r := range d.Need.Skills {
		best := Evidence{Required: r, Label: d.tax.Label(r.Skill, "en"), Why: "no declared skill is near it"}
		for _, claim := range c.Expert.Skills {
			similarity, relation := d.tax.Similarity(r.Skill, claim.Skill)
			if relation == taxonomy.Unrelated {
				continue
			}
			got := coverage(similarity, r.MinLevel, claim.Level)
			if got > best.Coverage || got == best.Coverage && (similarity > best.Similarity ||
				similarity == best.Similarity && claim.Level > best.Offered.Level) {
				best.Offered, best.Relation, best.Similarity, best.Coverage = claim, relation, similarity, got
			}
		}
		if best.Relation != taxonomy.Unrelated {
			best.OfferedLabel = d.tax.Label(best.Offered.Skill, "en")
			best.Why = d.why(best)
		}
		out = append(out, best)
	}
	return out
}

func (d *demand) why(e Evidence) string {
	var how string
	switch e.Relation {
	case taxonomy.Equal:
		how = "the skill itself"
	case taxonomy.Namesake:
		how = "the same skill under another sector"
	case taxonomy.Narrower:
		how = "narrower than " + e.Label
	case taxonomy.Broader:
		how = "broader than " + e.Label
	case taxonomy.SameUnit:
		how = "same cluster, and " + d.shared(e, 4)
	case taxonomy.SameMinor:
		how = "same cluster, and " + d.shared(e, 3)
	case taxonomy.SharedName:
		how = "known by a name that both share"
	case taxonomy.CoOccurring:
		how = d.tax.Evidence(e.Required.Skill, e.Offered.Skill)
	default:
		how = "other cluster, but " + d.shared(e, 4)
	}
	level := max(e.Offered.Level, domain.Basic)
	if short := int(e.Required.MinLevel) - int(level); short > 0 {
		return fmt.Sprintf("%s, at %s where %s is asked", how, level, e.Required.MinLevel)
	}
	return fmt.Sprintf("%s, at %s", how, level)
}

// shared names the ISCO group that two skills have in common.
func (d *demand) shared(e Evidence, digits int) string {
	a, _ := d.tax.Skill(e.Required.Skill)
	b, _ := d.tax.Skill(e.Offered.Skill)
	for _, x := range a.ISCO {
		for _, y := range b.ISCO {
			if len(x) < digits || len(y) < digits || x[:digits] != y[:digits] {
				continue
			}
			if title := d.tax.Occupation(x); digits == 4 && title != "" {
				return fmt.Sprintf("both belong to ISCO %s (%s)", x, title)
			}
			return fmt.Sprintf("both belong to ISCO group %s", x[:digits])
		}
	}
	return "a shared occupation"
}

// failures tells each failed rule in their fixed order.
func (d *demand) failures(c *candidate, failed rules, today domain.Date) []Failure {
	var out []Failure
	for r := rules(1); r < ruleEnd; r <<= 1 {
		if failed&r == 0 {
			continue
		}
		if r == ruleLanguage {
			out = append(out, d.languageFailures(c)...)
			continue
		}
		message, cure := d.tell(r, c, today)
		out = append(out, Failure{ruleCodes[r], message, cure, curable&r != 0})
	}
	return out
}

// languageFailures are one a language, so that each names its level.
func (d *demand) languageFailures(c *candidate) []Failure {
	var out []Failure
	for _, l := range d.Need.Languages {
		has, least := c.speaks(l.Language), max(l.MinLevel, domain.A1)
		if !l.Required || has >= least {
			continue
		}
		name, declared := LanguageName(l.Language), "it is not declared"
		if has > 0 {
			declared = fmt.Sprintf("declared is %s", has)
		}
		out = append(out, Failure{
			ruleCodes[ruleLanguage], fmt.Sprintf("%s is required at %s; %s.", name, least, declared),
			fmt.Sprintf("%s at %s or above in the profile.", name, least), true,
		})
	}
	return out
}

// tell gives message and cure of one rule.
func (d *demand) tell(r rules, c *candidate, today domain.Date) (message, cure string) {
	w := d.fromToday(today)
	weeks := countOf(weeksOf(minDays(w)), "week")
	switch r {
	case ruleHold:
		return "The programme holds all new steps in " + string(d.Country) + ".", "The programme manager lifts the country hold."
	case ruleCapacity:
		return "The host institution has as many experts as it can receive.", "The host institution raises its capacity, or an assignment there ends."
	case ruleSeats:
		return "All seats of this need are taken.", "A seat is released, or the need is revised to more positions."
	case ruleConsent:
		return "There is no consent to be matched.", "The expert gives consent again."
	case ruleDormant:
		return "The profile is dormant.", "The expert confirms the profile."
	case ruleSuspended:
		return "The programme has suspended this profile.", "The programme manager ends the suspension."
	case ruleRefused:
		return "The programme has judged this profile not eligible.", "The programme manager records a new eligibility verdict."
	case ruleHeritage:
		return "No heritage link to " + string(d.Country) + " is declared.", "A declared and, where asked, checked link to the country."
	case ruleHeritageCheck:
		return "The heritage link to " + string(d.Country) + " is declared, but nobody has checked it.", "A focal point or programme manager checks the link."
	case ruleResidence:
		if c.Residence == "" {
			return "No country of residence is declared.", "Residence in one of " + joinCodes(d.policy.Residence) + ", declared."
		}
		return "The programme takes no experts who live in " + string(c.Residence) + ".", "Residence in one of " + joinCodes(d.policy.Residence) + "."
	case ruleConflict:
		return "There is a conflict of interest with the host institution.", "The conflict ends and is taken off the profile."
	case ruleEducation:
		return fmt.Sprintf("Education at ISCED level %d is required; declared is %d.", d.schooling, c.schooling), fmt.Sprintf("A completed education at ISCED level %d or above in the profile.", d.schooling)
	case ruleYears:
		return fmt.Sprintf("%s of work are required; declared are %d.", capital(countOf(int(d.years), "year")), c.TotalYears), fmt.Sprintf("%s of work in the profile.", capital(countOf(int(d.years), "year")))
	case ruleModality:
		return "The work is " + string(d.Modality) + ", which the profile does not accept.", "The profile accepts " + string(d.Modality) + " work, or the host offers another modality."
	case ruleWindow:
		return "Less than " + weeks + " are left of the need's window.", "The host institution moves the window."
	case ruleBooked:
		return "The expert is booked in the window, and what is left is less than " + weeks + ".", capital(weeks) + " free of bookings within " + dates(w.Period) + "."
	}
	return "The declared availability gives less than " + weeks + " within " + dates(w.Period) + ".", capital(weeks) + " within the window, " + splitRule(w) + "."
}

func splitRule(w domain.Window) string {
	if w.SplitAllowed {
		return "in one piece or several"
	}
	return "in one piece"
}

func joinCodes(cs []domain.Country) string {
	out := make([]string, len(cs))
	for i, c := range cs {
		out[i] = string(c)
	}
	return strings.Join(out, ", ")
}
