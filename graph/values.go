package graph

import (
	"context"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/matcher"
)

type window struct{}

// Period is null in a draft that does not say.
func (window) Period(_ context.Context, w *domain.Window) (*domain.Period, error) {
	if w.Period.From.IsZero() || w.Period.To.IsZero() {
		return nil, nil
	}
	return &w.Period, nil
}

type evidence struct{}

// Offered is null for a gap.
func (evidence) Offered(_ context.Context, e *matcher.Evidence) (*domain.SkillClaim, error) {
	if e.Offered.Skill == "" {
		return nil, nil
	}
	return &e.Offered, nil
}
