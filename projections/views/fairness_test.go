package views_test

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/assignment"
	"github.com/diaspora-match/diaspora/domain/candidacy"
	"github.com/diaspora-match/diaspora/domain/expert"
	"github.com/diaspora-match/diaspora/domain/personal"
	"github.com/diaspora-match/diaspora/eventstore/codec"
	"github.com/diaspora-match/diaspora/matcher/fairness"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/views"
)

// soul is what the log says of one person, gathered in another way than the fold
// does: all facts first, the sums at the end.
type soul struct {
	gender, born, residence, sector string
	eligible                        map[domain.ProgrammeID]bool
	candidacies                     map[domain.ProgrammeID]map[domain.CandidacyID]bool
	suggested, listed               map[domain.ProgrammeID]bool
	approved, assigned              map[domain.ProgrammeID]bool
	erased                          bool
}

func newSoul() *soul {
	flags := func() map[domain.ProgrammeID]bool { return map[domain.ProgrammeID]bool{} }
	return &soul{
		eligible: flags(), suggested: flags(), listed: flags(), approved: flags(), assigned: flags(),
		candidacies: map[domain.ProgrammeID]map[domain.CandidacyID]bool{},
	}
}

// souls reads the log.
func souls(log []codec.Decoded) map[domain.ExpertID]*soul {
	people := map[domain.ExpertID]*soul{}
	subjects := map[string]candidacy.Subject{} // by stream
	of := func(id domain.ExpertID) *soul {
		if people[id] == nil {
			people[id] = newSoul()
		}
		return people[id]
	}
	begin := func(stream string, s candidacy.Subject) *soul {
		subjects[stream] = s
		p := of(s.Expert)
		if !p.erased {
			if p.candidacies[s.Programme] == nil {
				p.candidacies[s.Programme] = map[domain.CandidacyID]bool{}
			}
			p.candidacies[s.Programme][s.Candidacy] = true
		}
		return p
	}
	for _, e := range log {
		on := func(flags func(*soul) map[domain.ProgrammeID]bool) {
			if s := subjects[e.Stream]; !of(s.Expert).erased {
				flags(of(s.Expert))[s.Programme] = true
			}
		}
		switch ev := e.Event.(type) {
		case candidacy.Suggested:
			if p := begin(e.Stream, ev.Subject); !p.erased {
				p.suggested[ev.Programme] = true
			}
		case candidacy.Applied:
			begin(e.Stream, ev.Subject)
		case candidacy.Nominated:
			begin(e.Stream, ev.Subject)
		case candidacy.Shortlisted, candidacy.SharedWithHost:
			on(func(p *soul) map[domain.ProgrammeID]bool { return p.listed })
		case candidacy.Approved:
			on(func(p *soul) map[domain.ProgrammeID]bool { return p.approved })
		case assignment.Planned:
			if p := of(ev.Expert); !p.erased {
				p.assigned[ev.Programme] = true
			}
		case expert.Event:
			of(domain.ExpertID(e.Stream[len("expert-"):])).learn(ev)
		}
	}
	return people
}

func (p *soul) learn(e expert.Event) {
	switch ev := e.(type) {
	case expert.IdentityDeclared:
		word, _ := personal.Open(ev.Identity.Gender, personal.ToCompare)
		p.gender = map[string]string{"female": "women", "male": "men"}[word]
		year, _ := personal.Open(ev.Identity.BirthYear, personal.ToCompare)
		p.born = map[string]string{"1979": "1970-1979", "1980": "1980-1989"}[year]
	case expert.ResidenceDeclared:
		p.residence = string(ev.Country)
	case expert.ExperienceDeclared:
		p.sector = string(ev.Experience.Sectors[0].Sector)
	case expert.PartWithdrawn:
		switch ev.Part {
		case expert.PartIdentity:
			p.gender, p.born = "", ""
		case expert.PartResidence:
			p.residence = ""
		case expert.PartExperience:
			p.sector = ""
		}
	case expert.EligibilityConfirmed:
		p.eligible[ev.Programme] = true
	case expert.EligibilityRefused:
		delete(p.eligible, ev.Programme)
	case expert.ErasureRequested:
		p.erased, p.gender, p.born, p.residence, p.sector = true, "", "", "", ""
		p.eligible = map[domain.ProgrammeID]bool{}
	}
}

// counted sums the people of a programme by group and milestone.
func counted(people map[domain.ExpertID]*soul, programme domain.ProgrammeID, group func(*soul) string) map[string][6]int {
	sums := map[string][6]int{}
	for _, p := range people {
		considered := len(p.candidacies[programme]) > 0 || p.assigned[programme]
		approved := p.approved[programme] || p.assigned[programme]
		at := []bool{
			considered || p.eligible[programme], considered, p.suggested[programme],
			p.listed[programme] || approved, approved, p.assigned[programme],
		}
		if !at[0] {
			continue
		}
		sum := sums[group(p)]
		for m, reached := range at {
			if reached {
				sum[m]++
			}
		}
		sums[group(p)] = sum
	}
	return sums
}

// The rows count what the log says, person by person, also of those erased, and
// as many were never suggested as the dashboard counts.
func TestFairnessCountsEveryPersonOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		w.history(t, rapid.IntRange(20, 250).Draw(t, "steps"))
		people := souls(w.live)
		read(t, fold(t, w.live, 16), func(r projections.Reader) error {
			for dimension, group := range map[views.Dimension]func(*soul) string{
				views.ByGender:    func(p *soul) string { return p.gender },
				views.ByBirth:     func(p *soul) string { return p.born },
				views.ByResidence: func(p *soul) string { return p.residence },
				views.BySector:    func(p *soul) string { return p.sector },
			} {
				want, got := counted(people, programmeID(0), group), map[string][6]int{}
				for row, err := range views.FairnessGroups.All(r) {
					if err != nil {
						return err
					}
					if row.Dimension == dimension {
						got[row.Group] = row.People
					}
				}
				if !maps.Equal(got, want) {
					t.Fatalf("by %s: %v, the log says %v", dimension, got, want)
				}
			}
			e, err := views.ExposureOf(r, programmeID(0))
			if err != nil {
				return err
			}
			d, err := views.Dashboards.Get(r, string(programmeID(0)))
			if err != nil {
				return err
			}
			never, pool, candidacies := 0, 0, 0
			for _, sum := range counted(people, programmeID(0), func(*soul) string { return "" }) {
				never, pool = sum[views.Pool]-sum[views.Considered], sum[views.Pool]
			}
			for _, p := range people {
				candidacies += len(p.candidacies[programmeID(0)])
			}
			if e.NeverSuggested != never || d != nil && d.NeverSuggested != never || e.People != pool || e.Total != candidacies {
				t.Fatalf("%+v, the dashboard %+v, the log says %d of %d, and %d candidacies", e, d, never, pool, candidacies)
			}
			return nil
		})
	})
}

// crowd makes a programme with published needs and experts who are all eligible;
// expert n declares the gender "female" when n is even, and each lives in NL.
func crowd(t rapid.TB, needs, experts int) *world {
	w := newWorld(t)
	w.openProgramme(0)
	w.approveHost(0)
	for n := range needs {
		w.toPublished(n, 0)
	}
	for x := range experts {
		w.registerExpert(x)
		w.must(w.expert(x, expert.DeclareResidence{Stamp: w.asExpert(x), Country: "NL"}), "residence")
		w.must(w.expert(x, expert.RecordEligibility{Stamp: w.asManager(), Programme: programmeID(0), RuleVersion: 1}), "eligible")
	}
	return w
}

func (w *world) shortlist(n, x, rank int) {
	w.must(w.candidacy(n, x, candidacy.Suggest{Stamp: w.as(manager2, domain.RoleManager), Ref: w.ref(n, x), Score: w.shown(), Rank: rank}), "suggest")
	w.must(w.candidacy(n, x, candidacy.Shortlist{Stamp: w.asManager()}), "shortlist")
}

func step(t *testing.T, r projections.Reader, by views.Dimension, from, to views.Milestone) views.SelectionStep {
	t.Helper()
	steps := must[[]views.SelectionStep](t)(views.SelectionOf(r, programmeID(0), by))
	i := slices.IndexFunc(steps, func(s views.SelectionStep) bool { return s.From == from && s.To == to })
	if i < 0 {
		t.Fatalf("no step from %v to %v", from, to)
	}
	return steps[i]
}

func number(n int) *int { return &n }

// Twelve women and twelve men are eligible; eleven men and six women are
// considered. Once somebody is erased, one person is not known, and stands with
// the men.
func TestSelectionByGender(t *testing.T) {
	w := crowd(t, 1, 24)
	for x := range 24 {
		if x%2 == 1 || x < 12 {
			w.shortlist(0, x, 1+x)
		}
	}
	w.view(t, func(r projections.Reader) {
		s := step(t, r, views.ByGender, views.Pool, views.Considered)
		same(t, "groups", []string{s.Groups[0].Group, s.Groups[1].Group}, []string{"men", "women"})
		men, women := s.Groups[0], s.Groups[1]
		same(t, "men", []*int{men.People, men.Selected}, []*int{number(12), number(12)})
		same(t, "women", []*int{women.People, women.Selected}, []*int{number(12), number(6)})
		if !men.Highest || men.Impact != nil || women.Impact.Value != 0.5 || women.Finding != fairness.MayBeBelow {
			t.Fatalf("men %+v, women %+v", men, women)
		}
		same(t, "total", []*int{s.People, s.Selected}, []*int{number(24), number(18)})
		home := step(t, r, views.ByResidence, views.Pool, views.Considered)
		same(t, "all live in one country", len(home.Groups), 1)
		if home.Groups[0].Finding != "" || !home.Groups[0].Told() {
			t.Fatalf("one group is compared with itself: %+v", home.Groups[0])
		}
	})
	w.must(w.erase(0), "erase")
	w.view(t, func(r projections.Reader) {
		s := step(t, r, views.ByGender, views.Pool, views.Considered)
		same(t, "groups after the erasure", []string{s.Groups[0].Group, s.Groups[1].Group}, []string{"women", views.MenAndOthers})
		same(t, "who is not known stands with the men", []*int{s.Groups[0].People, s.Groups[1].People}, []*int{number(11), number(13)})
		if s.Groups[0].Finding != fairness.MayBeBelow {
			t.Fatalf("women are not compared any more: %+v", s.Groups)
		}
	})
}

func TestShortlistBalance(t *testing.T) {
	w := crowd(t, 5, 20)
	for n := range 5 {
		for x := range 4 { // men and women in turns, and one without a rank, listed first, last
			w.shortlist(n, 4*n+x, x)
		}
	}
	w.view(t, func(r projections.Reader) {
		list := must[*views.ShortlistRow](t)(views.Shortlists.Get(r, string(needID(0))))
		var want []domain.CandidacyID
		for _, x := range []int{1, 2, 3, 0} {
			want = append(want, domain.CandidacyIDFor(needID(0), expertID(x)))
		}
		same(t, "order", list.InOrder(), want)
		b := must[views.ListBalance](t)(views.ShortlistBalanceOf(r, programmeID(0), views.ByGender))
		each, _ := fairness.BalanceOf([]int{0, 1, 0, 1}, []int{10, 10})
		same(t, "lists", []any{b.Lists, b.Places, b.Told}, []any{5, 20, true})
		if d := b.NDKL - each.NDKL; d < -1e-12 || d > 1e-12 {
			t.Fatalf("%+v, each list has %+v", b, each)
		}
	})
	w.must(w.erase(0), "erase")
	w.view(t, func(r projections.Reader) {
		b := must[views.ListBalance](t)(views.ShortlistBalanceOf(r, programmeID(0), views.ByGender))
		same(t, "after the erasure", []any{b.Lists, b.Places}, []any{5, 19})
	})
	few := crowd(t, 1, 4)
	few.shortlist(0, 0, 1)
	few.shortlist(0, 1, 2)
	few.view(t, func(r projections.Reader) {
		b := must[views.ListBalance](t)(views.ShortlistBalanceOf(r, programmeID(0), views.ByGender))
		same(t, "one list tells its order", []any{b.Lists, b.Told}, []any{1, false})
	})
}

func TestOverrides(t *testing.T) {
	w := story(t)
	w.view(t, func(r projections.Reader) {
		o := must[*views.OverrideRow](t)(views.Overrides.Get(r, string(programmeID(0))))
		same(t, "the first of the ranking", *o, views.OverrideRow{Programme: programmeID(0), Approvals: 1})
	})
	w.must(w.candidacy(0, 1, candidacy.Suggest{Stamp: w.as(manager2, domain.RoleManager), Ref: w.ref(0, 1), Score: w.shown(), Rank: 4}), "suggest")
	w.must(w.candidacy(0, 1, candidacy.Apply{Stamp: w.asExpert(1), Ref: w.ref(0, 1), Motivation: about(1, "because"), Consent: w.consent(7)}), "apply")
	w.must(w.candidacy(0, 1, candidacy.ShareWithHost{Stamp: w.asManager(), Consent: w.consent(7)}), "share")
	w.must(w.candidacy(0, 1, candidacy.HostDecide{Stamp: w.asHost(), Accept: true, Reason: candidacy.SuitsTheNeed}), "host")
	w.must(w.candidacy(0, 1, candidacy.Recommend{Stamp: w.asFocal(), Recommendation: candidacy.NotRecommended, Reason: about(1, "hm")}), "recommend")
	w.must(w.candidacy(0, 1, candidacy.Approve{Stamp: w.asManager(), Period: w.period(0), Modality: domain.Physical, NeedVersion: 1, Score: w.shown(), Rank: 4, Override: about(1, "speaks the dialect")}), "approve")
	w.must(w.candidacy(0, 1, candidacy.ConfirmApproval{Stamp: w.asSystem()}), "confirm")
	w.view(t, func(r projections.Reader) {
		o := must[*views.OverrideRow](t)(views.Overrides.Get(r, string(programmeID(0))))
		same(t, "overridden", *o, views.OverrideRow{Programme: programmeID(0), Approvals: 2, Overridden: 1, BeyondThird: 1, AgainstAdvice: 1})
	})
}

func TestExposure(t *testing.T) {
	w := crowd(t, 2, 20)
	for x := range 10 {
		w.shortlist(0, x, 1+x)
	}
	w.view(t, func(r projections.Reader) {
		e := must[views.Exposure](t)(views.ExposureOf(r, programmeID(0)))
		same(t, "exposure", []any{e.NeverSuggested, e.People, e.Total, e.Gini, e.TopTenth}, []any{10, 20, 10, 0.5, 0.2})
		never := must[projections.Page[views.MonitoredRow]](t)(views.FindNeverSuggested(r, programmeID(0), projections.Paging{First: 3}))
		same(t, "who waited longest", []any{never.Rows[0].Expert, never.Total}, []any{expertID(10), 10})
		by := must[[]views.GroupCount](t)(views.NeverSuggestedBy(r, programmeID(0), views.ByResidence))
		same(t, "by residence", by, []views.GroupCount{{Group: "NL", Count: number(10)}})
		without := must[projections.Page[views.NeedRow]](t)(views.FindNeedsWithoutCandidates(r, programmeID(0), ten))
		same(t, "needs without candidates", []any{len(without.Rows), without.Rows[0].ID}, []any{1, needID(1)})
	})
}

// Groups of few people are put together, and so are the smallest of very many.
func TestGroupsArePutTogether(t *testing.T) {
	for name, c := range map[string]struct {
		people map[domain.Country]int
		groups []string
		others int
	}{
		"few and few":        {map[domain.Country]int{"NL": 9, "DE": 3, "FR": 4}, []string{"NL", views.OtherGroups}, 7},
		"few alone":          {map[domain.Country]int{"NL": 9, "GB": 6, "DE": 3}, []string{"NL", views.OtherGroups}, 9},
		"nobody else":        {map[domain.Country]int{"DE": 3}, []string{views.OtherGroups}, 3},
		"all are told apart": {map[domain.Country]int{"NL": 6, "DE": 5}, []string{"NL", "DE"}, 0},
	} {
		total := 0
		for _, n := range c.people {
			total += n
		}
		w, x := crowd(t, 0, total), 0
		for country, n := range c.people {
			for range n {
				if country != "NL" {
					w.must(w.expert(x, expert.DeclareResidence{Stamp: w.asExpert(x), Country: country}), "residence")
				}
				x++
			}
		}
		w.view(t, func(r projections.Reader) {
			var groups []string
			for _, g := range step(t, r, views.ByResidence, views.Pool, views.Considered).Groups {
				groups = append(groups, g.Group)
				if g.Group == views.OtherGroups && c.others >= fairness.Few {
					same(t, name, *g.People, c.others)
				}
				if g.Group == views.OtherGroups && c.others < fairness.Few && g.People != nil {
					t.Fatalf("%s: %d people are told", name, *g.People)
				}
			}
			same(t, name, groups, c.groups)
		})
	}
	const countries = views.MaxGroups + 2
	w := crowd(t, 0, fairness.Few*countries)
	for x := range fairness.Few * countries {
		w.expert(x, expert.DeclareResidence{Stamp: w.asExpert(x), Country: domain.Country([]byte{'A', 'A' + byte(x%countries)})})
	}
	w.view(t, func(r projections.Reader) {
		s := step(t, r, views.ByResidence, views.Pool, views.Considered)
		same(t, "very many", []any{len(s.Groups), s.Groups[views.MaxGroups].Group, *s.Groups[views.MaxGroups].People}, []any{views.MaxGroups + 1, views.OtherGroups, 2 * fairness.Few})
	})
}
