// Package sqlite is the embedded engine of the event store: one file, no server.
//
// One goroutine writes. It takes all appends that wait, decides each by its
// expected revision, stores them in one transaction and makes them durable with
// one sync of the write-ahead log (group commit); only then are they answered.
// Positions are given by that goroutine inside the transaction, so that readers
// never see a gap in the global order. Reads go over a bounded number of
// read-only connections, a page at a time, and never hold one while the caller
// works.
//
// What always holds of a file:
//   - positions run from 1 without gaps, and so do the revisions of a stream from 0;
//   - every event carries the hash of the chain up to it ([eventstore.Chain]);
//   - an acknowledged append survives the death of the process and a power cut
//     (synchronous=FULL);
//   - at most one process has it open for writing (a lock file beside it).
//
// There is no unique index over event ids, which are random and would cost a
// third of the speed at a million events: a retry is known by comparing the ids
// that stand at the expected revision.
//
// The package knows nothing of what events mean, of codecs or of keys.
package sqlite
