// Package views holds the views of Diaspora Match, one file each: what people
// see of experts, institutions, needs, candidacies and assignments, of a
// programme and its dashboard, of the history of any object, of a person's own
// notices, disclosures and grants.
//
// A row's fields are for reading. Query functions take a projections.Reader and
// choose the index; whoever calls them has authorised the caller before. Every
// row says whom it is about (Scope) so that authorisation needs no join.
//
// Invariants:
//   - personal text stands in People, Contacts and Monitoring only, in rows keyed
//     by the person;
//   - after the fence of an erasure no row of any table holds the expert's id,
//     but the bare tombstone in Involvements (erasure.go);
//   - what depends on today (overdue, age, grants in force) is computed by the
//     query from stored days: a fold has no clock.
package views
