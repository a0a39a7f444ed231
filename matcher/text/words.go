package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/diaspora-match/diaspora/domain"
)

// token is a word of a text.
type token struct {
	from, to int    // bytes in the text
	raw      string // as it stands
	folded   string // small letters without marks: "Pædiatrie" is not touched, "hygiëne" is "hygiene"
	breaks   bool   // a sentence, a line or an item ends before it
}

// maxWordBytes bounds a word; the rest of a longer one is another word.
const maxWordBytes = 80

// maxTokens bounds the words of a sentence; a longer one is cut.
const maxTokens = 60

// tokens splits a text into words: runs of letters, digits and the signs that
// names carry (R&D, C++, C#).
func tokens(text string) []token {
	var out []token
	start, breaks, since := -1, true, 0
	end := func(at int) {
		if start < 0 {
			return
		}
		if since++; since > maxTokens {
			breaks = true
		}
		if breaks {
			since = 1
		}
		raw := text[start:at]
		out = append(out, token{from: start, to: at, raw: raw, folded: fold(raw), breaks: breaks})
		start, breaks = -1, false
	}
	for i, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r) || r == '&' || r == '+' || r == '#' {
			if start >= 0 && i-start >= maxWordBytes {
				end(i)
			}
			if start < 0 {
				start = i
			}
			continue
		}
		end(i)
		if stops(text, i, r) {
			breaks = true
		}
	}
	end(len(text))
	return out
}

// stops reports whether a character between words ends what belongs together.
func stops(text string, at int, r rune) bool {
	switch r {
	case ';', ':', '\n', '\r', '\t', '•', '·', '–', '—', '|', '!', '?':
		return true
	case '.':
		next, _ := utf8.DecodeRuneInString(text[at+1:])
		return at+1 == len(text) || unicode.IsSpace(next)
	}
	return false
}

// fold makes words comparable: small letters without marks.
func fold(s string) string {
	s = strings.ToLower(s)
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return strings.Map(func(r rune) rune {
				if unicode.Is(unicode.Mn, r) {
					return -1
				}
				return r
			}, norm.NFD.String(s))
		}
	}
	return s
}

// stem takes simple inflection off a folded word, in English and Dutch; other
// languages keep their words. It need not be a word, only the same for all forms.
func stem(w string, in domain.Language) string {
	switch in {
	case "en":
		return stemEnglish(w)
	case "nl":
		return stemDutch(w)
	}
	return w
}

func stemEnglish(w string) string {
	switch {
	case len(w) < 4:
		return w
	case strings.HasSuffix(w, "ies"):
		w = w[:len(w)-3] + "y"
	case strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss") && !strings.HasSuffix(w, "us") && !strings.HasSuffix(w, "is"):
		w = w[:len(w)-1]
	}
	w = strings.ReplaceAll(w, "iz", "is") // organization, organisation
	switch {
	case len(w) > 5 && strings.HasSuffix(w, "ing"):
		w = undouble(w[:len(w)-3])
	case len(w) > 4 && strings.HasSuffix(w, "ed"):
		w = undouble(w[:len(w)-2])
	}
	if len(w) > 3 {
		w = strings.TrimSuffix(w, "e")
	}
	return w
}

func stemDutch(w string) string {
	if len(w) < 4 {
		return w
	}
	switch {
	case len(w) > 4 && strings.HasSuffix(w, "en"):
		w = undouble(w[:len(w)-2])
	case len(w) > 4 && strings.HasSuffix(w, "e"):
		w = undouble(w[:len(w)-1])
	case strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss"):
		w = w[:len(w)-1]
	}
	for _, double := range []string{"aa", "ee", "oo", "uu"} { // boom, bomen
		w = strings.ReplaceAll(w, double, double[:1])
	}
	switch {
	case strings.HasSuffix(w, "v"):
		return w[:len(w)-1] + "f"
	case strings.HasSuffix(w, "z"):
		return w[:len(w)-1] + "s"
	}
	return w
}

// undouble takes one of two equal consonants off the end: "planning", "plann",
// "plan".
func undouble(w string) string {
	n := len(w)
	if n > 2 && w[n-1] == w[n-2] && !strings.ContainsRune("aeiouls", rune(w[n-1])) {
		return w[:n-1]
	}
	return w
}

// small words begin and end no name.
var small = map[domain.Language]map[string]bool{
	"en": set("a an and are as at be been by for from had has have i in into is it its my of on or our that the their this to was we were which with"),
	"nl": set("aan al als bij dan dat de den der die dit door een en er had heb hebben heeft het hun ik in is je met mijn naar om onder ons onze ook op of over te tot uit van voor was wat we werd wij zijn zoals zich"),
}

func set(words string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		out[w] = true
	}
	return out
}
