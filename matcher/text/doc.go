// Package text finds skills in free text: a curriculum vitae, Terms of
// Reference. Names of the taxonomy are looked for as they are, the longest
// first, and then what resembles a label by its groups of letters.
//
// Invariants: the same list and text give the same answer in the same order;
// every find names the words that gave it, so that a person can judge it; the
// work is bounded by [MaxBytes]; nothing of the text is kept, logged or put into
// an error.
//
// It proposes and decides nothing: whoever pasted the text confirms each skill.
// It knows no expert and no need.
package text
