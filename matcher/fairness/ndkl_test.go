package fairness

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A list written out by hand: the reference has as many of the one group as of
// the other. First places 1, 2, 3 of A, A, B: all A; all A; two thirds A.
func TestNDKLByHand(t *testing.T) {
	b, ok := BalanceOf([]int{0, 0, 1}, []int{50, 50})
	thirds := 2./3*math.Log(4./3) + 1./3*math.Log(2./3)
	w := []float64{1, 1 / math.Log2(3), 0.5}
	want := (w[0]*math.Ln2 + w[1]*math.Ln2 + w[2]*thirds) / (w[0] + w[1] + w[2])
	if !ok || math.Abs(b.NDKL-want) > 1e-12 || math.Abs(b.Whole-thirds) > 1e-12 {
		t.Fatalf("%+v, want %g and %g", b, want, thirds)
	}
	for _, bad := range []struct{ list, reference []int }{{nil, []int{1, 1}}, {[]int{1}, []int{1, 0}}, {[]int{2}, []int{1, 1}}, {[]int{-1}, []int{1}}} {
		if _, ok := BalanceOf(bad.list, bad.reference); ok {
			t.Errorf("%v of %v has a balance", bad.list, bad.reference)
		}
	}
}

func drawList(t *rapid.T, groups, most int) []int {
	return rapid.SliceOfN(rapid.IntRange(0, groups-1), 1, most).Draw(t, "list")
}

func TestNDKLProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := rapid.IntRange(1, 4).Draw(t, "groups")
		reference := rapid.SliceOfN(rapid.IntRange(1, 50), groups, groups).Draw(t, "reference")
		list := drawList(t, groups, 30)
		b, ok := BalanceOf(list, reference)
		farthest := 0.0
		for _, s := range sharesOf(reference) {
			farthest = max(farthest, -math.Log(s))
		}
		if !ok || b.NDKL < 0 || b.NDKL > farthest+1e-9 || b.ByChance < 0 || b.ByChance > farthest+1e-9 {
			t.Fatalf("%+v, at most %g", b, farthest)
		}
		// Only shares of the reference count, and names of groups do not.
		scaled, renamed := make([]int, groups), make([]int, groups)
		for g, n := range reference {
			scaled[g], renamed[groups-1-g] = 3*n, n
		}
		other := make([]int, len(list))
		for i, g := range list {
			other[i] = groups - 1 - g
		}
		for _, again := range []Balance{first(BalanceOf(list, scaled)), first(BalanceOf(other, renamed))} {
			if math.Abs(again.NDKL-b.NDKL) > 1e-9 || math.Abs(again.ByChance-b.ByChance) > 1e-9 {
				t.Fatalf("%+v and %+v", b, again)
			}
		}
		if groups == 1 && (b.NDKL != 0 || b.ByChance > 1e-9) {
			t.Fatalf("one group: %+v", b)
		}
		// A list that has the shares of the reference as a whole does not diverge as a whole.
		var exact []int
		for g, n := range reference {
			exact = append(exact, slices.Repeat([]int{g}, n)...)
		}
		if whole, _ := BalanceOf(exact, reference); whole.Whole > 1e-9 {
			t.Fatalf("the reference itself diverges: %+v", whole)
		}
		// Putting the groups in turns brings the list nearer than putting all of one first.
		if groups == 2 && reference[0] == reference[1] {
			turns := make([]int, 2*reference[0])
			for i := range turns {
				turns[i] = i % 2
			}
			near, _ := BalanceOf(turns, reference)
			if far, _ := BalanceOf(exact, reference); reference[0] > 1 && near.NDKL >= far.NDKL {
				t.Fatalf("in turns %+v, one after the other %+v", near, far)
			}
		}
	})
}

func first[T any](v T, _ bool) T { return v }

// What chance gives is the mean over all orders: tried for lists that are short
// enough.
func TestNDKLByChance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reference := []int{3, 5, 2}
		list := drawList(t, 3, 6)
		sum, orders := 0.0, 0
		var order func(done, left []int)
		order = func(done, left []int) {
			if len(left) == 0 {
				b, _ := BalanceOf(done, reference)
				sum, orders = sum+b.NDKL, orders+1
				return
			}
			for i := range left {
				rest := slices.Delete(slices.Clone(left), i, i+1)
				order(append(slices.Clone(done), left[i]), rest)
			}
		}
		order(nil, list)
		if b, _ := BalanceOf(list, reference); math.Abs(b.ByChance-sum/float64(orders)) > 1e-9 {
			t.Fatalf("%v: %g by chance, over all orders %g", list, b.ByChance, sum/float64(orders))
		}
	})
}

// The coefficient of Gini is half the mean difference of two people over the
// mean: computed here pair by pair.
func TestConcentration(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		each := rapid.SliceOfN(rapid.IntRange(0, 9), 1, 40).Draw(t, "times")
		var counts []Times
		difference, total := 0, 0
		for _, x := range each {
			counts = append(counts, Times{x, 1})
			total += x
			for _, y := range each {
				difference += max(x-y, y-x)
			}
		}
		c := ConcentrationOf(counts)
		want := 0.0
		if total > 0 {
			want = float64(difference) / float64(2*len(each)*total)
		}
		if c.People != len(each) || c.Total != total || math.Abs(c.Gini-want) > 1e-9 {
			t.Fatalf("%v: %+v, pair by pair %g", each, c, want)
		}
		if total > 0 && (c.TopTenth < 0.1-1e-9 || c.TopTenth > 1+1e-9) {
			t.Fatalf("%v: the top tenth has %g", each, c.TopTenth)
		}
		slices.Sort(each)
		var grouped []Times
		for x := range 10 {
			if n := len(each) - len(slices.DeleteFunc(slices.Clone(each), func(y int) bool { return y == x })); n > 0 {
				grouped = append(grouped, Times{x, n})
			}
		}
		if again := ConcentrationOf(grouped); math.Abs(again.Gini-c.Gini) > 1e-9 || math.Abs(again.TopTenth-c.TopTenth) > 1e-9 {
			t.Fatalf("one by one %+v, counted %+v", c, again)
		}
	})
	if c := ConcentrationOf([]Times{{0, 90}, {4, 10}}); math.Abs(c.Gini-0.9) > 1e-12 || math.Abs(c.TopTenth-1) > 1e-12 {
		t.Fatalf("ten of a hundred have everything: %+v", c)
	}
}
