package matcher_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/matcher"
)

// What matching may know is a closed list: a field that is not named here, at
// whatever depth, fails this test until somebody has thought about it.
func TestExpertHoldsNothingElse(t *testing.T) {
	allowed := strings.Fields(`ID Active Suspended Consent Rulings Rulings.Programme Rulings.Eligible Residence
		Heritage Heritage.Country Heritage.Checked Skills Skills.Skill Skills.Level Skills.Years
		Languages Languages.Language Languages.Level Education Education.Level Education.Field TotalYears
		Sectors Sectors.Sector Sectors.Years Occupations Available Available.Period Available.Period.From
		Available.Period.To Available.MaxWeeks Booked Booked.From Booked.To Modalities PreferredCountries
		PreferredSectors Transfer Served Conflicts Confirmed`)
	var found []string
	var walk func(path string, typ reflect.Type)
	walk = func(path string, typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Slice, reflect.Pointer, reflect.Array:
			walk(path, typ.Elem())
		case reflect.Map, reflect.Interface, reflect.Func, reflect.Chan:
			t.Errorf("%s is a %s: anything could be in it", path, typ.Kind())
		case reflect.Struct:
			for i := range typ.NumField() {
				name := strings.TrimPrefix(path+"."+typ.Field(i).Name, ".")
				found = append(found, name)
				walk(name, typ.Field(i).Type)
			}
		}
	}
	walk("", reflect.TypeFor[matcher.Expert]())
	for _, f := range found {
		if !slices.Contains(allowed, f) {
			t.Errorf("matching may not know %s", f)
		}
	}
	for _, a := range allowed {
		if !slices.Contains(found, a) {
			t.Errorf("%s is allowed and not there: take it off the list", a)
		}
	}
}

func TestEveryVerdictIsExactAndAgreesWithTheOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e, n := aPair(t)
		p := aPolicy(t)
		v := matcher.Explain(e, n, p, today)

		var sum, weights domain.Score
		for i, part := range v.Parts {
			if part.Part != policy.Parts[i] || part.Contribution < 0 || part.Value < 0 || part.Value > domain.One {
				t.Fatalf("part %d: %+v", i, part)
			}
			if part.Contribution > part.Weight {
				t.Fatalf("%s adds %s, more than its weight %s", part.Part, part.Contribution, part.Weight)
			}
			sum += part.Contribution
			weights += part.Weight
		}
		if sum != v.Total || v.Total < 0 || v.Total > domain.One {
			t.Fatalf("parts sum to %s, total is %s", sum, v.Total)
		}
		if weights != domain.One && weights != 0 {
			t.Fatalf("weights sum to %s", weights)
		}
		if want := oracleTotal(e, n, p); v.Total != want {
			t.Fatalf("total %s, the oracle says %s\n%+v", v.Total, want, v.Parts)
		}

		want := oracleFails(e, n, p)
		got := map[string]bool{}
		for _, f := range v.Failures {
			got[f.Code] = true
			if f.Message == "" || f.Cure == "" || !slices.Contains(matcher.Codes(), f.Code) {
				t.Fatalf("failure %+v", f)
			}
		}
		if !reflect.DeepEqual(got, want) || v.Eligible != (len(want) == 0) {
			t.Fatalf("fails %v, the oracle says %v", got, want)
		}
		if again := matcher.Explain(e, n, p, today); !reflect.DeepEqual(v, again) {
			t.Fatal("the same pair was judged twice, differently")
		}
	})
}

func TestEvidenceExplainsTheSkillParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e, n := aPair(t)
		p := aPolicy(t)
		v := matcher.Explain(e, n, p, today)
		if len(v.Evidence) != len(n.Skills) {
			t.Fatalf("%d required, %d explained", len(n.Skills), len(v.Evidence))
		}
		sums, counts := map[domain.Importance]int{}, map[domain.Importance]int{}
		for i, ev := range v.Evidence {
			sums[n.Skills[i].Importance] += int(ev.Coverage)
			counts[n.Skills[i].Importance]++
			if ev.Required != n.Skills[i] || ev.Why == "" || (ev.Coverage > 0) != (ev.Offered.Skill != "") {
				t.Fatalf("evidence %+v", ev)
			}
			if ev.Offered.Skill != "" && !slices.Contains(e.Skills, ev.Offered) {
				t.Fatalf("evidence by a skill that is not declared: %+v", ev)
			}
		}
		for i, importance := range []domain.Importance{domain.Essential, domain.Preferred} {
			if c := counts[importance]; c > 0 && int(v.Parts[i].Value) != sums[importance]/c {
				t.Fatalf("%s: part %s, evidence %d/%d", importance, v.Parts[i].Value, sums[importance], c)
			}
		}
	})
}

func TestEveryCounterfactualIsTrue(t *testing.T) {
	improved, cured := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		e, n := aPair(t)
		p := aPolicy(t)
		v := matcher.Explain(e, n, p, today)
		for _, cf := range v.Counterfactuals {
			after := matcher.Explain(matcher.Apply(e, cf.Changes...), n, p, today)
			if !after.Eligible || after.Total != cf.Total {
				t.Fatalf("%s\nbut re-scored: eligible %v, %s, %+v", cf.Text, after.Eligible, after.Total, after.Failures)
			}
			if v.Eligible && cf.Total <= v.Total {
				t.Fatalf("%s is no gain over %s", cf.Text, v.Total)
			}
			if v.Eligible {
				improved++
			} else {
				cured++
			}
		}
	})
	if cured == 0 || improved == 0 {
		t.Errorf("%d cures, %d improvements: the generator proves nothing", cured, improved)
	}
}

// A stored verdict reads back as it was.
func TestVerdictsSurviveJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e, n := aPair(t)
		v := matcher.Explain(e, n, aPolicy(t), today)
		first, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var read matcher.Verdict
		if err := json.Unmarshal(first, &read); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(v, read) {
			t.Fatalf("written %+v\nread %+v", v, read)
		}
	})
}

// base is a pair without a flaw, to be spoilt one rule at a time.
func base() (matcher.Expert, matcher.Need, matcher.Policy) {
	window := domain.Period{From: today.AddDays(30), To: today.AddDays(30 + 20*7)}
	e := matcher.Expert{
		ID: "e", Active: true, Consent: true, Residence: "NL",
		Heritage:   []matcher.HeritageLink{{Country: "IQ", Checked: true}},
		Skills:     []domain.SkillClaim{{Skill: "health.midwifery", Level: domain.Expert, Years: 9}},
		Languages:  []domain.LanguageClaim{{Language: "ar", Level: domain.B2}, {Language: "en", Level: domain.C1}},
		Education:  []domain.Education{{Level: 6, Field: "0913"}},
		TotalYears: 6, Sectors: []matcher.SectorYears{{Sector: domain.Health, Years: 6}},
		Occupations: []domain.ISCO{"2222"}, Available: []domain.Availability{{Period: window}},
		Confirmed: today,
	}
	n := matcher.Need{
		ID: "n", Programme: "p", Country: "IQ", Sector: domain.Health, Institution: "host-a", Seats: 1,
		Occupations: []domain.ISCO{"2222"}, Modality: domain.Physical, MinEducation: 6, MinYears: 5,
		Skills: []domain.SkillRequirement{
			{Skill: "health.midwifery", MinLevel: domain.Proficient, Importance: domain.Essential},
			{Skill: "x.training-of-trainers", MinLevel: domain.Working, Importance: domain.Preferred},
		},
		Languages: []domain.LanguageRequirement{{Language: "ar", MinLevel: domain.B2, Required: true, Purpose: domain.ForWork}},
		Window:    domain.Window{Period: window, MinWeeks: 6, MaxWeeks: 12},
	}
	p := matcher.Policy{
		Eligibility: policy.Eligibility{Version: 2, Residence: []domain.Country{"NL"}, MinEducation: 6, HeritageCheck: true},
		Scoring:     policy.Default(today),
	}
	return e, n, p
}

func TestEachHardRule(t *testing.T) {
	seen := map[string]bool{}
	for code, spoil := range map[string]func(*matcher.Expert, *matcher.Need){
		"match.country_hold":            func(_ *matcher.Expert, n *matcher.Need) { n.CountryHold = true },
		"match.host_at_capacity":        func(_ *matcher.Expert, n *matcher.Need) { n.HostAtCapacity = true },
		"match.no_free_seat":            func(_ *matcher.Expert, n *matcher.Need) { n.Seats = 0 },
		"match.consent_missing":         func(e *matcher.Expert, _ *matcher.Need) { e.Consent = false },
		"match.profile_dormant":         func(e *matcher.Expert, _ *matcher.Need) { e.Active = false },
		"match.suspended":               func(e *matcher.Expert, _ *matcher.Need) { e.Suspended = true },
		"match.refused_by_programme":    func(e *matcher.Expert, _ *matcher.Need) { e.Rulings = []matcher.Ruling{{Programme: "p"}} },
		"match.no_heritage_link":        func(e *matcher.Expert, _ *matcher.Need) { e.Heritage[0].Country = "SO" },
		"match.heritage_unchecked":      func(e *matcher.Expert, _ *matcher.Need) { e.Heritage[0].Checked = false },
		"match.residence":               func(e *matcher.Expert, _ *matcher.Need) { e.Residence = "US" },
		"match.conflict_of_interest":    func(e *matcher.Expert, _ *matcher.Need) { e.Conflicts = []domain.InstitutionID{"host-a"} },
		"match.education_below_minimum": func(e *matcher.Expert, _ *matcher.Need) { e.Education[0].Level = 5 },
		"match.years_below_minimum":     func(e *matcher.Expert, _ *matcher.Need) { e.TotalYears = 4 },
		"match.language_below_minimum":  func(e *matcher.Expert, _ *matcher.Need) { e.Languages[0].Level = domain.B1 },
		"match.modality_not_accepted":   func(e *matcher.Expert, _ *matcher.Need) { e.Modalities = []domain.Modality{domain.Virtual} },
		"match.window_too_short":        func(_ *matcher.Expert, n *matcher.Need) { n.Window.Period.To = n.Window.Period.From.AddDays(30) },
		"match.not_available":           func(e *matcher.Expert, _ *matcher.Need) { e.Available[0].MaxWeeks = 4 },
		"match.already_booked": func(e *matcher.Expert, n *matcher.Need) {
			e.Booked = []domain.Period{{From: n.Window.Period.From.AddDays(41), To: n.Window.Period.To.AddDays(-41)}}
		},
	} {
		e, n, p := base()
		if v := matcher.Explain(e, n, p, today); !v.Eligible {
			t.Fatalf("the base pair fails: %+v", v.Failures)
		}
		spoil(&e, &n)
		v := matcher.Explain(e, n, p, today)
		if v.Eligible || len(v.Failures) != 1 || v.Failures[0].Code != code {
			t.Errorf("%s: got %+v", code, v.Failures)
			continue
		}
		seen[code] = true
		if got := len(v.Counterfactuals) == 1; code != "match.already_booked" && got != v.Failures[0].Curable {
			t.Errorf("%s: curable %v, counterfactuals %+v", code, v.Failures[0].Curable, v.Counterfactuals)
		}
	}
	for _, code := range matcher.Codes() {
		if !seen[code] {
			t.Errorf("no test breaks %s", code)
		}
	}
}

func TestCounterfactualsInWords(t *testing.T) {
	for want, spoil := range map[string]func(*matcher.Expert, *matcher.Need){
		"Would match with B2 Arabic.": func(e *matcher.Expert, _ *matcher.Need) { e.Languages[0].Level = domain.A2 },
		"Would match with two more weeks (2026-12-22 to 2027-02-01).": func(e *matcher.Expert, _ *matcher.Need) {
			e.Available[0].MaxWeeks = 4
		},
		"Would match with C1 Arabic and physical work accepted.": func(e *matcher.Expert, n *matcher.Need) {
			n.Languages = append(n.Languages, domain.LanguageRequirement{Language: "ar", MinLevel: domain.C1, Required: true, Purpose: domain.ForTraining})
			e.Languages = e.Languages[1:]
			e.Modalities = []domain.Modality{domain.Virtual}
		},
		"Would match with one more year of work.": func(e *matcher.Expert, _ *matcher.Need) { e.TotalYears = 4 },
	} {
		e, n, p := base()
		spoil(&e, &n)
		v := matcher.Explain(e, n, p, today)
		if len(v.Counterfactuals) != 1 || v.Counterfactuals[0].Text != want {
			t.Errorf("want %q, got %+v", want, v.Counterfactuals)
		}
	}
}
