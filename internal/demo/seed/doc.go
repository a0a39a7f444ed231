// Package seed plays the demonstration's past into an empty platform: the
// programme, its hosts, the 47 needs, the synthetic experts, what the personas
// may do, and candidacies in every stage, so that each persona's screens are
// alive.
//
// Invariants: everything goes through the command bus, as the platform on behalf
// of who would have done it; command ids derive from the stream and the step, so
// that a seeding that was interrupted resumes where it stopped and a finished
// one adds nothing. The same configuration gives the same past.
//
// It knows no transport, and reads no view.
package seed
