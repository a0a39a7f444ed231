// Package round is one proposal of placements for a whole programme: opened with
// a mode, shaped by locks, vetoes, quotas and seats, solved by the platform,
// decided pair by pair by the manager, closed.
//
// Invariants: nothing is proposed without a certificate that was checked and
// holds; only the programme manager shapes a round and decides, and everything
// that speaks for or against one person carries a reason; what was proposed
// falls away as soon as the round is shaped anew; once a pair is approved the
// round is shaped no more; a round closes when every pair is decided.
//
// An approved pair is not a placement: it begins an ordinary candidacy, with all
// its decisions. The aggregate does not know how a round is solved, nor whether
// a pair is eligible: the process does, and records what it found with the
// digests and versions that replay it.
package round
