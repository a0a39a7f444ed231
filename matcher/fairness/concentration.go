package fairness

import "slices"

// Times counts the people to whom something happened a number of times.
type Times struct{ Times, People int }

// Concentration is how unevenly something falls on people.
type Concentration struct {
	People int // all of them, those it never reached too
	Total  int // how often it happened, over all
	// Gini is the Gini coefficient: 0 when it fell on all alike, near 1 when it
	// all fell on one.
	Gini float64
	// TopTenth is the share that fell on the tenth of the people on whom it fell
	// most; a broken person counts by its part.
	TopTenth float64
}

// ConcentrationOf measures how evenly something fell. The order of the counts
// does not matter.
//
//	Gini = Σ_i (2i − n − 1) x_i / (n Σ_i x_i),  x rising, i from 1 to n
func ConcentrationOf(counts []Times) Concentration {
	rising := slices.Clone(counts)
	slices.SortFunc(rising, func(a, b Times) int { return a.Times - b.Times })
	var c Concentration
	for _, t := range rising {
		c.People += t.People
		c.Total += t.People * t.Times
	}
	if c.Total == 0 {
		return c
	}
	n, before := float64(c.People), 0.0
	for _, t := range rising {
		// The ranks from before+1 to before+people sum to people·(before + (people+1)/2).
		people := float64(t.People)
		c.Gini += float64(t.Times) * people * (2*(before+(people+1)/2) - n - 1)
		before += people
	}
	c.Gini /= n * float64(c.Total)
	left := n / 10
	for _, t := range slices.Backward(rising) {
		taken := min(left, float64(t.People))
		c.TopTenth += taken * float64(t.Times)
		left -= taken
	}
	c.TopTenth /= float64(c.Total)
	return c
}
