// Package need is the life of a host institution's need: its Terms of Reference
// from a draft, over submission, approval and publication, to its seats being
// allocated, and its end.
//
// Invariants: a need is submitted only when its Terms of Reference are complete;
// nobody approves what they submitted; the public text is a document of its own
// and never names a protected host; the seats allocated never exceed the
// positions; a seat is allocated only under the version of the requirements that
// the placement was approved for.
//
// It knows no expert, no score and no candidacy beyond the ids that hold its
// seats. Texts of a need are open: they name roles, never people.
package need
