package esco

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/policy"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
	"github.com/diaspora-match/diaspora/internal/demo"
	"github.com/diaspora-match/diaspora/matcher"
	"github.com/diaspora-match/diaspora/matcher/text"
)

// wholeDir is where a copy of ESCO v1.1.1 lies on machines that have one.
const wholeDir = "../../../shared/data/esco"

func needWhole(t testing.TB) {
	t.Helper()
	if _, err := os.Stat(wholeDir); err != nil {
		t.Skipf("THIS TEST DID NOT RUN: it needs the ESCO v1.1.1 CSV package (English) in %s; download it from https://esco.ec.europa.eu/en/use-esco/download", wholeDir)
	}
}

// The whole of ESCO: what the import makes of it, twice the same, and what
// holds of every pair of neighbours.
func TestTheWholeOfESCO(t *testing.T) {
	needWhole(t)
	report, list, file := imported(t, wholeDir)
	again, _, twice := imported(t, wholeDir)
	if !bytes.Equal(file, twice) || report.Version != again.Version {
		t.Error("two imports differ")
	}
	if report.Concepts < 13_000 || report.Occupations < 3_000 || report.Relations < 120_000 || report.Mapped < 30 || report.Same < 5 {
		t.Errorf("%+v", report)
	}
	for i := range list.Len() {
		at := list.At(taxonomy.Index(i))
		for _, n := range list.Neighbours(taxonomy.Index(i)) {
			other := list.At(n.Skill)
			score, relation := list.Similarity(at.ID, other.ID)
			if score != domain.Score(n.Score) || relation != n.Relation || list.Evidence(at.ID, other.ID) == "" {
				t.Fatalf("%s by %s: %s %s %q", at.ID, other.ID, score, relation, list.Evidence(at.ID, other.ID))
			}
			back, reverse := list.Similarity(other.ID, at.ID)
			switch {
			case relation == taxonomy.Narrower && score != domain.One, relation == taxonomy.Broader && score != 6000:
				t.Fatalf("%s by %s: %s %s", at.ID, other.ID, relation, score)
			case relation == taxonomy.CoOccurring && (score > taxonomy.MaxCoOccurring || reverse == relation && back != score):
				t.Fatalf("%s by %s: %s, back %s", at.ID, other.ID, score, back)
			}
		}
	}
	for _, s := range taxonomy.Builtin().Skills() { // what the built-in list says stays, or grows
		i, _ := taxonomy.Builtin().Index(s.ID)
		for _, n := range taxonomy.Builtin().Neighbours(i)[:min(3, len(taxonomy.Builtin().Neighbours(i)))] {
			if score, _ := list.Similarity(s.ID, taxonomy.Builtin().At(n.Skill).ID); score < domain.Score(n.Score) && len(list.Neighbours(i)) < taxonomy.MaxNeighbours {
				t.Errorf("%s by %s falls from %d to %s", s.ID, taxonomy.Builtin().At(n.Skill).ID, n.Score, score)
			}
		}
	}
	found, err := text.NewReader(list).Skills("Blended learning with hydroponics; she operates forklifts.", "en")
	if err != nil || len(found) < 3 {
		t.Errorf("%+v, %v", found, err)
	}
}

// Matching over the whole of ESCO: the index ranks as judging everybody one by
// one does, and every verdict says over which list it was made.
func TestMatchingOverTheWholeOfESCO(t *testing.T) {
	needWhole(t)
	_, list, _ := imported(t, wholeDir)
	today := domain.NewDate(2026, 11, 22)
	p := matcher.Policy{Scoring: policy.Default(today), Taxonomy: list}
	x := matcher.NewIndex(p)
	var people []matcher.Expert
	for i := range 1_500 {
		e := demo.One(5, i, today).Matching()
		for j := range e.Skills {
			e.Skills[j].Skill = list.At(taxonomy.Index((i*37 + j*101) % list.Len())).ID
		}
		people = append(people, e)
		x.UpsertExpert(e)
	}
	together, eligible := 0, 0
	for i := range 20 {
		n := matcher.Need{ID: domain.NeedID(fmt.Sprint("n", i)), Programme: "p", Country: "SO", Sector: domain.Sectors[i%len(domain.Sectors)], Modality: domain.Hybrid, Seats: 2}
		n.Window = domain.Window{Period: domain.Period{From: today.AddDays(10), To: today.AddDays(300)}, MinWeeks: 1, MaxWeeks: 8, SplitAllowed: true}
		for j := range 5 {
			n.Skills = append(n.Skills, domain.SkillRequirement{Skill: list.At(taxonomy.Index((i*211 + j*13) % list.Len())).ID, MinLevel: domain.Basic, Importance: domain.Essential})
		}
		var want []domain.Score
		for _, e := range people {
			v := matcher.Explain(e, n, p, today)
			if v.Eligible {
				want = append(want, v.Total)
			}
			for _, e := range v.Evidence {
				if e.Relation == taxonomy.CoOccurring {
					together++
				}
			}
		}
		slices.SortFunc(want, func(a, b domain.Score) int { return int(b - a) })
		got := x.TopExpertsFor(n, 50, today)
		if got.Eligible != len(want) || got.Basis.Taxonomy != list.Version() || len(got.Rows) != min(50, len(want)) {
			t.Fatalf("%s: %d eligible over %s, one by one %d", n.ID, got.Eligible, got.Basis.Taxonomy, len(want))
		}
		for k, row := range got.Rows {
			if row.Total != want[k] {
				t.Fatalf("%s: place %d has %s, one by one %s", n.ID, k, row.Total, want[k])
			}
		}
		eligible += len(want)
	}
	if together == 0 || eligible < 200 {
		t.Errorf("%d skills covered by ones that occupations ask for together with them, %d eligible", together, eligible)
	}
}

func BenchmarkLoad(b *testing.B) {
	needWhole(b)
	_, _, file := imported(b, wholeDir)
	dir := folder(b, map[string]string{FileName: string(file)})
	for b.Loop() {
		if _, err := Load(dir); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFirstText(b *testing.B) {
	needWhole(b)
	_, list, _ := imported(b, wholeDir)
	for b.Loop() {
		if _, err := text.NewReader(list).Skills("Blended learning with hydroponics.", "en"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkText(b *testing.B) {
	needWhole(b)
	_, list, _ := imported(b, wholeDir)
	r := text.NewReader(list)
	s := string(bytes.Repeat([]byte("Train staff in ultrasound diagnosis and on-the-job support; write a handbook on infection prevention.\n"), 60))
	if _, err := r.Skills(s, "en"); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		if _, err := r.Skills(s, "en"); err != nil {
			b.Fatal(err)
		}
	}
}
