package model

import (
	"strings"
	"unicode/utf8"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
	"github.com/diaspora-match/diaspora/matcher/text"
)

// Bounds of lists of skills (docs/limits.md).
const (
	MaxSkills        = 300                    // skills of one list
	MaxSimilarSkills = taxonomy.MaxNeighbours // skills similar to one
)

// Skill is a skill of the taxonomy.
type Skill struct {
	taxonomy.Skill
	list *taxonomy.Taxonomy
}

// Code is the local id.
func (s Skill) Code() domain.Skill { return s.ID }

// Sector is the sector whose list holds it; none for a transversal skill.
func (s Skill) Sector() domain.Sector {
	if s.Skill.Sector == taxonomy.Transversal {
		return ""
	}
	return s.Skill.Sector
}

// Label is the name.
func (s Skill) Label(language *domain.Language) string { return s.list.Label(s.ID, deref(language)) }

// Occupations are those that have it.
func (s Skill) Occupations() []domain.ISCO { return listed(s.ISCO) }

// EscoURI is its address in ESCO.
func (s Skill) EscoURI() string { return s.ESCO }

// Skills lists the skills of a sector, and the transversal ones, whose
// names hold a text; empty arguments do not restrict.
func Skills(list *taxonomy.Taxonomy, search string, sector domain.Sector, first int) *SkillTaxonomy {
	out := &SkillTaxonomy{Version: list.Version(), Skills: []Skill{}}
	search = strings.ToLower(strings.TrimSpace(search))
	for _, s := range list.Skills() {
		if len(out.Skills) == first {
			break
		}
		if (sector == "" || s.Sector == sector || s.Sector == taxonomy.Transversal) && (search == "" || speaksOf(s, search)) {
			out.Skills = append(out.Skills, Skill{s, list})
		}
	}
	return out
}

func speaksOf(s taxonomy.Skill, search string) bool {
	names := append([]string{s.English, s.Dutch}, s.Synonyms...)
	for _, n := range s.Names {
		names = append(append(names, n.Label), n.Synonyms...)
	}
	for _, name := range names {
		if strings.Contains(strings.ToLower(name), search) {
			return true
		}
	}
	return false
}

// FoundSkill is a skill that a text speaks of.
type FoundSkill struct {
	Skill      Skill
	Confidence domain.Score
	Kind       text.Kind
	Words      string
	From, To   int // code points of the text
}

// FoundSkills are what a reader found in a text, with places counted in code
// points.
func FoundSkills(list *taxonomy.Taxonomy, in string, found []text.Found) []FoundSkill {
	out := make([]FoundSkill, 0, len(found))
	for _, f := range found {
		s, _ := list.Skill(f.Skill)
		from := utf8.RuneCountInString(in[:f.From])
		out = append(out, FoundSkill{
			Skill: Skill{s, list}, Confidence: f.Score, Kind: f.Kind, Words: f.Words,
			From: from, To: from + utf8.RuneCountInString(f.Words),
		})
	}
	return out
}

// SimilarSkill is a skill that covers another one.
type SimilarSkill struct {
	Skill      Skill
	Similarity domain.Score
	Relation   taxonomy.Relation
	Why        string
}

// SimilarSkills are the skills that cover a skill, the nearest first; nil for an
// unknown one.
func SimilarSkills(list *taxonomy.Taxonomy, of domain.Skill, first int) []SimilarSkill {
	at, known := list.Index(of)
	if !known {
		return nil
	}
	near := list.Neighbours(at)
	out := make([]SimilarSkill, 0, len(near))
	for _, n := range near[:min(first, len(near))] {
		s := list.At(n.Skill)
		out = append(out, SimilarSkill{Skill{s, list}, domain.Score(n.Score), n.Relation, list.Evidence(of, s.ID)})
	}
	return out
}
