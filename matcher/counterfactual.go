package matcher

import (
	"cmp"
	"slices"

	"github.com/diaspora-match/diaspora/domain"
)

// MaxImprovements bounds how many counterfactuals an eligible pair is told.
const MaxImprovements = 3

// ChangeKind says what of a profile changes.
type ChangeKind string

const (
	GiveConsent    ChangeKind = "give_consent"
	Reconfirm      ChangeKind = "reconfirm"
	CheckHeritage  ChangeKind = "check_heritage"
	RaiseEducation ChangeKind = "raise_education"
	GainYears      ChangeKind = "gain_years"
	LearnLanguage  ChangeKind = "learn_language"
	AcceptModality ChangeKind = "accept_modality"
	OfferTime      ChangeKind = "offer_time"
	GainSkill      ChangeKind = "gain_skill"
)

// Change is one change to a profile. Only the fields of its Kind are set.
type Change struct {
	Kind      ChangeKind        `json:"kind"`
	Day       domain.Date       `json:"day,omitempty"`       // Reconfirm: when
	Country   domain.Country    `json:"country,omitempty"`   // CheckHeritage
	Education domain.ISCED      `json:"education,omitempty"` // RaiseEducation: to
	Years     uint8             `json:"years,omitempty"`     // GainYears: to
	Language  domain.Language   `json:"language,omitempty"`  // LearnLanguage
	CEFR      domain.CEFR       `json:"cefr,omitempty"`      // LearnLanguage: to
	Modality  domain.Modality   `json:"modality,omitempty"`  // AcceptModality
	More      int               `json:"more,omitempty"`      // GainYears, OfferTime: how many more years or weeks
	Periods   []domain.Period   `json:"periods,omitempty"`   // OfferTime: when
	Skill     domain.Skill      `json:"skill,omitempty"`     // GainSkill
	Level     domain.SkillLevel `json:"level,omitempty"`     // GainSkill: to
	Label     string            `json:"label,omitempty"`     // GainSkill: the skill's English label
}

// Apply gives the expert after the changes; the given one stays as it is.
func Apply(e Expert, changes ...Change) Expert {
	for _, ch := range changes {
		switch ch.Kind {
		case GiveConsent:
			e.Consent = true
		case Reconfirm:
			e.Active, e.Confirmed = true, ch.Day
		case CheckHeritage:
			e.Heritage = slices.Clone(e.Heritage)
			for i := range e.Heritage {
				e.Heritage[i].Checked = e.Heritage[i].Checked || e.Heritage[i].Country == ch.Country
			}
		case RaiseEducation:
			e.Education = append(slices.Clone(e.Education), domain.Education{Level: ch.Education})
		case GainYears:
			e.TotalYears = max(e.TotalYears, ch.Years)
		case LearnLanguage:
			e.Languages = append(slices.Clone(e.Languages), domain.LanguageClaim{Language: ch.Language, Level: ch.CEFR})
		case AcceptModality:
			e.Modalities = append(slices.Clone(e.Modalities), ch.Modality)
		case OfferTime:
			e.Available = slices.Clone(e.Available)
			for _, p := range ch.Periods {
				e.Available = append(e.Available, domain.Availability{Period: p})
			}
		case GainSkill:
			e.Skills = append(slices.Clone(e.Skills), domain.SkillClaim{Skill: ch.Skill, Level: ch.Level})
		}
	}
	return e
}

func (ch Change) text() string {
	switch ch.Kind {
	case GiveConsent:
		return "consent to be matched"
	case Reconfirm:
		return "a confirmed profile"
	case CheckHeritage:
		return "a checked heritage link to " + string(ch.Country)
	case RaiseEducation:
		return "an education at ISCED level " + string('0'+byte(ch.Education))
	case GainYears:
		return countOf(ch.More, "more year") + " of work"
	case LearnLanguage:
		return ch.CEFR.String() + " " + LanguageName(ch.Language)
	case AcceptModality:
		return string(ch.Modality) + " work accepted"
	case OfferTime:
		var when []string
		for _, p := range ch.Periods {
			when = append(when, dates(p))
		}
		return countOf(ch.More, "more week") + " (" + and(when) + ")"
	}
	return ch.Label + " at " + ch.Level.String() + " level"
}

// after re-scores the pair with the changes; false when it still is ineligible.
func (d *demand) after(c *candidate, today domain.Date, changes []Change) (domain.Score, bool) {
	changed := compileExpert(Apply(c.Expert, changes...), d.tax)
	if d.fails(changed, today, true) != 0 {
		return 0, false
	}
	return d.total(d.values(changed, today)), true
}

// cure is the smallest set of changes that meets every failed rule; false when
// one of them is not the expert's to meet. What it says has been re-scored.
func (d *demand) cure(c *candidate, failed rules, today domain.Date) (Counterfactual, bool) {
	if failed&^curable != 0 {
		return Counterfactual{}, false
	}
	changes := d.changes(c, failed, today)
	total, ok := d.after(c, today, changes)
	if !ok {
		return Counterfactual{}, false
	}
	return Counterfactual{changes, "Would match with " + texts(changes) + ".", total}, true
}

func texts(changes []Change) string {
	out := make([]string, len(changes))
	for i, ch := range changes {
		out[i] = ch.text()
	}
	return and(out)
}

func (d *demand) changes(c *candidate, failed rules, today domain.Date) []Change {
	var out []Change
	if failed&ruleConsent != 0 {
		out = append(out, Change{Kind: GiveConsent})
	}
	if failed&ruleDormant != 0 {
		out = append(out, Change{Kind: Reconfirm, Day: today})
	}
	if failed&ruleHeritageCheck != 0 {
		out = append(out, Change{Kind: CheckHeritage, Country: d.Country})
	}
	if failed&ruleEducation != 0 {
		out = append(out, Change{Kind: RaiseEducation, Education: d.schooling})
	}
	if failed&ruleYears != 0 {
		out = append(out, Change{Kind: GainYears, Years: d.years, More: int(d.years) - int(c.TotalYears)})
	}
	out = append(out, d.languagesToLearn(c)...)
	if failed&ruleModality != 0 {
		out = append(out, Change{Kind: AcceptModality, Modality: d.Modality})
	}
	if failed&(ruleAvailability|ruleBooked) != 0 {
		if ch, ok := d.moreTime(c, today, minDays(d.fromToday(today))); ok {
			out = append(out, ch)
		}
	}
	return out
}

// languagesToLearn names each required language that is missing once, at the
// highest level that any of its purposes asks for.
func (d *demand) languagesToLearn(c *candidate) []Change {
	var out []Change
	for _, l := range d.Need.Languages {
		least := max(l.MinLevel, domain.A1)
		if !l.Required || c.speaks(l.Language) >= least {
			continue
		}
		if i := slices.IndexFunc(out, func(ch Change) bool { return ch.Language == l.Language }); i >= 0 {
			out[i].CEFR = max(out[i].CEFR, least)
			continue
		}
		out = append(out, Change{Kind: LearnLanguage, Language: l.Language, CEFR: least})
	}
	return out
}

// moreTime looks for days within the window, free of bookings, that bring the
// presence to the goal: one run that holds what is already offered if there is
// one long enough, else, where a split is allowed, several.
func (d *demand) moreTime(c *candidate, today domain.Date, goal int) (Change, bool) {
	w := d.fromToday(today)
	have := daysIn(w, c.Available, c.Booked)
	change := Change{Kind: OfferTime, More: weeksOf(goal - have)}
	var runs []domain.Period
	eachFree(w.Period, c.Booked, func(p domain.Period) { runs = append(runs, p) })
	var best, bestHeld domain.Period
	for _, run := range runs {
		if run.Days() < goal {
			continue
		}
		held, ok := longestHeld(run, c.Available)
		if best.From == 0 || ok && (bestHeld.From == 0 || held.Days() > bestHeld.Days()) {
			from := run.From
			if ok {
				from = max(run.From, min(held.From, run.To.AddDays(1-goal)))
			}
			best, bestHeld = domain.Period{From: from, To: from.AddDays(goal - 1)}, held
		}
	}
	if best.From != 0 {
		change.Periods = []domain.Period{best}
		return change, true
	}
	if !w.SplitAllowed {
		return Change{}, false
	}
	slices.SortStableFunc(runs, func(a, b domain.Period) int { return cmp.Compare(b.Days(), a.Days()) })
	sum := 0
	for _, run := range runs {
		change.Periods = append(change.Periods, run)
		if sum += run.Days(); sum >= goal {
			slices.SortFunc(change.Periods, func(a, b domain.Period) int { return cmp.Compare(a.From, b.From) })
			return change, true
		}
	}
	return Change{}, false
}

// longestHeld is the longest part of a run that is already offered; false and
// the zero Period when nothing is.
func longestHeld(run domain.Period, available []domain.Availability) (best domain.Period, ok bool) {
	for _, a := range available {
		if p := a.Period.Intersect(run); p.Days() > 0 && (!ok || p.Days() > best.Days()) {
			best, ok = p, true
		}
	}
	return best, ok
}

// improvements are single changes that would raise an eligible pair's score,
// the greatest gain first.
func (d *demand) improvements(c *candidate, v Verdict, today domain.Date) []Counterfactual {
	var possible []Change
	for _, e := range v.Evidence {
		if !e.Covered() {
			possible = append(possible, Change{
				Kind: GainSkill, Skill: e.Required.Skill, Level: max(e.Required.MinLevel, domain.Basic), Label: e.Label,
			})
		}
	}
	for _, l := range v.Languages {
		if !l.Met() {
			possible = append(possible, Change{Kind: LearnLanguage, Language: l.Required.Language, CEFR: l.Required.MinLevel})
		}
	}
	if goal := maxDays(d.fromToday(today)); v.Presence.Days < goal {
		if ch, ok := d.moreTime(c, today, goal); ok {
			possible = append(possible, ch)
		}
	}
	var out []Counterfactual
	for _, ch := range possible {
		changes := []Change{ch}
		if total, ok := d.after(c, today, changes); ok && total > v.Total {
			out = append(out, Counterfactual{changes, "Would score " + total.String() + " with " + ch.text() + ".", total})
		}
	}
	slices.SortStableFunc(out, func(a, b Counterfactual) int { return cmp.Compare(b.Total, a.Total) })
	return out[:min(len(out), MaxImprovements)]
}
