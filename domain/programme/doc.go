// Package programme is the aggregate of a programme: where and in which sectors
// it works, who is in scope (published, so that coverage can be explained), its
// eligibility rules and scoring policies as numbered versions with validity, the
// deadlines that processes keep, and the country holds that stop everything in
// a country at once.
//
// Invariants: versions rise by exactly one and never begin in the past, so that
// the version in force on any day stays what it was; a hold is placed once and
// lifted once.
//
// It knows nothing of experts, needs or placements, and no personal data.
package programme
