// Package exchange brings needs, institutions and experts in from files, and
// writes needs, institutions, candidacies, assignments and experts to files, as
// CSV for spreadsheets and JSON for programs. docs/import.md describes the
// columns to people; the tables here are what it is held to.
//
// Invariants:
//   - An import names every fault of every row, and writes nothing unless every
//     row is good. What it writes goes through the command bus and the same
//     rules as everybody's: it drafts and proposes, and approves nothing.
//   - Importing a file twice adds nothing: ids derive from the row's key, command
//     ids from the row and what it says. Of a person's row, nothing but the
//     random id of the person goes into a command id.
//   - An export holds no personal text, no row of a protected country, host or
//     need, and no count of people below views.SuppressBelow. A text that a
//     spreadsheet would run as a formula gets a mark, which an import takes off.
//   - Both are bounded in bytes, rows and faults.
//
// It knows no transport and no file system: callers hand in readers and writers.
package exchange
