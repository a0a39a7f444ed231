package matcher_test

import (
	"fmt"

	"pgregory.net/rapid"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
	"github.com/diaspora-match/diaspora/matcher"
)

// A small world, so that pairs meet and fail in every way.
var (
	today     = domain.NewDate(2026, 11, 22)
	countries = []domain.Country{"SO", "IQ", "NL", "DE"}
	tongues   = []domain.Language{"so", "ar", "en", "prs"}
	hosts     = []domain.InstitutionID{"host-a", "host-b", ""}
	skills    = []domain.Skill{
		"health.midwifery", "health.neonatal-care", "health.paediatrics", "health.srhr", "agri.irrigation",
		"agri.crop-agronomy", "education.training-of-trainers", "x.training-of-trainers", "x.policy-advice", "old.unlisted",
	}
	occupations = []domain.ISCO{"2222", "2221", "2212", "22", "3222", "2132", "2424"}
)

func some[T any](t *rapid.T, from []T, most int, name string) []T {
	return rapid.SliceOfN(rapid.SampledFrom(from), 0, most).Draw(t, name)
}

func number(t *rapid.T, low, high int, name string) int {
	return rapid.IntRange(low, high).Draw(t, name)
}

func mostly(t *rapid.T, name string) bool { return number(t, 0, 5, name) > 0 }

func period(t *rapid.T, name string) domain.Period {
	from := today.AddDays(number(t, -40, 200, name+" from"))
	return domain.Period{From: from, To: from.AddDays(number(t, 0, 150, name+" days"))}
}

func anExpert(t *rapid.T, id string) matcher.Expert {
	e := matcher.Expert{
		ID: domain.ExpertID(id), Active: mostly(t, "active"), Suspended: !mostly(t, "suspended"), Consent: mostly(t, "consent"),
		Residence:   rapid.SampledFrom(countries).Draw(t, "residence"),
		TotalYears:  uint8(number(t, 0, 12, "years")),
		Occupations: some(t, occupations, 2, "occupations"), Modalities: some(t, domain.Modalities, 2, "modalities"),
		PreferredCountries: some(t, countries, 2, "countries"), PreferredSectors: some(t, domain.Sectors, 2, "sectors"),
		Transfer: some(t, domain.TransferMethods, 3, "transfer"), Served: some(t, hosts, 2, "served"),
		Confirmed: today.AddDays(-number(t, 0, 500, "confirmed")),
	}
	if number(t, 0, 9, "conflict") == 0 {
		e.Conflicts = []domain.InstitutionID{"host-a"}
	}
	if number(t, 0, 4, "ruled") == 0 {
		e.Rulings = []matcher.Ruling{{Programme: "p", Eligible: mostly(t, "ruling")}}
	}
	for _, c := range some(t, countries[:2], 2, "heritage") {
		e.Heritage = append(e.Heritage, matcher.HeritageLink{Country: c, Checked: mostly(t, "checked")})
	}
	for _, s := range some(t, skills, 6, "skills") {
		e.Skills = append(e.Skills, domain.SkillClaim{Skill: s, Level: domain.SkillLevel(number(t, 0, 4, "level")), Years: uint8(number(t, 0, 30, "skill years"))})
	}
	for _, l := range some(t, tongues, 4, "languages") {
		e.Languages = append(e.Languages, domain.LanguageClaim{Language: l, Level: domain.CEFR(number(t, 1, 7, "cefr"))})
	}
	for range number(t, 0, 2, "schools") {
		e.Education = append(e.Education, domain.Education{Level: domain.ISCED(number(t, 4, 8, "isced"))})
	}
	for _, s := range some(t, domain.Sectors, 2, "worked in") {
		e.Sectors = append(e.Sectors, matcher.SectorYears{Sector: s, Years: uint8(number(t, 0, 12, "sector years"))})
	}
	for i := range number(t, 0, 3, "windows") {
		e.Available = append(e.Available, domain.Availability{Period: period(t, fmt.Sprint("window", i)), MaxWeeks: uint8(number(t, 0, 8, "max weeks"))})
	}
	for i := range number(t, 0, 2, "bookings") {
		e.Booked = append(e.Booked, period(t, fmt.Sprint("booking", i)))
	}
	return e
}

func aNeed(t *rapid.T, id string) matcher.Need {
	n := matcher.Need{
		ID: domain.NeedID(id), Programme: "p", Country: rapid.SampledFrom(countries[:2]).Draw(t, "country"),
		Sector: rapid.SampledFrom(domain.Sectors).Draw(t, "sector"), Institution: rapid.SampledFrom(hosts).Draw(t, "host"),
		Occupations: some(t, occupations, 2, "need occupations"), MinEducation: domain.ISCED(number(t, 0, 7, "min isced")),
		MinYears: uint8(number(t, 0, 5, "min years")), Modality: rapid.SampledFrom(domain.Modalities).Draw(t, "modality"),
		Transfer: some(t, domain.TransferMethods, 3, "methods"), Seats: number(t, 0, 5, "seats"),
		HostAtCapacity: !mostly(t, "capacity"), CountryHold: !mostly(t, "hold"),
		Window: domain.Window{Period: period(t, "need"), MinWeeks: uint8(number(t, 0, 10, "min weeks")), SplitAllowed: !mostly(t, "split")},
	}
	n.Window.MaxWeeks = n.Window.MinWeeks + uint8(number(t, 0, 8, "more weeks"))
	for _, s := range some(t, skills, 5, "required") {
		n.Skills = append(n.Skills, domain.SkillRequirement{
			Skill: s, MinLevel: domain.SkillLevel(number(t, 0, 4, "min level")),
			Importance: rapid.SampledFrom([]domain.Importance{domain.Essential, domain.Preferred}).Draw(t, "importance"),
		})
	}
	for _, l := range some(t, tongues, 3, "required languages") {
		n.Languages = append(n.Languages, domain.LanguageRequirement{
			Language: l, MinLevel: domain.CEFR(number(t, 1, 7, "min cefr")), Required: number(t, 0, 2, "required language") == 0, Purpose: domain.ForWork,
		})
	}
	return n
}

func aPolicy(t *rapid.T) matcher.Policy {
	p := matcher.Policy{
		Eligibility: policy.Eligibility{Version: 3, HeritageCheck: !mostly(t, "heritage check"), ReconfirmDays: number(t, 0, 400, "reconfirm")},
		Scoring:     policy.Default(today), Taxonomy: taxonomy.Builtin(),
	}
	if number(t, 0, 3, "residence rule") == 0 {
		p.Eligibility.Residence = countries[2:]
	}
	if number(t, 0, 3, "programme minimum") == 0 {
		p.Eligibility.MinEducation, p.Eligibility.MinYears = 6, 2
	}
	if number(t, 0, 2, "other weights") == 0 {
		p.Scoring.Weights = map[policy.Part]domain.Score{
			policy.EssentialSkills: 3337, policy.SectorPart: 1111, policy.FreshnessPart: 2221, policy.TransferPart: 3331,
		}
	}
	return p
}

// aPair mostly has its gates open, so that languages, time and modality decide,
// and a good part of the pairs is eligible.
func aPair(t *rapid.T) (matcher.Expert, matcher.Need) {
	e, n := anExpert(t, "e"), aNeed(t, "n")
	if !mostly(t, "gates open") {
		return e, n
	}
	n.CountryHold, n.HostAtCapacity, n.Seats = false, false, 1
	e.Active, e.Suspended, e.Consent, e.Conflicts, e.Rulings = true, false, mostly(t, "consents"), nil, nil
	e.Heritage = append(e.Heritage, matcher.HeritageLink{Country: n.Country, Checked: mostly(t, "link checked")})
	e.Residence, e.TotalYears = "NL", e.TotalYears+uint8(number(t, 0, 5, "years more"))
	if mostly(t, "schooled") {
		e.Education = append(e.Education, domain.Education{Level: 8})
	}
	n.Window.Period = domain.Period{From: today.AddDays(number(t, -20, 40, "opens")), To: today.AddDays(number(t, 100, 200, "closes"))}
	if mostly(t, "free") {
		e.Available = append(e.Available, domain.Availability{Period: period(t, "free"), MaxWeeks: uint8(number(t, 0, 9, "free weeks"))})
	}
	if mostly(t, "any modality") {
		e.Modalities = nil
	}
	return e, n
}
