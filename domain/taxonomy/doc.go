// Package taxonomy is the list of skills that experts declare and needs ask
// for: local ids, labels in English and Dutch, synonyms, clusters and ISCO-08
// anchors, and how near two skills are.
//
// Invariants: an id, once published, is never removed and never given another
// meaning (testdata/ids.golden holds the list); the same file gives the same
// similarities in the same order on every machine; [Taxonomy.Version] changes
// with every byte of the file, so that a stored verdict names what it was made
// with. A Taxonomy never changes after it is made and may be shared.
//
// It knows no expert, no need, no weight of a programme, and reads no file at
// run time: the built-in list is embedded.
package taxonomy
