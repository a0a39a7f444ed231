package matcher

import (
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
)

// Verdict is the judgement of one pair.
type Verdict struct {
	Expert domain.ExpertID `json:"expert"`
	Need   domain.NeedID   `json:"need"`
	Basis  Basis           `json:"basis"`
	// Eligible is true when no hard rule fails. The score stands either way:
	// it says what the pair would be worth if the failures were cured.
	Eligible bool         `json:"eligible"`
	Failures []Failure    `json:"failures,omitempty"`
	Total    domain.Score `json:"total"` // 0 to domain.One
	// Parts stand in the order of policy.Parts; their contributions sum
	// exactly to Total.
	Parts     []PartScore   `json:"parts"`
	Evidence  []Evidence    `json:"evidence,omitempty"`  // one a required skill, in the order of the need
	Languages []LanguageFit `json:"languages,omitempty"` // one a language of the need
	Presence  Presence      `json:"presence"`
	// Counterfactuals say what would make an ineligible pair eligible, or an
	// eligible one better. Each was re-scored.
	Counterfactuals []Counterfactual `json:"counterfactuals,omitempty"`
}

// PartScore is one part of a score.
type PartScore struct {
	Part  policy.Part  `json:"part"`
	Value domain.Score `json:"value"` // 0 to One: how well the expert does here
	// Weight is the most that the part can add for this need. What a need does
	// not ask for weighs nothing; its weight goes to the other parts in
	// proportion.
	Weight       domain.Score `json:"weight"`
	Contribution domain.Score `json:"contribution"`
}

// Evidence says how a required skill is covered.
type Evidence struct {
	Required domain.SkillRequirement `json:"required"`
	Label    string                  `json:"label"` // English
	// Offered is the claim that covers it best; its Skill is empty for a gap.
	Offered      domain.SkillClaim `json:"offered"`
	OfferedLabel string            `json:"offeredLabel,omitempty"`
	Relation     taxonomy.Relation `json:"relation"`
	Similarity   domain.Score      `json:"similarity"`
	// Coverage is the similarity, lessened when the level is below the minimum.
	Coverage domain.Score `json:"coverage"`
	Why      string       `json:"why"` // one clause
}

// Covered reports whether the skill is there in full, at the level asked for.
func (e Evidence) Covered() bool { return e.Coverage == domain.One }

// LanguageFit says how a language of the need is met.
type LanguageFit struct {
	Required domain.LanguageRequirement `json:"required"`
	Offered  domain.CEFR                `json:"offered"` // 0: not declared
}

// Met reports whether the level is at least the minimum.
func (l LanguageFit) Met() bool { return l.Offered >= l.Required.MinLevel && l.Offered > 0 }

// Presence says how long the expert could be there within the need's window,
// from today on and without what is booked.
type Presence struct {
	Days     int `json:"days"`
	MinWeeks int `json:"minWeeks"`
	MaxWeeks int `json:"maxWeeks"`
}

// Failure is a hard rule that fails.
type Failure struct {
	Code    string `json:"code"` // stable: "match.language_below_minimum"
	Message string `json:"message"`
	Cure    string `json:"cure"`
	// Curable says that the expert could do something about it.
	Curable bool `json:"curable"`
}

// Counterfactual is a set of changes to the expert after which the pair is
// eligible and has the Total; to be applied together.
type Counterfactual struct {
	Changes []Change     `json:"changes"`
	Text    string       `json:"text"` // "Would match with B2 Arabic and two more weeks (…)."
	Total   domain.Score `json:"total"`
}

// rules is a set of hard rules, a bit each in the order in which they are told.
type rules uint32

const (
	ruleHold rules = 1 << iota
	ruleCapacity
	ruleSeats
	ruleConsent
	ruleDormant
	ruleSuspended
	ruleRefused
	ruleHeritage
	ruleHeritageCheck
	ruleResidence
	ruleConflict
	ruleEducation
	ruleYears
	ruleLanguage
	ruleModality
	ruleWindow
	ruleAvailability
	ruleBooked
	ruleEnd
)

// curable are the rules that a change of the expert's own can meet.
const curable = ruleConsent | ruleDormant | ruleHeritageCheck | ruleEducation | ruleYears |
	ruleLanguage | ruleModality | ruleAvailability | ruleBooked

var ruleCodes = map[rules]string{
	ruleHold: "match.country_hold", ruleCapacity: "match.host_at_capacity", ruleSeats: "match.no_free_seat",
	ruleConsent: "match.consent_missing", ruleDormant: "match.profile_dormant", ruleSuspended: "match.suspended",
	ruleRefused: "match.refused_by_programme", ruleHeritage: "match.no_heritage_link",
	ruleHeritageCheck: "match.heritage_unchecked", ruleResidence: "match.residence",
	ruleConflict: "match.conflict_of_interest", ruleEducation: "match.education_below_minimum",
	ruleYears: "match.years_below_minimum", ruleLanguage: "match.language_below_minimum",
	ruleModality: "match.modality_not_accepted", ruleWindow: "match.window_too_short",
	ruleAvailability: "match.not_available", ruleBooked: "match.already_booked",
}

// Codes lists the codes of the hard rules in the order in which they are told.
func Codes() []string {
	var codes []string
	for r := rules(1); r < ruleEnd; r <<= 1 {
		codes = append(codes, ruleCodes[r])
	}
	return codes
}
