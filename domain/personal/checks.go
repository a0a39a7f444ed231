package personal

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/diaspora-match/diaspora/domain"
)

// Refusals of personal text in commands.
var (
	ErrSubject    = domain.Refuse(domain.Invalid, "personal.subject", "The text is bound to another person than the one that it is about.", "Bind the text to the person of this record.")
	ErrUnreadable = domain.Refuse(domain.Invalid, "personal.unreadable", "The text came in sealed.", "Send the text as it was written.")
)

// Check holds a text of a command to its subject, to a bound in bytes, to valid
// UTF-8 and to characters that can be shown. The zero value passes. The refusal
// never repeats the text.
func Check[S ~string](c *domain.Checks, field string, t Text, subject S, maxBytes int) {
	if t.IsZero() {
		return
	}
	if t.state != plain {
		c.Require(false, ErrUnreadable.At(field))
		return
	}
	c.Require(t.subject == string(subject), ErrSubject.At(field))
	c.OptionalText(field, t.body, maxBytes)
	c.Require(strings.ContainsFunc(t.body, func(r rune) bool { return !unicode.IsSpace(r) }), domain.ErrRequired.At(field))
}

// CheckEmail holds a text to Check and to the rough form of an address: one at
// sign with something on both sides and no blank. Only a message that arrives
// proves more.
func CheckEmail[S ~string](c *domain.Checks, field string, t Text, subject S, maxBytes int) {
	Check(c, field, t, subject, maxBytes)
	if t.state != plain || !utf8.ValidString(t.body) {
		return
	}
	local, host, ok := strings.Cut(t.body, "@")
	ok = ok && local != "" && host != "" && !strings.Contains(host, "@") && !strings.ContainsFunc(t.body, unicode.IsSpace)
	c.Require(ok, domain.ErrFormat.At(field))
}
