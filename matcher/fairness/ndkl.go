package fairness

import "math"

// Balance is how the make-up of a ranked list stands to that of the people whom
// it was drawn from.
type Balance struct {
	// NDKL is 0 when every beginning of the list is made up like the reference,
	// and the greater the farther the head of the list is from it.
	NDKL float64
	// ByChance is the mean NDKL of the same people in random order: short lists
	// cannot be made up like the reference, whoever orders them.
	ByChance float64
	// Whole is the divergence of the list as a whole, without its order.
	Whole float64
}

// BalanceOf measures a ranked list, given as the group of each place from the
// first on. Reference counts the people of each group that the list was drawn
// from. ok is false for an empty list, and when the list holds a group of which
// the reference has nobody: the divergence is infinite then.
//
// NDKL is the measure of S. C. Geyik, S. Ambler and K. Kenthapadi, Fairness-aware
// ranking in search and recommendation systems with application to LinkedIn
// talent search, KDD 2019: the divergence of every beginning of the list, the
// first i places, from the reference, with the weight 1/log2(i+1), over the sum
// of the weights:
//
//	NDKL = (1/Z) · Σ_i 1/log2(i+1) · KL(first i ‖ reference),  Z = Σ_i 1/log2(i+1)
//	KL(p ‖ q) = Σ_g p_g · ln(p_g / q_g)
func BalanceOf(list, reference []int) (b Balance, ok bool) {
	share := sharesOf(reference)
	totals := make([]int, len(reference))
	for _, g := range list {
		if g < 0 || g >= len(share) || share[g] == 0 {
			return Balance{}, false
		}
		totals[g]++
	}
	if len(list) == 0 {
		return Balance{}, false
	}
	first, weights := make([]int, len(reference)), 0.0
	for i, g := range list {
		first[g]++
		places := i + 1
		weight := 1 / math.Log2(float64(places+1))
		weights += weight
		b.NDKL += weight * divergence(first, places, share)
		b.ByChance += weight * meanDivergence(totals, len(list), places, share)
	}
	b.NDKL = max(b.NDKL/weights, 0)
	b.ByChance = max(b.ByChance/weights, 0)
	b.Whole = max(divergence(totals, len(list), share), 0)
	return b, true
}

// sharesOf turns counts into shares of their sum.
func sharesOf(counts []int) []float64 {
	total := 0
	for _, n := range counts {
		total += n
	}
	shares := make([]float64, len(counts))
	for g, n := range counts {
		if total > 0 {
			shares[g] = float64(n) / float64(total)
		}
	}
	return shares
}

// divergence is KL of counts among a number of places from shares.
func divergence(counts []int, places int, share []float64) float64 {
	sum := 0.0
	for g, n := range counts {
		sum += term(n, places, share[g])
	}
	return sum
}

// term is the part of one group in a divergence; nobody has none.
func term(n, places int, share float64) float64 {
	if n == 0 {
		return 0
	}
	p := float64(n) / float64(places)
	return p * math.Log(p/share)
}

// meanDivergence is the mean of divergence over all orders of the list: in the
// first places, the number of a group is hypergeometric.
func meanDivergence(totals []int, size, places int, share []float64) float64 {
	sum := 0.0
	for g, of := range totals {
		for n := max(1, places-(size-of)); n <= min(of, places); n++ {
			chance := math.Exp(logChoose(of, n) + logChoose(size-of, places-n) - logChoose(size, places))
			sum += chance * term(n, places, share[g])
		}
	}
	return sum
}

func logChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}
