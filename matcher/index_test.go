package matcher_test

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/internal/demo"
	"github.com/diaspora-match/diaspora/matcher"
)

const programme domain.ProgrammeID = "p"

// crowd is an index over the demonstration's people and Terms of Reference.
func crowd(people int) (*matcher.Index, []demo.Person, []matcher.Need) {
	x := matcher.NewIndex(matcher.Policy{Scoring: policy.Default(today)})
	persons := demo.Generate(1, people, today)
	for _, p := range persons {
		x.UpsertExpert(p.Matching())
	}
	var needs []matcher.Need
	for _, t := range demo.Terms(today) {
		needs = append(needs, t.Matching(programme))
		x.UpsertNeed(needs[len(needs)-1])
	}
	return x, persons, needs
}

// naive ranks by Explain alone.
func naive(experts []matcher.Expert, n matcher.Need, p matcher.Policy, k int) []matcher.Ranked {
	var rows []matcher.Ranked
	for _, e := range experts {
		if v := matcher.Explain(e, n, p, today); v.Eligible {
			rows = append(rows, matcher.Ranked{Expert: e.ID, Need: n.ID, Total: v.Total})
		}
	}
	hash := func(r matcher.Ranked) uint64 {
		h := fnv.New64a()
		_, _ = fmt.Fprintf(h, "%s|%s", r.Need, r.Expert)
		return h.Sum64()
	}
	slices.SortFunc(rows, func(a, b matcher.Ranked) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(hash(a), hash(b)))
	})
	rows = rows[:min(k, len(rows))]
	for i := range rows {
		rows[i].Rank = i + 1
	}
	return rows
}

func TestTheIndexRanksAsExplainDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := aPolicy(t)
		x := matcher.NewIndex(matcher.Policy{})
		x.SetPolicy(programme, p.Eligibility, p.Scoring)
		n := aNeed(t, "n")
		// Open the gates, so that there is something to rank.
		n.CountryHold, n.HostAtCapacity, n.Seats = false, false, 1
		n.Country, n.Window = "SO", domain.Window{Period: domain.Period{From: today, To: today.AddDays(400)}}
		x.UpsertNeed(n)
		var experts []matcher.Expert
		for i := range number(t, 1, 12, "experts") {
			e := anExpert(t, fmt.Sprint("e", i))
			e.Heritage = []matcher.HeritageLink{{Country: "SO", Checked: true}}
			experts = append(experts, e)
			x.UpsertExpert(e)
		}
		k := number(t, 0, 5, "k")
		want := naive(experts, n, p, k)
		got, ok := x.TopExperts("n", k, today)
		if !ok || len(got.Rows) != len(want) || len(want) > 0 && !reflect.DeepEqual(got.Rows, want) {
			t.Fatalf("index %+v, naive %+v", got.Rows, want)
		}
		if what := x.TopExpertsFor(n, k, today); !reflect.DeepEqual(what, got) {
			t.Fatalf("the same need from outside: %+v", what)
		}
		for _, e := range experts {
			v, ok := x.Explain(e.ID, "n", today)
			if w := matcher.Explain(e, n, p, today); !ok || !reflect.DeepEqual(v, w) {
				t.Fatalf("explained apart: %+v\nin the index: %+v", w, v)
			}
			r, ok := x.TopNeeds(e.ID, 1, today)
			if !ok || (len(r.Rows) == 1) != v.Eligible || v.Eligible && r.Rows[0].Total != v.Total {
				t.Fatalf("reverse: %+v for %+v", r, v)
			}
		}
	})
}

func TestRankingTheCrowd(t *testing.T) {
	x, persons, needs := crowd(2000)
	var experts []matcher.Expert
	for _, p := range persons {
		experts = append(experts, p.Matching())
	}
	p := matcher.Policy{Scoring: policy.Default(today)}
	filled, near := 0, 0
	for _, n := range needs {
		got, _ := x.TopExperts(n.ID, 10, today)
		if want := naive(experts, n, p, 10); len(want) > 0 && !reflect.DeepEqual(got.Rows, want) {
			t.Fatalf("%s: %+v, want %+v", n.ID, got.Rows, want)
		}
		if got.Considered != 2000 || got.Eligible < len(got.Rows) {
			t.Errorf("%+v", got)
		}
		if len(got.Rows) > 0 {
			filled++
		}
		misses, _ := x.NearMisses(n.ID, 5, today)
		for _, m := range misses {
			e, _ := x.Expert(m.Expert)
			if v := matcher.Explain(e, n, p, today); v.Eligible {
				t.Errorf("%s misses nothing", m.Expert)
			}
			after := matcher.Explain(matcher.Apply(e, m.Counterfactual.Changes...), n, p, today)
			if !after.Eligible || after.Total != m.Counterfactual.Total {
				t.Errorf("%s: %s is not true", m.Expert, m.Counterfactual.Text)
			}
			near++
		}
	}
	t.Logf("%d of %d needs have eligible people among 2,000; %d near misses", filled, len(needs), near)
	if filled < len(needs)*2/3 || near < len(needs) {
		t.Errorf("only %d of %d needs have anybody, %d near misses", filled, len(needs), near)
	}
}

// Whatever the history, the content alone decides.
func TestAnyHistoryEqualsARebuild(t *testing.T) {
	_, persons, needs := crowd(300)
	order := rand.New(rand.NewPCG(5, 5))
	x, fresh := matcher.NewIndex(matcher.Policy{}), matcher.NewIndex(matcher.Policy{})
	alive := map[int]bool{}
	for range 3000 {
		i := order.IntN(len(persons))
		e := persons[i].Matching()
		switch order.IntN(3) {
		case 0:
			x.RemoveExpert(e.ID)
			delete(alive, i)
		case 1: // an older word of the same person, then the last one
			e.Languages = nil
			x.UpsertExpert(e)
			fallthrough
		default:
			x.UpsertExpert(persons[i].Matching())
			alive[i] = true
		}
		n := needs[order.IntN(len(needs))]
		x.RemoveNeed(n.ID)
		x.UpsertNeed(n)
	}
	for _, n := range needs {
		x.UpsertNeed(n)
		fresh.UpsertNeed(n)
	}
	for i := range persons {
		if alive[i] {
			fresh.UpsertExpert(persons[i].Matching())
		}
	}
	if a, b := fmt.Sprint(x.Len()), fmt.Sprint(fresh.Len()); a != b {
		t.Fatalf("%s and %s", a, b)
	}
	for _, n := range needs {
		a, _ := x.TopExperts(n.ID, 50, today)
		b, _ := fresh.TopExperts(n.ID, 50, today)
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("%s: %+v, rebuilt %+v", n.ID, a, b)
		}
		c, _ := x.NearMisses(n.ID, 20, today)
		d, _ := fresh.NearMisses(n.ID, 20, today)
		if !reflect.DeepEqual(c, d) {
			t.Fatalf("%s: near misses differ", n.ID)
		}
	}
	for i, p := range persons {
		a, known := x.TopNeeds(p.ID, 10, today)
		b, _ := fresh.TopNeeds(p.ID, 10, today)
		if known != alive[i] || !reflect.DeepEqual(a, b) {
			t.Fatalf("%s: %+v, rebuilt %+v", p.ID, a, b)
		}
	}
}

func TestTheIndexIsSafeForManyAtOnce(t *testing.T) {
	x, persons, needs := crowd(200)
	want, _ := x.TopExperts(needs[0].ID, 10, today)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 100 {
				p := persons[(i*7+w)%len(persons)]
				x.UpsertExpert(p.Matching()) // the same again: no answer may change
				if got, _ := x.TopExperts(needs[0].ID, 10, today); !reflect.DeepEqual(got.Rows, want.Rows) {
					t.Errorf("the ranking moved: %+v", got.Rows)
				}
				x.TopNeeds(p.ID, 3, today)
				x.Explain(p.ID, needs[1].ID, today)
				x.UpsertNeed(needs[1+i%(len(needs)-1)])
			}
		})
	}
	wg.Wait()
}

func TestUnknownIdsAndPositions(t *testing.T) {
	x, persons, needs := crowd(3)
	if _, ok := x.TopExperts("nobody", 5, today); ok {
		t.Error("ranked for an unknown need")
	}
	if _, ok := x.TopNeeds("nobody", 5, today); ok {
		t.Error("ranked for an unknown expert")
	}
	if _, ok := x.NearMisses("nobody", 5, today); ok {
		t.Error("near misses of an unknown need")
	}
	if _, ok := x.Explain(persons[0].ID, "nobody", today); ok {
		t.Error("explained an unknown need")
	}
	x.RemoveExpert("nobody")
	x.RemoveNeed("nobody")
	x.Advance(41)
	x.Advance(7)
	v, _ := x.Explain(persons[0].ID, needs[0].ID, today)
	r, _ := x.TopExperts(needs[0].ID, -1, today)
	if x.Position() != 41 || v.Basis.Position != 41 || r.Basis != v.Basis || len(r.Rows) != 0 {
		t.Errorf("basis %+v and %+v", v.Basis, r.Basis)
	}
	if v.Basis.Engine != matcher.EngineVersion || v.Basis.Taxonomy != x.Taxonomy().Version() || v.Basis.Today != today {
		t.Errorf("basis %+v", v.Basis)
	}
}

// Two populations that differ in nothing but names, genders and birth years
// are ranked alike: the attributes never reach the engine.
func TestAttributeSwapChangesNothing(t *testing.T) {
	x, persons, needs := crowd(1500)
	swapped := matcher.NewIndex(matcher.Policy{Scoring: policy.Default(today)})
	for i, p := range persons {
		other := persons[(i+577)%len(persons)]
		p.Name, p.Email, p.Gender, p.BirthYear, p.Motivation = other.Name, other.Email, other.Gender, other.BirthYear, other.Motivation
		swapped.UpsertExpert(p.Matching())
	}
	rows := 0
	for _, n := range needs {
		swapped.UpsertNeed(n)
		a, _ := x.TopExperts(n.ID, matcher.MaxRanked, today)
		b, _ := swapped.TopExperts(n.ID, matcher.MaxRanked, today)
		if !reflect.DeepEqual(a.Rows, b.Rows) {
			t.Fatalf("%s: swapping attributes moved somebody", n.ID)
		}
		rows += len(a.Rows)
	}
	if rows == 0 {
		t.Error("nobody was ranked: this proves nothing")
	}
}

// TOR-002: a recent graduate with a master's degree was the right seed breeder.
func TestYearsNeverDominate(t *testing.T) {
	var need matcher.Need
	for _, tor := range demo.Terms(today) {
		if tor.Reference == "TOR-002" {
			need = tor.Matching(programme)
		}
	}
	graduate := matcher.Expert{
		ID: "graduate", Active: true, Consent: true, Residence: "NL", Heritage: []matcher.HeritageLink{{Country: "NG", Checked: true}},
		Skills: []domain.SkillClaim{
			{Skill: "agri.plant-breeding-seed", Level: domain.Proficient}, {Skill: "agri.agricultural-research", Level: domain.Proficient},
			{Skill: "x.training-delivery-online", Level: domain.Working},
		},
		Languages: []domain.LanguageClaim{{Language: "en", Level: domain.C1}, {Language: "yo", Level: domain.Native}},
		Education: []domain.Education{{Level: 7, Field: "0811"}}, Occupations: []domain.ISCO{"2131"},
		Available: []domain.Availability{{Period: need.Window.Period}}, Modalities: []domain.Modality{domain.Virtual},
		Transfer: []domain.TransferMethod{"online_training"}, Confirmed: today,
	}
	veteran := graduate
	veteran.ID, veteran.TotalYears = "veteran", 35
	veteran.Sectors = []matcher.SectorYears{{Sector: domain.Agriculture, Years: 35}}
	veteran.Skills = []domain.SkillClaim{
		{Skill: "agri.crop-agronomy", Level: domain.Expert, Years: 35}, {Skill: "agri.agricultural-research", Level: domain.Expert, Years: 30},
		{Skill: "agri.post-harvest", Level: domain.Expert, Years: 20}, {Skill: "x.training-delivery-online", Level: domain.Expert, Years: 5},
	}
	veteran.Occupations = []domain.ISCO{"2132"}
	x, _, _ := crowd(2000)
	x.UpsertExpert(graduate)
	x.UpsertExpert(veteran)
	r, ok := x.TopExperts(need.ID, matcher.MaxRanked, today)
	if !ok {
		t.Fatal("TOR-002 is not there")
	}
	rank := map[domain.ExpertID]int{}
	for _, row := range r.Rows {
		rank[row.Expert] = row.Rank
	}
	if rank["graduate"] == 0 || rank["graduate"] > 3 || rank["veteran"] != 0 && rank["veteran"] < rank["graduate"] {
		t.Errorf("graduate at %d, veteran at %d of %d", rank["graduate"], rank["veteran"], len(r.Rows))
	}
	// The same person with 35 years more gains less than one level of one
	// essential skill is worth.
	aged := graduate
	aged.TotalYears, aged.Sectors = 35, []matcher.SectorYears{{Sector: domain.Agriculture, Years: 35}}
	lesser := graduate
	lesser.Skills = slices.Clone(graduate.Skills)
	lesser.Skills[0].Level = domain.Working
	p := matcher.Policy{Scoring: policy.Default(today)}
	total := func(e matcher.Expert) domain.Score { return matcher.Explain(e, need, p, today).Total }
	if gain, worth := total(aged)-total(graduate), total(graduate)-total(lesser); gain >= worth {
		t.Errorf("35 years are worth %s, a level of an essential skill %s", gain, worth)
	}
}

func TestChanges(t *testing.T) {
	x, _, needs := crowd(500)
	n := needs[0]
	before, _ := x.TopExperts(n.ID, 5, today)
	if len(before.Rows) < 2 {
		t.Fatalf("only %d ranked", len(before.Rows))
	}
	best := before.Rows[0].Expert
	e, ok := x.Expert(best)
	if !ok {
		t.Fatal("the best expert is unknown")
	}
	silent := e
	silent.Consent = false
	x.UpsertExpert(silent)
	if after, _ := x.TopExperts(n.ID, 5, today); after.Rows[0].Expert != before.Rows[1].Expert || after.Eligible != before.Eligible-1 {
		t.Errorf("consent withdrawn, yet %+v", after.Rows)
	}
	held := n
	held.CountryHold = true
	x.UpsertNeed(held)
	if under, _ := x.TopExperts(n.ID, 5, today); under.Eligible != 0 {
		t.Errorf("%d ranked under a hold", under.Eligible)
	}
	x.UpsertNeed(n)
	x.UpsertExpert(e)
	if again, _ := x.TopExperts(n.ID, 5, today); !reflect.DeepEqual(again, before) {
		t.Errorf("all undone, yet %+v", again.Rows)
	}
}

// The bar of the first version: 300 ms for 100,000 experts on one core, with
// the whole score of everybody.
func TestScanWithinItsBar(t *testing.T) {
	if testing.Short() {
		t.Skip("scanning 100,000 experts takes two seconds: run without -short")
	}
	const bar = 300 * time.Millisecond
	x, need := allEligible(100_000)
	quickest := time.Hour
	for range 5 {
		begun := time.Now()
		x.TopExperts(need, 20, today)
		quickest = min(quickest, time.Since(begun))
	}
	t.Logf("100,000 experts in %v", quickest)
	if quickest > bar*slowdown {
		t.Errorf("100,000 experts took %v, the bar is %v", quickest, bar*slowdown)
	}
}

func BenchmarkTopExperts(b *testing.B) {
	const people = 100_000
	x, _, needs := crowd(people)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		x.TopExperts(needs[i%len(needs)].ID, 20, today)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/people, "ns/expert")
}

// allEligible is an index in which everybody passes the hard rules.
func allEligible(people int) (*matcher.Index, domain.NeedID) {
	x := matcher.NewIndex(matcher.Policy{})
	n := demo.Terms(today)[1].Matching(programme)
	n.MinEducation, n.MinYears, n.Window.MinWeeks = 0, 0, 1
	n.Languages = slices.Clone(n.Languages)
	for i := range n.Languages {
		n.Languages[i].Required = false
	}
	for _, p := range demo.Generate(1, people, today) {
		e := p.Matching()
		e.Heritage = []matcher.HeritageLink{{Country: n.Country, Checked: true}}
		e.Modalities = nil
		e.Available = append(e.Available, domain.Availability{Period: n.Window.Period})
		x.UpsertExpert(e)
	}
	x.UpsertNeed(n)
	return x, n.ID
}

func BenchmarkTopExpertsAllEligible(b *testing.B) {
	const people = 100_000
	x, need := allEligible(people)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if r, _ := x.TopExperts(need, 20, today); r.Eligible != people {
			b.Fatalf("only %d eligible", r.Eligible)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/people, "ns/expert")
}

func BenchmarkTopNeeds(b *testing.B) {
	x, persons, _ := crowd(2000)
	b.ResetTimer()
	for i := range b.N {
		x.TopNeeds(persons[i%len(persons)].ID, 20, today)
	}
}

func BenchmarkExplain(b *testing.B) {
	x, persons, needs := crowd(2000)
	b.ResetTimer()
	for i := range b.N {
		x.Explain(persons[i%len(persons)].ID, needs[i%len(needs)].ID, today)
	}
}
