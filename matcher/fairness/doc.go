// Package fairness measures how evenly chances fall: selection rates with exact
// intervals, impact ratios and the four-fifths rule, the make-up of ranked lists
// (NDKL), concentration; and it decides what of such figures may be told when
// groups are small.
//
// Invariants: every figure is a function of counts alone; the same counts give
// the same figures; intervals hold at least Confidence, whatever the true rates;
// what Protect hides cannot be computed from what it tells to within fewer than
// Few people.
//
// What it must not know: a person, what a group stands for, and any store. It
// imports the standard library only. The scorer does not import it, and nothing
// here is an input of a score: these are reports.
package fairness
