// Package ranking records what a decider was shown of the pairs that the
// platform judged for a need: which experts, in which order, with which scores,
// under which rules. One stream a need and a decider, "ranking-<id>", with the
// id derived from the two.
//
// Invariants:
//   - A record names people by their random ids, and holds what replays it: the
//     versions, the day, and the log position up to which experts and need were
//     known.
//   - The same list, shown to the same person again within SameWithin, is one
//     record: same means the same digest, which covers all that was shown and
//     under which rules, but not when.
//   - Records only grow. Nothing here withdraws one.
//
// It does not decide who may look, and judges nothing itself.
package ranking
