package candidacy

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
)

// Consent is the expert's permission to share the profile for this need.
type Consent struct {
	ID    domain.ConsentID `json:"id"`
	Until domain.Date      `json:"until"` // last valid day
}

// ValidOn reports whether a consent is given and holds on the day.
func (c Consent) ValidOn(d domain.Date) bool { return c.ID != "" && d <= c.Until }

// ScoreShown is the score that the platform gave a pair when somebody acted on
// it, with everything that replays it.
type ScoreShown struct {
	Total           domain.Score `json:"total"`
	PolicyVersion   int          `json:"policyVersion"`
	TaxonomyVersion string       `json:"taxonomyVersion"`
	LogPosition     uint64       `json:"logPosition"`
	// Engine and Rules are the versions of the program and of the eligibility
	// rules, Today the day that was judged on.
	Engine string      `json:"engine,omitzero"`
	Rules  int         `json:"rules,omitzero"`
	Today  domain.Date `json:"today,omitzero"`
	// Parts is what each part of the score added, in the order of policy.Parts,
	// as text: "3120,800,…".
	Parts string `json:"parts,omitzero"`
	// Verdict is the SHA-256 of the whole verdict, explanation and all, in
	// hexadecimal.
	Verdict string `json:"verdict,omitzero"`
}

// Seen is the list that the person who decides was shown last, recorded as
// ranking.Shown; the zero value says that none was shown.
type Seen struct {
	List domain.ShownID `json:"list,omitzero"`
	// Rank is the place that the candidate had in it; 0 when the list does not
	// rank or does not have the candidate.
	Rank  int          `json:"rank,omitzero"`
	Total domain.Score `json:"total,omitzero"`
}

// Shown is what the platform showed of a candidate when somebody decided: never
// what a client says that it showed.
type Shown struct {
	Score ScoreShown `json:"score,omitzero"` // zero where the pair could not be scored
	Rank  int        `json:"rank,omitzero"`  // at that moment; 1 is first, 0 was not ranked
	Seen  Seen       `json:"seen,omitzero"`
}

// Recommendation is a graded opinion: of an interview, or of the focal point.
type Recommendation string

const (
	Recommended      Recommendation = "recommended"
	WithReservations Recommendation = "with_reservations"
	NotRecommended   Recommendation = "not_recommended"
)

// Valid reports whether the grade is listed.
func (r Recommendation) Valid() bool {
	return r == Recommended || r == WithReservations || r == NotRecommended
}

// HostReason is why a host decided as it did: a category that the expert hears.
type HostReason string

const (
	SuitsTheNeed    HostReason = "suits_the_need"
	SkillsMissing   HostReason = "skills_missing"
	LanguageMissing HostReason = "language_missing"
	DatesUnsuitable HostReason = "dates_unsuitable"
	HostCapacity    HostReason = "host_capacity"
	NeedChanged     HostReason = "need_changed"
	OtherHostReason HostReason = "other"
)

// HostReasons lists every reason in its fixed order.
var HostReasons = []HostReason{SuitsTheNeed, SkillsMissing, LanguageMissing, DatesUnsuitable, HostCapacity, NeedChanged, OtherHostReason}

// Valid reports whether the reason is listed.
func (r HostReason) Valid() bool { return slices.Contains(HostReasons, r) }

// RefusalReason is why a manager refused: a category that the expert hears.
type RefusalReason string

const (
	NotEligible        RefusalReason = "not_eligible"
	NotSuitable        RefusalReason = "not_suitable"
	BetterCandidate    RefusalReason = "better_candidate"
	ConflictOfInterest RefusalReason = "conflict_of_interest"
	SecurityConcern    RefusalReason = "security"
	BudgetConstraint   RefusalReason = "budget"
	OtherRefusalReason RefusalReason = "other"
)

// RefusalReasons lists every reason in its fixed order.
var RefusalReasons = []RefusalReason{NotEligible, NotSuitable, BetterCandidate, ConflictOfInterest, SecurityConcern, BudgetConstraint, OtherRefusalReason}

// Valid reports whether the reason is listed.
func (r RefusalReason) Valid() bool { return slices.Contains(RefusalReasons, r) }

// WithdrawalReason is why an expert stepped back, or declined an offer.
type WithdrawalReason string

const (
	NotInterested   WithdrawalReason = "not_interested"
	NotAvailable    WithdrawalReason = "not_available"
	EmployerRefuses WithdrawalReason = "employer"
	FamilyReason    WithdrawalReason = "family"
	HealthReason    WithdrawalReason = "health"
	SafetyReason    WithdrawalReason = "safety"
	TermsUnsuitable WithdrawalReason = "terms_unsuitable"
	OtherPlacement  WithdrawalReason = "other_placement"
	LeftThePlatform WithdrawalReason = "left_platform"
	OtherWithdrawal WithdrawalReason = "other"
)

// WithdrawalReasons lists every reason in its fixed order.
var WithdrawalReasons = []WithdrawalReason{
	NotInterested, NotAvailable, EmployerRefuses, FamilyReason, HealthReason, SafetyReason,
	TermsUnsuitable, OtherPlacement, LeftThePlatform, OtherWithdrawal,
}

// Valid reports whether the reason is listed.
func (r WithdrawalReason) Valid() bool { return slices.Contains(WithdrawalReasons, r) }

// FailureReason is why a requested placement could not be made.
type FailureReason string

const (
	NoSeatLeft          FailureReason = "no_seat"
	NeedNotOpen         FailureReason = "need_not_open"
	RequirementsChanged FailureReason = "requirements_changed"
	ExpertBooked        FailureReason = "expert_booked"
	ExpertUnavailable   FailureReason = "expert_unavailable"
	HostAtCapacity      FailureReason = "host_at_capacity"
	CountryOnHold       FailureReason = "country_hold"
	OtherFailure        FailureReason = "other"
)

// FailureReasons lists every reason in its fixed order.
var FailureReasons = []FailureReason{
	NoSeatLeft, NeedNotOpen, RequirementsChanged, ExpertBooked, ExpertUnavailable, HostAtCapacity, CountryOnHold, OtherFailure,
}

// Valid reports whether the reason is listed.
func (r FailureReason) Valid() bool { return slices.Contains(FailureReasons, r) }

// ClosingReason is what became of the need: the category in the closing notice.
type ClosingReason string

const (
	NeedFilled    ClosingReason = "need_filled"
	NeedCancelled ClosingReason = "need_cancelled"
	NeedExpired   ClosingReason = "need_expired"
	NeedClosed    ClosingReason = "need_closed"
)

// ClosingReasons lists every reason in its fixed order.
var ClosingReasons = []ClosingReason{NeedFilled, NeedCancelled, NeedExpired, NeedClosed}

// Valid reports whether the reason is listed.
func (r ClosingReason) Valid() bool { return slices.Contains(ClosingReasons, r) }
