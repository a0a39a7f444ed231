package esco

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/taxonomy"
)

// Addresses of ESCO begin so.
const (
	skillAddress      = "http://data.europa.eu/esco/skill/"
	occupationAddress = "http://data.europa.eu/esco/occupation/"
)

// released is the status of a concept that is in force.
const released = "released"

// Concept is a skill of ESCO.
type Concept struct {
	URI     string
	Name    Name                     // English
	Other   map[domain.Language]Name // further languages of the package
	Cluster string                   // English label of the first group above it, or ""
	Broader []int                    // places of the skills that it is a part of, ascending
}

// Name is how a concept is called in one language.
type Name struct {
	Label string
	Alt   []string // other names, in the order of the file, without the label
}

// Occupation is an occupation of ESCO with the skills that it asks for, by
// their places among the concepts, ascending.
type Occupation struct {
	URI       string
	ISCO      domain.ISCO // unit group, 4 digits
	Label     string
	Essential []int
	Optional  []int
}

// Classification is what a package says, ordered by URI.
type Classification struct {
	Concepts    []Concept
	Occupations []Occupation
	Groups      map[domain.ISCO]string // titles of the ISCO-08 groups of 4 digits
	Languages   []domain.Language      // of the labels, ascending; always with "en"
	Parents     map[string][]string    // addresses of skills and groups, ascending, by that of a skill or group below
	Skipped     Skipped
}

// Skipped counts what the package holds and the import leaves out.
type Skipped struct {
	Obsolete int // concepts that are not in force
	Dangling int // relations with a concept that the package does not list
}

// Progress is told how far the work is: a step in words and the share that is
// done, 0 to 1. It may be nil.
type Progress func(step string, done float64)

func (p Progress) at(step string, done float64) {
	if p != nil {
		p(step, done)
	}
}

// reading is a package while it is read.
type reading struct {
	src      *source
	bad      faults
	out      *Classification
	concept  map[string]int
	groups   map[string]string // label of a skill group by URI
	jobs     map[string]int
	obsolete map[string]bool
	related  int
}

// Read reads the package in a folder or a zip archive. It refuses
// (domain.Refusals) a package with missing files or malformed rows, naming file,
// line and column, at most MaxFaults of them.
func Read(ctx context.Context, dir string, progress Progress) (*Classification, error) {
	src, err := open(dir)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	return src.read(ctx, progress)
}

func (src *source) read(ctx context.Context, progress Progress) (*Classification, error) {
	r := &reading{
		src: src, concept: map[string]int{}, groups: map[string]string{}, jobs: map[string]int{},
		obsolete: map[string]bool{},
		out:      &Classification{Groups: map[domain.ISCO]string{}, Parents: map[string][]string{}, Languages: src.languages()},
	}
	if !slices.Contains(r.out.Languages, "en") {
		return nil, ErrMissing.At("skills_en.csv")
	}
	for i, step := range []func(context.Context) error{
		r.readSkills, r.readGroups, r.readISCO, r.readOccupations, r.readBroader, r.readRelations,
	} {
		progress.at("reading", float64(i)/6)
		if err := step(ctx); err != nil && err != errEnough {
			return nil, err
		}
		if err := r.bad.err(); err != nil { // what follows refers to what came before
			return nil, err
		}
	}
	progress.at("reading", 1)
	return r.out, nil
}

// each reads one file.
func (r *reading) each(ctx context.Context, name string, columns []string, do func(*row) *domain.Refusal) error {
	open := r.src.files[name]
	if open == nil {
		return ErrMissing.At(name)
	}
	in, err := open()
	if err != nil {
		return fmt.Errorf("esco: open %s: %w", name, err)
	}
	defer in.Close()
	return table(ctx, name, in, columns, &r.bad, do)
}

func (r *reading) readSkills(ctx context.Context) error {
	columns := []string{"conceptUri", "preferredLabel", "altLabels", "status"}
	err := r.each(ctx, "skills_en.csv", columns, func(row *row) *domain.Refusal {
		uri := row.cell(0)
		_, known := r.concept[uri]
		switch {
		case !validAddress(uri, skillAddress):
			return row.fault(0, "The address is not one of a skill of ESCO.")
		case known || r.obsolete[uri]:
			return row.fault(0, "The skill is there twice.")
		case row.cell(3) != released:
			r.obsolete[uri] = true
			r.out.Skipped.Obsolete++
			return nil
		case row.cell(1) == "":
			return row.fault(1, "The skill has no label.")
		case len(r.out.Concepts) >= taxonomy.MaxSkills:
			return row.fault(0, fmt.Sprintf("There are more than %d skills.", taxonomy.MaxSkills))
		}
		r.concept[uri] = len(r.out.Concepts)
		r.out.Concepts = append(r.out.Concepts, Concept{URI: uri, Name: nameOf(row.cell(1), row.cell(2))})
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(r.out.Concepts, func(a, b Concept) int { return cmp.Compare(a.URI, b.URI) })
	for i, c := range r.out.Concepts {
		r.concept[c.URI] = i
	}
	for _, l := range r.out.Languages {
		if l == "en" {
			continue
		}
		if err := r.readNames(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// readNames reads the labels of a further language. A concept without a label
// in it keeps its English one.
func (r *reading) readNames(ctx context.Context, l domain.Language) error {
	columns := []string{"conceptUri", "preferredLabel", "altLabels"}
	return r.each(ctx, "skills_"+string(l)+".csv", columns, func(row *row) *domain.Refusal {
		uri := row.cell(0)
		if !validAddress(uri, skillAddress) {
			return row.fault(0, "The address is not one of a skill of ESCO.")
		}
		i, known := r.concept[uri]
		if !known || row.cell(1) == "" {
			return nil
		}
		c := &r.out.Concepts[i]
		if c.Other == nil {
			c.Other = map[domain.Language]Name{}
		}
		if _, doubled := c.Other[l]; doubled {
			return row.fault(0, "The skill is there twice.")
		}
		c.Other[l] = nameOf(row.cell(1), row.cell(2))
		return nil
	})
}

func (r *reading) readGroups(ctx context.Context) error {
	return r.each(ctx, "skillGroups_en.csv", []string{"conceptUri", "preferredLabel"}, func(row *row) *domain.Refusal {
		if row.cell(0) == "" {
			return row.fault(0, "The group has no address.")
		}
		r.groups[row.cell(0)] = row.cell(1)
		return nil
	})
}

func (r *reading) readISCO(ctx context.Context) error {
	return r.each(ctx, "ISCOGroups_en.csv", []string{"code", "preferredLabel"}, func(row *row) *domain.Refusal {
		code := domain.ISCO(row.cell(0))
		switch {
		case !code.Valid():
			return row.fault(0, "The code is not one of ISCO-08.")
		case row.cell(1) == "":
			return row.fault(1, "The group has no title.")
		case len(code) == 4:
			r.out.Groups[code] = row.cell(1)
		}
		return nil
	})
}

func (r *reading) readOccupations(ctx context.Context) error {
	columns := []string{"conceptUri", "iscoGroup", "preferredLabel", "status"}
	err := r.each(ctx, "occupations_en.csv", columns, func(row *row) *domain.Refusal {
		uri, code := row.cell(0), domain.ISCO(row.cell(1))
		_, known := r.jobs[uri]
		switch {
		case !validAddress(uri, occupationAddress):
			return row.fault(0, "The address is not one of an occupation of ESCO.")
		case known || r.obsolete[uri]:
			return row.fault(0, "The occupation is there twice.")
		case row.cell(3) != released:
			r.obsolete[uri] = true
			r.out.Skipped.Obsolete++
			return nil
		case r.out.Groups[code] == "":
			return row.fault(1, "The code is not that of a unit group (4 digits) which ISCOGroups_en.csv lists.")
		case row.cell(2) == "":
			return row.fault(2, "The occupation has no label.")
		case len(r.out.Occupations) >= MaxOccupations:
			return row.fault(0, fmt.Sprintf("There are more than %d occupations.", MaxOccupations))
		}
		r.jobs[uri] = len(r.out.Occupations)
		r.out.Occupations = append(r.out.Occupations, Occupation{URI: uri, ISCO: code, Label: row.cell(2)})
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(r.out.Occupations, func(a, b Occupation) int { return cmp.Compare(a.URI, b.URI) })
	for i, o := range r.out.Occupations {
		r.jobs[o.URI] = i
	}
	return nil
}

// readBroader reads which skill is a part of which, and takes the first group
// above a skill, by address, for its cluster.
func (r *reading) readBroader(ctx context.Context) error {
	err := r.each(ctx, "broaderRelationsSkillPillar.csv", []string{"conceptUri", "broaderUri"}, func(row *row) *domain.Refusal {
		from, to := row.cell(0), row.cell(1)
		if from == "" || to == "" || from == to {
			return row.fault(1, "The relation does not name two concepts.")
		}
		if r.related++; r.related > MaxRelations {
			return row.fault(0, fmt.Sprintf("There are more than %d relations.", MaxRelations))
		}
		r.out.Parents[from] = append(r.out.Parents[from], to)
		return nil
	})
	if err != nil {
		return err
	}
	for at, above := range r.out.Parents {
		slices.Sort(above)
		r.out.Parents[at] = slices.Compact(above)
	}
	for i := range r.out.Concepts {
		c := &r.out.Concepts[i]
		for _, above := range r.out.Parents[c.URI] {
			b, isSkill := r.concept[above]
			label, isGroup := r.groups[above]
			switch {
			case isSkill:
				c.Broader = append(c.Broader, b)
			case isGroup && c.Cluster == "":
				c.Cluster = label
			case !isGroup:
				r.out.Skipped.Dangling++
			}
		}
		slices.Sort(c.Broader)
	}
	for i := range r.out.Concepts { // a part of a skill belongs where the skill does
		c := &r.out.Concepts[i]
		for up, steps := i, 0; c.Cluster == "" && steps < maxSteps && len(r.out.Concepts[up].Broader) > 0; steps++ {
			up = r.out.Concepts[up].Broader[0]
			c.Cluster = r.out.Concepts[up].Cluster
		}
	}
	return nil
}

// maxSteps bounds walks upward, should a package hold a circle.
const maxSteps = 8

func (r *reading) readRelations(ctx context.Context) error {
	seen := map[[2]int]bool{}
	columns := []string{"occupationUri", "relationType", "skillUri"}
	err := r.each(ctx, "occupationSkillRelations.csv", columns, func(row *row) *domain.Refusal {
		job, skill, kind := row.cell(0), row.cell(2), row.cell(1)
		switch {
		case !validAddress(job, occupationAddress):
			return row.fault(0, "The address is not one of an occupation of ESCO.")
		case !validAddress(skill, skillAddress):
			return row.fault(2, "The address is not one of a skill of ESCO.")
		case kind != "essential" && kind != "optional":
			return row.fault(1, "The relation is neither essential nor optional.")
		}
		o, okO := r.jobs[job]
		s, okS := r.concept[skill]
		if !okO || !okS {
			r.out.Skipped.Dangling++
			return nil
		}
		if seen[[2]int{o, s}] {
			return row.fault(2, "The occupation asks for this skill twice.")
		}
		seen[[2]int{o, s}] = true
		if r.related++; r.related > MaxRelations {
			return row.fault(0, fmt.Sprintf("There are more than %d relations.", MaxRelations))
		}
		at := &r.out.Occupations[o]
		if kind == "essential" {
			at.Essential = append(at.Essential, s)
		} else {
			at.Optional = append(at.Optional, s)
		}
		return nil
	})
	for i := range r.out.Occupations {
		slices.Sort(r.out.Occupations[i].Essential)
		slices.Sort(r.out.Occupations[i].Optional)
	}
	return err
}

// nameOf splits the other names, which stand one a line.
func nameOf(label, alt string) Name {
	n := Name{Label: label}
	for line := range strings.SplitSeq(alt, "\n") {
		if line = strings.TrimSpace(line); line != "" && line != label && !slices.Contains(n.Alt, line) {
			n.Alt = append(n.Alt, line)
		}
	}
	return n
}

// validAddress reports whether an address ends in an id that may become a
// skill's: small letters, digits and hyphens.
func validAddress(uri, prefix string) bool {
	id, ok := strings.CutPrefix(uri, prefix)
	if !ok || id == "" || len(id) > maxIDBytes {
		return false
	}
	return !strings.ContainsFunc(id, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-'
	})
}

// maxIDBytes keeps a skill's id within the 64 bytes of a declared skill.
const maxIDBytes = 64 - len(taxonomy.ESCOPrefix)
