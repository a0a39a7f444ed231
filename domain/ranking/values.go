package ranking

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
)

// Bounds of a record. At MaxRows the command is refused with input.too_many.
const (
	// MaxRows is the longest list of one record.
	MaxRows = 100
	// MaxRemembered is how many of the last lists "the same list again" is judged
	// by; one that lies further back is recorded anew.
	MaxRemembered = 16
	// SameWithin is how long the same list is one record.
	SameWithin = 15 * time.Minute

	maxVersion = 100 // bytes of a version's name
)

// Kind is what sort of list was shown.
type Kind string

const (
	// Matches are the best experts for the need, the best first.
	Matches Kind = "matches"
	// NearMisses are experts who fail something that they could cure.
	NearMisses Kind = "near_misses"
	// StrongCandidates is the head of the ranking, told live when somebody came
	// into it.
	StrongCandidates Kind = "strong_candidates"
	// Candidates are candidacies with how they match; their order is no ranking.
	Candidates Kind = "candidates"
	// Explained is one pair, explained.
	Explained Kind = "explained"
)

// Kinds lists every kind in its fixed order.
var Kinds = []Kind{Matches, NearMisses, StrongCandidates, Candidates, Explained}

// Valid reports whether the kind is listed.
func (k Kind) Valid() bool { return slices.Contains(Kinds, k) }

// Ranks reports whether the place in such a list says who suits better.
func (k Kind) Ranks() bool { return k == Matches || k == StrongCandidates }

// Row is one expert with the score that was shown; the first row is rank 1.
type Row struct {
	Expert domain.ExpertID `json:"expert"`
	Total  domain.Score    `json:"total"` // 0 to domain.One
}

// List is what was shown.
type List struct {
	Kind  Kind `json:"kind"`
	Asked int  `json:"asked"` // how many were asked for
	// Blind: nothing that names a person could be read in the list.
	Blind bool         `json:"blind"`
	Basis policy.Basis `json:"basis"`
	Rows  []Row        `json:"rows"` // none: nobody was found
}

// Digest is the SHA-256, in hexadecimal, of what was shown, to whom in which
// role, and under which rules. The log position is left out: when others change
// things that leave the list as it was, it is the same list.
func (l List) Digest(version int, role domain.Role) string {
	h := sha256.New()
	b := l.Basis
	fmt.Fprintf(h, "%s|%d|%t|%s|%d|%s|%s|%d|%d|%s\n", l.Kind, l.Asked, l.Blind, role, version,
		b.Engine, b.Taxonomy, b.Eligibility, b.Scoring, b.Today)
	for _, r := range l.Rows {
		fmt.Fprintf(h, "%s|%d\n", r.Expert, r.Total)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// find is the place of an expert in the list, from 1, and the score; 0 when the
// list does not have them.
func (l List) find(e domain.ExpertID) (place int, total domain.Score) {
	for i, r := range l.Rows {
		if r.Expert == e {
			return i + 1, r.Total
		}
	}
	return 0, 0
}
