package institution

import (
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/personal"
)

// Type is the sort of body.
type Type string

const (
	Ministry            Type = "ministry"
	NationalAgency      Type = "national_agency"
	RegionalGovernment  Type = "regional_government"
	Municipality        Type = "municipality"
	Commission          Type = "commission"
	Court               Type = "court"
	Hospital            Type = "hospital"
	University          Type = "university"
	VocationalCollege   Type = "vocational_college"
	TVETCollege         Type = "tvet_college"
	School              Type = "school"
	ResearchInstitute   Type = "research_institute"
	CulturalInstitution Type = "cultural_institution"
	NGO                 Type = "ngo"
	Enterprise          Type = "enterprise"
	Chamber             Type = "chamber"
	OtherType           Type = "other"
)

// Types lists every type in its fixed order.
var Types = []Type{
	Ministry, NationalAgency, RegionalGovernment, Municipality, Commission, Court, Hospital, University,
	VocationalCollege, TVETCollege, School, ResearchInstitute, CulturalInstitution, NGO, Enterprise, Chamber, OtherType,
}

// Profile is what an institution is. Alias is shown instead of the name where
// the sensitivity class demands it.
type Profile struct {
	Name        string               `json:"name"`
	Alias       string               `json:"alias,omitempty"`
	Type        Type                 `json:"type"`
	Country     domain.Country       `json:"country"`
	Area        domain.Area          `json:"area,omitempty"`
	Location    string               `json:"location,omitempty"`
	Parent      domain.InstitutionID `json:"parent,omitempty"`
	Sensitivity domain.Sensitivity   `json:"sensitivity"`
	Sectors     []domain.Sector      `json:"sectors"`
}

// Contact is a person at the institution. Its texts are sealed under the
// contact's own id.
type Contact struct {
	ID        domain.ContactID   `json:"id"`
	Principal domain.PrincipalID `json:"principal,omitempty"` // when the contact signs in
	Unit      domain.UnitID      `json:"unit,omitempty"`
	Name      personal.Text      `json:"name,omitzero"`
	Email     personal.Text      `json:"email,omitzero"`
	Phone     personal.Text      `json:"phone,omitzero"`
	Function  personal.Text      `json:"function,omitzero"`
}

// Unit is a directorate, department or ward; Parent is empty at the top.
type Unit struct {
	ID      domain.UnitID
	Name    string
	Parent  domain.UnitID
	Retired bool
}

// Quality is how good the connection to the internet is.
type Quality string

const (
	NoConnection   Quality = "none"
	PoorConnection Quality = "poor"
	FairConnection Quality = "fair"
	GoodConnection Quality = "good"
)

// Qualities lists every quality, worst first.
var Qualities = []Quality{NoConnection, PoorConnection, FairConnection, GoodConnection}

// Connectivity is what virtual work would rest on (domain guide, section 1.7).
type Connectivity struct {
	Quality        Quality `json:"quality"`
	TraineeDevices uint16  `json:"traineeDevices"` // devices that trainees can use
	Tool           string  `json:"tool,omitempty"` // the one tool that fits all
}

// PlanItem is an item of the development plan, for needs to point at.
type PlanItem struct {
	ID   domain.PlanItemID
	Text string
}

// LinkageKind is the sort of tie with an institution in the Netherlands.
type LinkageKind string

const (
	Exchange   LinkageKind = "exchange"
	Internship LinkageKind = "internship"
	Twinning   LinkageKind = "twinning"
)

// LinkageKinds lists every kind in its fixed order.
var LinkageKinds = []LinkageKind{Exchange, Internship, Twinning}

// Linkage is a tie with an institution in the Netherlands.
type Linkage struct {
	ID      domain.LinkageID `json:"id"`
	Partner string           `json:"partner"`
	Kind    LinkageKind      `json:"kind"`
	Note    string           `json:"note,omitempty"`
}
