package graph

import (
	"context"

	"github.com/diaspora-match/diaspora/commands"
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/ranking"
	"github.com/diaspora-match/diaspora/graph/model"
	"github.com/diaspora-match/diaspora/internal/edge"
)

// Rankings records what deciders are shown through the command bus: the platform
// writes it, on behalf of who looks. It returns when the record is on the disk.
type Rankings struct{ Bus *commands.Bus }

var _ model.Rankings = Rankings{}

// Show implements model.Rankings.
func (r Rankings) Show(ctx context.Context, to domain.PrincipalID, as domain.Role, about ranking.Subject, list ranking.List) error {
	envelope := commands.Envelope{
		Caller:      commands.Caller{Principal: domain.Platform, System: true, OnBehalfOf: to},
		Correlation: edge.Correlation(ctx),
	}
	_, err := commands.Execute(ctx, r.Bus, &ranking.Aggregate, string(domain.RankingIDFor(about.Need, to)), envelope, func(s domain.Stamp) ranking.Command {
		return ranking.Show{Stamp: domain.Stamp{By: to, Role: as, At: s.At}, Subject: about, List: list}
	})
	return err
}

// maxRank is how far down the ranking a candidate's place is looked for;
// beyond it, it is as good as not ranked.
const maxRank = 100

// shown is what the platform shows a person of a pair now: its score and place,
// and the list that this person was shown last. Score and place are of one state
// of the log; without a score, the pair cannot be judged now.
func (m mutation) shown(ctx context.Context, need domain.NeedID, expert domain.ExpertID) (candidacy.Shown, error) {
	s, err := sight(ctx)
	if err != nil {
		return candidacy.Shown{}, err
	}
	var out candidacy.Shown
	m.Sources.Ranker.Steady(func() { out = m.judged(s, need, expert) })
	seen, err := commands.Load(ctx, m.Bus, &ranking.Aggregate, string(domain.RankingIDFor(need, s.Who().ID)))
	if err != nil {
		return candidacy.Shown{}, err
	}
	if before, ok := seen.Before(expert); ok {
		out.Seen = candidacy.Seen{List: before.List, Rank: before.Rank, Total: before.Total}
	}
	return out, nil
}

func (m mutation) judged(s *model.Sight, need domain.NeedID, expert domain.ExpertID) candidacy.Shown {
	v, ok := m.Sources.Ranker.Explain(expert, need, s.Today())
	if !ok {
		return candidacy.Shown{}
	}
	rank := 0
	if top, ok := m.Sources.Ranker.TopExperts(need, maxRank, s.Today()); ok {
		for _, row := range top.Rows {
			if row.Expert == expert {
				rank = row.Rank
			}
		}
	}
	return candidacy.Shown{Rank: rank, Score: candidacy.ScoreShown{
		Total: v.Total, PolicyVersion: v.Basis.Scoring, TaxonomyVersion: v.Basis.Taxonomy, LogPosition: v.Basis.Position,
		Engine: v.Basis.Engine, Rules: v.Basis.Eligibility, Today: v.Basis.Today,
		Parts: v.Contributions(), Verdict: v.Digest(),
	}}
}

// acting is shown for a decision that needs a score.
func (m mutation) acting(ctx context.Context, need domain.NeedID, expert domain.ExpertID) (candidacy.Shown, error) {
	out, err := m.shown(ctx, need, expert)
	if err == nil && out.Score == (candidacy.ScoreShown{}) {
		err = ErrNoVerdict
	}
	return out, err
}
