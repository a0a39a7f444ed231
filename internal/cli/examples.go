package cli

import (
	"strings"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/graph/scalar"
	"github.com/diaspora-match/diaspora/internal/demo/seed"
)

// example is an operation to paste. A test runs each.
type example struct {
	As        string `json:"as"`   // the persona, in words
	Role      string `json:"role"` // the key of its token
	About     string `json:"about"`
	Operation string `json:"operation"`
}

// examples are a first tour: what an expert sees, what a manager weighs, what a
// host decides.
func examples(p seed.Places) []example {
	fill := strings.NewReplacer(
		"{NEED}", scalar.GlobalID{Type: scalar.TypeNeed, UUID: string(p.Need)}.String(),
		"{EXPERT}", scalar.GlobalID{Type: scalar.TypeExpert, UUID: string(p.Expert)}.String(),
		"{CANDIDACY}", scalar.GlobalID{Type: scalar.TypeCandidacy, UUID: string(domain.CandidacyIDFor(p.Need, p.Expert))}.String(),
	)
	return []example{
		{"expert", string(domain.RoleExpert), "the needs that suit me best, and what would make me fit better", fill.Replace(`query MyNeeds {
  matchesForExpert(expert: "{EXPERT}", first: 3) {
    rank
    publishedNeed { title hostShownAs country deadline }
    verdict { total forExpert }
  }
}`)},
		{"programme manager", string(domain.RoleManager), "the best experts for a need, each with every reason", fill.Replace(`query Ranking {
  matches(need: "{NEED}", first: 3) {
    rank
    expert { pseudonym years residence }
    candidacy { stage }
    verdict { total forManager }
  }
}`)},
		{"host officer", string(domain.RoleHost), "accept a candidate who waits for your decision", fill.Replace(`mutation Accept {
  decideAsHost(input: { candidacy: "{CANDIDACY}", accept: true, reason: SUITS_THE_NEED }) {
    ... on CandidacyPayload { candidacy { stage expert { pseudonym } hostDecision { accepted at } } position }
    ... on Refused { refusals { code message cure } }
  }
}`)},
	}
}
