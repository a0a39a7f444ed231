package matcher_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
	"github.com/diaspora-match/diaspora/internal/demo"
	"github.com/diaspora-match/diaspora/matcher"
)

// benchExperts is how many people the benchmarks rank; MATCHER_EXPERTS sets
// another number.
const benchExperts = 1_000_000

func peopleFromEnv() int {
	if n, err := strconv.Atoi(os.Getenv("MATCHER_EXPERTS")); err == nil && n > 0 {
		return n
	}
	return benchExperts
}

// population is made once for all benchmarks of a run.
type population struct {
	index   *matcher.Index
	scan    *matcher.Scan
	people  int
	needs   []matcher.Need
	loading time.Duration
	perHead float64 // bytes of the index an expert, without the profiles
}

var populations = sync.OnceValue(func() *population {
	p := &population{people: peopleFromEnv(), index: matcher.NewIndex(matcher.Policy{Scoring: policy.Default(today)})}
	p.scan = matcher.NewScan(matcher.Policy{Scoring: policy.Default(today)})
	experts := make([]matcher.Expert, p.people)
	for i := range experts {
		experts[i] = demo.One(1, i, today).Matching()
	}
	for _, e := range experts {
		p.scan.UpsertExpert(e)
	}
	p.scan.Line()
	before := heap()
	p.loading = timed(func() {
		for _, e := range experts {
			p.index.UpsertExpert(e)
		}
	})
	// The profile itself lies in the index by value, its lists are shared.
	p.perHead = float64(heap()-before)/float64(p.people) - float64(reflect.TypeFor[matcher.Expert]().Size())
	runtime.KeepAlive(experts)
	p.needs = manyNeeds(10_000)
	return p
})

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// manyNeeds varies the examples: other windows, other skills of the sector,
// other levels, hosts of several countries.
func manyNeeds(n int) []matcher.Need {
	var out []matcher.Need
	r := rand.New(rand.NewPCG(11, 11))
	terms, tax := demo.Terms(today), taxonomy.Builtin()
	for i := range n {
		need := terms[i%len(terms)].Matching(programme)
		if i >= len(terms) {
			need.ID = domain.NeedID(domain.DeriveID([16]byte{7}, fmt.Sprint("need", i)))
			need.Window.Period.From = need.Window.Period.From.AddDays(r.IntN(120))
			need.Window.Period.To = need.Window.Period.To.AddDays(120)
			need.Skills = slices.Clone(need.Skills)
			own := tax.OfSector(need.Sector)
			for range r.IntN(4) {
				need.Skills = append(need.Skills, domain.SkillRequirement{
					Skill: own[r.IntN(len(own))].ID, MinLevel: domain.SkillLevel(1 + r.IntN(3)),
					Importance: []domain.Importance{domain.Essential, domain.Preferred}[r.IntN(2)],
				})
			}
			need.Modality = domain.Modalities[r.IntN(3)]
		}
		out = append(out, need)
	}
	return out
}

// times are how long each of many questions took.
type times []time.Duration

func (t times) at(share float64) time.Duration {
	slices.Sort(t)
	return t[min(int(share*float64(len(t))), len(t)-1)]
}

func (t times) mean() time.Duration {
	var sum time.Duration
	for _, d := range t {
		sum += d
	}
	return sum / time.Duration(len(t))
}

func (t times) report(b *testing.B, unit time.Duration, name string) {
	b.ReportMetric(float64(t.at(.5))/float64(unit), "p50-"+name)
	b.ReportMetric(float64(t.at(.99))/float64(unit), "p99-"+name)
	b.ReportMetric(float64(t.mean())/float64(unit), "mean-"+name)
}

// One need of one country against everybody, the whole score, beside a scan of
// structs, which gives the same rows.
func BenchmarkTop20(b *testing.B) {
	p := populations()
	var fast, naive, wall times
	b.ResetTimer()
	for range b.N {
		for i, n := range p.needs[:1000] {
			var got matcher.Ranking
			begun := time.Now()
			fast = append(fast, timed(func() { got = p.index.TopExpertsFor(n, 20, today) }))
			wall = append(wall, time.Since(begun))
			if i%25 != 0 || b.N > 1 {
				continue
			}
			naive = append(naive, timed(func() {
				rows, eligible := p.scan.TopExperts(n, 20, today)
				if got.Eligible != eligible || !reflect.DeepEqual(rows, got.Rows) {
					b.Fatalf("%s: index %+v, scan %+v", n.ID, got, rows)
				}
			}))
		}
	}
	fast.report(b, time.Microsecond, "µs")
	if len(naive) > 0 {
		naive.report(b, time.Microsecond, "naive-µs")
		b.ReportMetric(float64(naive.mean())/float64(fast.mean()), "times-naive")
	}
	b.ReportMetric(float64(wall.at(.5))/float64(time.Microsecond), "p50-wall-µs")
	b.ReportMetric(p.perHead, "B/expert")
	b.ReportMetric(p.loading.Seconds(), "s-loading")
	b.ReportMetric(0, "ns/op")
}

// The needs that one expert fits best, among ten thousand.
func BenchmarkTopNeedsOfTenThousand(b *testing.B) {
	p := populations()
	for _, n := range p.needs {
		p.index.UpsertNeed(n)
	}
	var fast times
	eligible := 0
	b.ResetTimer()
	for range b.N {
		for i := range 2000 {
			id := demo.ExpertID(1, i*7%p.people)
			fast = append(fast, timed(func() {
				r, _ := p.index.TopNeeds(id, 20, today)
				eligible += r.Eligible
			}))
		}
	}
	fast.report(b, time.Microsecond, "µs")
	b.ReportMetric(float64(eligible)/float64(len(fast)), "needs/expert")
	b.ReportMetric(0, "ns/op")
}

// One expert changes, and the shortlist of every open need is exact again.
func BenchmarkEvents(b *testing.B) {
	p := populations()
	for _, n := range p.needs {
		p.index.UpsertNeed(n)
	}
	full := timed(func() {
		for _, n := range p.needs {
			p.index.TopExperts(n.ID, matcher.ShortlistShown, today)
		}
	})
	r := rand.New(rand.NewPCG(3, 3))
	var fast times
	var refill time.Duration
	var changed []int
	b.ResetTimer()
	for range b.N {
		for range 20_000 {
			i := r.IntN(p.people)
			changed = append(changed, i)
			e, _ := p.index.Expert(demo.ExpertID(1, i))
			switch r.IntN(4) {
			case 0:
				e.Confirmed = today
			case 1:
				e.Active = !e.Active
			case 2:
				e.Languages = append(slices.Clone(e.Languages), domain.LanguageClaim{Language: "en", Level: domain.C2})
			default:
				other := demo.One(1, r.IntN(p.people), today).Matching()
				e.Skills, e.Available, e.Transfer = other.Skills, other.Available, other.Transfer
			}
			fast = append(fast, timed(func() { p.index.UpsertExpert(e) }))
		}
		refill += timed(func() { // what no longer answers is searched anew
			for _, n := range p.needs {
				p.index.TopExperts(n.ID, matcher.ShortlistShown, today)
			}
		})
	}
	b.StopTimer()
	for _, i := range changed { // the other benchmarks compare with a scan
		p.index.UpsertExpert(demo.One(1, i, today).Matching())
	}
	fast.report(b, time.Microsecond, "µs")
	b.ReportMetric(float64(len(fast))/(refill+fast.mean()*time.Duration(len(fast))).Seconds(), "events/s")
	b.ReportMetric(refill.Seconds()*1e3, "ms-refill")
	b.ReportMetric(full.Seconds(), "s-all-shortlists")
	b.ReportMetric(0, "ns/op")
}

// Skills alone, of everybody: eight required ones with all that are near them.
func BenchmarkSkillsAlone(b *testing.B) {
	p := populations()
	tax := taxonomy.Builtin()
	all := make([]taxonomy.Index, tax.Len())
	for i := range all {
		all[i] = taxonomy.Index(i)
	}
	slices.SortStableFunc(all, func(a, b taxonomy.Index) int { return len(tax.Neighbours(b)) - len(tax.Neighbours(a)) })
	r := rand.New(rand.NewPCG(5, 5))
	var fast, lists times
	b.ResetTimer()
	for range b.N {
		for range 200 {
			var required []domain.SkillRequirement
			expanded := 0
			for range 8 {
				i := all[r.IntN(40)] // those with the most neighbours
				expanded += 1 + len(tax.Neighbours(i))
				required = append(required, domain.SkillRequirement{Skill: tax.At(i).ID, MinLevel: domain.Working})
			}
			lists = append(lists, time.Duration(expanded))
			fast = append(fast, timed(func() { p.index.TopBySkills(required, 100) }))
		}
	}
	fast.report(b, time.Microsecond, "µs")
	b.ReportMetric(float64(lists.mean()), "lists")
	b.ReportMetric(0, "ns/op")
}

// The rarer questions and changes, once each for many needs.
func BenchmarkOther(b *testing.B) {
	p := populations()
	for _, n := range p.needs {
		p.index.UpsertNeed(n)
	}
	var near, many, again times
	b.ResetTimer()
	for range b.N {
		for _, n := range p.needs[:100] {
			near = append(near, timed(func() { p.index.NearMisses(n.ID, 10, today) }))
			many = append(many, timed(func() { p.index.TopExperts(n.ID, matcher.MaxRanked, today) }))
			p.index.TopExperts(n.ID, 20, today)
			again = append(again, timed(func() { p.index.TopExperts(n.ID, 20, today) }))
		}
	}
	near.report(b, time.Microsecond, "near-misses-µs")
	many.report(b, time.Microsecond, "top1000-µs")
	again.report(b, time.Microsecond, "shortlist-µs")
	scoring := policy.Default(today)
	scoring.Version++
	b.ReportMetric(timed(func() { p.index.SetPolicy(programme, policy.Eligibility{Version: 2}, scoring) }).Seconds()*1e3, "ms-policy-of-10000")
	b.ReportMetric(0, "ns/op")
}
