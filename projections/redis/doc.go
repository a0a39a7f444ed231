// Package redis keeps the views in Redis or Valkey: for several machines, or for
// starts that do not fold the log anew. The log stays the truth: whatever Redis
// loses is folded again.
//
// All keys of a namespace share the hash tag {diaspora:<namespace>}, so that in a
// cluster they lie in one slot:
//
//	{diaspora:main}:versions                       digests of tables that have views here
//	{diaspora:main}:v<digest>:head                 hash: epoch, owner, position, open, beat, mark; the size of each key below
//	{diaspora:main}:v<digest>:hold                 a reader asks the writer for a moment of rest
//	{diaspora:main}:v<digest>:notices              stream: what changed, a batch an entry, the newest noticesKept
//	{diaspora:main}:v<digest>:rows:<table>         hash: row key → the row as JSON
//	{diaspora:main}:v<digest>:index:<table>:<name> sorted set: bucket NUL sort key NUL row key, compared as bytes
//
// The digest is that of the tables' names and versions: a program with other
// tables builds its own beside, opens it in one step, and removes those that
// nobody has kept for Grace.
//
// Invariants:
//   - A batch is one script: it checks epoch, owner, checkpoint and the sizes of
//     what it touches, changes rows and entries, and writes the checkpoint last.
//     Rows and checkpoint lie on one server and are lost together or not at all.
//   - A batch leaves its notice in the same script. Tail follows them, on machines
//     that do not write; what it missed, it finds out from the checkpoint and looks
//     up in the rows. So a lost notice delays and does no harm.
//   - Nothing that Redis lost stays unnoticed: a checkpoint that moved back is
//     folded up again; a key that vanished alone means to begin anew.
//   - What was read belongs to one position, or is read again.
//   - Personal text is sealed under its subject's key (codec.Rows). Keys, fields
//     and members hold random ids, codes and numbers, nothing else.
//
// There is one slot, and so one writing lane. Lanes in several slots could not
// show one position without a second round of agreement, and a programme's views
// fill a small part of one server. Large hashes and sets, not a key for each row:
// a key costs more than the field's name, and what is a hundred keys can be
// counted and removed as a whole.
package redis
