package need

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/diaspora-match/diaspora/domain"
)

// Bounds of a need. At a bound the command is refused with input.too_long,
// input.too_many or input.range.
const (
	MaxTitle        = 200   // bytes
	MaxLine         = 500   // bytes of a task, an output, an indicator, a role
	MaxText         = 4_000 // bytes of an objective, a summary, a safety note
	MaxReason       = 1_000 // bytes
	MaxEntries      = 30    // tasks, outputs, counterparts, skills, languages, occupations, SDGs
	MaxCounterparts = 10_000
	MaxPositions    = 50
	MaxYears        = 50
	MaxWindowDays   = 5 * 366
	MaxWeeks        = 104
	daysPerWeek     = 7
)

// normal gives an absent list one form only, and the default sensitivity, so
// that equal terms are equal values before and after they were stored.
func (t Terms) normal() Terms {
	if t.Sensitivity == "" {
		t.Sensitivity = domain.Open
	}
	v := reflect.ValueOf(&t).Elem()
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Slice && f.Len() == 0 {
			f.SetZero()
		}
	}
	return t
}

// changed names the fields in which two terms differ, in their order.
func changed(a, b Terms) []string {
	var names []string
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range va.NumField() {
		if !reflect.DeepEqual(va.Field(i).Interface(), vb.Field(i).Interface()) {
			name, _, _ := strings.Cut(va.Type().Field(i).Tag.Get("json"), ",")
			names = append(names, name)
		}
	}
	return names
}

// check holds what is given to its form and bounds; what is missing is the
// business of Complete.
func (t Terms) check(country domain.Country) error {
	var c domain.Checks
	c.Text("title", t.Title, MaxTitle)
	domain.OptionalID(&c, "unit", t.Unit)
	if t.Area != "" {
		c.Require(t.Area.Valid(), domain.ErrFormat.At("area"))
		c.Require(strings.HasPrefix(string(t.Area), string(country)+"-"), ErrArea.At("area"))
	}
	c.Require(t.Sector == "" || t.Sector.Valid(), domain.ErrUnknown.At("sector"))
	c.Require(t.CRS == "" || t.CRS.Valid(), domain.ErrFormat.At("crs"))
	c.Count("sdg", len(t.SDG), MaxEntries)
	for i, g := range t.SDG {
		c.Require(validSDG(g), domain.ErrFormat.At(domain.Index("sdg", i)))
	}
	domain.RequireDistinct(&c, "sdg", t.SDG, func(g string) string { return g })
	domain.OptionalID(&c, "planItem", t.PlanItem)
	domain.OptionalID(&c, "follows", t.Follows)
	t.checkWork(&c)
	t.checkPerson(&c)
	t.checkFrame(&c)
	return c.Err()
}

// checkWork holds what is to be done.
func (t Terms) checkWork(c *domain.Checks) {
	c.OptionalText("objective", t.Objective, MaxText)
	c.OptionalText("supervisorRole", t.SupervisorRole, MaxLine)
	c.Count("tasks", len(t.Tasks), MaxEntries)
	for i, task := range t.Tasks {
		c.Text(domain.Index("tasks", i), task, MaxLine)
	}
	c.Count("outputs", len(t.Outputs), MaxEntries)
	for i, o := range t.Outputs {
		at := domain.Index("outputs", i)
		c.Text(at+".text", o.Text, MaxLine)
		c.OptionalText(at+".indicator", o.Indicator, MaxLine)
	}
	c.Count("counterparts", len(t.Counterparts), MaxEntries)
	for i, p := range t.Counterparts {
		at := domain.Index("counterparts", i)
		c.Range(at+".number", p.Number, 1, MaxCounterparts)
		c.Text(at+".role", p.Role, MaxLine)
	}
	for i, m := range t.TransferMethods {
		c.Require(m.Valid(), domain.ErrUnknown.At(domain.Index("transferMethods", i)))
	}
	domain.RequireDistinct(c, "transferMethods", t.TransferMethods, func(m domain.TransferMethod) domain.TransferMethod { return m })
}

// checkPerson holds what is asked of the expert. A skill without its level, or a
// language without its purpose, is a gap for Complete as long as it is a draft.
func (t Terms) checkPerson(c *domain.Checks) {
	c.Count("skills", len(t.Skills), MaxEntries)
	for i, s := range t.Skills {
		at := domain.Index("skills", i)
		c.Text(at+".skill", string(s.Skill), MaxTitle)
		c.Require(s.MinLevel == 0 || s.MinLevel.Valid(), domain.ErrRange.At(at+".minLevel"))
		c.Require(s.Importance == "" || s.Importance.Valid(), domain.ErrUnknown.At(at+".importance"))
	}
	domain.RequireDistinct(c, "skills", t.Skills, func(s domain.SkillRequirement) domain.Skill { return s.Skill })
	c.Count("languages", len(t.Languages), MaxEntries)
	for i, l := range t.Languages {
		at := domain.Index("languages", i)
		c.Require(l.Language.Valid(), domain.ErrFormat.At(at+".language"))
		c.Require(l.MinLevel == 0 || l.MinLevel.Valid(), domain.ErrRange.At(at+".minLevel"))
		c.Require(l.Purpose == "" || l.Purpose.Valid(), domain.ErrUnknown.At(at+".purpose"))
	}
	type use struct {
		language domain.Language
		purpose  domain.LanguagePurpose
	}
	domain.RequireDistinct(c, "languages", t.Languages, func(l domain.LanguageRequirement) use { return use{l.Language, l.Purpose} })
	c.Require(t.MinEducation.Valid(), domain.ErrRange.At("minEducation"))
	c.Range("minYears", int(t.MinYears), 0, MaxYears)
	c.Count("occupations", len(t.Occupations), MaxEntries)
	for i, o := range t.Occupations {
		c.Require(o.Valid(), domain.ErrFormat.At(domain.Index("occupations", i)))
	}
	domain.RequireDistinct(c, "occupations", t.Occupations, func(o domain.ISCO) domain.ISCO { return o })
	c.Require(t.Gender.Preference.Valid(), domain.ErrUnknown.At("gender.preference"))
	c.OptionalText("gender.reason", t.Gender.Reason, MaxReason)
	c.Require(t.Gender.Preference == "" || strings.TrimSpace(t.Gender.Reason) != "", domain.ErrRequired.At("gender.reason").
		With("A preference for women or men needs its reason."))
}

// checkFrame holds dates, seats and what the host gives.
func (t Terms) checkFrame(c *domain.Checks) {
	c.Require(t.Modality == "" || t.Modality.Valid(), domain.ErrUnknown.At("modality"))
	c.Range("positions", t.Positions, 0, MaxPositions)
	w := t.Window
	c.Range("window.minWeeks", int(w.MinWeeks), 0, MaxWeeks)
	c.Range("window.maxWeeks", int(w.MaxWeeks), 0, MaxWeeks)
	c.Require(w.MaxWeeks == 0 || w.MinWeeks <= w.MaxWeeks, ErrDuration.At("window.maxWeeks"))
	if w.Period != (domain.Period{}) {
		c.Period("window.period", w.Period, MaxWindowDays)
		if w.Period.Check() == nil {
			c.Require(int(w.MinWeeks)*daysPerWeek <= w.Period.Days(), ErrDuration.At("window.minWeeks"))
			c.Require(t.Deadline <= w.Period.To, ErrDates.At("deadline"))
		}
	}
	c.Require(t.Deadline >= 0 && t.Deadline <= domain.Horizon, domain.ErrRange.At("deadline"))
	c.Require(t.DecisionDate >= 0 && t.DecisionDate <= domain.Horizon, domain.ErrRange.At("decisionDate"))
	c.Require(t.DecisionDate == 0 || t.Deadline <= t.DecisionDate, ErrDates.At("decisionDate"))
	c.Require(t.HostContribution.Internet == "" || t.HostContribution.Internet.Valid(), domain.ErrUnknown.At("hostContribution.internet"))
	c.OptionalText("hostContribution.safety", t.HostContribution.Safety, MaxText)
	c.Require(t.Sensitivity == "" || t.Sensitivity.Valid(), domain.ErrUnknown.At("sensitivity"))
}

// validSDG reads a goal from 1 to 17, or a target of it: "4", "4.c", "16.10".
func validSDG(s string) bool {
	goal, target, dotted := strings.Cut(s, ".")
	n, err := strconv.Atoi(goal)
	if err != nil || n < 1 || n > 17 || strconv.Itoa(n) != goal {
		return false
	}
	if !dotted {
		return true
	}
	if len(target) == 1 && target[0] >= 'a' && target[0] <= 'd' {
		return true
	}
	m, err := strconv.Atoi(target)
	return err == nil && m >= 1 && m <= 19 && strconv.Itoa(m) == target
}

// publicText checks and composes what everybody may read. The name of a
// protected host must not be in it: who reads the vacancy may be a danger to
// those who work there.
func publicText(language domain.Language, title, summary string, h Host, sensitivity domain.Sensitivity) (PublicText, error) {
	protected := h.Protected || sensitivity == domain.Protected
	var c domain.Checks
	c.Require(language.Valid(), domain.ErrFormat.At("language"))
	c.Text("title", title, MaxTitle)
	c.Text("summary", summary, MaxText)
	c.Text("host.name", h.Name, MaxTitle)
	p := PublicText{Language: language, Title: title, Summary: summary, HostShownAs: h.Name, HostHidden: protected}
	if protected {
		c.Text("host.alias", h.Alias, MaxTitle)
		p.HostShownAs = h.Alias
		for _, f := range []struct{ field, text string }{{"title", title}, {"summary", summary}, {"host.alias", h.Alias}} {
			c.Require(!names(f.text, h.Name), ErrHostNamed.At(f.field))
		}
	}
	return p, c.Err()
}

// names reports whether the words of a name stand in a text, whatever their
// case, spacing and punctuation.
func names(text, name string) bool {
	words := func(s string) []string {
		return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
	}
	in, sought := words(text), words(name)
	for i := 0; len(sought) > 0 && i+len(sought) <= len(in); i++ {
		if slices.Equal(in[i:i+len(sought)], sought) {
			return true
		}
	}
	return false
}
