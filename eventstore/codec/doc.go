// Package codec turns events of the domain into the bytes that a store keeps,
// and back. It is the one place where personal values are sealed and opened.
//
// Invariants:
//   - What was encoded decodes to an equal event, and what cannot be decoded is
//     a named poison event (ErrPoison), never a skipped or a half-read one.
//   - A personal value leaves here sealed under its subject's key. The associated
//     data binds class, event type, event id, subject and field path, so that a
//     field moved elsewhere does not open.
//   - A destroyed key gives an erased value; bytes that do not open under an
//     existing key give a corrupt value, are counted, and raise an alarm. A key
//     store that is away is an error: nothing is passed off as erased.
//   - Recorded events are never rewritten: upcasters change what is read.
//
// It knows no aggregate, no store engine, and not how keys are kept.
package codec
