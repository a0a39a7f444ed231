// Package backup writes archives of the log and of the key store, and reads them:
// one archive each, because the two are kept by different rules. The log may be
// kept for ever; a copy of the keys opens what was erased since it was made, so it
// is kept apart and not for long.
//
// An archive is a stream of frames, encrypted to recipients by age
// (age-encryption.org/v1), which also tells when a bit was changed or the end is
// missing. Frames begin with a header that says of which log this is, and end with
// a summary: how many there are, their checksum, and of a log the head of its
// chain of hashes. Nothing personal is in an archive but under the keys of
// persons, and those only wrapped.
//
// What always holds:
//   - An archive is read and written as a stream; memory does not grow with it, but
//     for one number a stream of the log, which checking revisions takes.
//   - A reader yields events only in the order of a whole log, and ends with the
//     summary or an error; it is never silently short.
//   - Errors that an operator can cure are refusals with a code "backup.…".
//
// It knows no folder and no platform: internal/cli joins it to them.
package backup
