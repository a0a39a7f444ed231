package need

import "github.com/diaspora-match/diaspora/domain"

// Terms is the Terms of Reference of a need: the union of the real templates of
// the field (domain guide, section 1.5). It is the working document of host and
// programme; what the public reads is PublicText.
type Terms struct {
	Title  string        `json:"title,omitempty"`
	Unit   domain.UnitID `json:"unit,omitempty"` // organisational unit of the host
	Area   domain.Area   `json:"area,omitempty"` // ISO 3166-2, within the country
	Sector domain.Sector `json:"sector,omitempty"`
	CRS    domain.CRS    `json:"crs,omitempty"` // OECD DAC purpose code, for reporting
	SDG    []string      `json:"sdg,omitempty"` // goals and targets: "4", "4.c", "16.6"

	Objective string            `json:"objective,omitempty"`
	PlanItem  domain.PlanItemID `json:"planItem,omitempty"` // item of the host's development plan
	Tasks     []string          `json:"tasks,omitempty"`
	Outputs   []Output          `json:"outputs,omitempty"`

	Counterparts    []Counterparts          `json:"counterparts,omitempty"`
	SupervisorRole  string                  `json:"supervisorRole,omitempty"` // a function, never a person
	TransferMethods []domain.TransferMethod `json:"transferMethods,omitempty"`

	Skills       []domain.SkillRequirement    `json:"skills,omitempty"`
	Languages    []domain.LanguageRequirement `json:"languages,omitempty"`
	MinEducation domain.ISCED                 `json:"minEducation,omitzero"`
	MinYears     uint8                        `json:"minYears,omitzero"`
	Occupations  []domain.ISCO                `json:"occupations,omitempty"`

	Modality  domain.Modality `json:"modality,omitempty"`
	Window    domain.Window   `json:"window,omitzero"`
	Positions int             `json:"positions,omitzero"` // seats

	HostContribution HostContribution    `json:"hostContribution,omitzero"`
	Gender           GenderConsideration `json:"gender,omitzero"`
	Sensitivity      domain.Sensitivity  `json:"sensitivity,omitempty"`

	Deadline     domain.Date         `json:"deadline,omitempty"`     // last day to apply
	DecisionDate domain.Date         `json:"decisionDate,omitempty"` // day by which candidates hear
	Follows      domain.AssignmentID `json:"follows,omitempty"`      // earlier assignment in the chain
}

// Output is an expected result with the sign by which it is recognised.
type Output struct {
	Text      string `json:"text"`
	Indicator string `json:"indicator,omitempty"`
}

// Counterparts are the host's staff who are to learn: how many, in what role.
type Counterparts struct {
	Number int    `json:"number"`
	Role   string `json:"role"`
}

// HostContribution is what the host provides.
type HostContribution struct {
	Desk        bool            `json:"desk,omitempty"`
	Laptop      bool            `json:"laptop,omitempty"`
	Room        bool            `json:"room,omitempty"` // for training
	Interpreter bool            `json:"interpreter,omitempty"`
	Transport   bool            `json:"transport,omitempty"`
	Internet    InternetQuality `json:"internet,omitempty"`
	Safety      string          `json:"safety,omitempty"` // arrangements for safety
}

// InternetQuality is what the host can rely on.
type InternetQuality string

const (
	NoInternet         InternetQuality = "none"
	UnreliableInternet InternetQuality = "unreliable"
	ReliableInternet   InternetQuality = "reliable"
)

// Valid reports whether the quality is listed.
func (q InternetQuality) Valid() bool {
	return q == NoInternet || q == UnreliableInternet || q == ReliableInternet
}

// GenderConsideration is a justified preference of the host ("women patients are
// seen by women"). It is shown with its reason and never enters a score.
type GenderConsideration struct {
	Preference GenderPreference `json:"preference,omitempty"`
	Reason     string           `json:"reason,omitempty"`
}

// GenderPreference is whom the host would rather receive; empty is anybody.
type GenderPreference string

const (
	WomenPreferred GenderPreference = "women"
	MenPreferred   GenderPreference = "men"
)

// Valid reports whether the preference is empty or listed.
func (p GenderPreference) Valid() bool {
	return p == "" || p == WomenPreferred || p == MenPreferred
}

// Expires is the last day on which an unfilled need stands open: the decision
// date, or the deadline for applications when no decision date is given. The
// deadline ends applications, not the selection among those who applied.
func (t Terms) Expires() domain.Date { return max(t.Deadline, t.DecisionDate) }

// PublicText is what everybody may read: the vacancy, apart from the need.
type PublicText struct {
	Language domain.Language `json:"language"`
	Title    string          `json:"title"`
	Summary  string          `json:"summary"`
	// HostShownAs is the host's name, or its alias when the host is protected.
	HostShownAs string `json:"hostShownAs"`
	HostHidden  bool   `json:"hostHidden,omitempty"` // an alias is shown
}
