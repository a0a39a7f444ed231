package domain

import (
	"slices"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// Text requires a text that is not blank, and holds it to OptionalText.
func (c *Checks) Text(field, s string, maxBytes int) {
	if isBlank(s) {
		c.Require(false, ErrRequired.At(field))
		return
	}
	c.OptionalText(field, s, maxBytes)
}

// OptionalText holds a text to a bound in bytes, valid UTF-8, and no control
// characters but tab and line feed.
func (c *Checks) OptionalText(field, s string, maxBytes int) {
	c.Require(len(s) <= maxBytes, ErrTooLong.At(field))
	c.Require(isPrintable(s), ErrFormat.At(field).With("The text holds characters that cannot be shown."))
}

// Count holds a list to a number of entries.
func (c *Checks) Count(field string, n, maxEntries int) {
	c.Require(n <= maxEntries, ErrTooMany.At(field))
}

// Range holds a number to both bounds, included.
func (c *Checks) Range(field string, n, low, high int) {
	if n < low || n > high {
		c.Require(false, ErrRange.At(field).With("The number must be from "+strconv.Itoa(low)+" to "+strconv.Itoa(high)+"."))
	}
}

// RequireID demands a UUID in canonical text.
func RequireID[T ~string](c *Checks, field string, id T) {
	if id == "" {
		c.Require(false, ErrRequired.At(field))
		return
	}
	OptionalID(c, field, id)
}

// OptionalID demands a UUID in canonical text, or nothing.
func OptionalID[T ~string](c *Checks, field string, id T) {
	c.Require(id == "" || ValidID(id), ErrFormat.At(field).With("The id is not a UUID in canonical lower-case text."))
}

// RequireListed demands one of the listed values.
func RequireListed[T comparable](c *Checks, field string, v T, list []T) {
	var zero T
	if v == zero {
		c.Require(false, ErrRequired.At(field))
		return
	}
	c.Require(slices.Contains(list, v), ErrUnknown.At(field))
}

// RequireDistinct demands that no two entries have the same key; the refusal
// stands at the later one.
func RequireDistinct[T any, K comparable](c *Checks, field string, entries []T, key func(T) K) {
	seen := make(map[K]bool, len(entries))
	for i, e := range entries {
		k := key(e)
		c.Require(!seen[k], ErrTwice.At(Index(field, i)))
		seen[k] = true
	}
}

// Index names an entry of a list: "skills[2]".
func Index(field string, i int) string { return field + "[" + strconv.Itoa(i) + "]" }

// ErrTwice refuses a list that names the same thing twice.
var ErrTwice = Refuse(Invalid, "input.twice", "The list names the same thing twice.", "Keep one of the two entries.")

func isBlank(s string) bool {
	for _, r := range s {
		if !unicode.IsSpace(r) {
			return false
		}
	}
	return true
}

func isPrintable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return false
		}
	}
	return true
}
