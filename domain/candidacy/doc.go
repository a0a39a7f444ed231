// Package candidacy is one expert considered for one need, from the first
// suggestion to the answer to the offer.
//
// A candidacy has independent facets: the expert's willingness, the consent to
// share, the host's decision, the focal point's recommendation, the manager's
// approval, the offer. They move in either order; the Stage that people see is
// derived from them. Four decisions are four facts, each with actor and reason.
//
// Invariants: only the programme manager approves, and never their own proposal;
// approval needs a host that accepted, a willing expert and a consent that is
// valid on that day; an approval is confirmed or failed by the placement process
// alone; nothing is shared with a host without consent; a candidacy that ended
// says why.
//
// It does not know whether a seat or the expert's time is free: those are
// invariants of the need and of the expert, joined by the placement process.
package candidacy
