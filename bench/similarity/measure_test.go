package main

import (
	"context"
	"math"
	"os"
	"testing"

	"github.com/diaspora-match/diaspora/internal/esco"
)

// made is a classification where what co-occurs is plain: two trades of two
// occupations each.
func made() *esco.Classification {
	c := &esco.Classification{Parents: map[string][]string{"a": {"root"}, "b": {"root"}, "c": {"b"}, "d": {"c", "root"}}}
	for _, uri := range []string{"a", "b", "c", "d"} {
		c.Concepts = append(c.Concepts, esco.Concept{URI: uri})
	}
	c.Occupations = []esco.Occupation{
		{ISCO: "1111", Essential: []int{0, 1}}, {ISCO: "1111", Essential: []int{0, 1}},
		{ISCO: "2222", Essential: []int{2, 3}}, {ISCO: "2233", Essential: []int{2, 3}},
	}
	return c
}

func TestMeasure(t *testing.T) {
	results, held, err := measure(context.Background(), made(), 1)
	if err != nil || held != 8 {
		t.Fatalf("%d held out, %v", held, err)
	}
	// With its twin left in, each skill leads to its partner. Without the unit
	// group the first trade is unknown: three candidates tie in the middle. Without
	// the sub-major group so is the second.
	half := (1 + 1.0/2) / 2
	for out, want := range [levels]float64{1, half, 1.0 / 2} {
		for _, r := range results[:2] {
			if math.Abs(r.mrr[out]-want) > 1e-9 {
				t.Errorf("%s, level %d: %.4f, want %.4f", r.name, out, r.mrr[out], want)
			}
		}
	}
}

func TestMeasureEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := measure(ctx, made(), 1); err == nil {
		t.Error("no error")
	}
}

func TestDistancesInTheTree(t *testing.T) {
	tree := newTree(made())
	rows := [][]float64{make([]float64, 4)}
	tree.wuPalmer(0, []int{3}, occupationOut, rows)
	// Depths by the longest way: root 1, a and b 2, c 3, d 4.
	for s, want := range []float64{2.0 / 6, 4.0 / 6, 6.0 / 7, 1} {
		if math.Abs(rows[0][s]-want) > 1e-9 {
			t.Errorf("Wu–Palmer of d and %d: %.4f, want %.4f", s, rows[0][s], want)
		}
	}
	clear(rows[0])
	tree.lin(0, []int{3}, occupationOut, rows)
	if rows[0][3] != 1 || rows[0][0] != 0 || rows[0][2] <= rows[0][1] {
		t.Errorf("Lin of d: %v", rows[0])
	}
}

// The bars, on a sample of ESCO; the command measures all of it.
func TestBarsOnASampleOfESCO(t *testing.T) {
	const dir = "../../../shared/data/esco"
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("THIS TEST DID NOT RUN: it needs the ESCO v1.1.1 CSV package (English) in %s; download it from https://esco.ec.europa.eu/en/use-esco/download", dir)
	}
	if testing.Short() {
		t.Skip("THIS TEST DID NOT RUN: it takes seconds; run it without -short")
	}
	c, err := esco.Read(context.Background(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	results, _, err := measure(context.Background(), c, 60)
	if err != nil {
		t.Fatal(err)
	}
	for out, bar := range bars {
		if got := results[0].mrr[out]; got < bar {
			t.Errorf("level %d: %.4f, bar %.2f", out, got, bar)
		}
	}
	for out := range levels {
		if best := results[1].mrr[out]; best < 5*max(results[2].mrr[out], results[3].mrr[out]) {
			t.Errorf("level %d: the nearest 20 reach %.4f, the distances in the tree %.4f and %.4f", out, best, results[2].mrr[out], results[3].mrr[out])
		}
	}
}
