package fairness

import "math"

// Confidence is the level of every interval: two-sided, half of what is missing
// at each end.
const Confidence = 0.95

// missing is the probability beyond each end of an interval.
const missing = (1 - Confidence) / 2

// Rate is how many of a group were selected.
type Rate struct{ Selected, People int }

// Value is the share, from 0 to 1; 0 for nobody.
func (r Rate) Value() float64 {
	if r.People == 0 {
		return 0
	}
	return float64(r.Selected) / float64(r.People)
}

// valid reports whether it is a rate at all.
func (r Rate) valid() bool { return 0 <= r.Selected && r.Selected <= r.People && r.People > 0 }

// atLeast and atMost are the distributions behind the two ends of the interval:
// quantiles of the first bound the true rate from below, of the second from
// above.
func (r Rate) atLeast() shape { return shape{float64(r.Selected), float64(r.People - r.Selected + 1)} }
func (r Rate) atMost() shape  { return shape{float64(r.Selected + 1), float64(r.People - r.Selected)} }

// Interval is a range with both ends. High may be infinite for a ratio.
type Interval struct{ Low, High float64 }

// Holds reports whether a value lies within.
func (i Interval) Holds(v float64) bool { return i.Low <= v && v <= i.High }

// Interval is the exact interval of the true rate (C. J. Clopper and
// E. S. Pearson, The use of confidence or fiducial limits illustrated in the case
// of the binomial, Biometrika 26, 1934): the rates under which neither so many
// nor so few selected would be rarer than 2.5 %. It covers the true rate with at
// least Confidence, for every rate and every size of the group. Of nobody it is
// all from 0 to 1.
func (r Rate) Interval() Interval {
	if !r.valid() {
		return Interval{0, 1}
	}
	return Interval{r.atLeast().quantile(missing), r.atMost().quantile(1 - missing)}
}

// Ratio is the rate of a group over that of another, with its interval.
type Ratio struct {
	Value float64
	Interval
}

// RatioOf compares a group with a reference. ok is false when either has nobody,
// or nobody of the reference was selected: there is no ratio then.
//
// The interval is the melded one of M. P. Fay, M. A. Proschan and E. Brittain,
// Combining one-sample confidence procedures for inference in the two-sample
// case, Biometrics 71, 2015: with L and U the distributions whose quantiles are
// the lower and upper Clopper–Pearson limits, independent for the two groups, its
// ends are the 2.5 % quantile of L(group)/U(reference) and the 97.5 % quantile of
// U(group)/L(reference). It excludes 1 exactly when Fisher's exact one-sided test
// rejects at 2.5 %, swapping the groups inverts it, and it covers the true ratio
// with at least Confidence wherever that was computed; the tests here compute it
// for all outcomes of small groups. It speaks of two groups named beforehand: of
// the lowest among many groups it promises less.
func RatioOf(group, reference Rate) (ratio Ratio, ok bool) {
	if !group.valid() || !reference.valid() || reference.Selected == 0 {
		return Ratio{}, false
	}
	ratio.Value = group.Value() / reference.Value()
	if group.Selected > 0 {
		ratio.Low = quotient{group.atLeast(), reference.atMost()}.quantile(missing)
	}
	ratio.High = quotient{group.atMost(), reference.atLeast()}.quantile(1 - missing)
	return ratio, true
}

// quotient is the distribution of one shape over another, independent of it.
type quotient struct{ over, under shape }

// quantile is the r with P(over/under ≤ r) = p. In the logarithm of r, so that
// swapping the two turns the sign and no more.
func (q quotient) quantile(p float64) float64 {
	below := q.distribution()
	f := func(log float64) float64 { return below(math.Exp(log)) - p }
	low, high := -1.0, 1.0
	for f(low) > 0 {
		low *= 2
	}
	for f(high) < 0 {
		high *= 2
	}
	return math.Exp(crossing(f, low, high))
}

// distribution gives P(over/under ≤ r). It integrates over the narrower of the
// two, so that the other one is smooth beside it, and only as far as the other
// one has not ended.
func (q quotient) distribution() func(r float64) float64 {
	if q.over.spread() < q.under.spread() {
		at := bodyOf(q.over)
		return func(r float64) float64 {
			return at.mean(r, func(x float64) float64 { return 1 - q.under.below(x/r) })
		}
	}
	at := bodyOf(q.under)
	return func(r float64) float64 {
		return at.mean(1/r, func(x float64) float64 { return q.over.below(r * x) }) + 1 - q.under.below(1/r)
	}
}

// crossing finds where a rising function crosses zero, by T. R. Chandrupatla's
// method: halving, with inverse quadratic interpolation where that is safe. It
// stops at 1e-10.
func crossing(f func(float64) float64, low, high float64) float64 {
	const near = 1e-10
	a, b := high, low
	fa, fb := f(a), f(b)
	t := 0.5
	for range 200 {
		x := a + t*(b-a)
		fx := f(x)
		c, fc := a, fa
		if (fx > 0) != (fa > 0) {
			c, fc = b, fb
			b, fb = a, fa
		}
		a, fa = x, fx
		if fa == 0 || math.Abs(b-a) < near {
			break
		}
		xi, phi := (a-b)/(c-b), (fa-fb)/(fc-fb)
		t = 0.5
		if phi*phi < xi && (1-phi)*(1-phi) < 1-xi {
			t = fa/(fb-fa)*fc/(fb-fc) + (c-a)/(b-a)*fa/(fc-fa)*fb/(fc-fb)
		}
		least := near / 2 / math.Abs(b-a)
		t = min(max(t, least), 1-least)
	}
	if math.Abs(fa) < math.Abs(fb) {
		return a
	}
	return b
}

// body is a distribution without its farthest ends.
type body struct {
	shape
	low, high, logBeta float64
}

const (
	panels = 8
	beyond = 1e-12 // probability left out at each end
)

func bodyOf(s shape) body {
	return body{s, s.quantile(beyond), s.quantile(1 - beyond), s.logBeta()}
}

// mean is the mean of f over the part of the distribution below an end, by
// Gauss–Legendre quadrature in panels; of a point, its value.
func (b body) mean(end float64, f func(float64) float64) float64 {
	if at, is := b.point(); is {
		if at > end {
			return 0
		}
		return f(at)
	}
	half := (min(b.high, end) - b.low) / (2 * panels)
	if half <= 0 {
		return 0
	}
	sum := 0.0
	for panel := range panels {
		centre := b.low + half*float64(2*panel+1)
		for _, l := range legendre {
			x := centre + half*l.at
			density := math.Exp((b.a-1)*math.Log(x) + (b.b-1)*math.Log1p(-x) - b.logBeta)
			sum += half * l.weight * density * f(x)
		}
	}
	return sum
}

type node struct{ at, weight float64 }

// legendre are the nodes on [-1, 1]: the zeros of the Legendre polynomial of
// their number, found by Newton's method, in rising order.
var legendre = func() [16]node {
	var out [16]node
	n := len(out)
	for i := range out {
		x := -math.Cos(math.Pi * (float64(i) + 0.75) / (float64(n) + 0.5))
		slope := 0.0
		for range 100 {
			before, here := 1.0, x
			for k := 2; k <= n; k++ {
				before, here = here, (float64(2*k-1)*x*here-float64(k-1)*before)/float64(k)
			}
			slope = float64(n) * (x*here - before) / (x*x - 1)
			step := here / slope
			x -= step
			if math.Abs(step) < 1e-16 {
				break
			}
		}
		out[i] = node{x, 2 / ((1 - x*x) * slope * slope)}
	}
	return out
}()
