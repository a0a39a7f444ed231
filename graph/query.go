package graph

import (
	"context"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/graph/model"
	"github.com/diaspora-match/diaspora/graph/scalar"
	"github.com/diaspora-match/diaspora/graph/schema"
	"github.com/diaspora-match/diaspora/internal/authz"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// Fields of the query that reveal objects are guarded where the objects come
// into being (graph/model); these reveal none, or many kinds.
var (
	ruleNode  = schema.Claim("Query.node")
	ruleNodes = schema.Claim("Query.nodes")
)

// query resolves the fields of Query.
type query resolvers

// maxNodes bounds the ids of one field nodes (docs/limits.md).
const maxNodes = 100

func may(s *model.Sight, action authz.Action) bool {
	return s.Who().Decide(action, authz.Object{}).Allowed
}

// find looks for the object of a global id of one of the types; another type
// names no such object.
func find[K ~string, T any](ctx context.Context, id scalar.GlobalID, look func(*model.Sight, K) (*T, error), types ...string) (*T, error) {
	uuid, ok := scalar.Of[K](id, types...)
	if !ok {
		return nil, nil
	}
	s, err := sight(ctx)
	if err != nil {
		return nil, err
	}
	return look(s, uuid)
}

// list reads a connection.
func list[T any](ctx context.Context, first *int, after *string, last *int, before *string, read func(*model.Sight, projections.Paging) (*model.Connection[T], error)) (*model.Connection[T], error) {
	paging, err := model.Paging(first, after, last, before)
	if err != nil {
		return nil, err
	}
	s, err := sight(ctx)
	if err != nil {
		return nil, err
	}
	return read(s, paging)
}

func (q query) Viewer(ctx context.Context) (*model.Viewer, error) {
	s, err := sight(ctx)
	if err != nil {
		return nil, err
	}
	return s.Viewer(), nil
}

func (q query) Node(ctx context.Context, id scalar.GlobalID) (model.Node, error) {
	s, err := sight(ctx)
	if err != nil || !may(s, ruleNode) {
		return nil, err
	}
	return s.Node(id)
}

func (q query) Nodes(ctx context.Context, ids []scalar.GlobalID) ([]model.Node, error) {
	if len(ids) > maxNodes {
		return nil, domain.ErrTooMany.At("ids")
	}
	s, err := sight(ctx)
	if err != nil {
		return nil, err
	}
	nodes := make([]model.Node, len(ids))
	if !may(s, ruleNodes) {
		return nodes, nil
	}
	for i, id := range ids {
		if nodes[i], err = s.Node(id); err != nil {
			return nil, err
		}
	}
	return nodes, nil
}

func (q query) Grants(ctx context.Context, principal *domain.PrincipalID) ([]model.Grant, error) {
	s, err := sight(ctx)
	if err != nil {
		return nil, err
	}
	if principal == nil {
		return s.Grants(s.Who().ID)
	}
	return s.Grants(*principal)
}

func (q query) Programme(ctx context.Context, id scalar.GlobalID) (*model.Programme, error) {
	return find(ctx, id, (*model.Sight).Programme, scalar.TypeProgramme)
}

func (q query) Programmes(ctx context.Context, first *int, after *string, last *int, before *string) (*model.ProgrammeConnection, error) {
	return list(ctx, first, after, last, before, (*model.Sight).Programmes)
}

func (q query) Institution(ctx context.Context, id scalar.GlobalID) (*model.Institution, error) {
	return find(ctx, id, (*model.Sight).Institution, scalar.TypeInstitution)
}

func (q query) Institutions(ctx context.Context, filter *model.InstitutionFilter, first *int, after *string, last *int, before *string) (*model.InstitutionConnection, error) {
	return list(ctx, first, after, last, before, func(s *model.Sight, p projections.Paging) (*model.InstitutionConnection, error) {
		return s.Institutions(deref(filter), p)
	})
}

func (q query) Need(ctx context.Context, id scalar.GlobalID) (*model.Need, error) {
	return find(ctx, id, (*model.Sight).Need, scalar.TypeNeed)
}

func (q query) Needs(ctx context.Context, filter *model.NeedFilter, orderBy *views.NeedOrder, first *int, after *string, last *int, before *string) (*model.NeedConnection, error) {
	return list(ctx, first, after, last, before, func(s *model.Sight, p projections.Paging) (*model.NeedConnection, error) {
		return s.Needs(deref(filter), deref(orderBy), p)
	})
}

func (q query) PublishedNeed(ctx context.Context, id scalar.GlobalID) (*model.PublishedNeed, error) {
	return find(ctx, id, (*model.Sight).Published, scalar.TypePublished, scalar.TypeNeed)
}

func (q query) PublishedNeeds(ctx context.Context, filter *model.PublishedNeedFilter, orderBy *views.NeedOrder, first *int, after *string, last *int, before *string) (*model.PublishedNeedConnection, error) {
	return list(ctx, first, after, last, before, func(s *model.Sight, p projections.Paging) (*model.PublishedNeedConnection, error) {
		return s.PublishedNeeds(deref(filter), deref(orderBy), p)
	})
}

func (q query) Expert(ctx context.Context, id scalar.GlobalID) (*model.Expert, error) {
	return find(ctx, id, (*model.Sight).Expert, scalar.TypeExpert)
}

func (q query) Experts(ctx context.Context, filter *model.ExpertFilter, first *int, after *string, last *int, before *string) (*model.ExpertConnection, error) {
	return list(ctx, first, after, last, before, func(s *model.Sight, p projections.Paging) (*model.ExpertConnection, error) {
		return s.Experts(deref(filter), p)
	})
}

func (q query) Disclosures(ctx context.Context, first *int, after *string, last *int, before *string) (*model.DisclosureConnection, error) {
	s, err := sight(ctx)
	if err != nil {
		return nil, err
	}
	return s.MyDisclosures(first, after, last, before)
}

func (q query) Candidacy(ctx context.Context, id scalar.GlobalID) (*model.Candidacy, error) {
	return find(ctx, id, (*model.Sight).Candidacy, scalar.TypeCandidacy)
}

func (q query) Candidacies(ctx context.Context, filter *model.CandidacyFilter, first *int, after *string, last *int, before *string) (*model.CandidacyConnection, error) {
	return list(ctx, first, after, last, before, func(s *model.Sight, p projections.Paging) (*model.CandidacyConnection, error) {
		return s.Candidacies(deref(filter), p)
	})
}

func (q query) Assignment(ctx context.Context, id scalar.GlobalID) (*model.Assignment, error) {
	return find(ctx, id, (*model.Sight).Assignment, scalar.TypeAssignment)
}

func (q query) Assignments(ctx context.Context, filter *model.AssignmentFilter, first *int, after *string, last *int, before *string) (*model.AssignmentConnection, error) {
	return list(ctx, first, after, last, before, func(s *model.Sight, p projections.Paging) (*model.AssignmentConnection, error) {
		return s.Assignments(deref(filter), p)
	})
}

func (q query) Dashboard(ctx context.Context, programme scalar.GlobalID) (*model.Dashboard, error) {
	return find(ctx, programme, (*model.Sight).Dashboard, scalar.TypeProgramme)
}

func (q query) Fairness(ctx context.Context, programme scalar.GlobalID) (*model.Fairness, error) {
	return find(ctx, programme, (*model.Sight).Fairness, scalar.TypeProgramme)
}

func (q query) History(ctx context.Context, object scalar.GlobalID, first *int, after *string, last *int, before *string) (*model.HistoryConnection, error) {
	s, err := sight(ctx)
	if err != nil {
		return nil, err
	}
	return s.HistoryOf(object, first, after, last, before)
}

func (q query) Matches(ctx context.Context, need scalar.GlobalID, first int, blind bool) ([]model.Match, error) {
	return rank(ctx, need, model.Ask{First: first, Blind: blind}, (*model.Sight).Matches, scalar.TypeNeed)
}

func (q query) NearMisses(ctx context.Context, need scalar.GlobalID, first int, blind bool) ([]model.Match, error) {
	return rank(ctx, need, model.Ask{First: first, Blind: blind}, (*model.Sight).NearMisses, scalar.TypeNeed)
}

func (q query) RankingsShown(ctx context.Context, need scalar.GlobalID, first *int, after *string, last *int, before *string) (*model.ShownRankingConnection, error) {
	id, ok := scalar.Of[domain.NeedID](need, scalar.TypeNeed)
	if !ok {
		return nil, nil
	}
	return list(ctx, first, after, last, before, func(s *model.Sight, p projections.Paging) (*model.ShownRankingConnection, error) {
		return s.RankingsShown(id, p)
	})
}

func (q query) MatchesForExpert(ctx context.Context, expert scalar.GlobalID, first int) ([]model.Match, error) {
	return rank(ctx, expert, first, (*model.Sight).MatchesForExpert, scalar.TypeExpert)
}

func rank[K ~string, A any](ctx context.Context, id scalar.GlobalID, ask A, look func(*model.Sight, K, A) ([]model.Match, error), typeName string) ([]model.Match, error) {
	uuid, ok := scalar.Of[K](id, typeName)
	if !ok {
		return nil, nil
	}
	s, err := sight(ctx)
	if err != nil {
		return nil, err
	}
	return look(s, uuid, ask)
}

func (q query) Explain(ctx context.Context, need, expert scalar.GlobalID) (*model.Verdict, error) {
	n, ok := scalar.Of[domain.NeedID](need, scalar.TypeNeed, scalar.TypePublished)
	e, known := scalar.Of[domain.ExpertID](expert, scalar.TypeExpert)
	if !ok || !known {
		return nil, nil
	}
	s, err := sight(ctx)
	if err != nil {
		return nil, err
	}
	return s.Explain(n, e)
}

func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
