package graph

import (
	"context"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/graph/model"
	"github.com/diaspora-match/diaspora/graph/schema"
	"github.com/diaspora-match/diaspora/internal/authz"
)

// What these fields tell is open to all who sign in; that somebody does is
// guarded here.
var (
	ruleSkills        = schema.Claim("Query.skills")
	ruleSkillsInText  = schema.Claim("Query.skillsInText")
	ruleSimilarSkills = schema.Claim("Query.similarSkills")
)

// signedIn refuses whoever may not take an open action.
func signedIn(ctx context.Context, action authz.Action) error {
	s, err := sight(ctx)
	if err == nil && !may(s, action) {
		return authz.ErrSignedOut
	}
	return err
}

func (q query) Skills(ctx context.Context, search *string, sector *domain.Sector, first int) (*model.SkillTaxonomy, error) {
	if first < 1 || first > model.MaxSkills {
		return nil, domain.ErrRange.At("first")
	}
	if err := signedIn(ctx, ruleSkills); err != nil {
		return nil, err
	}
	return model.Skills(q.Taxonomy, deref(search), deref(sector), first), nil
}

func (q query) SkillsInText(ctx context.Context, text string, language domain.Language) ([]model.FoundSkill, error) {
	if err := signedIn(ctx, ruleSkillsInText); err != nil {
		return nil, err
	}
	found, err := q.reader.Skills(text, language)
	if err != nil {
		return nil, err
	}
	return model.FoundSkills(q.Taxonomy, text, found), nil
}

func (q query) SimilarSkills(ctx context.Context, skill domain.Skill, first int) ([]model.SimilarSkill, error) {
	if first < 1 || first > model.MaxSimilarSkills {
		return nil, domain.ErrRange.At("first")
	}
	if err := signedIn(ctx, ruleSimilarSkills); err != nil {
		return nil, err
	}
	return model.SimilarSkills(q.Taxonomy, skill, first), nil
}
