// Package planning makes the problem of a round out of what matching knows, and
// tells its solution in the words of the domain: pairs, seats, quotas, prices.
//
// Invariants: the same ranker, terms and openings give the same problem, plan
// and digests, whatever the order in which they are given; a plan comes back
// only with a certificate that matcher/certificate has checked, over all
// eligible pairs and not only those that were kept; a host's capacity is a quota
// like any other.
//
// It must not know: how plans are found or proved, names of people, any store.
package planning
