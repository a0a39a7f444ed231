// Package demo makes the people and needs that a demonstration runs on: seeded
// synthetic experts, and 47 example Terms of Reference with their institutions.
//
// Invariants: the same seed and start day give the same people, and person i is
// the same however many are asked for; nobody here exists, names are drawn from
// lists of our own and mail goes to example.org; identity is drawn apart from
// the profile, so that no skill, level or date follows from a name or a gender.
// The Terms of Reference are examples and no records of real assignments.
//
// It makes values and commands, and runs nothing: who wires the demonstration
// hands the commands to the bus. It knows no store and no clock.
package demo
