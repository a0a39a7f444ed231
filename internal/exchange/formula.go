package exchange

import (
	"strings"
	"unicode/utf8"
)

// guardMark stands before a text that a spreadsheet would run as a formula.
const guardMark = "'"

// leaders are the characters that begin a formula or a command in spreadsheets
// (OWASP, CSV injection); the wide forms do in some locales.
const leaders = "=+-@\t\r\n＝＋－＠"

// guard marks a text that begins like a formula. A text that begins with marks
// before such a character gets one more, so that unguard gives it back.
func guard(s string) string {
	if leads(strings.TrimLeft(s, guardMark)) {
		return guardMark + s
	}
	return s
}

// unguard takes off one mark that guard put on.
func unguard(s string) string {
	if rest, marked := strings.CutPrefix(s, guardMark); marked && leads(strings.TrimLeft(rest, guardMark)) {
		return rest
	}
	return s
}

func leads(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	return s != "" && strings.ContainsRune(leaders, first)
}
