package taxonomy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/diaspora-match/diaspora/domain"
)

// Extension is what an import adds to a list of skills. Indexes in it count the
// skills of the list first and then those of the extension.
type Extension struct {
	Base        string // Version of the list that it was made for
	Digest      string // of its bytes: becomes part of the new Version
	Adopted     []Adopted
	Skills      []Skill // their ids begin with ESCOPrefix
	Titles      map[domain.ISCO]string
	Occupations []Occupation
	Near        [][]Neighbour // for every skill, best first, at most MaxNeighbours
}

// Adopted says that a listed skill is the same as one of ESCO: the id of that
// one becomes another id of it, and its names other names.
type Adopted struct {
	Skill domain.Skill
	Also  domain.Skill // begins with ESCOPrefix
	ESCO  string
	Names []Names
}

// Occupation is one occupation with the skills that it asks for, ascending.
type Occupation struct {
	ISCO      domain.ISCO // unit group, 4 digits
	Essential []Index
	Optional  []Index
}

// Extend returns a list with more skills, in the same order and with the same
// ids and indexes for those that are there; t itself stays as it is. It returns
// an error for an extension of another list, or one that contradicts itself.
func (t *Taxonomy) Extend(x Extension) (*Taxonomy, error) {
	if x.Base != t.version {
		return nil, fmt.Errorf("taxonomy: the extension is for list %s, this is %s", x.Base, t.version)
	}
	out := &Taxonomy{
		version: t.version + "/esco+" + x.Digest,
		groups:  t.groups,
		skills:  slices.Grow(slices.Clone(t.skills), len(x.Skills)),
		byID:    maps.Clone(t.byID),
		byName:  make(map[string][]Index, len(t.byName)+8*len(x.Skills)),
		isco:    maps.Clone(x.Titles),
		jobs:    x.Occupations,
	}
	for name, found := range t.byName {
		out.byName[name] = slices.Clone(found)
	}
	if out.isco == nil {
		out.isco = map[domain.ISCO]string{}
	}
	maps.Copy(out.isco, t.isco) // the titles of the list stay
	for _, a := range x.Adopted {
		if err := out.adopt(a); err != nil {
			return nil, err
		}
	}
	for _, s := range x.Skills {
		if !strings.HasPrefix(string(s.ID), ESCOPrefix) {
			return nil, fmt.Errorf("taxonomy: skill %q of the extension does not begin with %s", s.ID, ESCOPrefix)
		}
		if err := out.add(s); err != nil {
			return nil, err
		}
	}
	if err := out.checkBroader(); err != nil {
		return nil, err
	}
	if err := out.take(x.Near); err != nil {
		return nil, err
	}
	return out, out.placeJobs()
}

func (t *Taxonomy) adopt(a Adopted) error {
	i, ok := t.byID[a.Skill]
	_, taken := t.byID[a.Also]
	if !ok || taken || !strings.HasPrefix(string(a.Also), ESCOPrefix) {
		return fmt.Errorf("taxonomy: %s cannot also be %q", a.Skill, a.Also)
	}
	t.byID[a.Also] = i
	s := &t.skills[i]
	s.ESCO, s.Names = a.ESCO, a.Names
	t.name(i, s.allNames())
	return nil
}

// take checks the table of neighbours and lays it out.
func (t *Taxonomy) take(near [][]Neighbour) error {
	if len(near) != len(t.skills) {
		return fmt.Errorf("taxonomy: neighbours of %d skills, listed are %d", len(near), len(t.skills))
	}
	t.similar.start = make([]uint32, 1, len(near)+1)
	for i, list := range near {
		if len(list) > MaxNeighbours {
			return fmt.Errorf("taxonomy: skill %d has %d neighbours", i, len(list))
		}
		for n, x := range list {
			bad := int(x.Skill) >= len(t.skills) || int(x.Skill) == i || x.Score == 0 || x.Score > uint16(domain.One) ||
				x.Relation <= Equal || int(x.Relation) >= len(relationNames) || n > 0 && list[n-1].Score < x.Score
			if bad {
				return fmt.Errorf("taxonomy: skill %d has the impossible neighbour %+v", i, x)
			}
		}
		t.similar.near = append(t.similar.near, list...)
		t.similar.start = append(t.similar.start, uint32(len(t.similar.near)))
	}
	return nil
}

// placeJobs notes for every skill the occupations that ask for it.
func (t *Taxonomy) placeJobs() error {
	t.asked = make([][]place, len(t.skills))
	for o, job := range t.jobs {
		if len(job.ISCO) != 4 || !job.ISCO.Valid() || o > maxPlace {
			return fmt.Errorf("taxonomy: occupation %d has the ISCO code %q", o, job.ISCO)
		}
		for _, list := range []struct {
			skills    []Index
			essential bool
		}{{job.Essential, true}, {job.Optional, false}} {
			for _, s := range list.skills {
				if int(s) >= len(t.skills) {
					return fmt.Errorf("taxonomy: occupation %d asks for skill %d, which is not there", o, s)
				}
				t.asked[s] = append(t.asked[s], place{uint16(o), list.essential})
			}
		}
	}
	t.inUnit = map[domain.ISCO]int{}
	for _, job := range t.jobs {
		t.inUnit[job.ISCO]++
	}
	return nil
}

// maxPlace is the last occupation that a place can name.
const maxPlace = 1<<16 - 1

// place is an occupation that asks for a skill.
type place struct {
	job       uint16
	essential bool
}

// Evidence tells in words why an offered skill stands to a required one as
// Similarity says: "both are essential for 14 of 22 occupations of ISCO 2221
// (Nursing professionals)". It is empty for unrelated skills.
func (t *Taxonomy) Evidence(required, offered domain.Skill) string {
	_, relation := t.Similarity(required, offered)
	label := t.Label(required, "en")
	switch relation {
	case Unrelated:
		return ""
	case Equal:
		return "the skill itself"
	case Namesake:
		return "another skill of the same name"
	case Narrower:
		return "narrower than " + label
	case Broader:
		return "broader than " + label
	case SharedName:
		return "one has the other's name among its synonyms"
	case CoOccurring:
		return t.together(t.byID[required], t.byID[offered])
	case SameMinor:
		return "same cluster, and a shared ISCO minor group"
	case SameUnit:
		return "same cluster, and a shared ISCO unit group"
	}
	return "another cluster, but the same occupation first of all"
}

// together names the unit group most of whose occupations ask for both skills:
// counted are those for which both are essential, and where there are none,
// those that ask for both at all.
func (t *Taxonomy) together(a, b Index) string {
	essential, any := map[domain.ISCO]int{}, map[domain.ISCO]int{}
	with := map[uint16]bool{}
	for _, p := range t.asked[b] {
		with[p.job] = p.essential
	}
	for _, p := range t.asked[a] {
		e, both := with[p.job]
		if !both {
			continue
		}
		code := t.jobs[p.job].ISCO
		any[code]++
		if e && p.essential {
			essential[code]++
		}
	}
	how := "both are essential for"
	if len(essential) == 0 {
		essential, how = any, "both are asked for by"
	}
	best := domain.ISCO("")
	for _, code := range slices.Sorted(maps.Keys(essential)) {
		if best == "" || essential[code] > essential[best] {
			best = code
		}
	}
	if best == "" {
		return "asked for by the same occupations"
	}
	return fmt.Sprintf("%s %d of %s of ISCO %s (%s)", how, essential[best], occupations(t.inUnit[best]), best, t.Occupation(best))
}

func occupations(n int) string {
	if n == 1 {
		return "1 occupation"
	}
	return fmt.Sprintf("%d occupations", n)
}
