package model

import (
	"cmp"
	"slices"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/ranking"
	"github.com/diaspora-match/diaspora/internal/authz"
	"github.com/diaspora-match/diaspora/matcher"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// The longest list that can be asked for can be recorded.
const _ = uint(ranking.MaxRows - projections.MaxPage)

// List is a list of matches before it is shown. Whoever shows it calls Show
// first.
type List struct {
	Matches []Match
	show    func() error
}

// Show records that the principal is shown the list.
func (l *List) Show() error { return l.show() }

// rank lists experts for a need, of one state of the log; nil when one may not.
func (s *Sight) rank(place string, kind ranking.Kind, r *views.NeedRow, ask Ask) (*List, error) {
	d, err := s.mayRank(place, needObject(r), ask.First)
	if err != nil || !d.Allowed {
		return nil, err
	}
	s = s.seeing(ask.Blind)
	l, known := &List{Matches: []Match{}, show: func() error { return nil }}, false
	var basis matcher.Basis
	s.src.Ranker.Steady(func() {
		if basis, known = s.src.Ranker.Basis(r.ID, s.today); !known {
			return
		}
		var found []pair
		if kind == ranking.NearMisses {
			near, _ := s.src.Ranker.NearMisses(r.ID, ask.First, s.today)
			for _, n := range near {
				found = append(found, pair{n.Expert, n.Need})
			}
		} else {
			top, _ := s.src.Ranker.TopExperts(r.ID, ask.First, s.today)
			found = ranked(top.Rows)
		}
		l.Matches = s.pairs(found, d.As)
	})
	if known {
		list := ranking.List{Kind: kind, Asked: ask.First, Blind: s.namesNobody(), Basis: basis, Rows: make([]ranking.Row, len(l.Matches))}
		for i, m := range l.Matches {
			list.Rows[i] = ranking.Row{Expert: m.pair.expert, Total: m.Verdict.Total}
		}
		l.show = func() error { return s.show(r, d.As, list) }
	}
	return l, nil
}

// seeing is the same sight, blind if asked for.
func (s *Sight) seeing(blind bool) *Sight {
	if !blind || s.blind {
		return s
	}
	b := *s
	b.blind = true
	return &b
}

// show records a list that a decider is shown; people who look at themselves
// decide nothing.
func (s *Sight) show(r *views.NeedRow, as domain.Role, list ranking.List) error {
	if !slices.Contains(ranking.Roles, as) {
		return nil
	}
	about := ranking.Subject{Need: r.ID, NeedVersion: r.Version, Programme: r.Programme, Institution: r.Institution, Country: r.Country}
	return s.src.Rankings.Show(s.ctx, s.who.ID, as, about, list)
}

// namesNobody reports whether the operation can read no person's identity beside
// the list: it is blind, or asks for none.
func (s *Sight) namesNobody() bool {
	if s.blind || !graphql.HasOperationContext(s.ctx) {
		return true
	}
	return !identifies(graphql.GetOperationContext(s.ctx).Operation.SelectionSet)
}

// identifies reports whether a selection has a field under the rule for reading
// who somebody is. Fields that @skip or @include leave out count.
func identifies(set ast.SelectionSet) bool {
	return slices.ContainsFunc(set, func(selection ast.Selection) bool {
		switch f := selection.(type) {
		case *ast.Field:
			rule := f.Definition.Directives.ForName("rule")
			return rule != nil && rule.Arguments.ForName("action").Value.Raw == string(authz.ReadIdentity) || identifies(f.SelectionSet)
		case *ast.InlineFragment:
			return identifies(f.SelectionSet)
		case *ast.FragmentSpread:
			return identifies(f.Definition.SelectionSet)
		}
		return false
	})
}

// verdicts judges pairs that the principal may read the verdict of, and records
// what a decider is shown, by need. Pairs that are not theirs, or that cannot be
// judged, are missing.
func (s *Sight) verdicts(kind ranking.Kind, pairs []pair) (map[pair]*Verdict, error) {
	needs, err := many(s, views.Needs, distinctOf(pairs, func(p pair) domain.NeedID { return p.need }))
	if err != nil {
		return nil, err
	}
	roles, err := s.mayJudge(needs, pairs)
	if err != nil {
		return nil, err
	}
	out := make(map[pair]*Verdict, len(pairs))
	shown := map[shownTo]*ranking.List{}
	s.src.Ranker.Steady(func() {
		for _, p := range pairs {
			as := roles[p]
			if as == "" || out[p] != nil {
				continue
			}
			v, ok := s.src.Ranker.Explain(p.expert, p.need, s.today)
			if !ok {
				continue
			}
			out[p] = &Verdict{v, as}
			to := shownTo{p.need, as}
			if shown[to] == nil {
				shown[to] = &ranking.List{Kind: kind, Blind: s.namesNobody(), Basis: v.Basis}
			}
			shown[to].Rows = append(shown[to].Rows, ranking.Row{Expert: p.expert, Total: v.Total})
		}
	})
	return out, s.showAll(needs, shown)
}

// verdictOf judges one pair; nil when one may not read it.
func (s *Sight) verdictOf(need domain.NeedID, expert domain.ExpertID) (*Verdict, error) {
	found, err := s.verdicts(ranking.Explained, []pair{{expert, need}})
	return found[pair{expert, need}], err
}

// shownTo is who is shown a list, and of what.
type shownTo struct {
	need domain.NeedID
	as   domain.Role
}

// showAll records the lists of several needs, all at once: the log stores them
// together.
func (s *Sight) showAll(needs map[domain.NeedID]*views.NeedRow, shown map[shownTo]*ranking.List) error {
	errs := make(chan error, len(shown))
	var wait sync.WaitGroup
	for to, list := range shown {
		list.Asked = len(list.Rows)
		wait.Go(func() { errs <- s.show(needs[to.need], to.as, *list) })
	}
	wait.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// mayJudge is the role in which the principal may read the verdict of each pair;
// pairs whose verdict they may not read are missing.
func (s *Sight) mayJudge(needs map[domain.NeedID]*views.NeedRow, pairs []pair) (map[pair]domain.Role, error) {
	involved, err := many(s, views.Involvements, distinctOf(pairs, func(p pair) domain.ExpertID { return p.expert }))
	if err != nil {
		return nil, err
	}
	roles := make(map[pair]domain.Role, len(pairs))
	for _, p := range pairs {
		r := needs[p.need]
		if r == nil {
			continue
		}
		d, err := s.decidePerson(ruleVerdict, asCandidate(r, p.expert, involved[p.expert]))
		if err != nil {
			return nil, err
		}
		if d.Allowed && (d.As != domain.RoleExpert || !r.PublishedAt.IsZero()) {
			roles[p] = d.As
		}
	}
	return roles, nil
}

func distinctOf[T any, K cmp.Ordered](list []T, key func(T) K) []K {
	keys := make([]K, len(list))
	for i, item := range list {
		keys[i] = key(item)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
