package graph

import (
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/ranking"
	"github.com/diaspora-match/diaspora/domain/round"
	"github.com/diaspora-match/diaspora/graph/exec"
	"github.com/diaspora-match/diaspora/graph/model"
	"github.com/diaspora-match/diaspora/graph/scalar"
	"github.com/diaspora-match/diaspora/matcher/text"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// What a field costs beyond its children, in the unit of a plain field. A list
// costs as many times its children as it may hold, so that nested connections
// cost what they are. internal/edge bounds the sum.
const (
	costList = 2   // a page of an index
	costRank = 100 // a scan over all experts or needs
	costPair = 10  // an explanation
	costSeen = 10  // the figures of a programme, or of its groups
)

func connection(children int, first, last *int) int {
	n := model.DefaultPage
	switch {
	case first != nil:
		n = *first
	case last != nil:
		n = *last
	}
	return costList + min(max(n, 1), projections.MaxPage)*children
}

func paged(children int, first *int, _ *string, last *int, _ *string) int {
	return connection(children, first, last)
}

func filtered[F any](children int, _ F, first *int, _ *string, last *int, _ *string) int {
	return connection(children, first, last)
}

func ordered[F any](children int, _ F, _ *views.NeedOrder, first *int, _ *string, last *int, _ *string) int {
	return connection(children, first, last)
}

func rankingCost(children int, first int) int {
	return costRank + min(max(first, 1), projections.MaxPage)*(children+costPair)
}

func rankingOf(children int, _ scalar.GlobalID, first int) int { return rankingCost(children, first) }

func blindRanking(children int, first int, _ bool) int { return rankingCost(children, first) }

func blindRankingOf(children int, _ scalar.GlobalID, first int, _ bool) int {
	return rankingCost(children, first)
}

func explained(children int) int { return children + costPair }

// grouped is what figures by group cost: exact intervals, or a walk over lists.
func grouped(children int, _ views.Dimension) int { return costRank + costSeen*children }

func complexity() exec.ComplexityRoot {
	var c exec.ComplexityRoot
	c.Query.Needs = ordered[*model.NeedFilter]
	c.Query.PublishedNeeds = ordered[*model.PublishedNeedFilter]
	c.Query.Institutions = filtered[*model.InstitutionFilter]
	c.Query.Experts = filtered[*model.ExpertFilter]
	c.Query.Candidacies = filtered[*model.CandidacyFilter]
	c.Query.Assignments = filtered[*model.AssignmentFilter]
	c.Query.Programmes, c.Query.Disclosures = paged, paged
	c.Query.History, c.Query.RankingsShown = filtered[scalar.GlobalID], filtered[scalar.GlobalID]
	c.Need.RankingsShown = paged
	c.ShownRanking.Rows = func(children int) int { return costList + ranking.MaxRows*children }
	c.Query.Matches, c.Query.MatchesForExpert, c.Query.NearMisses = blindRankingOf, rankingOf, blindRankingOf
	c.Query.Rounds = filtered[scalar.GlobalID]
	c.Query.Standing = func(children int, _, _ scalar.GlobalID) int { return costRank + explained(children) }
	c.Query.WhatIf = func(children int, _ scalar.GlobalID, _, _ []round.Pair, _ []round.Seats) int {
		return costRank + costSeen*children
	}
	c.Query.SeatWorth = func(children int, _ scalar.GlobalID) int { return costRank + children }
	c.Query.SkillsInText = func(children int, _ string, _ domain.Language) int { return costRank + text.MaxFound*children }
	c.Query.SimilarSkills = func(children int, _ domain.Skill, first int) int {
		return costList + min(max(first, 1), model.MaxSimilarSkills)*children
	}
	c.Round.History = paged
	c.Subscription.StrongCandidates = blindRankingOf
	c.Query.Nodes = func(children int, ids []scalar.GlobalID) int { return costList + len(ids)*(children+1) }
	c.Query.Explain = func(children int, _, _ scalar.GlobalID) int { return explained(children) }
	c.Query.Dashboard = func(children int, _ scalar.GlobalID) int { return children + costSeen }
	c.Fairness.Steps, c.Fairness.Shortlists, c.Exposure.NeverSuggestedBy = grouped, grouped, grouped
	c.Fairness.NeverSuggested, c.Fairness.NeedsWithoutCandidates = paged, paged
	c.Query.Skills = func(children int, _ *string, _ *domain.Sector, first int) int {
		return costList + min(max(first, 1), model.MaxSkills)*children
	}

	c.Programme.Needs, c.Programme.Institutions = ordered[*model.NeedFilter], filtered[*model.InstitutionFilter]
	c.Institution.Needs, c.Institution.History = ordered[*model.NeedFilter], paged
	c.Need.Candidacies, c.Need.History = filtered[*model.CandidacyFilter], paged
	c.Need.Matches, c.Need.NearMisses = blindRanking, blindRanking
	c.PublishedNeed.MyVerdict, c.Candidacy.Verdict = explained, explained
	c.Expert.Candidacies, c.Expert.Assignments = filtered[*model.CandidacyFilter], filtered[*model.AssignmentFilter]
	c.Expert.Disclosures, c.Expert.History, c.Expert.Matches = paged, paged, rankingCost
	c.Candidacy.History, c.Assignment.History, c.Viewer.Notices = paged, paged, paged
	return c
}
