// Package expert is the aggregate of a diaspora expert: who registered, what
// they declare of themselves, which heritage links somebody checked, which
// programmes they are eligible for under which version of the rules, what they
// consented to, and when they are booked.
//
// Invariants: booked periods never overlap; a text about the expert is bound to
// the expert's own key; nobody checks their own heritage or eligibility; after
// an erasure was asked for, nothing more is ever recorded but its completion.
//
// It knows nothing of needs, scores or programmes' rules (a verdict arrives
// with its version), and holds no identity, health or bank document: before
// selection nobody may ask for them, and after it they belong in the vault.
package expert
