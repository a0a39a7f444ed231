package matcher

import (
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
)

// EngineVersion changes whenever the same inputs could give another verdict: a
// score, a failure, a sentence. It is stored with every list that a decider saw
// and with every decision, and a replay of another version's verdict says so
// instead of comparing. A test judges recorded pairs and fails when a verdict
// changes while the version does not.
const EngineVersion = "1"

// Expert is what matching may know of a person, and nothing more.
type Expert struct {
	ID domain.ExpertID `json:"id"`
	// Active is false while the profile is dormant; Suspended says that the
	// programme has set the person aside.
	Active    bool `json:"active"`
	Suspended bool `json:"suspended"`
	// Consent is to being matched at all; sharing with a host is another one.
	Consent   bool                   `json:"consent"`
	Rulings   []Ruling               `json:"rulings,omitempty"`
	Residence domain.Country         `json:"residence"`
	Heritage  []HeritageLink         `json:"heritage,omitempty"`
	Skills    []domain.SkillClaim    `json:"skills,omitempty"`
	Languages []domain.LanguageClaim `json:"languages,omitempty"`
	Education []domain.Education     `json:"education,omitempty"`
	// TotalYears are years of work, Sectors those in one sector.
	TotalYears  uint8                 `json:"totalYears"`
	Sectors     []SectorYears         `json:"sectors,omitempty"`
	Occupations []domain.ISCO         `json:"occupations,omitempty"`
	Available   []domain.Availability `json:"available,omitempty"`
	Booked      []domain.Period       `json:"booked,omitempty"`
	// Modalities are those that the person wishes, and so accepts, the most
	// liked first; no wish accepts all. Physical and virtual together accept hybrid.
	Modalities         []domain.Modality       `json:"modalities,omitempty"`
	PreferredCountries []domain.Country        `json:"preferredCountries,omitempty"`
	PreferredSectors   []domain.Sector         `json:"preferredSectors,omitempty"`
	Transfer           []domain.TransferMethod `json:"transfer,omitempty"`
	Served             []domain.InstitutionID  `json:"served,omitempty"`
	Conflicts          []domain.InstitutionID  `json:"conflicts,omitempty"`
	// Confirmed is the day when the person last confirmed the profile.
	Confirmed domain.Date `json:"confirmed,omitempty"`
}

// HeritageLink ties a person to a country of heritage. It opens a gate and is
// never scored.
type HeritageLink struct {
	Country domain.Country `json:"country"`
	Checked bool           `json:"checked"` // by somebody, not only declared
}

// SectorYears are whole years of work in one sector.
type SectorYears struct {
	Sector domain.Sector `json:"sector"`
	Years  uint8         `json:"years"`
}

// Ruling is the last eligibility verdict that a person of the programme gave.
type Ruling struct {
	Programme domain.ProgrammeID `json:"programme"`
	Eligible  bool               `json:"eligible"`
}

// Need is what matching knows of a host institution's need.
type Need struct {
	ID          domain.NeedID        `json:"id"`
	Programme   domain.ProgrammeID   `json:"programme"`
	Country     domain.Country       `json:"country"`
	Sector      domain.Sector        `json:"sector"`
	Institution domain.InstitutionID `json:"institution"`
	// Occupations are ISCO-08 groups of 1 to 4 digits, any of which fits.
	Occupations  []domain.ISCO                `json:"occupations,omitempty"`
	Skills       []domain.SkillRequirement    `json:"skills,omitempty"`
	Languages    []domain.LanguageRequirement `json:"languages,omitempty"`
	MinEducation domain.ISCED                 `json:"minEducation,omitempty"`
	MinYears     uint8                        `json:"minYears,omitempty"`
	Window       domain.Window                `json:"window"`
	Modality     domain.Modality              `json:"modality"`
	Transfer     []domain.TransferMethod      `json:"transfer,omitempty"`
	// Seats are those still free.
	Seats          int  `json:"seats"`
	HostAtCapacity bool `json:"hostAtCapacity,omitempty"`
	CountryHold    bool `json:"countryHold,omitempty"`
}

// Policy is what a programme decides about matching. A scoring without weights
// means policy.Default; no taxonomy means taxonomy.Builtin.
type Policy struct {
	Eligibility policy.Eligibility
	Scoring     policy.Scoring
	Taxonomy    *taxonomy.Taxonomy
}

// Basis is what a verdict rests on, besides expert and need.
type Basis = policy.Basis

func (p Policy) basis(today domain.Date) Basis {
	p = p.normal()
	return Basis{
		Engine: EngineVersion, Taxonomy: p.Taxonomy.Version(),
		Eligibility: p.Eligibility.Version, Scoring: p.Scoring.Version, Today: today,
	}
}

func (p Policy) normal() Policy {
	if p.Taxonomy == nil {
		p.Taxonomy = taxonomy.Builtin()
	}
	if len(p.Scoring.Weights) == 0 {
		p.Scoring.Weights = policy.Default(0).Weights
	}
	return p
}
