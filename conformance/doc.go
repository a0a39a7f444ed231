// Package conformance lets the suites of others judge what we have built. It is a
// module of its own, so that their clients never stand in ours.
package conformance
