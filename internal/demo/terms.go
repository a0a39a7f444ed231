package demo

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/matcher"
)

// Institution is a host of the examples.
type Institution struct {
	ID       domain.InstitutionID
	Name     string
	Type     string // one of the types of domain/institution
	Country  domain.Country
	Location string
	Sectors  []domain.Sector // of its needs, in their fixed order
	Units    []Unit
}

// Unit is a department that a Terms of Reference names.
type Unit struct {
	ID   domain.UnitID
	Name string
}

// TermsOfReference is one example, in the values and lists of the domain.
type TermsOfReference struct {
	ID          domain.NeedID
	Reference   string // "TOR-001"
	Title       string
	Institution domain.InstitutionID
	Host        string // the institution's name
	Unit        domain.UnitID
	Country     domain.Country
	Sector      domain.Sector
	CRS         domain.CRS
	SDG         []string
	Occupation  domain.ISCO

	Objective    string
	Tasks        []string
	Outputs      []string
	Counterparts int    // how many colleagues are to learn
	Colleagues   string // in what role
	Transfer     []domain.TransferMethod

	Skills       []domain.SkillRequirement
	Languages    []domain.LanguageRequirement
	MinEducation domain.ISCED
	MinYears     uint8

	Modality  domain.Modality
	Window    domain.Window
	Positions int
	Deadline  domain.Date // last day to apply
	Decision  domain.Date // day by which candidates hear
}

//go:embed data/terms.json
var termsFile []byte

// record is the shape of data/terms.json.
type record struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Institution struct {
		Name       string         `json:"name"`
		Type       string         `json:"type"`
		Department string         `json:"department"`
		Country    domain.Country `json:"country"`
		Location   string         `json:"location"`
	} `json:"institution"`
	Sector    domain.Sector `json:"sector"`
	CRS       domain.CRS    `json:"crs_purpose_code"`
	ISCO      domain.ISCO   `json:"isco08"`
	SDG       []string      `json:"sdg"`
	Positions int           `json:"positions"`
	Modality  string        `json:"modality"`
	Duration  struct {
		WeeksMin     uint8 `json:"weeks_min"`
		WeeksMax     uint8 `json:"weeks_max"`
		SplitAllowed bool  `json:"split_allowed"`
	} `json:"duration"`
	Objective string   `json:"objective"`
	Tasks     []string `json:"tasks"`
	Outputs   []string `json:"expected_outputs"`
	Methods   []string `json:"knowledge_transfer_methods"`
	Required  struct {
		Skills []struct {
			ID         domain.Skill      `json:"id"`
			Importance domain.Importance `json:"importance"`
		} `json:"skills"`
		Languages []struct {
			Code     domain.Language `json:"code"`
			Min      domain.CEFR     `json:"cefr_min"`
			Required bool            `json:"required"`
		} `json:"languages"`
		Education domain.ISCED `json:"education_isced_min"`
		Years     uint8        `json:"experience_years_min"`
	} `json:"requirements"`
}

var records = sync.OnceValue(func() []record {
	var rs []record
	if err := json.Unmarshal(termsFile, &rs); err != nil {
		panic("demo: the embedded Terms of Reference: " + err.Error())
	}
	return rs
})

// InstitutionID is the id of a host of the examples.
func InstitutionID(name string, country domain.Country) domain.InstitutionID {
	return domain.InstitutionID(domain.DeriveID(namespace, "institution|"+string(country)+"|"+name))
}

// NeedID is the id of an example by its reference.
func NeedID(reference string) domain.NeedID {
	return domain.NeedID(domain.DeriveID(namespace, "need|"+reference))
}

func unitID(i domain.InstitutionID, name string) domain.UnitID {
	return domain.UnitID(domain.DeriveID(namespace, "unit|"+string(i)+"|"+name))
}

// Institutions lists the hosts, each once by name and country, in the order in
// which the examples name them.
func Institutions() []Institution {
	var out []Institution
	for _, r := range records() {
		id := InstitutionID(r.Institution.Name, r.Institution.Country)
		i := slices.IndexFunc(out, func(x Institution) bool { return x.ID == id })
		if i < 0 {
			i = len(out)
			out = append(out, Institution{
				ID: id, Name: r.Institution.Name, Type: r.Institution.Type,
				Country: r.Institution.Country, Location: r.Institution.Location,
			})
		}
		host := &out[i]
		if !slices.Contains(host.Sectors, r.Sector) {
			host.Sectors = append(host.Sectors, r.Sector)
			slices.SortFunc(host.Sectors, func(a, b domain.Sector) int {
				return slices.Index(domain.Sectors, a) - slices.Index(domain.Sectors, b)
			})
		}
		if u := (Unit{unitID(id, r.Institution.Department), r.Institution.Department}); u.Name != "" && !slices.Contains(host.Units, u) {
			host.Units = append(host.Units, u)
		}
	}
	return out
}

// How long before the window opens the examples are published, and how far
// apart their windows begin, in days.
const (
	leadDays      = 42
	staggerDays   = 14
	staggers      = 6
	applyDays     = 28
	decisionDays  = 10
	slackWeeks    = 12 // the window is longer than the assignment by so much
	maxShownWeeks = 104
)

// Terms lists the 47 examples with dates relative to a start day.
func Terms(start domain.Date) []TermsOfReference {
	out := make([]TermsOfReference, 0, len(records()))
	for i, r := range records() {
		host := InstitutionID(r.Institution.Name, r.Institution.Country)
		t := TermsOfReference{
			ID: NeedID(r.ID), Reference: r.ID, Title: r.Title, Institution: host, Host: r.Institution.Name,
			Country: r.Institution.Country, Sector: r.Sector, CRS: r.CRS, SDG: r.SDG, Occupation: r.ISCO,
			Objective: r.Objective, Tasks: r.Tasks, Outputs: r.Outputs,
			Counterparts: 4 + i%5, Colleagues: colleagues(r.Institution.Type),
			Transfer: methods(r.ID, r.Methods), MinEducation: r.Required.Education, MinYears: r.Required.Years,
			Modality: modality(r.Modality), Positions: r.Positions,
			Window:   window(r, start.AddDays(leadDays+staggerDays*(i%staggers))),
			Deadline: start.AddDays(applyDays), Decision: start.AddDays(applyDays + decisionDays),
		}
		if r.Institution.Department != "" {
			t.Unit = unitID(host, r.Institution.Department)
		}
		for _, s := range r.Required.Skills {
			t.Skills = append(t.Skills, domain.SkillRequirement{Skill: s.ID, MinLevel: minLevel(s.Importance), Importance: s.Importance})
		}
		for _, l := range r.Required.Languages {
			t.Languages = append(t.Languages, domain.LanguageRequirement{
				Language: l.Code, MinLevel: l.Min, Required: l.Required, Purpose: purpose(l.Code, l.Required),
			})
		}
		out = append(out, t)
	}
	return out
}

func window(r record, from domain.Date) domain.Window {
	weeks := min(int(r.Duration.WeeksMax)+slackWeeks, maxShownWeeks)
	return domain.Window{
		Period:   domain.Period{From: from, To: from.AddDays(7*weeks - 1)},
		MinWeeks: r.Duration.WeeksMin, MaxWeeks: r.Duration.WeeksMax, SplitAllowed: r.Duration.SplitAllowed,
	}
}

// minLevel: an expert is sent for what is essential, and helps with the rest.
func minLevel(i domain.Importance) domain.SkillLevel {
	if i == domain.Essential {
		return domain.Proficient
	}
	return domain.Working
}

// purpose: English, French and Dutch are for the work; a required language of
// the country is for training colleagues, a wished one for the community.
func purpose(l domain.Language, required bool) domain.LanguagePurpose {
	switch {
	case l == "en" || l == "fr" || l == "nl":
		return domain.ForWork
	case required:
		return domain.ForTraining
	}
	return domain.ForCommunity
}

// modality: where the source says nothing, both ways are left open.
func modality(s string) domain.Modality {
	if m := domain.Modality(s); m.Valid() {
		return m
	}
	return domain.Hybrid
}

func colleagues(kind string) string {
	switch kind {
	case "hospital":
		return "nurses, doctors and technicians of the ward"
	case "university", "vocational_college", "tvet_college":
		return "lecturers and instructors"
	case "research_institute":
		return "researchers and field staff"
	case "enterprise":
		return "founders and their first staff"
	}
	return "officers of the unit"
}

// freeMethods maps the words of the sources to the controlled list of
// domain.TransferMethods.
var freeMethods = map[string]domain.TransferMethod{
	"training": "workshop_training", "workshop": "workshop_training", "staff_briefing": "workshop_training",
	"community_training": "workshop_training", "simulation": "workshop_training",
	"mentoring": "coaching_mentoring", "coaching": "coaching_mentoring", "online_coaching": "coaching_mentoring",
	"counterpart_coaching": "coaching_mentoring", "mentoring_local_counterpart": "coaching_mentoring",
	"monitoring": "coaching_mentoring", "advice": "problem_solving", "technical_advice": "problem_solving",
	"needs_assessment": "problem_solving", "on_site_visit": "field_demonstration", "site_visit": "field_demonstration",
	"outreach_training": "field_demonstration", "field_training": "field_demonstration",
	"institutional_linkage": "exchange_visit", "study_visit": "exchange_visit",
	"curriculum_support": "curriculum_codesign", "protocol_development": "document_drafting",
}

func methods(reference string, words []string) []domain.TransferMethod {
	var out []domain.TransferMethod
	for _, w := range words {
		m := domain.TransferMethod(w)
		if !m.Valid() {
			m = freeMethods[w]
		}
		if m == "" {
			panic(fmt.Sprintf("demo: %s: no transfer method for %q", reference, w))
		}
		if !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out
}

// Matching is what the matcher knows of the example in a programme, all seats
// free.
func (t TermsOfReference) Matching(programme domain.ProgrammeID) matcher.Need {
	return matcher.Need{
		ID: t.ID, Programme: programme, Country: t.Country, Sector: t.Sector, Institution: t.Institution,
		Occupations: []domain.ISCO{t.Occupation}, Skills: t.Skills, Languages: t.Languages,
		MinEducation: t.MinEducation, MinYears: t.MinYears, Window: t.Window, Modality: t.Modality,
		Transfer: t.Transfer, Seats: t.Positions,
	}
}

// Summary is a public text for the example: what is to change, and how long it
// takes. It names neither staff nor host.
func (t TermsOfReference) Summary() string {
	var b strings.Builder
	b.WriteString(t.Objective)
	fmt.Fprintf(&b, " The assignment is %s and takes %d to %d weeks.", t.Modality, t.Window.MinWeeks, t.Window.MaxWeeks)
	return b.String()
}
