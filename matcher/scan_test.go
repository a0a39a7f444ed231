package matcher

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/diaspora-match/diaspora/domain"
)

// Scan answers as an Index does by judging every pair from whole profiles: the
// oracle of its tests, and the naive peer of its benchmarks.
type Scan struct {
	fallback Policy
	policies map[domain.ProgrammeID]Policy
	experts  map[domain.ExpertID]*candidate
	needs    map[domain.NeedID]Need
	// Everybody in a row, in the order in which they came, as memory has them;
	// Line fills it.
	row  []*candidate
	came []domain.ExpertID
}

func NewScan(p Policy) *Scan {
	return &Scan{
		fallback: p.normal(), policies: map[domain.ProgrammeID]Policy{},
		experts: map[domain.ExpertID]*candidate{}, needs: map[domain.NeedID]Need{},
	}
}

func (s *Scan) SetPolicy(id domain.ProgrammeID, p Policy) { s.policies[id] = p.normal() }
func (s *Scan) RemoveExpert(id domain.ExpertID)           { delete(s.experts, id) }
func (s *Scan) UpsertNeed(n Need)                         { s.needs[n.ID] = n }
func (s *Scan) RemoveNeed(id domain.NeedID)               { delete(s.needs, id) }

func (s *Scan) UpsertExpert(e Expert) {
	s.experts[e.ID] = compileExpert(e, s.fallback.Taxonomy)
	s.came = append(s.came, e.ID)
}

// Line puts everybody in a row.
func (s *Scan) Line() {
	s.row = s.row[:0]
	known := map[domain.ExpertID]bool{}
	for _, id := range s.came {
		if c, ok := s.experts[id]; ok && !known[id] {
			s.row = append(s.row, c)
			known[id] = true
		}
	}
}

func (s *Scan) demand(n Need) *demand {
	p, ok := s.policies[n.Programme]
	if !ok {
		p = s.fallback
	}
	return compileNeed(n, p)
}

// KeepShort makes new shortlists as short as k, so that few people wear one out.
func (x *Index) KeepShort(k int) { x.kept = k }

func (c *candidate) key() string { return string(c.ID) }
func (d *demand) key() string    { return string(d.ID) }

func (s *Scan) TopExperts(n Need, k int, today domain.Date) (rows []Ranked, eligible int) {
	d, seed, best := s.demand(n), tieSeed(n.ID), newBest[*candidate](k)
	for _, c := range s.row {
		if d.fails(c, today, true) != 0 {
			continue
		}
		eligible++
		if total := d.total(d.values(c, today)); total >= best.floor() {
			best.offer(scored[*candidate]{total, tie(seed, c.ID), c})
		}
	}
	rows = []Ranked{}
	for i, r := range best.sorted() {
		rows = append(rows, Ranked{r.of.ID, n.ID, i + 1, r.total})
	}
	return rows, eligible
}

func (s *Scan) TopNeeds(id domain.ExpertID, k int, today domain.Date) (rows []Ranked, eligible int) {
	c, best := s.experts[id], newBest[*demand](k)
	for _, n := range s.needs {
		d := s.demand(n)
		if d.fails(c, today, true) != 0 {
			continue
		}
		eligible++
		best.offer(scored[*demand]{d.total(d.values(c, today)), tie(tieSeed(n.ID), c.ID), d})
	}
	rows = []Ranked{}
	for i, r := range best.sorted() {
		rows = append(rows, Ranked{c.ID, r.of.ID, i + 1, r.total})
	}
	return rows, eligible
}

func (s *Scan) NearMisses(n Need, k int, today domain.Date) []NearMiss {
	type missed struct {
		failed int
		scored[*candidate]
	}
	d, seed := s.demand(n), tieSeed(n.ID)
	var near []missed
	for _, c := range s.row {
		if failed := d.fails(c, today, false); failed != 0 && d.near(c, failed, today) {
			near = append(near, missed{bits.OnesCount32(uint32(failed)), scored[*candidate]{d.total(d.values(c, today)), tie(seed, c.ID), c}})
		}
	}
	slices.SortFunc(near, func(a, b missed) int {
		return cmp.Or(cmp.Compare(a.failed, b.failed), compareScored(a.scored, b.scored))
	})
	var out []NearMiss
	for _, m := range near {
		if len(out) == k {
			break
		}
		if cf, ok := d.cure(m.of, d.fails(m.of, today, false), today); ok {
			out = append(out, NearMiss{m.of.ID, n.ID, cf})
		}
	}
	return out
}

func (s *Scan) TopBySkills(required []domain.SkillRequirement, k int) []Ranked {
	d := compileNeed(Need{Skills: required}, s.fallback)
	for i := range d.Need.Skills {
		d.Need.Skills[i].Importance = domain.Essential
	}
	d = compileNeed(d.Need, s.fallback)
	best := newBest[*candidate](k)
	for _, c := range s.row {
		if c.Consent && c.Active && !c.Suspended {
			v, _ := d.skillValues(c)
			best.offer(scored[*candidate]{v, tie(tieSeed(""), c.ID), c})
		}
	}
	var rows []Ranked
	for i, r := range best.sorted() {
		rows = append(rows, Ranked{r.of.ID, "", i + 1, r.total})
	}
	return rows
}
