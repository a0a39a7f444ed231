package matcher_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
	"github.com/diaspora-match/diaspora/internal/demo"
	"github.com/diaspora-match/diaspora/matcher"
)

// both is an index and a scan over the demonstration's people, some of whom are
// made odd, booked, or served somewhere before; many share a country, so that a
// pool has several blocks.
func both(people int, tax *taxonomy.Taxonomy) (*matcher.Index, *matcher.Scan) {
	p := matcher.Policy{Scoring: policy.Default(today), Taxonomy: tax}
	x, s := matcher.NewIndex(p), matcher.NewScan(p)
	hosts := demo.Institutions()
	for i := range people {
		e := demo.One(9, i, today).Matching()
		if tax != nil {
			for j := range e.Skills {
				e.Skills[j].Skill = tax.At(taxonomy.Index((i*31 + j*j*7) % tax.Len())).ID
			}
		}
		switch i % 9 {
		case 0:
			e.Heritage = append(e.Heritage, matcher.HeritageLink{Country: "SO", Checked: true})
		case 1:
			e.Served = []domain.InstitutionID{hosts[i%len(hosts)].ID}
		case 2:
			e.Booked = []domain.Period{{From: today.AddDays(60 + i%90), To: today.AddDays(120 + i%90)}}
		case 3:
			e.Occupations = append(e.Occupations, "2221", "2310", "6111")
		case 4:
			e.Conflicts = []domain.InstitutionID{hosts[i%len(hosts)].ID}
		case 5:
			e.Heritage = nil
		case 6:
			e.Heritage = []matcher.HeritageLink{{Country: "SO"}, {Country: "IQ", Checked: true}}
		}
		x.UpsertExpert(e)
		s.UpsertExpert(e)
	}
	s.Line()
	return x, s
}

func compareAll(t *testing.T, x *matcher.Index, s *matcher.Scan, needs []matcher.Need) {
	t.Helper()
	eligible := 0
	for i, n := range needs {
		k := []int{1, 3, 20, 100, matcher.MaxRanked}[i%5]
		rows, want := s.TopExperts(n, k, today)
		got := x.TopExpertsFor(n, k, today)
		if got.Eligible != want || !reflect.DeepEqual(got.Rows, rows) {
			t.Fatalf("%s, best %d: index %d eligible %+v, scan %d %+v", n.ID, k, got.Eligible, got.Rows, want, rows)
		}
		eligible += want
	}
	if eligible < 50*len(needs) {
		t.Errorf("only %d eligible for %d needs: this proves little", eligible, len(needs))
	}
}

// With thousands of people bounds leave most of them unscored; nobody may be
// missed.
func TestNobodyIsMissedAmongThousands(t *testing.T) {
	x, s := both(25_000, nil)
	needs := manyNeeds(120)
	compareAll(t, x, s, needs)
	near := 0
	for i, n := range needs[:30] {
		x.UpsertNeed(n)
		k := []int{0, 1, 10, 60}[i%4]
		got, _ := x.NearMisses(n.ID, k, today)
		if want := s.NearMisses(n, k, today); !reflect.DeepEqual(got, want) {
			t.Fatalf("near misses of %s: index %+v, scan %+v", n.ID, got, want)
		}
		near += len(got)
	}
	if near < 300 {
		t.Errorf("only %d near misses", near)
	}
}

// A list of more skills than there are bitmaps: skills share them.
func TestNobodyIsMissedWithALongList(t *testing.T) {
	var skills string
	for i := range 900 {
		skills += fmt.Sprintf(`,{"id":"s%d","cluster":"c%d","label_en":"Skill %d","isco08":["%d"]}`, i, i/12, i, 2100+i/6)
	}
	tax, err := taxonomy.Parse([]byte(`{"version":"t","sectors":[{"id":"health","skills":[` + skills[1:] + `]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	x, s := both(12_000, tax)
	needs := manyNeeds(60)
	for i := range needs {
		needs[i].Skills = slices.Clone(needs[i].Skills)
		for j := range needs[i].Skills {
			needs[i].Skills[j].Skill = tax.At(taxonomy.Index((i*17 + j*5) % 900)).ID
		}
	}
	compareAll(t, x, s, needs)
}

// TestNobodyIsMissedWithAWholeClassification: a list of the size of ESCO, with
// twenty neighbours a skill across the list, most of them weak: rankings, skills
// alone and explanations are those of a scan and of the rules.
func TestNobodyIsMissedWithAWholeClassification(t *testing.T) {
	tax := classification(t, 13_900)
	x, s := both(8_000, tax)
	needs := manyNeeds(40)
	for i := range needs {
		needs[i].Skills = slices.Clone(needs[i].Skills)
		for j := range needs[i].Skills {
			needs[i].Skills[j].Skill = tax.At(taxonomy.Index((i*331 + j*7) % tax.Len())).ID
		}
	}
	compareAll(t, x, s, needs)
	related := map[taxonomy.Relation]int{}
	for _, n := range needs {
		x.UpsertNeed(n)
		ranking, _ := x.TopExperts(n.ID, 20, today)
		for _, row := range ranking.Rows {
			v, _ := x.Explain(row.Expert, n.ID, today)
			if v.Total != row.Total || v.Basis.Taxonomy != tax.Version() {
				t.Fatalf("ranked with %s, explained with %s over %s", row.Total, v.Total, v.Basis.Taxonomy)
			}
			for _, e := range v.Evidence {
				related[e.Relation]++
			}
		}
		if got, want := x.TopBySkills(n.Skills, 50), s.TopBySkills(n.Skills, 50); !reflect.DeepEqual(got, want) {
			t.Fatalf("skills alone: index %+v, scan %+v", got, want)
		}
	}
	for _, r := range []taxonomy.Relation{taxonomy.Equal, taxonomy.CoOccurring, taxonomy.Narrower} {
		if related[r] == 0 {
			t.Errorf("no skill is covered by one that is %s: %v", r, related)
		}
	}
}

// classification extends the built-in list to a number of skills in the way of an
// import: chains of broader skills, occupations that ask for several, neighbours
// by both, the best first.
func classification(t *testing.T, skills int) *taxonomy.Taxonomy {
	t.Helper()
	base := taxonomy.Builtin()
	x := taxonomy.Extension{Base: base.Version(), Digest: "generated", Titles: map[domain.ISCO]string{}, Near: make([][]taxonomy.Neighbour, skills)}
	for i := base.Len(); i < skills; i++ {
		s := taxonomy.Skill{ID: domain.Skill(fmt.Sprint("esco.g", i)), Cluster: fmt.Sprint("cluster ", i/40), English: fmt.Sprint("skill ", i)}
		if i > base.Len() && i%4 != 0 {
			s.Broader = []domain.Skill{domain.Skill(fmt.Sprint("esco.g", i-1))}
		}
		x.Skills = append(x.Skills, s)
	}
	for o := range 3_000 {
		job := taxonomy.Occupation{ISCO: domain.ISCO(fmt.Sprint(2100 + o%400))}
		for j := range 30 {
			job.Essential = append(job.Essential, taxonomy.Index((o*4+j*97)%skills))
		}
		slices.Sort(job.Essential)
		job.Essential = slices.Compact(job.Essential)
		x.Occupations = append(x.Occupations, job)
	}
	for i := range x.Near {
		seen := map[int]bool{i: true}
		near := func(o int, score uint16, r taxonomy.Relation) {
			if o >= 0 && o < skills && !seen[o] && len(x.Near[i]) < taxonomy.MaxNeighbours {
				seen[o] = true
				x.Near[i] = append(x.Near[i], taxonomy.Neighbour{Skill: taxonomy.Index(o), Score: score, Relation: r})
			}
		}
		if i >= base.Len() && (i+1)%4 != 0 {
			near(i+1, uint16(domain.One), taxonomy.Narrower)
		}
		if i > base.Len() && i%4 != 0 {
			near(i-1, 6000, taxonomy.Broader)
		}
		for j := range taxonomy.MaxNeighbours {
			near((i+97*(j+1)-4*(j%3))%skills, uint16(4900-200*j), taxonomy.CoOccurring)
		}
	}
	tax, err := base.Extend(x)
	if err != nil {
		t.Fatal(err)
	}
	return tax
}

func TestRankingBySkillsAlone(t *testing.T) {
	x, s := both(20_000, nil)
	tax := taxonomy.Builtin()
	for i := range 30 {
		var required []domain.SkillRequirement
		for j := range 1 + i%9 {
			skill := tax.At(taxonomy.Index((i*13 + j*3) % tax.Len())).ID
			if i == 7 && j == 0 {
				skill = "old.unlisted"
			}
			required = append(required, domain.SkillRequirement{Skill: skill, MinLevel: domain.SkillLevel(j % 4)})
		}
		k := []int{1, 10, 100}[i%3]
		got, want := x.TopBySkills(required, k), s.TopBySkills(required, k)
		if len(got) != k || !reflect.DeepEqual(got, want) {
			t.Fatalf("%d skills: index %+v, scan %+v", len(required), got, want)
		}
	}
	if rows := x.TopBySkills(nil, 3); len(rows) != 3 || rows[0].Total != 0 {
		t.Errorf("without skills: %+v", rows)
	}
}
