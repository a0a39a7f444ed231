// Package conformance lets the suites of others judge what we have built: that of
// KurrentDB's Go client the server of our tests, those of hallgren/eventsourcing
// and Event Horizon both engines behind our port. It is a module of its own, so
// that their clients never stand in ours.
package conformance
