package fairness

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// tail is P(X ≥ x) for a binomial of n at the rate p, in whole numbers.
func tail(x, n int, p *big.Rat) *big.Rat {
	sum := new(big.Rat)
	q := new(big.Rat).Sub(big.NewRat(1, 1), p)
	for k := x; k <= n; k++ {
		term := new(big.Rat).SetInt(new(big.Int).Binomial(int64(n), int64(k)))
		for range k {
			term.Mul(term, p)
		}
		for range n - k {
			term.Mul(term, q)
		}
		sum.Add(sum, term)
	}
	return sum
}

func float(r *big.Rat) float64 {
	f, _ := r.Float64()
	return f
}

// The ends of the interval are the rates at which the outcome, or a more extreme
// one, has 2.5 %: computed here in rational numbers.
func TestClopperPearsonByRationalNumbers(t *testing.T) {
	for n := 1; n <= 30; n += 1 + n/6 {
		for x := range n + 1 {
			i := Rate{x, n}.Interval()
			if x == 0 && i.Low != 0 || x == n && i.High != 1 {
				t.Fatalf("%d of %d: %v", x, n, i)
			}
			if x > 0 {
				if got := float(tail(x, n, new(big.Rat).SetFloat64(i.Low))); math.Abs(got-missing) > 1e-9 {
					t.Fatalf("%d of %d at %g: at least so many have %g", x, n, i.Low, got)
				}
			}
			if x < n {
				if got := 1 - float(tail(x+1, n, new(big.Rat).SetFloat64(i.High))); math.Abs(got-missing) > 1e-9 {
					t.Fatalf("%d of %d at %g: at most so many have %g", x, n, i.High, got)
				}
			}
		}
	}
	// Ten without a failure: 1 − 0.025^(1/10), in closed form.
	if i := (Rate{0, 10}).Interval(); math.Abs(i.High-(1-math.Pow(0.025, 0.1))) > 1e-12 {
		t.Fatalf("nobody of ten: %v", i)
	}
	if i := (Rate{0, 0}).Interval(); i != (Interval{0, 1}) {
		t.Fatalf("nobody of nobody: %v", i)
	}
}

// chances are the probabilities of all outcomes of n at the rate p.
func chances(n int, p float64) []float64 {
	out := make([]float64, n+1)
	for x := range out {
		out[x] = math.Exp(logChoose(n, x)) * math.Pow(p, float64(x)) * math.Pow(1-p, float64(n-x))
	}
	return out
}

// For every outcome of two small groups, under many pairs of true rates, the
// interval holds the true ratio with at least 95 %.
func TestRatioIntervalsCover(t *testing.T) {
	sizes := []int{1, 2, 3, 5, 8, 12}
	if !testing.Short() {
		sizes = append(sizes, 25)
	}
	lowest := 1.0
	for _, n := range sizes {
		for _, m := range sizes {
			intervals := make([][]Interval, n+1)
			for x := range n + 1 {
				intervals[x] = make([]Interval, m+1)
				for y := range m + 1 {
					intervals[x][y] = Interval{0, math.Inf(1)}
					if r, ok := RatioOf(Rate{x, n}, Rate{y, m}); ok {
						intervals[x][y] = r.Interval
					}
				}
			}
			for p := 0.02; p < 1; p += 0.06 {
				for q := 0.03; q < 1; q += 0.06 {
					px, py, covered := chances(n, p), chances(m, q), 0.0
					for x := range intervals {
						for y, i := range intervals[x] {
							if i.Holds(p / q) {
								covered += px[x] * py[y]
							}
						}
					}
					lowest = min(lowest, covered)
					if covered < Confidence-1e-9 {
						t.Fatalf("groups of %d and %d at the rates %.2f and %.2f: the ratio is covered with %.4f", n, m, p, q, covered)
					}
				}
			}
		}
	}
	if lowest > 0.99 {
		t.Fatalf("the lowest coverage is %.4f: the intervals are wider than they need be", lowest)
	}
}

// fisher is the one-sided probability of at least x of n, given x+y of n+m, if
// both rates are equal.
func fisher(x, n, y, m int) float64 {
	sum := new(big.Int)
	for k := x; k <= min(n, x+y); k++ {
		if x+y-k <= m {
			ways := new(big.Int).Binomial(int64(n), int64(k))
			sum.Add(sum, ways.Mul(ways, new(big.Int).Binomial(int64(m), int64(x+y-k))))
		}
	}
	return float(new(big.Rat).SetFrac(sum, new(big.Int).Binomial(int64(n+m), int64(x+y))))
}

// The interval says what Fisher's exact test says about equal rates.
func TestRatioIntervalsAgreeWithFishersTest(t *testing.T) {
	for _, n := range []int{2, 7, 16, 30} {
		for _, m := range []int{3, 12, 25} {
			for x := range n + 1 {
				for y := 1; y <= m; y++ {
					r, _ := RatioOf(Rate{x, n}, Rate{y, m})
					more, fewer := fisher(x, n, y, m), fisher(y, m, x, n)
					if (r.Low > 1) != (more < missing) && math.Abs(more-missing) > 1e-7 {
						t.Fatalf("%d of %d, %d of %d: from %g, and Fisher's test has %g", x, n, y, m, r.Low, more)
					}
					if (r.High < 1) != (fewer < missing) && math.Abs(fewer-missing) > 1e-7 {
						t.Fatalf("%d of %d, %d of %d: up to %g, and Fisher's test has %g", x, n, y, m, r.High, fewer)
					}
				}
			}
		}
	}
}

func drawRate(t *rapid.T, what string, most int) Rate {
	n := rapid.IntRange(1, most).Draw(t, what)
	return Rate{rapid.IntRange(0, n).Draw(t, what+" selected"), n}
}

func TestRatioProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawRate(t, "a", 3000), drawRate(t, "b", 3000)
		r, ok := RatioOf(a, b)
		if ok != (b.Selected > 0) {
			t.Fatalf("%v over %v: %v", a, b, ok)
		}
		if !ok {
			return
		}
		if !(0 <= r.Low && r.Low <= r.Value && r.Value <= r.High) {
			t.Fatalf("%v over %v: %+v", a, b, r)
		}
		if back, ok := RatioOf(b, a); ok {
			if math.Abs(math.Log(back.High*r.Low)) > 1e-6 || math.Abs(math.Log(back.Low*r.High)) > 1e-6 {
				t.Fatalf("%v over %v: %+v, and the other way %+v", a, b, r, back)
			}
		}
		// More selected in the group never lowers an end.
		if a.Selected < a.People {
			more, _ := RatioOf(Rate{a.Selected + 1, a.People}, b)
			if more.Low < r.Low-1e-9 || more.High < r.High-1e-9 {
				t.Fatalf("%v over %v: %+v, one more: %+v", a, b, r, more)
			}
		}
	})
}

// Each end is where it is defined to be, found by summing over a fine grid of the
// other group's quantiles instead of by Gauss's nodes.
func TestRatioEndsAreTheQuantilesOfTheirDefinition(t *testing.T) {
	for _, c := range [][2]Rate{{{7, 20}, {12, 20}}, {{3, 9}, {400, 1000}}, {{900, 2000}, {6, 10}}, {{5, 5}, {8, 30}}, {{30, 400}, {77, 77}}} {
		r, _ := RatioOf(c[0], c[1])
		const grid = 4000
		below := func(over, under shape, at float64) float64 {
			sum := 0.0
			for i := range grid {
				sum += over.below(at * under.quantile((float64(i)+0.5)/grid))
			}
			return sum / grid
		}
		low, high := below(c[0].atLeast(), c[1].atMost(), r.Low), below(c[0].atMost(), c[1].atLeast(), r.High)
		if math.Abs(low-missing) > 3e-4 || math.Abs(high-(1-missing)) > 3e-4 {
			t.Fatalf("%v over %v: %+v has %g below and %g above", c[0], c[1], r, low, 1-high)
		}
	}
}

func TestAssess(t *testing.T) {
	group := func(selected, people int) Group { return Group{Rate{selected, people}, true, true} }
	hidden := Group{Rate{4, 4}, false, true}
	unknown := Group{Rate{50, 50}, true, false}
	for _, c := range []struct {
		name    string
		groups  []Group
		highest int
		want    []Finding
	}{
		{"equal rates, the greater group is the reference", []Group{group(10, 20), group(20, 40)}, 1, []Finding{NotBelow, ""}},
		{"exactly four fifths", []Group{group(48, 100), group(60, 100)}, 1, []Finding{NotBelow, ""}},
		{"just less, of few people", []Group{group(47, 100), group(60, 100)}, 1, []Finding{MayBeBelow, ""}},
		{"far less, of many", []Group{group(100, 1000), group(500, 1000)}, 1, []Finding{Below, ""}},
		{"nobody of a group", []Group{group(0, 60), group(30, 60)}, 1, []Finding{Below, ""}},
		{"nobody at all", []Group{group(0, 60), group(0, 60)}, -1, []Finding{"", ""}},
		{"one group alone", []Group{group(10, 60), hidden, unknown}, -1, []Finding{"", "", ""}},
		{"others are not compared", []Group{group(10, 60), hidden, unknown, group(20, 60)}, 3, []Finding{MayBeBelow, "", "", ""}},
	} {
		for i, a := range Assess(c.groups) {
			if a.Finding != c.want[i] || a.Highest != (i == c.highest) || (a.Impact != nil) != (a.Finding != "") {
				t.Errorf("%s: group %d: %+v", c.name, i, a)
			}
		}
	}
}

func TestAssessProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := make([]Group, rapid.IntRange(2, 4).Draw(t, "groups"))
		for i := range groups {
			groups[i] = Group{drawRate(t, "group", 80), rapid.Bool().Draw(t, "told"), rapid.Bool().Draw(t, "known")}
		}
		found := Assess(groups)
		for i, a := range found {
			g := groups[i]
			if !g.Told && a != (Assessment{}) {
				t.Fatalf("%+v is held back, and told: %+v", g, a)
			}
			if g.Told && !a.Interval.Holds(g.Value()) {
				t.Fatalf("%+v: %+v", g, a)
			}
			if a.Impact != nil && (a.Impact.Value > 1 || (a.Finding == NotBelow) != (a.Impact.Value >= FourFifths-1e-12)) {
				t.Fatalf("%+v: %+v, %+v", g, a, a.Impact)
			}
		}
		// The order of the groups does not matter.
		slices.Reverse(groups)
		for i, again := range Assess(groups) {
			if a := found[len(found)-1-i]; again.Interval != a.Interval || again.Finding != a.Finding && !a.Highest && !again.Highest {
				t.Fatalf("%+v: %+v, in the other order %+v", groups[i], a, again)
			}
		}
	})
}
