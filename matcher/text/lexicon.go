package text

import (
	"slices"
	"strings"
	"unicode"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
)

// Kind says what sort of name was found.
type Kind string

const (
	ByLabel   Kind = "label"   // the label itself
	BySynonym Kind = "synonym" // another name
	ByPart    Kind = "part"    // one of the things that a label joins: "sales" of "Marketing and sales"
	ByLetters Kind = "letters" // words that resemble a label
)

// Kinds lists every kind, the surest first.
var Kinds = []Kind{ByLabel, BySynonym, ByPart, ByLetters}

// worth is what a find is worth before anything speaks for or against it. A
// single word says less than a name of several.
var worth = map[Kind]domain.Score{ByLabel: domain.One, BySynonym: 9000, ByPart: 7000}

// singleWord is taken off a synonym or part of one word: "design" is used for
// much that is no skill.
const singleWord = 2500

// commonWord is taken off further when other skills' names have the word too.
const commonWord = 2000

// maxNameTokens bounds the words of a name that is looked for.
const maxNameTokens = 12

// sense is a skill that a name may mean.
type sense struct {
	skill taxonomy.Index
	kind  Kind
	score domain.Score
	exact string // the name must stand so, capitals included; "" for any way
}

// word is a stem within the built-in list or within ESCO: what is rare among two
// hundred skills may be common among thousands.
type word struct {
	stem string
	ours bool
}

type spread struct {
	skills int
	last   taxonomy.Index
}

// lexicon is the names of one language.
type lexicon struct {
	in      domain.Language
	senses  map[string][]sense // by stems joined by blanks
	longest int                // tokens of the longest name
	spread  map[word]*spread   // in how many skills' names a word stands
	letters *letters
}

func newLexicon(list *taxonomy.Taxonomy, in domain.Language) *lexicon {
	x := &lexicon{in: in, senses: map[string][]sense{}, letters: &letters{}, spread: map[word]*spread{}}
	for i := range list.Len() {
		at := taxonomy.Index(i)
		label, synonyms := namesIn(list.At(at), in)
		ours := list.At(at).Sector != ""
		if label != "" {
			x.addLabel(at, label)
		}
		for _, s := range synonyms {
			x.add(at, s, BySynonym)
			if ours && strings.Contains(s, " ") {
				x.letters.add(at, s)
			}
		}
		for _, name := range append(synonyms, label) {
			x.count(at, name, ours)
		}
	}
	x.doubtCommonWords(list)
	x.letters.weigh()
	return x
}

// count notes which words stand in the names of a skill.
func (x *lexicon) count(at taxonomy.Index, name string, ours bool) {
	for _, t := range tokens(name) {
		key := word{stem(t.folded, x.in), ours}
		if x.spread[key] == nil {
			x.spread[key] = &spread{}
		}
		if c := x.spread[key]; c.skills == 0 || c.last != at {
			c.skills, c.last = c.skills+1, at
		}
	}
}

// rare reports whether a stem stands in the names of one skill only.
func (x *lexicon) rare(stem string, ours bool) bool {
	c := x.spread[word{stem, ours}]
	return c == nil || c.skills == 1
}

// doubtCommonWords weakens names of a single word that stands in other skills'
// names too: "processing" is no name of "Dairy production and processing".
func (x *lexicon) doubtCommonWords(list *taxonomy.Taxonomy) {
	for key, senses := range x.senses {
		if strings.Contains(key, " ") {
			continue
		}
		kept := senses[:0]
		for _, s := range senses {
			if s.exact == "" && s.kind != ByLabel && !x.rare(key, list.At(s.skill).Sector != "") {
				if s.kind == ByPart {
					continue
				}
				s.score -= commonWord
			}
			kept = append(kept, s)
		}
		if x.senses[key] = kept; len(kept) == 0 {
			delete(x.senses, key)
		}
	}
}

// namesIn gives a skill's label and synonyms in a language; the synonyms of the
// built-in list serve both English and Dutch.
func namesIn(s taxonomy.Skill, in domain.Language) (label string, synonyms []string) {
	for _, n := range s.Names {
		if n.Language == in {
			label, synonyms = n.Label, append(synonyms, n.Synonyms...)
		}
	}
	switch in {
	case "en":
		if label != "" && label != s.English {
			synonyms = append(synonyms, label)
		}
		return s.English, append(synonyms, s.Synonyms...)
	case "nl":
		if s.Dutch != "" && label != "" && label != s.Dutch {
			synonyms = append(synonyms, label)
		}
		if s.Dutch != "" {
			label = s.Dutch
		}
	}
	return label, synonyms
}

// addLabel adds a label and what it is made of: "verloskunde (verloskundige)"
// names both, "landmeetkunde, GIS" is a list, "Marketing and sales" joins two.
func (x *lexicon) addLabel(at taxonomy.Index, label string) {
	x.add(at, label, ByLabel)
	x.letters.add(at, label)
	if words := strings.Fields(label); x.in == "en" && len(words) > 2 && heads[words[len(words)-1]] {
		x.addParts(at, []string{strings.Join(words[:len(words)-1], " ")}, ByPart)
	}
	list := strings.FieldsFunc(label, func(r rune) bool { return r == ',' || r == '(' || r == ')' })
	if x.in == "en" {
		list = strings.FieldsFunc(strings.ReplaceAll(label, " and ", ","), func(r rune) bool { return r == ',' })
	}
	if len(list) < 2 {
		if joined := strings.Split(label, " en "); x.in == "nl" && len(joined) > 1 {
			x.addParts(at, joined, ByPart)
		}
		return
	}
	kind := ByPart
	if x.in == "nl" {
		kind = BySynonym
	}
	x.addParts(at, list, kind)
}

func (x *lexicon) addParts(at taxonomy.Index, parts []string, kind Kind) {
	for _, p := range parts {
		x.add(at, p, kind)
		if strings.Contains(strings.TrimSpace(p), " ") {
			x.letters.add(at, p)
		}
	}
}

// heads are last words of English labels that say what is done with the thing
// before: who names the business plan need not say writing.
var heads = set("delivery design development management practice writing")

// shortName is the length up to which a name with a capital must stand as it is
// written: "ToT" is not Dutch "tot".
const shortName = 4

// add makes a name lead to a skill. Names of one character are left out: they
// are initials more often than skills.
func (x *lexicon) add(at taxonomy.Index, name string, kind Kind) {
	name = strings.TrimSpace(name)
	words := tokens(name)
	if len(words) == 0 || len(words) > maxNameTokens || len([]rune(name)) < 2 || len(words) == 1 && small[x.in][words[0].folded] {
		return
	}
	s := sense{skill: at, kind: kind, score: worth[kind]}
	if len(words) == 1 && kind != ByLabel {
		s.score -= singleWord
	}
	if len(words) == 1 && len(name) <= shortName && strings.ContainsFunc(name, unicode.IsUpper) {
		s.exact, s.score = name, worth[kind] // an abbreviation is no common word
	}
	key := x.key(words)
	if slices.ContainsFunc(x.senses[key], func(o sense) bool { return o.skill == at && o.exact == s.exact && o.score >= s.score }) {
		return
	}
	x.senses[key] = append(x.senses[key], s)
	x.longest = max(x.longest, len(words))
}

func (x *lexicon) key(words []token) string {
	stems := make([]string, len(words))
	for i, w := range words {
		stems[i] = stem(w.folded, x.in)
	}
	return strings.Join(stems, " ")
}

// at looks for the longest name that begins with the first of some words of one
// sentence, of which stems are given, and says how many words it takes.
func (x *lexicon) at(words []token, stems []string) ([]sense, int) {
	most := min(len(words), x.longest)
	for n := most; n > 0; n-- {
		all := x.senses[strings.Join(stems[:n], " ")]
		var fit []sense
		for _, s := range all {
			if s.exact == "" || n == 1 && words[0].raw == s.exact {
				fit = append(fit, s)
			}
		}
		if len(fit) > 0 {
			return fit, n
		}
	}
	return nil, 0
}
