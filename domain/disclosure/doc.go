// Package disclosure records who read what of a person's personal and protected
// data, and why. One stream a person, "disclosure-<expert id>", which the person
// can read: nobody looks in secret.
//
// Invariants:
//   - A record names fields, never their values.
//   - The same reader with the same purpose on the same day is one disclosure of
//     each field, however often it is looked at: the list stays readable.
//   - Records only grow. Nothing here withdraws one.
//
// It does not decide who may read, and it knows no value that was read.
package disclosure
