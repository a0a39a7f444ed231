package need

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
)

// Gap is a missing part of the Terms of Reference.
type Gap struct {
	Field    string // json name in Terms
	Required bool   // Submit refuses without it
	Hint     string // what to write there
}

// Completeness says how much of the Terms of Reference is there.
type Completeness struct {
	Score domain.Score // domain.One when nothing is missing
	Gaps  []Gap        // required ones first
}

// Complete reports whether the need can be submitted.
func (c Completeness) Complete() bool {
	return !slices.ContainsFunc(c.Gaps, func(g Gap) bool { return g.Required })
}

// Weights of the parts in the completeness score: what experts decide by counts
// more than what helps in reports.
const (
	requiredWeight = 3
	advisedWeight  = 1
)

type part struct {
	Gap
	present func(Terms) bool
}

// parts follows the recommended field set of the domain guide, section 1.5.
// A vague need is the first documented problem of the field: what makes a need
// judgeable is required, the rest is advised.
var parts = []part{
	required("title", "Name the assignment in a few words.", func(t Terms) bool { return t.Title != "" }),
	required("sector", "Choose the priority sector.", func(t Terms) bool { return t.Sector != "" }),
	required("objective", "Say what is to be different for the institution afterwards.", func(t Terms) bool { return t.Objective != "" }),
	required("tasks", "List what the expert is to do.", func(t Terms) bool { return len(t.Tasks) > 0 }),
	required("outputs", "List the expected outputs, each with the indicator by which it is recognised.", hasOutputs),
	required("counterparts", "Say how many colleagues, in which role, are to learn.", func(t Terms) bool { return len(t.Counterparts) > 0 }),
	required("transferMethods", "Choose the ways in which knowledge is to be passed on.", func(t Terms) bool { return len(t.TransferMethods) > 0 }),
	required("skills", "List the skills, each with a minimum level and an importance, at least one of them essential.", hasSkills),
	required("languages", "List the languages, each with a minimum level and the purpose that it serves.", hasLanguages),
	required("modality", "Choose physical, virtual or hybrid.", func(t Terms) bool { return t.Modality != "" }),
	required("window", "Give the earliest start, the latest end, and the duration in weeks.", hasWindow),
	required("positions", "Say how many experts are needed.", func(t Terms) bool { return t.Positions > 0 }),
	required("deadline", "Give the last day to apply.", func(t Terms) bool { return t.Deadline != 0 }),
	advised("unit", "Name the organisational unit.", func(t Terms) bool { return t.Unit != "" }),
	advised("area", "Name the area of the country.", func(t Terms) bool { return t.Area != "" }),
	advised("crs", "Give the DAC purpose code for donor reports.", func(t Terms) bool { return t.CRS != "" }),
	advised("sdg", "Name the Sustainable Development Goals that it serves.", func(t Terms) bool { return len(t.SDG) > 0 }),
	advised("planItem", "Link the objective to an item of the institution's development plan.", func(t Terms) bool { return t.PlanItem != "" }),
	advised("supervisorRole", "Name the function that guides the expert from day to day.", func(t Terms) bool { return t.SupervisorRole != "" }),
	advised("occupations", "Give the occupations (ISCO-08) that fit.", func(t Terms) bool { return len(t.Occupations) > 0 }),
	advised("hostContribution", "Say what the host provides.", func(t Terms) bool { return t.HostContribution != HostContribution{} }),
	advised("decisionDate", "Say by when candidates hear.", func(t Terms) bool { return t.DecisionDate != 0 }),
}

func required(field, hint string, present func(Terms) bool) part {
	return part{Gap{field, true, hint}, present}
}

func advised(field, hint string, present func(Terms) bool) part {
	return part{Gap{field, false, hint}, present}
}

func hasOutputs(t Terms) bool {
	return len(t.Outputs) > 0 && !slices.ContainsFunc(t.Outputs, func(o Output) bool { return o.Text == "" || o.Indicator == "" })
}

func hasSkills(t Terms) bool {
	essential := false
	for _, s := range t.Skills {
		if !s.MinLevel.Valid() || !s.Importance.Valid() {
			return false
		}
		essential = essential || s.Importance == domain.Essential
	}
	return essential
}

func hasLanguages(t Terms) bool {
	return len(t.Languages) > 0 && !slices.ContainsFunc(t.Languages, func(l domain.LanguageRequirement) bool {
		return !l.MinLevel.Valid() || !l.Purpose.Valid()
	})
}

func hasWindow(t Terms) bool {
	return t.Window.Period.From != 0 && t.Window.Period.To != 0 && t.Window.MinWeeks > 0 && t.Window.MaxWeeks > 0
}

// Complete measures Terms of Reference.
func Complete(t Terms) Completeness {
	var c Completeness
	have, all := 0, 0
	for _, p := range parts {
		weight := advisedWeight
		if p.Required {
			weight = requiredWeight
		}
		all += weight
		if p.present(t) {
			have += weight
		} else {
			c.Gaps = append(c.Gaps, p.Gap)
		}
	}
	c.Score = domain.One * domain.Score(have) / domain.Score(all)
	return c
}
