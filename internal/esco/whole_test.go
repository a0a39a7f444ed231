package esco

import (
	"bytes"
	"os"
	"testing"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
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
