package model

import (
	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
	"strings"
)

// MaxSkills bounds a list of skills (docs/limits.md).
const MaxSkills = 300

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
	for _, name := range append([]string{s.English, s.Dutch}, s.Synonyms...) {
		if strings.Contains(strings.ToLower(name), search) {
			return true
		}
	}
	return false
}
