package matcher

import (
	"fmt"
	"strings"

	"github.com/diaspora-match/diaspora/domain"
)

// languageNames are English names of the languages that the programmes meet.
var languageNames = map[domain.Language]string{
	"ak": "Akan", "am": "Amharic", "ar": "Arabic", "ckb": "Sorani Kurdish", "de": "German", "en": "English",
	"es": "Spanish", "fr": "French", "ha": "Hausa", "ig": "Igbo", "it": "Italian", "kmr": "Kurmanji Kurdish",
	"kri": "Krio", "nl": "Dutch", "om": "Oromo", "prs": "Dari", "ps": "Pashto", "rw": "Kinyarwanda",
	"so": "Somali", "sv": "Swedish", "sw": "Swahili", "ti": "Tigrinya", "tr": "Turkish", "yo": "Yoruba",
	"zgh": "Tamazight",
}

// LanguageName is the English name of a language, or its BCP 47 tag.
func LanguageName(l domain.Language) string {
	if name, ok := languageNames[l]; ok {
		return name
	}
	if base, _, ok := strings.Cut(string(l), "-"); ok && languageNames[domain.Language(base)] != "" {
		return fmt.Sprintf("%s (%s)", languageNames[domain.Language(base)], l)
	}
	return string(l)
}

var numberWords = [...]string{
	"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
}

// countOf writes "two weeks", "one week", "26 weeks".
func countOf(n int, unit string) string {
	if n != 1 {
		unit += "s"
	}
	return number(n) + " " + unit
}

func number(n int) string {
	if n >= 0 && n < len(numberWords) {
		return numberWords[n]
	}
	return fmt.Sprint(n)
}

// weeksOf rounds days up to weeks.
func weeksOf(days int) int { return (days + daysPerWeek - 1) / daysPerWeek }

func dates(p domain.Period) string { return p.From.String() + " to " + p.To.String() }

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func lower(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// and joins "a", "b" and "c" to "a, b and c".
func and(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}
