// Package world makes the log that the platform is measured with: experts who
// registered and completed their profiles to different degrees, host institutions,
// their needs, candidacies and assignments, decided by the real deciders, sealed
// by the real codec and stored by the embedded engine, so that a folder of it is
// what a running platform would have left behind.
//
// The same size gives the same people and the same facts. Where events stand in
// the log differs a little, because many writers store them, as in life. It is
// for benchmarks alone: it fails by panicking where a decider refuses what the
// script holds to be right.
package world
