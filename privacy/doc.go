// Package privacy keeps the keys under which personal data is sealed, the vault
// of protected rows, and the mechanics of erasing a person.
//
// Each subject has a data key of its own. Data keys lie in a file apart from the
// log, wrapped by a key-encryption key from elsewhere (KeyEncryption). To erase a
// person is to destroy the data key: what was sealed under it stays in the log
// and says nothing to anybody.
//
// Invariants:
//   - A key is durable before anything sealed under it is handed out.
//   - A key is created if absent and then read back: two writers seal under one.
//   - A destroyed key never opens again, here or from the file, its free pages or
//     its write-ahead log; its tombstone stays, and sealing for it fails loudly.
//   - Only a tombstone is "erased". A missing key, a wrong key-encryption key and
//     a damaged row are each something else, and none is passed off as erasure.
//
// It knows no aggregate and no role: who may read is decided elsewhere. Errors
// name subjects by id at most, and never a value.
package privacy
