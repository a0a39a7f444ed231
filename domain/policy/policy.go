// Package policy holds the eligibility rules and the scoring policy of a
// programme: versioned data with validity dates. Verdicts, scores and approvals
// store the versions that they were made under, so that they can be replayed.
package policy

import "github.com/diaspora-match/diaspora/domain"

// Validity bounds a version in time; a zero Until is open.
type Validity struct {
	From  domain.Date `json:"from"`
	Until domain.Date `json:"until,omitempty"`
}

// Covers reports whether the version is in force on a day.
func (v Validity) Covers(d domain.Date) bool {
	return v.From <= d && (v.Until == 0 || d <= v.Until)
}

// Eligibility is who may serve in a programme: the hard rules that do not come
// from a need.
type Eligibility struct {
	Version  int      `json:"version"`
	Validity Validity `json:"validity"`
	// Residence lists where experts may live; empty means anywhere.
	Residence []domain.Country `json:"residence,omitempty"`
	// MinEducation and MinYears hold for every need of the programme; a need
	// may ask for more, never for less.
	MinEducation domain.ISCED `json:"minEducation,omitempty"`
	MinYears     uint8        `json:"minYears,omitempty"`
	// HeritageCheck demands that the link to the country was checked by
	// somebody, not only declared.
	HeritageCheck bool `json:"heritageCheck,omitempty"`
	// ReconfirmDays is after how many days an unconfirmed profile goes dormant.
	ReconfirmDays int `json:"reconfirmDays,omitempty"`
}

// Basis is everything besides expert and need that a verdict rests on: with the
// log up to Position it can be replayed bit for bit.
type Basis struct {
	Engine      string      `json:"engine"` // version of the program that judges
	Taxonomy    string      `json:"taxonomy"`
	Eligibility int         `json:"eligibility"` // version of the rules
	Scoring     int         `json:"scoring"`     // version of the weights
	Today       domain.Date `json:"today"`
	// Position is the log position up to which experts and needs were known; 0
	// for a pair judged outside an index.
	Position uint64 `json:"position"`
}

// Part names a part of a score.
type Part string

const (
	EssentialSkills Part = "essential_skills"
	PreferredSkills Part = "preferred_skills"
	SectorPart      Part = "sector_experience"
	OccupationPart  Part = "occupation_proximity"
	LanguagePart    Part = "language_above_minimum"
	AvailabilityFit Part = "availability_overlap"
	ModalityPart    Part = "modality_preference"
	TransferPart    Part = "knowledge_transfer"
	ContinuityPart  Part = "host_continuity"
	FreshnessPart   Part = "profile_freshness"
	PreferencePart  Part = "expressed_preferences"
)

// Parts lists the parts in their fixed order, which is also the order in which
// remainders of rounding are given out.
var Parts = [...]Part{
	EssentialSkills, PreferredSkills, SectorPart, OccupationPart, LanguagePart, AvailabilityFit,
	ModalityPart, TransferPart, ContinuityPart, FreshnessPart, PreferencePart,
}

// Scoring is the policy of a programme for ranking. Weights are fixed point and
// sum to domain.One.
type Scoring struct {
	Version  int                   `json:"version"`
	Validity Validity              `json:"validity"`
	Weights  map[Part]domain.Score `json:"weights"`
}

// Refusals of a policy.
var (
	ErrWeights  = domain.Refuse(domain.Invalid, "policy.weights", "The weights do not sum to 1.0000, or one is negative or unknown.", "Give each part a weight from 0 to 1 so that all of them sum to exactly 1.0000.")
	ErrDominant = domain.Refuse(domain.Invalid, "policy.dominant", "Essential skills must weigh more than any other part.", "Raise the weight of essential skills above every other weight.")
)

// Check returns ErrWeights or ErrDominant.
func (s Scoring) Check() error {
	var sum domain.Score
	known := 0
	for _, p := range Parts {
		w, ok := s.Weights[p]
		if !ok {
			continue
		}
		known++
		if w < 0 || w > domain.One {
			return ErrWeights.At("weights." + string(p))
		}
		sum += w
		if p != EssentialSkills && w >= s.Weights[EssentialSkills] {
			return ErrDominant.At("weights." + string(p))
		}
	}
	if sum != domain.One || known != len(s.Weights) {
		return ErrWeights.At("weights")
	}
	return nil
}

// Default is the scoring policy that a new programme starts with.
func Default(from domain.Date) Scoring {
	return Scoring{Version: 1, Validity: Validity{From: from}, Weights: map[Part]domain.Score{
		EssentialSkills: 4000, PreferredSkills: 1000, SectorPart: 900, OccupationPart: 700,
		LanguagePart: 700, AvailabilityFit: 700, ModalityPart: 500, TransferPart: 600,
		ContinuityPart: 300, FreshnessPart: 300, PreferencePart: 300,
	}}
}
