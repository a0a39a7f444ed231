package text

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
)

// Bounds.
const (
	MaxBytes = 64 << 10 // of a text: some twenty pages
	MaxFound = 100      // skills of a text, the surest kept
)

// Refusals of a text.
var (
	ErrTooLong = domain.ErrTooLong.At("text").With(fmt.Sprintf("A text may have %d bytes.", MaxBytes))
	ErrNotUTF8 = domain.ErrFormat.At("text").With("The text is not in UTF-8.")
)

// MinScore is the least that is given: what is less sure is wrong more often
// than right.
const MinScore domain.Score = 4500

// Found is a skill and the words that gave it.
type Found struct {
	Skill    domain.Skill `json:"skill"`
	Score    domain.Score `json:"score"` // MinScore to One: how sure
	Kind     Kind         `json:"kind"`
	Words    string       `json:"words"` // as they stand in the text
	From, To int          // their bytes in the text
}

// Reader finds the skills of a list in texts. It may be used by several
// goroutines; the names of a language are made ready at its first text.
type Reader struct {
	list   *taxonomy.Taxonomy
	speaks map[domain.Language]bool // languages that the list has names in
	mu     sync.Mutex
	made   map[domain.Language]*lexicon
}

// NewReader makes a reader over a list.
func NewReader(list *taxonomy.Taxonomy) *Reader {
	r := &Reader{list: list, speaks: map[domain.Language]bool{english: true}, made: map[domain.Language]*lexicon{}}
	for _, s := range list.Skills() {
		if s.Dutch != "" {
			r.speaks["nl"] = true
		}
		for _, n := range s.Names {
			r.speaks[n.Language] = true
		}
	}
	return r
}

// english names are found in texts of every language.
const english domain.Language = "en"

// Skills finds skills in a text of a language ("nl-BE" is read as "nl"; English
// names are found in texts of every language), the surest first, equals in the
// order of the text. It refuses a text of more than MaxBytes, and finds nothing
// where nothing is named.
func (r *Reader) Skills(text string, in domain.Language) ([]Found, error) {
	if len(text) > MaxBytes {
		return nil, ErrTooLong
	}
	if !utf8.ValidString(text) {
		return nil, ErrNotUTF8
	}
	primary, _, _ := strings.Cut(string(in), "-")
	var lexicons []*lexicon
	if own := domain.Language(primary); own != english && r.speaks[own] {
		lexicons = append(lexicons, r.lexicon(own))
	}
	lexicons = append(lexicons, r.lexicon(english))
	s := &search{list: r.list, text: text, lexicons: lexicons}
	words := tokens(s.text)
	for from := 0; from < len(words); {
		to := from + 1
		for to < len(words) && !words[to].breaks {
			to++
		}
		s.sentence(words[from:to])
		from = to
	}
	return s.result(), nil
}

func (r *Reader) lexicon(in domain.Language) *lexicon {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.made[in] == nil {
		r.made[in] = newLexicon(r.list, in)
	}
	return r.made[in]
}

// mention is a place of a text that may mean a skill.
type mention struct {
	sense
	among    int // skills that the words may mean
	from, to int
}

// search is the reading of one text.
type search struct {
	list     *taxonomy.Taxonomy
	text     string
	lexicons []*lexicon // of the text's language where the list has names in it, then English
	mentions []mention
	scratch  []float64 // of letters.candidates
}

// sentence looks for names, the longest at each word, and then for what
// resembles a label in the words that are left.
func (s *search) sentence(words []token) {
	covered := make([]bool, len(words))
	stems := make([][]string, len(s.lexicons))
	for i, x := range s.lexicons {
		for _, w := range words {
			stems[i] = append(stems[i], stem(w.folded, x.in))
		}
	}
	for at := 0; at < len(words); {
		var senses []sense
		length := 0
		for i, x := range s.lexicons {
			if found, n := x.at(words[at:], stems[i][at:]); n > length {
				senses, length = found, n
			}
		}
		for _, found := range senses {
			s.mentions = append(s.mentions, mention{found, len(senses), words[at].from, words[at+length-1].to})
		}
		for i := range length {
			covered[at+i] = true
		}
		at += max(length, 1)
	}
	s.resembling(words, covered)
}

// Windows of words that are compared with labels.
const (
	maxWindow = 6
	minCosine = 0.55
)

// resembling compares windows of the words that gave no name with labels.
func (s *search) resembling(words []token, covered []bool) {
	x := s.lexicons[0]
	if len(x.letters.names) == 0 {
		x = s.lexicons[len(s.lexicons)-1]
	}
	folded := make([]string, len(words))
	for i, w := range words {
		folded[i] = w.folded
	}
	if s.scratch == nil {
		s.scratch = make([]float64, len(x.letters.names))
	}
	candidates := x.letters.candidates(grams(folded), s.scratch)
	if len(candidates) == 0 {
		return
	}
	type match struct {
		name     int32
		cosine   float64
		from, to int // words
	}
	var matches []match
	for from := range words {
		for to := from + 1; to <= min(from+maxWindow, len(words)); to++ {
			if !fresh(covered[from:to]) || small[x.in][folded[from]] || small[x.in][folded[to-1]] {
				continue
			}
			window := grams(folded[from:to])
			length := x.letters.length(window)
			for _, n := range candidates {
				if !x.letters.comparable(n, length) || to-from == 1 && !s.tells(x, words[from], n) {
					continue
				}
				if c := x.letters.cosine(n, window, length); c >= minCosine {
					matches = append(matches, match{n, c, from, to})
				}
			}
		}
	}
	slices.SortFunc(matches, func(a, b match) int {
		return cmp.Or(-cmp.Compare(a.cosine, b.cosine), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to), cmp.Compare(a.name, b.name))
	})
	taken := make([]bool, len(words))
	for _, m := range matches {
		if slices.Contains(taken[m.from:m.to], true) {
			continue
		}
		for i := m.from; i < m.to; i++ {
			taken[i] = true
		}
		score := domain.Score(m.cosine * float64(worthOfLetters))
		s.mentions = append(s.mentions, mention{sense{skill: x.letters.names[m.name].skill, kind: ByLetters, score: score}, 1, words[m.from].from, words[m.to-1].to})
	}
}

// minTellingBytes is the length from which one word may stand for a longer name.
const minTellingBytes = 8

// tells reports whether one word may be compared with a name: one of a single
// word, or one that alone has this word.
func (s *search) tells(x *lexicon, w token, n int32) bool {
	name := x.letters.names[n]
	if name.words == 1 {
		return true
	}
	c := x.spread[word{stem(w.folded, x.in), s.list.At(name.skill).Sector != ""}]
	return len(w.folded) >= minTellingBytes && c != nil && c.skills == 1
}

// worthOfLetters is what complete resemblance is worth.
const worthOfLetters domain.Score = 8500

// fresh reports whether a window has a word that gave no name.
func fresh(covered []bool) bool { return slices.Contains(covered, false) }

// sure is the score from which on a mention speaks for its sector.
const sure domain.Score = 8000

// Shares of a mention's score: of words that may mean several skills, and of
// weak words in a text that speaks of another sector.
const (
	elsewhere = 8 // tenths
	oneOfMany = 6 // tenths
)

// result weighs the mentions: a sector that the text surely speaks of tells
// which of several skills is meant, and whether a common word means one at all.
func (s *search) result() []Found {
	spoken := map[domain.Sector]bool{}
	for _, m := range s.mentions {
		if sector := s.list.At(m.skill).Sector; m.score >= sure && m.among == 1 && sector != taxonomy.Transversal {
			spoken[sector] = true
		}
	}
	best := map[taxonomy.Index]Found{}
	for _, m := range s.mentions {
		here := spoken[s.list.At(m.skill).Sector]
		score := m.score
		if m.among > 1 && !here {
			score = score * oneOfMany / 10
		}
		if score < sure && !here && len(spoken) > 0 {
			score = score * elsewhere / 10
		}
		if old, ok := best[m.skill]; score < MinScore || ok && old.Score >= score {
			continue
		}
		best[m.skill] = Found{s.list.At(m.skill).ID, score, m.kind, s.text[m.from:m.to], m.from, m.to}
	}
	out := make([]Found, 0, len(best))
	for _, f := range best {
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b Found) int {
		return cmp.Or(-cmp.Compare(a.Score, b.Score), cmp.Compare(a.From, b.From), cmp.Compare(a.Skill, b.Skill))
	})
	return out[:min(len(out), MaxFound)]
}
