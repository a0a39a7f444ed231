package programme

import "github.com/diaspora-match/diaspora/domain"

// Country is what a programme says of a country that it works in. Names of
// countries and areas are political: the programme chooses how they are shown.
type Country struct {
	Country     domain.Country     `json:"country"`
	DisplayName string             `json:"displayName"`
	Sensitivity domain.Sensitivity `json:"sensitivity"`
	Areas       []Area             `json:"areas,omitempty"`
	// Sectors are the priority sectors agreed for the country; empty means all
	// of the programme's.
	Sectors []domain.Sector `json:"sectors,omitempty"`
}

// Area is a part of a country with its own name and sensitivity.
type Area struct {
	Area        domain.Area        `json:"area"`
	DisplayName string             `json:"displayName"`
	Sensitivity domain.Sensitivity `json:"sensitivity"`
}

// PublishedScope tells the public which parts of a country are in scope, and
// why (domain guide, P16). Empty lists mean: all areas, all institutions.
type PublishedScope struct {
	Country      domain.Country         `json:"country"`
	Areas        []domain.Area          `json:"areas,omitempty"`
	Institutions []domain.InstitutionID `json:"institutions,omitempty"`
	Reason       string                 `json:"reason"`
}

// Deadlines are the waits that the processes keep, in days.
type Deadlines struct {
	// HostDecision is how long a host has to decide on a candidate.
	HostDecision int `json:"hostDecision"`
	// Reminder is how many days before a deadline a reminder goes out.
	Reminder int `json:"reminder"`
	// Application is how long a published need takes applications when it
	// names no deadline of its own.
	Application int `json:"application"`
	// Reconfirm is after how many days an unconfirmed profile goes dormant.
	Reconfirm int `json:"reconfirm"`
}

// DefaultDeadlines holds until a programme sets its own: two weeks for a host,
// three weeks for applications (domain guide, section 1.5), one year for a
// profile.
var DefaultDeadlines = Deadlines{HostDecision: 14, Reminder: 3, Application: 21, Reconfirm: 365}

// HoldReason is why a country is held.
type HoldReason string

const (
	HoldSecurity       HoldReason = "security"
	HoldEpidemic       HoldReason = "epidemic"
	HoldDisaster       HoldReason = "disaster"
	HoldPolitical      HoldReason = "political"
	HoldDataProtection HoldReason = "data_protection"
	HoldOther          HoldReason = "other"
)

// HoldReasons lists every reason in its fixed order.
var HoldReasons = []HoldReason{HoldSecurity, HoldEpidemic, HoldDisaster, HoldPolitical, HoldDataProtection, HoldOther}
