package model

import (
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/eventstore"
	"github.com/diaspora-match/diaspora/internal/authz"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// ruleShown are the rules of the fields that tell what was shown.
var ruleShown = map[string]authz.Action{
	"Query.rankingsShown": rule("Query.rankingsShown"), "Need.rankingsShown": rule("Need.rankingsShown"),
}

// ShownRanking is a list that a decider was shown, as a principal sees it.
type ShownRanking struct {
	views.ShownRanking
	s            *Sight
	need         domain.NeedID
	pseudonymous bool
}

// RankingsShown lists what deciders were shown of a need, the latest first; nil
// when one may not read it.
func (s *Sight) RankingsShown(id domain.NeedID, p projections.Paging) (*ShownRankingConnection, error) {
	rows, err := many(s, views.Needs, []domain.NeedID{id})
	if err != nil || rows[id] == nil {
		return nil, err
	}
	return s.rankingsShown("Query.rankingsShown", rows[id], p)
}

func (s *Sight) rankingsShown(place string, r *views.NeedRow, p projections.Paging) (*ShownRankingConnection, error) {
	d, err := s.decidePerson(ruleShown[place], needObject(r))
	if err != nil || !d.Allowed {
		return nil, err
	}
	var entries []views.ShownRanking
	err = s.read(func(reader projections.Reader) (err error) {
		entries, err = views.RankingsOf(reader, r.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return slice(entries, func(e views.ShownRanking) eventstore.Position { return e.Position }, p, func(e views.ShownRanking) *ShownRanking {
		return &ShownRanking{e, s.seeing(true), r.ID, d.Pseudonymous}
	})
}

// To is who was shown it; nil for a reader who sees no person.
func (r *ShownRanking) To() *domain.PrincipalID {
	if r.pseudonymous {
		return nil
	}
	return nonEmpty(r.ShownRanking.To)
}

// Basis is what the scores rest on.
func (r *ShownRanking) Basis() *VerdictBasis { return basisOf(r.ShownRanking.Basis) }

func basisOf(b policy.Basis) *VerdictBasis {
	return &VerdictBasis{
		Engine: b.Engine, Taxonomy: b.Taxonomy, Eligibility: b.Eligibility, Scoring: b.Scoring,
		Today: b.Today, Position: eventstore.Position(b.Position),
	}
}

// ShownRow is one expert of a list that was shown.
type ShownRow struct {
	Rank  *int // nil where the list does not rank
	Total domain.Score

	pair      pair
	expert    func(domain.ExpertID) (*Expert, error)
	candidacy func(domain.CandidacyID) (*Candidacy, error)
}

// Rows are the experts in the order in which they were shown.
func (r *ShownRanking) Rows() []ShownRow {
	list := r.ShownRanking.Rows
	pairs := make([]*pair, len(list))
	for i, row := range list {
		pairs[i] = &pair{row.Expert, r.need}
	}
	group := ShownRow{
		expert:    peers(pairs, func(p *pair) domain.ExpertID { return p.expert }, r.s.expertsByID),
		candidacy: peers(pairs, func(p *pair) domain.CandidacyID { return p.candidacy() }, r.s.candidaciesByID),
	}
	out := make([]ShownRow, len(list))
	for i, row := range list {
		out[i] = group
		out[i].pair, out[i].Total = *pairs[i], row.Total
		if place := i + 1; r.Kind.Ranks() {
			out[i].Rank = &place
		}
	}
	return out
}

// Erased reports whether the person was erased since.
func (r *ShownRow) Erased() bool { return r.pair.expert == "" }

// Expert is the matching profile, or nil.
func (r *ShownRow) Expert() (*Expert, error) { return r.expert(r.pair.expert) }

// Candidacy is that of the expert for the need, or nil.
func (r *ShownRow) Candidacy() (*Candidacy, error) {
	if r.Erased() {
		return nil, nil
	}
	return r.candidacy(r.pair.candidacy())
}

// ScoreShown is the score that a pair had when somebody acted on it.
type ScoreShown struct{ shown *views.Shown }

func scoreShown(s *views.Shown) *ScoreShown {
	if s == nil {
		return nil
	}
	return &ScoreShown{s}
}

// Total is the score.
func (s *ScoreShown) Total() domain.Score { return s.shown.Total }

// Rank is the place at that moment; nil when it was not ranked.
func (s *ScoreShown) Rank() *int { return nonEmpty(s.shown.Rank) }

// PolicyVersion is the version of the scoring policy.
func (s *ScoreShown) PolicyVersion() int { return s.shown.PolicyVersion }

// RulesVersion is the version of the eligibility rules; nil where it was not kept.
func (s *ScoreShown) RulesVersion() *int { return nonEmpty(s.shown.Rules) }

// TaxonomyVersion is the version of the list of skills.
func (s *ScoreShown) TaxonomyVersion() string { return s.shown.TaxonomyVersion }

// Engine is the version of the matcher; nil where it was not kept.
func (s *ScoreShown) Engine() *string { return nonEmpty(s.shown.Engine) }

// Today is the day that was judged on; nil where it was not kept.
func (s *ScoreShown) Today() *domain.Date { return nonEmpty(s.shown.ScoreShown.Today) }

// Position is the place in the log that replays it.
func (s *ScoreShown) Position() eventstore.Position {
	return eventstore.Position(s.shown.LogPosition)
}

// Seen is the list that the person had been shown last; nil for none.
func (s *ScoreShown) Seen() *ListSeen {
	if s.shown.Seen.List == "" {
		return nil
	}
	return &ListSeen{s.shown.Seen}
}

// ListSeen is a list that somebody had been shown before they acted.
type ListSeen struct{ seen candidacy.Seen }

// List is its id: ShownRanking.ID.
func (l *ListSeen) List() domain.ShownID { return l.seen.List }

// Rank is the candidate's place in it; nil when it does not rank, or lacks them.
func (l *ListSeen) Rank() *int { return nonEmpty(l.seen.Rank) }

// Total is the score that it gave; nil when it lacks the candidate.
func (l *ListSeen) Total() *domain.Score { return nonEmpty(l.seen.Total) }

// HostDecision is the host's decision.
type HostDecision struct{ *views.Decision }

// ScoreShown is the score when it was taken, or nil.
func (d *HostDecision) ScoreShown() *ScoreShown { return scoreShown(d.Score) }

// FocalPointRecommendation is the focal point's opinion.
type FocalPointRecommendation struct{ *views.Recommendation }

// ScoreShown is the score when it was made, or nil.
func (r *FocalPointRecommendation) ScoreShown() *ScoreShown { return scoreShown(r.Score) }
