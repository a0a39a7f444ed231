package esco

import (
	"slices"
	"strings"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
)

// How tells by what a listed skill was found in ESCO.
type How string

const (
	ByLabel   How = "label" // its label is the label of the concept: they are one
	ByAlt     How = "alt"   // its label is another name of the concept, and they share an occupation: they are one
	ByPart    How = "part"  // one of the things that its label joins is the concept: that is narrower
	ByTwin    How = "twin"  // the concept is another listed skill of the same label: namesakes
	ByName    How = "name"  // a synonym is the label of the concept, and they share an occupation: something that belongs to it
	NotMapped How = "unmapped"
)

// same reports whether the concept is the listed skill itself.
func (h How) same() bool { return h == ByLabel || h == ByAlt }

// Mapping is a listed skill and what of ESCO answers to it.
type Mapping struct {
	Skill    domain.Skill `json:"skill"`
	Label    string       `json:"label"`
	How      How          `json:"how"`
	Concepts []string     `json:"concepts,omitempty"` // addresses, ascending
	Labels   []string     `json:"labels,omitempty"`   // of the concepts
	places   []int
}

// minorDigits is how much of an ISCO code two things must share to be of one
// occupation here: the minor group, because listed skills name the nearest unit
// groups only.
const minorDigits = 3

// mapper looks names of the list up in ESCO.
type mapper struct {
	c      *Classification
	labels map[string][]int
	alts   map[string][]int
	minor  []map[domain.ISCO]bool // by concept: minor groups of the occupations that ask for it
}

func newMapper(c *Classification) *mapper {
	m := &mapper{c: c, labels: map[string][]int{}, alts: map[string][]int{}, minor: make([]map[domain.ISCO]bool, len(c.Concepts))}
	for i, x := range c.Concepts {
		key := taxonomy.Fold(x.Name.Label)
		m.labels[key] = append(m.labels[key], i)
		for _, a := range x.Name.Alt {
			if key := taxonomy.Fold(a); !slices.Contains(m.alts[key], i) {
				m.alts[key] = append(m.alts[key], i)
			}
		}
	}
	for _, o := range c.Occupations {
		for _, s := range slices.Concat(o.Essential, o.Optional) {
			if m.minor[s] == nil {
				m.minor[s] = map[domain.ISCO]bool{}
			}
			m.minor[s][o.ISCO[:minorDigits]] = true
		}
	}
	return m
}

// find maps one skill: the surest way that gives something wins. A concept that
// answers to several names of one kind is taken once; two concepts for a label
// are none, since nothing says which.
func (m *mapper) find(s taxonomy.Skill) Mapping {
	out := Mapping{Skill: s.ID, Label: s.English, How: NotMapped}
	label := taxonomy.Fold(s.English)
	if at := m.labels[label]; len(at) == 1 {
		return m.found(out, ByLabel, at)
	}
	if at := m.sharing(s, m.alts[label]); len(at) == 1 {
		return m.found(out, ByAlt, at)
	}
	var places []int
	for _, part := range parts(s.English) {
		places = append(places, m.sharing(s, m.labels[taxonomy.Fold(part)])...)
	}
	if len(places) > 0 {
		return m.found(out, ByPart, places)
	}
	for _, name := range s.Synonyms {
		places = append(places, m.sharing(s, m.labels[taxonomy.Fold(name)])...)
	}
	if len(places) > 0 {
		return m.found(out, ByName, places)
	}
	return out
}

// sharing keeps the concepts that some occupation near the skill's own asks for.
func (m *mapper) sharing(s taxonomy.Skill, at []int) []int {
	var kept []int
	for _, i := range at {
		for _, code := range s.ISCO {
			if len(code) >= minorDigits && m.minor[i][code[:minorDigits]] {
				kept = append(kept, i)
				break
			}
		}
	}
	return kept
}

func (m *mapper) found(out Mapping, how How, places []int) Mapping {
	slices.Sort(places)
	out.How, out.places = how, slices.Compact(places)
	for _, i := range out.places {
		out.Concepts = append(out.Concepts, m.c.Concepts[i].URI)
		out.Labels = append(out.Labels, m.c.Concepts[i].Name.Label)
	}
	return out
}

// parts splits a label that joins several things: "Marketing and sales".
func parts(label string) []string {
	split := strings.Split(strings.ReplaceAll(label, " and ", ", "), ", ")
	if len(split) < 2 {
		return nil
	}
	return split
}

// mapAll maps every skill of the list. One concept is the same as one skill
// only; a second skill with that label ("Training of trainers" of two sectors)
// has it for a namesake.
func mapAll(list *taxonomy.Taxonomy, c *Classification) []Mapping {
	m := newMapper(c)
	taken := map[int]bool{}
	var all []Mapping
	for _, s := range list.Skills() {
		found := m.find(s)
		if found.How.same() {
			if taken[found.places[0]] {
				found.How = ByTwin
			}
			taken[found.places[0]] = true
		}
		all = append(all, found)
	}
	return all
}
