// Package observe lets operators see the platform from outside: structured
// logs, Prometheus metrics, health, and traces that join a mutation to the
// projections it caused.
//
// Invariants: no personal data leaves through any of the four. Logs pass a
// guard that redacts personal text and, in production, every attribute whose
// key is not listed. Metric labels come from closed sets (names of projections
// and processes, states, transports), never from input. Readiness tells the
// truth: it names each check and how it stands, and an unknown answer is not a
// good one.
//
// It knows domain/personal in order to redact it, and nothing else of the
// platform.
package observe
