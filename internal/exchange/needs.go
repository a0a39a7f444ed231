package exchange

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/projections/views"
)

var needColumns = []Column{
	{Name: "id", About: "UUID of the need. An export writes it; a new need may have a reference instead.", Example: "0192f0c1-7a5e-7c3b-9d7e-2f6a1b3c4d5e"},
	{Name: "reference", way: inOnly, About: "Your own key of the need, unique in the programme. The same reference is the same need.", Example: "TOR-2027-014"},
	{Name: "programme", About: "UUID of the programme; may be left out when there is only one.", Example: ""},
	{Name: "institution", Required: true, About: "UUID of the host institution, or its exact name.", Example: "Hargeisa Group Hospital"},
	{Name: "host", way: outOnly, About: "How the host is shown."},
	{Name: "country", About: "ISO 3166-1 code; without it, the institution's.", Example: "SO"},
	{Name: "status", way: outOnly, About: "Where the need stands."},
	{Name: "title", Required: true, About: "What is asked for, in a few words.", Example: "Neonatal ward trainer"},
	{Name: "unit", About: "Name of the host's unit; it must be known.", Example: "Neonatal unit"},
	{Name: "area", About: "ISO 3166-2 code within the country.", Example: "SO-WO"},
	{Name: "sector", About: "health, education, rule_of_law, agriculture, infrastructure_wash or entrepreneurship.", Example: "health"},
	{Name: "crs", About: "OECD DAC purpose code, five digits.", Example: "12220"},
	{Name: "sdg", form: codes, About: "Goals and targets.", Example: "3;3.2"},
	{Name: "objective", About: "What is to be different afterwards.", Example: "Nurses keep newborns warm without the incubator."},
	{Name: "tasks", form: entries, About: "What is to be done.", Example: "Train the night shift"},
	{Name: "outputs", form: entries, About: "Result | the sign by which it is recognised.", Example: "Ward protocol | signed by the head of the ward"},
	{Name: "counterparts", form: entries, About: "Number and role of the colleagues who learn.", Example: "6 nurses of the ward"},
	{Name: "supervisor_role", About: "The function that guides the expert, never a person.", Example: "Head of the ward"},
	{Name: "transfer_methods", form: codes, About: "Ways of passing on knowledge, by their codes.", Example: "on_the_job_training;coaching_mentoring"},
	{Name: "skills", form: codes, About: "Skill:least level:importance.", Example: "health.neonatal-care:proficient:essential"},
	{Name: "languages", form: codes, About: "Language:least level:purpose, then :required where it must be there.", Example: "so:B2:training:required;en:B2:work"},
	{Name: "min_education", form: number, About: "ISCED level, 0 to 8.", Example: "6"},
	{Name: "min_years", form: number, About: "Years of experience, at least.", Example: "5"},
	{Name: "occupations", form: codes, About: "ISCO-08 codes that fit.", Example: "2221"},
	{Name: "modality", About: "physical, virtual or hybrid.", Example: "hybrid"},
	{Name: "earliest_start", About: "First possible day.", Example: "2027-03-01"},
	{Name: "latest_end", About: "Last possible day.", Example: "2027-06-30"},
	{Name: "min_weeks", form: number, About: "Weeks of work, at least.", Example: "4"},
	{Name: "max_weeks", form: number, About: "Weeks of work, at most.", Example: "12"},
	{Name: "split_allowed", About: "yes when the weeks may be taken in pieces.", Example: "no"},
	{Name: "positions", form: number, About: "Seats.", Example: "1"},
	{Name: "host_provides", form: codes, About: "desk, laptop, room, interpreter, transport.", Example: "desk;room"},
	{Name: "internet", About: "none, unreliable or reliable.", Example: "unreliable"},
	{Name: "safety", About: "Arrangements for safety.", Example: ""},
	{Name: "gender_preference", About: "women or men, with a reason; shown, and never scored.", Example: ""},
	{Name: "gender_reason", About: "Why.", Example: ""},
	{Name: "sensitivity", About: "open, restricted or protected; without it, open.", Example: "restricted"},
	{Name: "deadline", About: "Last day to apply.", Example: "2027-01-31"},
	{Name: "decision_date", About: "Day by which candidates hear.", Example: "2027-02-14"},
	{Name: "follows", About: "UUID of the earlier assignment in the chain.", Example: ""},
	{Name: "submit", way: inOnly, About: "yes submits the draft for approval.", Example: "no"},
	{Name: "seats_left", form: number, way: outOnly, About: "Seats that nobody holds."},
	{Name: "candidates", way: outOnly, About: "Candidacies ever begun; fewer than 5 are told as <5."},
}

// needRow is what a row of the file asks for.
type needRow struct {
	id          domain.NeedID
	programme   domain.ProgrammeID
	institution domain.InstitutionID
	country     domain.Country
	terms       need.Terms
	submit      bool
}

func (k known) needRow(c *cells) needRow {
	r := needRow{programme: k.programme(c), submit: c.yes("submit")}
	host := k.institution(c, "institution")
	if host == nil {
		r.country = domain.Country(cmp.Or(c.upper("country"), "ZZ")) // judged so far as it can be
	} else {
		r.institution, r.country = host.ID, host.Profile.Country
		c.checks.Require(!c.has("country") || domain.Country(c.upper("country")) == r.country,
			domain.ErrFormat.At("country").With("The institution is in another country."))
	}
	r.id = domain.NeedID(c.key("need", string(r.programme)))
	r.terms = c.terms()
	if name := c.text("unit"); name != "" && host != nil {
		r.terms.Unit = unitOf(host, name)
		c.checks.Require(r.terms.Unit != "", ErrUnknown.At("unit").With("The institution has no unit of this name."))
	}
	return r
}

func unitOf(host *views.InstitutionRow, name string) domain.UnitID {
	for _, u := range host.Units {
		if strings.EqualFold(u.Name, name) && !u.Retired {
			return u.ID
		}
	}
	return ""
}

func (c *cells) terms() need.Terms {
	t := need.Terms{
		Title: c.required("title"), Area: domain.Area(c.upper("area")), Sector: domain.Sector(c.lower("sector")),
		CRS: domain.CRS(c.text("crs")), SDG: c.list("sdg"), Objective: c.text("objective"), Tasks: c.list("tasks"),
		SupervisorRole: c.text("supervisor_role"), TransferMethods: typed(c, "transfer_methods", domain.TransferMethod.Valid),
		MinEducation: domain.ISCED(c.number("min_education", 0, 8)), MinYears: uint8(c.number("min_years", 0, need.MaxYears)),
		Occupations: typed(c, "occupations", domain.ISCO.Valid), Modality: domain.Modality(c.lower("modality")),
		Window: domain.Window{
			Period:   domain.Period{From: c.date("earliest_start"), To: c.date("latest_end")},
			MinWeeks: uint8(c.number("min_weeks", 0, need.MaxWeeks)), MaxWeeks: uint8(c.number("max_weeks", 0, need.MaxWeeks)),
			SplitAllowed: c.yes("split_allowed"),
		},
		Positions: c.number("positions", 0, need.MaxPositions),
		HostContribution: need.HostContribution{
			Internet: need.InternetQuality(c.lower("internet")), Safety: c.text("safety"),
		},
		Gender:      need.GenderConsideration{Preference: need.GenderPreference(c.lower("gender_preference")), Reason: c.text("gender_reason")},
		Sensitivity: domain.Sensitivity(c.lower("sensitivity")),
		Deadline:    c.date("deadline"), DecisionDate: c.date("decision_date"), Follows: domain.AssignmentID(c.id("follows")),
	}
	if t.Sensitivity == "" {
		t.Sensitivity = domain.Open
	}
	c.outputs(&t)
	c.provides(&t.HostContribution)
	c.requirements(&t)
	return t
}

func (c *cells) outputs(t *need.Terms) {
	for _, entry := range c.list("outputs") {
		text, indicator, _ := strings.Cut(entry, "|")
		t.Outputs = append(t.Outputs, need.Output{Text: strings.TrimSpace(text), Indicator: strings.TrimSpace(indicator)})
	}
	for i, entry := range c.list("counterparts") {
		number, role, _ := strings.Cut(entry, " ")
		t.Counterparts = append(t.Counterparts, need.Counterparts{
			Number: c.parse(domain.Index("counterparts", i), number, 1, need.MaxCounterparts), Role: strings.TrimSpace(role),
		})
	}
}

func (c *cells) provides(h *need.HostContribution) {
	fields := map[string]*bool{
		"desk": &h.Desk, "laptop": &h.Laptop, "room": &h.Room, "interpreter": &h.Interpreter, "transport": &h.Transport,
	}
	for i, v := range c.list("host_provides") {
		field := fields[strings.ToLower(v)]
		if field == nil {
			c.refuse(domain.Index("host_provides", i), domain.ErrUnknown.With("The host provides desk, laptop, room, interpreter or transport."))
			continue
		}
		*field = true
	}
}

// requiredWord marks a language that must be there.
const requiredWord = "required"

func (c *cells) requirements(t *need.Terms) {
	for i, entry := range c.list("skills") {
		if p, ok := c.parts("skills", i, entry, ":", 1, 3); ok {
			at := domain.Index("skills", i)
			c.skill(at, p[0])
			t.Skills = append(t.Skills, domain.SkillRequirement{
				Skill: domain.Skill(p[0]), MinLevel: c.level(at, p[1]), Importance: domain.Importance(strings.ToLower(p[2])),
			})
		}
	}
	for i, entry := range c.list("languages") {
		if p, ok := c.parts("languages", i, entry, ":", 1, 4); ok {
			at := domain.Index("languages", i)
			c.checks.Require(p[3] == "" || strings.EqualFold(p[3], requiredWord), domain.ErrUnknown.At(at).With(`The last part can only be "required".`))
			t.Languages = append(t.Languages, domain.LanguageRequirement{
				Language: domain.Language(p[0]), MinLevel: c.cefr(at, p[1]), Purpose: domain.LanguagePurpose(strings.ToLower(p[2])), Required: p[3] != "",
			})
		}
	}
}

// writeNeed is the row of an export. The host may be nil.
func writeNeed(n *views.NeedRow, host *views.InstitutionRow) record {
	t := n.Terms
	r := record{
		"id": {string(n.ID)}, "programme": {string(n.Programme)}, "institution": {string(n.Institution)}, "host": {shownAs(host)},
		"country": {string(n.Country)}, "status": {string(n.Status)}, "title": {t.Title}, "area": {string(t.Area)},
		"sector": {string(t.Sector)}, "crs": {string(t.CRS)}, "sdg": t.SDG, "objective": {t.Objective}, "tasks": t.Tasks,
		"supervisor_role": {t.SupervisorRole}, "transfer_methods": texts(t.TransferMethods),
		"min_education": {num(int(t.MinEducation))}, "min_years": {num(int(t.MinYears))}, "occupations": texts(t.Occupations),
		"modality": {string(t.Modality)}, "earliest_start": {t.Window.Period.From.String()}, "latest_end": {t.Window.Period.To.String()},
		"min_weeks": {num(int(t.Window.MinWeeks))}, "max_weeks": {num(int(t.Window.MaxWeeks))}, "split_allowed": {yesText(t.Window.SplitAllowed)},
		"positions": {num(t.Positions)}, "internet": {string(t.HostContribution.Internet)}, "safety": {t.HostContribution.Safety},
		"gender_preference": {string(t.Gender.Preference)}, "gender_reason": {t.Gender.Reason}, "sensitivity": {string(t.Sensitivity)},
		"deadline": {t.Deadline.String()}, "decision_date": {t.DecisionDate.String()}, "follows": {string(t.Follows)},
		"seats_left": {num(n.SeatsLeft())}, "candidates": {suppressed(n.CandidatesTotal())},
	}
	if host != nil {
		for _, u := range host.Units {
			if u.ID == t.Unit {
				r["unit"] = []string{u.Name}
			}
		}
	}
	for _, o := range t.Outputs {
		r["outputs"] = append(r["outputs"], strings.TrimSuffix(o.Text+" | "+o.Indicator, " | "))
	}
	for _, p := range t.Counterparts {
		r["counterparts"] = append(r["counterparts"], fmt.Sprintf("%d %s", p.Number, p.Role))
	}
	writeRequirements(r, t)
	return r
}

func writeRequirements(r record, t need.Terms) {
	for _, s := range t.Skills {
		r["skills"] = append(r["skills"], fmt.Sprintf("%s:%s:%s", s.Skill, s.MinLevel, s.Importance))
	}
	for _, l := range t.Languages {
		entry := fmt.Sprintf("%s:%s:%s", l.Language, l.MinLevel, l.Purpose)
		if l.Required {
			entry += ":" + requiredWord
		}
		r["languages"] = append(r["languages"], entry)
	}
	h := t.HostContribution
	for _, p := range []struct {
		word string
		has  bool
	}{{"desk", h.Desk}, {"laptop", h.Laptop}, {"room", h.Room}, {"interpreter", h.Interpreter}, {"transport", h.Transport}} {
		if p.has {
			r["host_provides"] = append(r["host_provides"], p.word)
		}
	}
}

func shownAs(host *views.InstitutionRow) string {
	if host == nil {
		return ""
	}
	return host.ShownAs()
}

func num(n int) string { return strconv.Itoa(n) }

func yesText(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// suppressed tells a count of people: small ones identify.
func suppressed(n int) string {
	if n > 0 && n < views.SuppressBelow {
		return "<" + num(views.SuppressBelow)
	}
	return num(n)
}
