package taxonomy

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/diaspora-match/diaspora/domain"
)

// Transversal is the group of skills that serve every sector: how knowledge is
// passed on, not what. It is no sector that a need can have.
const Transversal domain.Sector = "transversal"

// ESCOPrefix begins the ids of skills that come from ESCO; the rest is the last
// part of their address.
const ESCOPrefix = "esco."

// MaxSkills bounds a taxonomy, because an index of a skill is 16 bits wide.
// ESCO v1.1.1 has 13,890.
const MaxSkills = 1<<16 - 1

// Skill is one entry of the list.
type Skill struct {
	ID       domain.Skill   `json:"id"`
	Sector   domain.Sector  `json:"-"` // the group that holds it, Transversal, or "" for one of ESCO
	Cluster  string         `json:"cluster"`
	English  string         `json:"label_en"`
	Dutch    string         `json:"label_nl"`
	Synonyms []string       `json:"synonyms"`
	ISCO     []domain.ISCO  `json:"isco08"`             // occupations that have it, nearest first
	Broader  []domain.Skill `json:"broader,omitempty"`  // skills that this one is a part of
	ESCO     string         `json:"esco_uri,omitempty"` // empty until imported
	Names    []Names        `json:"-"`                  // from an import, by language ascending
}

// Names are what a skill is called in one language.
type Names struct {
	Language domain.Language
	Label    string
	Synonyms []string
}

// Group is a sector with its skills, in the order of the file.
type Group struct {
	ID     domain.Sector `json:"id"`
	Name   string        `json:"name"`
	Note   string        `json:"meta"` // SDG, CRS and ISCED-F codes that go with it
	Skills []Skill       `json:"skills"`
}

// Index is the dense number of a skill within one Taxonomy. It is never stored:
// another version numbers anew.
type Index uint16

// Taxonomy is an immutable list of skills with its lookups.
type Taxonomy struct {
	version string
	groups  []Group
	skills  []Skill // by Index
	byID    map[domain.Skill]Index
	byName  map[string][]Index
	isco    map[domain.ISCO]string
	similar similarities
	jobs    []Occupation // of an import
	asked   [][]place    // by Index: the occupations that ask for it
	inUnit  map[domain.ISCO]int
}

//go:embed builtin/skills.json
var builtinFile []byte

// Builtin is the list that ships with the platform: 229 skills in six sectors
// and a transversal group, English and Dutch.
var Builtin = sync.OnceValue(func() *Taxonomy {
	t, err := Parse(builtinFile)
	if err != nil {
		panic("taxonomy: the embedded list: " + err.Error())
	}
	return t
})

// Parse reads a taxonomy from JSON of the shape of builtin/skills.json. It
// returns an error that names the first entry with an unknown reference, a
// doubled id or a malformed code.
func Parse(file []byte) (*Taxonomy, error) {
	var f struct {
		Version string                 `json:"version"`
		ISCO    map[domain.ISCO]string `json:"isco_titles"`
		Groups  []Group                `json:"sectors"`
	}
	if err := json.Unmarshal(file, &f); err != nil {
		return nil, fmt.Errorf("taxonomy: %w", err)
	}
	sum := sha256.Sum256(file)
	t := &Taxonomy{
		version: f.Version + "+" + hex.EncodeToString(sum[:4]),
		groups:  f.Groups,
		byID:    map[domain.Skill]Index{},
		byName:  map[string][]Index{},
		isco:    f.ISCO,
	}
	for g := range t.groups {
		group := &t.groups[g]
		for i := range group.Skills {
			group.Skills[i].Sector = group.ID
			if err := t.add(group.Skills[i]); err != nil {
				return nil, err
			}
		}
	}
	if err := t.checkBroader(); err != nil {
		return nil, err
	}
	t.similar = t.relate()
	return t, nil
}

func (t *Taxonomy) checkBroader() error {
	for _, s := range t.skills {
		for _, b := range s.Broader {
			if _, ok := t.byID[b]; !ok {
				return fmt.Errorf("taxonomy: %s names an unknown broader skill %s", s.ID, b)
			}
		}
	}
	return nil
}

func (t *Taxonomy) add(s Skill) error {
	if _, ok := t.byID[s.ID]; ok || s.ID == "" || s.English == "" {
		return fmt.Errorf("taxonomy: skill %q is doubled, or has no id or no label", s.ID)
	}
	if len(t.skills) >= MaxSkills {
		return fmt.Errorf("taxonomy: more than %d skills", MaxSkills)
	}
	for _, o := range s.ISCO {
		if !o.Valid() {
			return fmt.Errorf("taxonomy: %s has a malformed ISCO code %q", s.ID, o)
		}
	}
	i := Index(len(t.skills))
	t.skills = append(t.skills, s)
	t.byID[s.ID] = i
	t.name(i, s.allNames())
	return nil
}

// name makes names lead to a skill.
func (t *Taxonomy) name(i Index, names []string) {
	for _, name := range names {
		key := fold(name)
		if key != "" && !slices.Contains(t.byName[key], i) {
			t.byName[key] = append(t.byName[key], i)
		}
	}
}

// allNames are labels and synonyms in every language.
func (s Skill) allNames() []string {
	names := append([]string{s.English, s.Dutch}, s.Synonyms...)
	for _, n := range s.Names {
		names = append(append(names, n.Label), n.Synonyms...)
	}
	return names
}

// Version names this list: the date of the file and a digest of its bytes.
func (t *Taxonomy) Version() string { return t.version }

// Len counts the skills.
func (t *Taxonomy) Len() int { return len(t.skills) }

// Index is the dense number of a skill; false for an unknown id.
func (t *Taxonomy) Index(id domain.Skill) (Index, bool) {
	i, ok := t.byID[id]
	return i, ok
}

// At is the skill with a dense number below Len.
func (t *Taxonomy) At(i Index) Skill { return t.skills[i] }

// Skill is the entry of an id; false for an unknown one.
func (t *Taxonomy) Skill(id domain.Skill) (Skill, bool) {
	i, ok := t.byID[id]
	if !ok {
		return Skill{}, false
	}
	return t.skills[i], true
}

// Has reports whether the id is listed.
func (t *Taxonomy) Has(id domain.Skill) bool {
	_, ok := t.byID[id]
	return ok
}

// Label is the name of a skill in a language ("nl", or "nl-BE" as "nl"), and in
// English where the list has none. An unknown id is its own label: an old event
// may name a skill of a list that is not loaded.
func (t *Taxonomy) Label(id domain.Skill, in domain.Language) string {
	s, ok := t.Skill(id)
	if !ok {
		return string(id)
	}
	primary, _, _ := strings.Cut(string(in), "-")
	if primary == "nl" && s.Dutch != "" {
		return s.Dutch
	}
	for _, n := range s.Names {
		if n.Language == domain.Language(primary) && n.Language != "en" {
			return n.Label
		}
	}
	return s.English
}

// Skills lists every skill in the order of the file. The caller must not
// change it.
func (t *Taxonomy) Skills() []Skill { return t.skills }

// Groups lists the sectors in the order of the file, the transversal group
// last. The caller must not change it.
func (t *Taxonomy) Groups() []Group { return t.groups }

// OfSector lists the skills of one sector, or of Transversal, in the order of
// the file; nil for a sector without skills. The caller must not change it.
func (t *Taxonomy) OfSector(s domain.Sector) []Skill {
	for _, g := range t.groups {
		if g.ID == s {
			return g.Skills
		}
	}
	return nil
}

// Occupation is the English title of an ISCO-08 unit group, or "" when the list
// has none.
func (t *Taxonomy) Occupation(code domain.ISCO) string { return t.isco[code] }

// Occupations lists the titled ISCO-08 unit groups in ascending order.
func (t *Taxonomy) Occupations() []domain.ISCO {
	codes := make([]domain.ISCO, 0, len(t.isco))
	for c := range t.isco {
		codes = append(codes, c)
	}
	slices.Sort(codes)
	return codes
}

// Named finds the skills whose label or synonym, in either language, equals the
// text but for case, hyphens and punctuation. A name such as "cold chain" may
// belong to several; they come in the order of the file.
func (t *Taxonomy) Named(text string) []domain.Skill {
	var found []domain.Skill
	for _, i := range t.byName[fold(text)] {
		found = append(found, t.skills[i].ID)
	}
	return found
}

// Fold makes names comparable as Named does: lower case, one space wherever
// something is neither a letter, a digit, & nor + nor #.
func Fold(name string) string { return fold(name) }

// fold makes names comparable: lower case, one space wherever something is
// neither a letter, a digit nor one of the signs that names carry (R&D, C++, C#).
func fold(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '&' && r != '+' && r != '#'
	}), " ")
}

func compareNeighbours(a, b Neighbour) int {
	return cmp.Or(-cmp.Compare(a.Score, b.Score), cmp.Compare(a.Skill, b.Skill))
}
