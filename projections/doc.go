// Package projections turns the log into what people see.
//
// A View folds decoded events into typed rows of named tables. A Runner follows
// the log and hands batches of events to all views; an Engine keeps the rows.
// projections/memory is the embedded engine; projections/viewtest is the
// contract of an engine as a test suite; projections/views holds the views of
// Diaspora Match.
//
// Invariants:
//   - Rows and checkpoint of a batch commit together or not at all. Duplicates,
//     restarts and a second runner therefore heal by themselves: the checkpoint
//     says where to go on, the epoch says who may.
//   - A fold is pure: it knows the event and the rows, no clock, no chance, no
//     store. Live views equal views rebuilt from zero, byte for byte (Dump).
//   - Rows are immutable once committed: readers hold pointers to them.
//   - An event that cannot be decoded or folded stops the runner. It is never
//     skipped.
//   - Personal text stands only in rows that are keyed by the person.
//
// Nothing here decides anything, and no command reads a view to decide.
package projections
