package model

import (
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/ranking"
	"github.com/diaspora-match/diaspora/graph/schema"
	"github.com/diaspora-match/diaspora/internal/authz"
	"github.com/diaspora-match/diaspora/matcher"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

var (
	ruleVerdict = rule("Verdict")
	// Every field that ranks claims its rule.
	ruleRanks = func() map[string]authz.Action {
		claimed := map[string]authz.Action{}
		for _, place := range []string{
			"Query.matches", "Query.matchesForExpert", "Query.nearMisses", "Need.matches", "Need.nearMisses", "Expert.matches", "Subscription.strongCandidates",
		} {
			claimed[place] = schema.Claim(place)
		}
		return claimed
	}()
)

// Match is a pair in a ranking.
type Match struct {
	Rank    int
	Verdict *Verdict

	pair      pair
	expert    func(domain.ExpertID) (*Expert, error)
	need      func(domain.NeedID) (*Need, error)
	published func(domain.NeedID) (*PublishedNeed, error)
	candidacy func(domain.CandidacyID) (*Candidacy, error)
}

type pair struct {
	expert domain.ExpertID
	need   domain.NeedID
}

func (p pair) candidacy() domain.CandidacyID { return domain.CandidacyIDFor(p.need, p.expert) }

// Expert is the matching profile, or nil.
func (m *Match) Expert() (*Expert, error) { return m.expert(m.pair.expert) }

// Need is the need, or nil.
func (m *Match) Need() (*Need, error) { return m.need(m.pair.need) }

// PublishedNeed is the public text of the need, or nil.
func (m *Match) PublishedNeed() (*PublishedNeed, error) { return m.published(m.pair.need) }

// Candidacy is that of the two, or nil.
func (m *Match) Candidacy() (*Candidacy, error) { return m.candidacy(m.pair.candidacy()) }

// pairs makes matches of pairs, in their order, each with its verdict, as one
// state of the log has them. The caller has decided that the principal may rank
// them.
func (s *Sight) pairs(pairs []pair, as domain.Role) []Match {
	refs := make([]*pair, len(pairs))
	for i := range pairs {
		refs[i] = &pairs[i]
	}
	needOf := func(p *pair) domain.NeedID { return p.need }
	group := Match{
		expert: peers(refs, func(p *pair) domain.ExpertID { return p.expert }, s.expertsByID),
		need:   peers(refs, needOf, s.needsByID), published: peers(refs, needOf, s.publishedByID),
		candidacy: peers(refs, func(p *pair) domain.CandidacyID { return p.candidacy() }, s.candidaciesByID),
	}
	out := make([]Match, 0, len(pairs))
	for i, p := range pairs {
		v, ok := s.src.Ranker.Explain(p.expert, p.need, s.today)
		if !ok {
			continue // gone since it was ranked
		}
		m := group
		m.pair, m.Rank, m.Verdict = p, i+1, &Verdict{v, as}
		out = append(out, m)
	}
	return out
}

func ranked(rows []matcher.Ranked) []pair {
	out := make([]pair, len(rows))
	for i, r := range rows {
		out[i] = pair{r.Expert, r.Need}
	}
	return out
}

func checkFirst(first int) error {
	if first < 1 || first > projections.MaxPage {
		return projections.ErrPage.At("first")
	}
	return nil
}

func (s *Sight) mayRank(place string, o authz.Object, first int) (authz.Decision, error) {
	d, err := s.decidePerson(ruleRanks[place], o)
	if err != nil || !d.Allowed {
		return d, err
	}
	return d, checkFirst(first)
}

// Ask is how a list of experts is asked for.
type Ask struct {
	First int
	Blind bool // whatever one may read, nothing in the list names a person
}

// matches ranks experts for a need, and records what is shown.
func (s *Sight) matches(place string, r *views.NeedRow, ask Ask) ([]Match, error) {
	l, err := s.rank(place, ranking.Matches, r, ask)
	if err != nil || l == nil {
		return nil, err
	}
	return l.Matches, l.Show()
}

func (s *Sight) nearMisses(place string, r *views.NeedRow, ask Ask) ([]Match, error) {
	l, err := s.rank(place, ranking.NearMisses, r, ask)
	if err != nil || l == nil {
		return nil, err
	}
	return l.Matches, l.Show()
}

func (s *Sight) matchesFor(place string, e *Expert, first int) ([]Match, error) {
	d, err := s.mayRank(place, e.object, first)
	if err != nil || !d.Allowed {
		return nil, err
	}
	top, ok := s.src.Ranker.TopNeeds(e.ID, first, s.today)
	if !ok {
		return []Match{}, nil
	}
	return s.pairs(ranked(top.Rows), d.As), nil
}

// Matches ranks experts for the need of an id; nil when one may not.
func (s *Sight) Matches(id domain.NeedID, ask Ask) ([]Match, error) {
	rows, err := many(s, views.Needs, []domain.NeedID{id})
	if err != nil || rows[id] == nil {
		return nil, err
	}
	return s.matches("Query.matches", rows[id], ask)
}

// NearMisses lists experts who could be cured for the need of an id.
func (s *Sight) NearMisses(id domain.NeedID, ask Ask) ([]Match, error) {
	rows, err := many(s, views.Needs, []domain.NeedID{id})
	if err != nil || rows[id] == nil {
		return nil, err
	}
	return s.nearMisses("Query.nearMisses", rows[id], ask)
}

// MatchesForExpert ranks needs for the expert of an id; nil when one may not.
func (s *Sight) MatchesForExpert(id domain.ExpertID, first int) ([]Match, error) {
	e, err := s.Expert(id)
	if e == nil || err != nil {
		return nil, err
	}
	return s.matchesFor("Query.matchesForExpert", e, first)
}

// Explain judges a pair; nil when one may not read it.
func (s *Sight) Explain(need domain.NeedID, expert domain.ExpertID) (*Verdict, error) {
	return s.verdictOf(need, expert)
}

// pairObject locates an expert and a need together for authorisation; nil when
// there is no such need.
func (s *Sight) pairObject(need domain.NeedID, expert domain.ExpertID) (*views.NeedRow, authz.Object, error) {
	rows, err := many(s, views.Needs, []domain.NeedID{need})
	if err != nil || rows[need] == nil {
		return nil, authz.Object{}, err
	}
	o, err := s.withCandidate(rows[need], expert)
	return rows[need], o, err
}

// withCandidate locates an expert and a need, and the host at which the two are a
// candidacy.
func (s *Sight) withCandidate(r *views.NeedRow, expert domain.ExpertID) (authz.Object, error) {
	involved, err := many(s, views.Involvements, []domain.ExpertID{expert})
	return asCandidate(r, expert, involved[expert]), err
}

func asCandidate(r *views.NeedRow, expert domain.ExpertID, in *views.InvolvementRow) authz.Object {
	o := authz.Object{Scope: r.Scope()}
	o.Expert = expert
	if in != nil {
		for _, c := range in.Candidacies {
			if c.Need == r.ID {
				o.Candidate = []domain.InstitutionID{c.Institution}
			}
		}
	}
	return o
}

// Verdict is a judgement as a principal sees it.
type Verdict struct {
	matcher.Verdict
	as domain.Role
}

// hostsOnly is the telling for hosts: what lies between a person and the
// programme is not theirs to know.
func (v *Verdict) hostsOnly() bool { return v.as == domain.RoleHost }

// Failures are the hard rules that fail; for a host those of the need alone.
func (v *Verdict) Failures() []matcher.Failure {
	if !v.hostsOnly() {
		return listed(v.Verdict.Failures)
	}
	told := matcher.ForHost(v.Verdict).Notes
	out := []matcher.Failure{}
	for _, f := range v.Verdict.Failures {
		for _, note := range told {
			if note == f.Message {
				out = append(out, f)
			}
		}
	}
	return out
}

// Counterfactuals say what would cure the pair; they are not for hosts.
func (v *Verdict) Counterfactuals() []matcher.Counterfactual {
	if v.hostsOnly() {
		return []matcher.Counterfactual{}
	}
	return listed(v.Verdict.Counterfactuals)
}

// ForExpert tells it in short sentences; nil for a host.
func (v *Verdict) ForExpert() []string {
	if v.hostsOnly() {
		return nil
	}
	return listed(matcher.ForExpert(v.Verdict))
}

// ForHost tells it as an overview.
func (v *Verdict) ForHost() *matcher.HostOverview {
	o := matcher.ForHost(v.Verdict)
	o.Bars, o.Skills, o.Languages, o.Notes = listed(o.Bars), listed(o.Skills), listed(o.Languages), listed(o.Notes)
	return &o
}

// ForManager tells every reason; nil for everybody but staff.
func (v *Verdict) ForManager() []string {
	if v.as != domain.RoleManager && v.as != domain.RoleFocalPoint {
		return nil
	}
	return listed(matcher.ForManager(v.Verdict))
}

// Basis is what it rests on.
func (v *Verdict) Basis() *VerdictBasis {
	return basisOf(v.Verdict.Basis)
}
