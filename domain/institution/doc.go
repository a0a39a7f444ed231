// Package institution is the aggregate of a host institution: what it is, how
// it came in and who answers for it, its units, how many assignments it can
// carry at once, whether virtual work is possible there, its development plan,
// and its ties with institutions in the Netherlands.
//
// Invariants: nobody approves what they proposed; a protected institution has
// an alias; a unit's parent is a living unit above it; after it is closed
// nothing changes.
//
// It counts no seats (that is the need's invariant and a process's work) and
// knows no experts. Personal text about contacts is sealed under each contact's
// own key.
package institution
