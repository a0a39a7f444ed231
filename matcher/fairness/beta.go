package fairness

import "math"

// shape is a beta distribution with both parameters above zero, or a point: at 0
// when only a is missing, at 1 when only b is. Exact intervals of a proportion
// end in such points when nobody or everybody was selected.
type shape struct{ a, b float64 }

func (s shape) point() (at float64, is bool) {
	switch {
	case s.a <= 0:
		return 0, true
	case s.b <= 0:
		return 1, true
	}
	return 0, false
}

// below is P(X ≤ x): the regularised incomplete beta function.
func (s shape) below(x float64) float64 {
	if at, is := s.point(); is {
		if x >= at {
			return 1
		}
		return 0
	}
	switch {
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	}
	// The continued fraction converges fast on the near side of the mean.
	if x > (s.a+1)/(s.a+s.b+2) {
		return 1 - shape{s.b, s.a}.fraction(1-x)
	}
	return s.fraction(x)
}

// logBeta is the logarithm of the beta function of the parameters.
func (s shape) logBeta() float64 {
	la, _ := math.Lgamma(s.a)
	lb, _ := math.Lgamma(s.b)
	lab, _ := math.Lgamma(s.a + s.b)
	return la + lb - lab
}

// spread is the standard deviation over the mean.
func (s shape) spread() float64 {
	if _, is := s.point(); is {
		return 0
	}
	return math.Sqrt(s.b / (s.a * (s.a + s.b + 1)))
}

const (
	steps     = 20_000 // of the continued fraction: it takes about the square root of the greater parameter
	precision = 1e-15
	tiny      = 1e-300
)

// fraction evaluates the continued fraction of the incomplete beta function
// (Abramowitz and Stegun 26.5.8) by the method of Lentz.
func (s shape) fraction(x float64) float64 {
	front := math.Exp(s.a*math.Log(x)+s.b*math.Log1p(-x)-s.logBeta()) / s.a
	nonzero := func(v float64) float64 {
		if math.Abs(v) < tiny {
			return tiny
		}
		return v
	}
	c, d := 1.0, 1/nonzero(1-(s.a+s.b)*x/(s.a+1))
	value := d
	for i := 1; i <= steps; i++ {
		m := float64(i)
		even := m * (s.b - m) * x / ((s.a + 2*m - 1) * (s.a + 2*m))
		d, c = 1/nonzero(1+even*d), nonzero(1+even/c)
		value *= d * c
		odd := -(s.a + m) * (s.a + s.b + m) * x / ((s.a + 2*m) * (s.a + 2*m + 1))
		d, c = 1/nonzero(1+odd*d), nonzero(1+odd/c)
		value *= d * c
		if math.Abs(d*c-1) < precision {
			break
		}
	}
	return front * value
}

// quantile is the x with P(X ≤ x) = p.
func (s shape) quantile(p float64) float64 {
	if at, is := s.point(); is {
		return at
	}
	return rising(func(x float64) float64 { return s.below(x) - p }, 0, 1)
}

// rising finds where a rising function crosses zero between low and high, by
// halving: as far as floating point goes, or 200 halvings.
func rising(f func(float64) float64, low, high float64) float64 {
	for range 200 {
		middle := low + (high-low)/2
		if middle <= low || middle >= high {
			break
		}
		if f(middle) < 0 {
			low = middle
		} else {
			high = middle
		}
	}
	return low + (high-low)/2
}
