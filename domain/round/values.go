package round

import (
	"cmp"
	"slices"
	"strings"

	"github.com/diaspora-match/diaspora/domain"
)

// Mode is what a round's plan is chosen for.
type Mode string

const (
	Best    Mode = "best"    // the greatest sum of scores
	Stable  Mode = "stable"  // no expert and need would both rather have each other
	Fairest Mode = "fairest" // most seats, then the greatest smallest score, then the greatest sum
)

// Modes lists every mode in its fixed order.
var Modes = []Mode{Best, Stable, Fairest}

// Pair is one expert for one need.
type Pair struct {
	Need   domain.NeedID   `json:"need"`
	Expert domain.ExpertID `json:"expert"`
}

func (p Pair) key() string { return string(p.Need) + "|" + string(p.Expert) }

// Candidacy is the id of the candidacy of the two.
func (p Pair) Candidacy() domain.CandidacyID { return domain.CandidacyIDFor(p.Need, p.Expert) }

func (p Pair) check(k *domain.Checks) {
	domain.RequireID(k, "need", p.Need)
	domain.RequireID(k, "expert", p.Expert)
}

// comparePairs orders by need, then expert.
func comparePairs(a, b Pair) int {
	return cmp.Or(strings.Compare(string(a.Need), string(b.Need)), strings.Compare(string(a.Expert), string(b.Expert)))
}

// Place is what a quota is over.
type Place string

const (
	OverCountry Place = "country"
	OverSector  Place = "sector"
	OverHost    Place = "host"
)

// Places lists every place in its fixed order.
var Places = []Place{OverCountry, OverSector, OverHost}

// Quota bounds how many pairs of the needs of one place are planned.
type Quota struct {
	Place Place  `json:"place"`
	Of    string `json:"of"` // a country code, a sector, the id of an institution
	Lower int    `json:"lower"`
	Upper int    `json:"upper"`
}

func (q Quota) key() string { return string(q.Place) + "|" + q.Of }

func (q Quota) check(k *domain.Checks) {
	checkPlace(k, q.Place, q.Of)
	k.Range("lower", q.Lower, 0, MaxSeats)
	k.Range("upper", q.Upper, 0, MaxSeats)
	k.Require(q.Lower <= q.Upper, ErrBounds.At("lower"))
}

func checkPlace(k *domain.Checks, place Place, of string) {
	switch place {
	case OverCountry:
		k.Require(domain.Country(of).Valid(), domain.ErrFormat.At("of"))
	case OverSector:
		k.Require(domain.Sector(of).Valid(), domain.ErrUnknown.At("of"))
	case OverHost:
		domain.RequireID(k, "of", domain.InstitutionID(of))
	default:
		domain.RequireListed(k, "place", place, Places)
	}
}

// Seats is the number of seats that a need has in a round: a what-if, other
// than what is free. Approving beyond what is free fails later, at the need.
type Seats struct {
	Need  domain.NeedID `json:"need"`
	Seats int           `json:"seats"`
}

func (s Seats) key() string { return string(s.Need) }

// Figures tell how good a plan is.
type Figures struct {
	Total    int64        `json:"total"`    // sum of scores, in units of 1e-4
	Minimum  domain.Score `json:"minimum"`  // the smallest score; 0 when nobody is planned
	Filled   int          `json:"filled"`   // seats
	Blocking int          `json:"blocking"` // pairs that would both rather have each other
	Needs    int          `json:"needs"`    // those that have somebody
	Broken   int          `json:"broken"`   // pairs by which quotas are missed or exceeded, summed
}

// Beside is a plan that stands beside the chosen one.
type Beside struct {
	Plan string `json:"plan"` // greedy, stable or best
	Figures
	Quotas []int `json:"quotas,omitempty"` // pairs that it has in each of the solution's quotas
}

// Certificate is what was proved of a plan.
type Certificate struct {
	Dual  int64 `json:"dual"` // no plan of this kind has a greater total
	Gap   int64 `json:"gap"`  // dual minus total; 0 is optimal
	Valid bool  `json:"valid"`
}

// Price is what one more seat of a need is worth, with how many there are: in a
// round for the best total. In the others it is the score from which its seats
// went.
type Price struct {
	Need   domain.NeedID `json:"need"`
	Seats  int           `json:"seats"`
	Filled int           `json:"filled"`
	Price  int64         `json:"price"`
}

// QuotaPrice is a quota of a plan, or the room of a host, and what loosening it
// by one is worth.
type QuotaPrice struct {
	Place   Place  `json:"place"`
	Of      string `json:"of"`
	AtLeast int    `json:"atLeast,omitzero"`
	AtMost  int    `json:"atMost,omitzero"`
	Filled  int    `json:"filled"`
	Lower   int64  `json:"lower"` // what one less at least is worth
	Upper   int64  `json:"upper"` // what one more at most is worth
}

// Basis is what a solution rests on: with the log up to Position it can be
// replayed bit for bit.
type Basis struct {
	Position uint64      `json:"position"`
	Today    domain.Date `json:"today"`
	Engine   string      `json:"engine"`
	Taxonomy string      `json:"taxonomy"`
	Policy   int         `json:"policy"`  // version of the scoring
	Rules    int         `json:"rules"`   // version of the eligibility rules
	Input    string      `json:"input"`   // SHA-256 of the problem, hexadecimal
	Plan     string      `json:"plan"`    // SHA-256 of the plan
	Experts  int         `json:"experts"` // with at least one eligible need
	Needs    int         `json:"needs"`
	Seats    int         `json:"seats"`
	Pairs    int         `json:"pairs"` // eligible, kept for solving
}

// Proposal is a planned pair.
type Proposal struct {
	Pair
	Score domain.Score `json:"score"`
	Rank  int          `json:"rank"`  // of the expert for the need, 1 is first; 0 beyond what was ranked
	Price int64        `json:"price"` // what the expert's time is worth elsewhere in the round
	// Locked tells that a manager's lock put the pair there.
	Locked bool `json:"locked,omitzero"`
}

// Failure is why a round has no plan.
type Failure string

const (
	Impossible   Failure = "impossible"   // quotas and locks exclude each other
	LockInvalid  Failure = "lock"         // a locked pair is not eligible, or finds no seat
	QuotaInvalid Failure = "quota"        // the mode cannot keep such quotas
	TooLarge     Failure = "too_large"    // beyond the bounds of a round
	NothingToDo  Failure = "nothing"      // no need of the programme is open
	Unproved     Failure = "unproved"     // the certificate does not hold: never shown
	OutOfTime    Failure = "out_of_time"  // it took longer than a round may
	OtherFailure Failure = "not_solvable" // the solver refused for another reason
)

// Failures lists every failure in its fixed order.
var Failures = []Failure{Impossible, LockInvalid, QuotaInvalid, TooLarge, NothingToDo, Unproved, OutOfTime, OtherFailure}

// RefusalReason is why a manager refused a proposed pair.
type RefusalReason string

const (
	NotSuitable        RefusalReason = "not_suitable"
	BetterCandidate    RefusalReason = "better_candidate"
	ConflictOfInterest RefusalReason = "conflict_of_interest"
	SecurityConcern    RefusalReason = "security"
	BudgetConstraint   RefusalReason = "budget"
	OtherReason        RefusalReason = "other"
)

// RefusalReasons lists every reason in its fixed order.
var RefusalReasons = []RefusalReason{NotSuitable, BetterCandidate, ConflictOfInterest, SecurityConcern, BudgetConstraint, OtherReason}

// Valid reports whether the reason is listed.
func (r RefusalReason) Valid() bool { return slices.Contains(RefusalReasons, r) }
