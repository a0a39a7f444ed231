// Package rounds plans whole rounds: which expert goes to which need, for all at
// once, with proof.
//
//   - Best total: the greatest sum of scores. A network simplex finds it; among
//     plans with the same sum the one with more pairs is taken, and among those
//     the one that lots drawn from the seed and the ids decide, so that neither
//     the order of the input nor the way to the optimum can be seen in the plan.
//     A pair of score 0 or below adds nothing and is never planned. Groups
//     (quotas) that are nested or apart stay exact, and may ask for such pairs;
//     groups that cross each other give a plan, a bound, and the gap between.
//   - Stable: expert-proposing deferred acceptance. Both sides rank by score, or
//     experts by their wishes; each side breaks its ties by lots of its own.
//     Upper bounds of nested groups of needs, as a host's capacity is one, hold.
//   - Fairest minimum: as many seats as can be filled, then the greatest smallest
//     score, then the greatest total.
//
// Scores are exact 32-bit integers, sums 64-bit; there are no floats, no
// goroutines and no maps whose order shows. Two calls with the same problem give
// the same bytes, on one thread or many.
//
// Invariants: whatever leaves this package has passed matcher/certificate, which
// shares no code with it; pruned pairs are asked for until none disturbs the
// proof; a Round is never changed once it is solved.
//
// What it must not know: who the experts are, clocks, stores. It imports domain
// and the certificates only.
package rounds
