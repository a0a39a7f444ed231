// Package certificate says what a round is and checks what a solver claims
// about it. It is the half of the work that has to be right: a plan that does
// not pass here is never shown.
//
// What is claimed and how it is checked:
//
//   - best total: weak duality. For any prices of experts, needs and groups that
//     are not negative, the sum of capacities times prices, plus what single
//     pairs are worth above the prices of their two sides, bounds the total of
//     every plan from above. When the bound equals the plan's total there is no
//     better plan. With groups that cross each other a gap may remain, which is
//     part of the claim and recomputed here.
//   - stable: no pair that is not planned has an expert and a need who would
//     both rather have it, where a need whose group is full of better pairs would
//     not.
//   - fairest minimum: three bounds of the same kind: no plan fills more seats;
//     none of that size keeps every score above the floor; none of that size on
//     pairs at or above the floor has a greater total.
//   - impossible: a bound below zero when every pair is worth nothing proves
//     that quotas and locks have no common plan.
//
// Invariants: nothing here depends on how a plan was found; sums are checked
// against overflow; the same claim gives the same answer.
//
// What it must not know: the solver, and any person. It imports the standard
// library only; the rule of ties is written here a second time on purpose.
package certificate
