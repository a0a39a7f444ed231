package matcher

import (
	"fmt"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
)

// PartLabel is the English name of a part of a score.
func PartLabel(p policy.Part) string {
	switch p {
	case policy.EssentialSkills:
		return "Essential skills"
	case policy.PreferredSkills:
		return "Preferred skills"
	case policy.SectorPart:
		return "Experience in the sector"
	case policy.OccupationPart:
		return "Nearness of the occupation"
	case policy.LanguagePart:
		return "Languages beyond the minimum"
	case policy.AvailabilityFit:
		return "Availability"
	case policy.ModalityPart:
		return "Modality"
	case policy.TransferPart:
		return "Knowledge transfer"
	case policy.ContinuityPart:
		return "Earlier work at this host"
	case policy.FreshnessPart:
		return "Freshness of the profile"
	case policy.PreferencePart:
		return "Expressed preferences"
	}
	return string(p)
}

// ForExpert tells the verdict to the person concerned, in short sentences.
func ForExpert(v Verdict) []string {
	var out []string
	if v.Eligible {
		out = append(out, fmt.Sprintf("You can be matched with this need; the score is %s of 1.", v.Total))
	} else {
		out = append(out, "You cannot be matched with this need as things are.")
		for _, f := range v.Failures {
			out = append(out, f.Message+" What would help: "+f.Cure)
		}
	}
	var full, partly, gaps []string
	for _, e := range v.Evidence {
		switch {
		case e.Covered():
			full = append(full, e.Label)
		case e.Coverage > 0:
			partly = append(partly, e.Label+" ("+partlyBy(e)+")")
		default:
			gaps = append(gaps, e.Label)
		}
	}
	if len(full) > 0 {
		out = append(out, "You bring "+and(full)+".")
	}
	if len(partly) > 0 {
		out = append(out, "You come near "+and(partly)+".")
	}
	if len(gaps) > 0 {
		out = append(out, "Your profile does not show "+and(gaps)+".")
	}
	if v.Eligible {
		out = append(out, "You could be there for "+presence(v.Presence)+".")
	}
	for _, cf := range v.Counterfactuals {
		out = append(out, "You "+lower(cf.Text))
	}
	return out
}

// partlyBy says why a skill is there only in part.
func partlyBy(e Evidence) string {
	if e.OfferedLabel == e.Label {
		return "at " + max(e.Offered.Level, domain.Basic).String() + " level, " + e.Required.MinLevel.String() + " is asked"
	}
	return "through " + e.OfferedLabel
}

func presence(p Presence) string {
	weeks := countOf(p.Days/daysPerWeek, "week")
	if p.Days < daysPerWeek {
		weeks = countOf(p.Days, "day")
	}
	return fmt.Sprintf("%s of the %d to %d asked for", weeks, p.MinWeeks, p.MaxWeeks)
}

// HostOverview is the verdict as a host institution sees it: something to draw.
type HostOverview struct {
	Eligible bool         `json:"eligible"`
	Total    domain.Score `json:"total"`
	Bars     []Bar        `json:"bars"` // only the parts that the need asks for
	Skills   []SkillMark  `json:"skills"`
	// Languages read "Arabic C1 (C1 required)".
	Languages []string `json:"languages"`
	Presence  string   `json:"presence"`
	// Notes name what stands against the person in the need itself. Matters
	// between person and programme (consent, heritage, suspension, conflicts)
	// are one sentence without the reason.
	Notes []string `json:"notes"`
}

// Bar is one part of the score as a bar of Value within Max.
type Bar struct {
	Part  policy.Part  `json:"part"`
	Label string       `json:"label"`
	Value domain.Score `json:"value"`
	Max   domain.Score `json:"max"`
}

// SkillMark says of a required skill how far it is there.
type SkillMark struct {
	Label      string            `json:"label"`
	Importance domain.Importance `json:"importance"`
	Coverage   domain.Score      `json:"coverage"` // 0 is a gap, One is covered
	Through    string            `json:"through"`  // the expert's own skill that covers it, empty for a gap
}

// hostMayKnow are the rules whose reasons concern the need, not the person's
// dealings with the programme.
const hostMayKnow = ruleHold | ruleCapacity | ruleSeats | ruleEducation | ruleYears | ruleLanguage |
	ruleModality | ruleWindow | ruleAvailability | ruleBooked

// ForHost tells the verdict to the host institution.
func ForHost(v Verdict) HostOverview {
	h := HostOverview{Eligible: v.Eligible, Total: v.Total, Presence: capital(presence(v.Presence)) + "."}
	for _, p := range v.Parts {
		if p.Weight > 0 {
			h.Bars = append(h.Bars, Bar{p.Part, PartLabel(p.Part), p.Contribution, p.Weight})
		}
	}
	for _, e := range v.Evidence {
		h.Skills = append(h.Skills, SkillMark{e.Label, e.Required.Importance, e.Coverage, e.OfferedLabel})
	}
	for _, l := range v.Languages {
		h.Languages = append(h.Languages, languageLine(l))
	}
	cleared := true
	for _, f := range v.Failures {
		if mayTellHost(f.Code) {
			h.Notes = append(h.Notes, f.Message)
		} else {
			cleared = false
		}
	}
	if !cleared {
		h.Notes = append(h.Notes, "The programme has not cleared this person for the need.")
	}
	return h
}

func mayTellHost(code string) bool {
	for r := rules(1); r < ruleEnd; r <<= 1 {
		if ruleCodes[r] == code {
			return hostMayKnow&r != 0
		}
	}
	return false
}

func languageLine(l LanguageFit) string {
	declared, kind := "not declared", "wished"
	if l.Offered > 0 {
		declared = l.Offered.String()
	}
	if l.Required.Required {
		kind = "required"
	}
	return fmt.Sprintf("%s: %s (%s %s)", LanguageName(l.Required.Language), declared, l.Required.MinLevel, kind)
}

// ForManager tells the programme manager every reason there is, one a line.
func ForManager(v Verdict) []string {
	out := []string{fmt.Sprintf("Engine %s, taxonomy %s, eligibility rules %d, scoring policy %d, on %s at log position %d.",
		v.Basis.Engine, v.Basis.Taxonomy, v.Basis.Eligibility, v.Basis.Scoring, v.Basis.Today, v.Basis.Position)}
	if v.Eligible {
		out = append(out, "Eligible: every hard rule is met.")
	} else {
		out = append(out, fmt.Sprintf("Not eligible: %s.", countOf(len(v.Failures), "failure")))
	}
	for _, f := range v.Failures {
		out = append(out, fmt.Sprintf("%s: %s Cure: %s", f.Code, f.Message, f.Cure))
	}
	out = append(out, fmt.Sprintf("Total %s of %s.", v.Total, domain.One))
	for _, p := range v.Parts {
		if p.Weight == 0 {
			out = append(out, PartLabel(p.Part)+": not asked for, weighs nothing.")
			continue
		}
		out = append(out, fmt.Sprintf("%s: %s of at most %s (value %s).", PartLabel(p.Part), p.Contribution, p.Weight, p.Value))
	}
	for _, e := range v.Evidence {
		least := ""
		if e.Required.MinLevel > 0 {
			least = ", at least " + e.Required.MinLevel.String()
		}
		asked := fmt.Sprintf("%s (%s%s)", e.Label, e.Required.Importance, least)
		if e.Coverage == 0 {
			out = append(out, asked+": a gap, "+e.Why+".")
			continue
		}
		out = append(out, fmt.Sprintf("%s: covered %s by %s, similarity %s: %s.", asked, e.Coverage, e.OfferedLabel, e.Similarity, e.Why))
	}
	for _, l := range v.Languages {
		out = append(out, languageLine(l)+".")
	}
	out = append(out, "Presence: "+presence(v.Presence)+".")
	for _, cf := range v.Counterfactuals {
		out = append(out, fmt.Sprintf("%s Re-scored: %s.", cf.Text, cf.Total))
	}
	return out
}
