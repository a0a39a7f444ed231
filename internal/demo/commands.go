package demo

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/institution"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/domain/programme"
)

// Cast is who acts in the demonstration, and where. Nobody approves their own
// proposal, so the parts must be played by different principals.
type Cast struct {
	Programme   domain.ProgrammeID
	Manager     domain.PrincipalID
	FocalPoint  domain.PrincipalID
	HostOfficer domain.PrincipalID
	// Start is the first day of the demonstration; what people did before it
	// is stamped before it.
	Start domain.Date
}

// ProgrammeID is the id of the demonstration's programme.
func ProgrammeID() domain.ProgrammeID {
	return domain.ProgrammeID(domain.DeriveID(namespace, "programme"))
}

func (c Cast) manager() domain.Stamp    { return stamp(c.Manager, domain.RoleManager, c.Start) }
func (c Cast) focalPoint() domain.Stamp { return stamp(c.FocalPoint, domain.RoleFocalPoint, c.Start) }
func (c Cast) host() domain.Stamp       { return stamp(c.HostOfficer, domain.RoleHost, c.Start) }

func stamp(by domain.PrincipalID, role domain.Role, on domain.Date) domain.Stamp {
	return domain.Stamp{By: by, Role: role, At: on.Time().Add(9 * time.Hour)}
}

// countryNames are how this programme shows the countries of its examples.
// Where naming somebody can harm, the country is protected.
var countryNames = []programme.Country{
	{Country: "AF", DisplayName: "Afghanistan", Sensitivity: domain.Protected},
	{Country: "ET", DisplayName: "Ethiopia", Sensitivity: domain.Restricted},
	{Country: "GH", DisplayName: "Ghana", Sensitivity: domain.Open},
	{Country: "IQ", DisplayName: "Iraq", Sensitivity: domain.Restricted},
	{Country: "LB", DisplayName: "Lebanon", Sensitivity: domain.Open},
	{Country: "MA", DisplayName: "Morocco", Sensitivity: domain.Open},
	{Country: "NG", DisplayName: "Nigeria", Sensitivity: domain.Open},
	{Country: "RW", DisplayName: "Rwanda", Sensitivity: domain.Open},
	{Country: "SD", DisplayName: "Sudan", Sensitivity: domain.Restricted},
	{Country: "SL", DisplayName: "Sierra Leone", Sensitivity: domain.Open},
	{Country: "SO", DisplayName: "Somalia and Somaliland", Sensitivity: domain.Restricted},
}

func sensitivity(of domain.Country) domain.Sensitivity {
	for _, c := range countryNames {
		if c.Country == of {
			return c.Sensitivity
		}
	}
	return domain.Open
}

// Eligibility is the demonstration's first version of the rules: residence in
// the European Union or the United Kingdom, and a checked link of heritage.
func Eligibility(from domain.Date) policy.Eligibility {
	return policy.Eligibility{
		Version: 1, Validity: policy.Validity{From: from},
		Residence: []domain.Country{
			"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE", "IT",
			"LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
		},
		MinEducation: 5, HeritageCheck: true, ReconfirmDays: 365,
	}
}

// OpenProgramme opens the demonstration's programme, with its countries, rules
// and weights, in order. Deadlines stay those that every programme starts with.
func (c Cast) OpenProgramme() []programme.Command {
	by := c.manager()
	out := []programme.Command{
		programme.Open{Stamp: by, Programme: c.Programme, Name: "Diaspora expertise for host institutions (demonstration)"},
		programme.SetSectors{Stamp: by, Sectors: domain.Sectors},
	}
	for _, country := range countryNames {
		out = append(out, programme.SetCountry{Stamp: by, Country: country})
	}
	return append(out,
		programme.PublishEligibility{Stamp: by, Eligibility: Eligibility(c.Start)},
		programme.PublishScoring{Stamp: by, Scoring: policy.Default(c.Start)})
}

// Host proposes, approves and describes an institution, in order.
func (c Cast) Host(i Institution) []institution.Command {
	propose, approve := c.focalPoint(), c.manager()
	out := []institution.Command{
		institution.Propose{Stamp: propose, Institution: i.ID, Programme: c.Programme, Profile: institution.Profile{
			Name: i.Name, Alias: alias(i), Type: institution.Type(i.Type), Country: i.Country, Location: i.Location,
			Sensitivity: sensitivity(i.Country), Sectors: i.Sectors,
		}},
		institution.Approve{Stamp: approve},
		institution.NameMissionFocalPoint{Stamp: approve, Principal: c.FocalPoint},
		institution.SetCapacity{Stamp: propose, MaxConcurrent: capacity},
		institution.DescribeConnectivity{Stamp: propose, Connectivity: institution.Connectivity{
			Quality: institution.FairConnection, TraineeDevices: 6, Tool: "video calls in the browser",
		}},
	}
	for _, u := range i.Units {
		out = append(out, institution.AddUnit{Stamp: propose, Unit: u.ID, Name: u.Name})
	}
	return out
}

// capacity is how many experts each host of the examples receives at once.
const capacity = 4

// alias stands for a protected institution wherever its name must not.
func alias(i Institution) string {
	if sensitivity(i.Country) != domain.Protected {
		return ""
	}
	for _, c := range countryNames {
		if c.Country == i.Country {
			return "A public institution in " + c.DisplayName
		}
	}
	return ""
}

// Need drafts, submits, approves and publishes an example, in order. The host
// institution is that of the example.
func (c Cast) Need(t TermsOfReference) []need.Command {
	draft, approve := c.host(), c.manager()
	shown := need.Host{Name: t.Host, Protected: sensitivity(t.Country) == domain.Protected}
	for _, i := range Institutions() {
		if i.ID == t.Institution {
			shown.Alias = alias(i)
		}
	}
	return []need.Command{
		need.Draft{Stamp: draft, Need: t.ID, Programme: c.Programme, Institution: t.Institution, Country: t.Country, Terms: t.terms()},
		need.Submit{Stamp: draft},
		need.Approve{Stamp: approve},
		need.Publish{Stamp: approve, Language: "en", Title: t.Title, Summary: t.Summary(), Host: shown},
	}
}

// terms is the example as the need's own Terms of Reference.
func (t TermsOfReference) terms() need.Terms {
	terms := need.Terms{
		Title: t.Title, Unit: t.Unit, Sector: t.Sector, CRS: t.CRS, SDG: t.SDG, Objective: t.Objective, Tasks: t.Tasks,
		Counterparts:    []need.Counterparts{{Number: t.Counterparts, Role: t.Colleagues}},
		SupervisorRole:  "head of the unit",
		TransferMethods: t.Transfer, Skills: t.Skills, Languages: t.Languages,
		MinEducation: t.MinEducation, MinYears: t.MinYears, Occupations: []domain.ISCO{t.Occupation},
		Modality: t.Modality, Window: t.Window, Positions: t.Positions,
		HostContribution: need.HostContribution{Desk: true, Room: true, Internet: need.UnreliableInternet},
		Sensitivity:      sensitivity(t.Country), Deadline: t.Deadline, DecisionDate: t.Decision,
	}
	for _, o := range t.Outputs {
		terms.Outputs = append(terms.Outputs, need.Output{Text: o, Indicator: "Confirmed by the supervisor in the final report"})
	}
	return terms
}

// ProcessingText is what the synthetic people agreed to when they registered.
const ProcessingText = "The programme keeps your profile to match you with needs of host institutions. You can withdraw it at any time."

// Expert registers a person and declares the profile, in order, as of the day
// when the person last confirmed it; a focal point then checks the links of
// heritage. With an owner the person acts for themselves; without one, the
// manager imports the profile on their behalf.
func (c Cast) Expert(p Person, owner domain.PrincipalID) []expert.Command {
	by := stamp(c.Manager, domain.RoleManager, p.Profile.Confirmed)
	if owner != "" {
		by = stamp(owner, domain.RoleExpert, p.Profile.Confirmed)
	}
	digest := sha256.Sum256([]byte(ProcessingText))
	text := func(s string) personal.Text { return personal.Of(p.ID, s) }
	f := p.Profile
	out := []expert.Command{
		expert.Register{Stamp: by, Expert: p.ID, Programme: c.Programme, Principal: owner,
			Processing: expert.Processing{TextHash: hex.EncodeToString(digest[:]), Language: "en"}},
		expert.DeclareIdentity{Stamp: by, Identity: expert.Identity{
			Name: text(p.Name), Email: text(p.Email), Gender: text(p.Gender), BirthYear: text(strconv.Itoa(p.BirthYear)),
		}},
		expert.DeclareMotivation{Stamp: by, Motivation: text(p.Motivation)},
		expert.DeclareCV{Stamp: by, CV: text(p.cv())},
		expert.DeclareResidence{Stamp: by, Country: f.Residence},
		expert.DeclareSkills{Stamp: by, Skills: f.Skills},
		expert.DeclareLanguages{Stamp: by, Languages: f.Languages},
		expert.DeclareEducation{Stamp: by, Education: f.Education},
		expert.DeclareExperience{Stamp: by, Experience: f.experience()},
		expert.DeclareOccupation{Stamp: by, Occupation: f.Occupation},
		expert.DeclarePreferences{Stamp: by, Preferences: expert.Preferences{Modalities: f.Modalities, Countries: f.Countries, Sectors: f.Interests}},
		expert.DeclareTransfer{Stamp: by, Transfer: expert.Transfer{Methods: f.Transfer, TimesTrained: f.TimesTrained}},
	}
	if len(f.Available) > 0 {
		out = append(out, expert.DeclareAvailability{Stamp: by, Windows: f.Available})
	}
	for _, h := range f.Heritage {
		out = append(out, expert.DeclareHeritage{Stamp: by, Country: h.Country})
	}
	for _, h := range f.Heritage {
		if h.Checked {
			check := stamp(c.FocalPoint, domain.RoleFocalPoint, f.Confirmed)
			out = append(out, expert.CheckHeritage{Stamp: check, Country: h.Country, How: expert.ByInterview})
		}
	}
	return out
}

func (f Profile) experience() expert.Experience {
	e := expert.Experience{Years: f.TotalYears}
	for _, s := range f.Sectors {
		e.Sectors = append(e.Sectors, expert.SectorExperience{Sector: s.Sector, Years: s.Years})
	}
	return e
}

// cv is a short text about the person, for what reads CVs.
func (p Person) cv() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d years of work.", p.Name, p.Profile.TotalYears)
	for _, s := range p.Profile.Skills {
		fmt.Fprintf(&b, "\n- %s: %s, %d years", labelOf(s.Skill), s.Level, s.Years)
	}
	return b.String()
}

// IsProtected reports whether the programme protects a country: hosts there are
// shown by an alias, and no persona acts there.
func IsProtected(c domain.Country) bool { return sensitivity(c) == domain.Protected }
