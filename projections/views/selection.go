package views

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/diaspora-match/diaspora/domain"
	"github.com/diaspora-match/diaspora/domain/need"
	"github.com/diaspora-match/diaspora/matcher/fairness"
	"github.com/diaspora-match/diaspora/projections"
	"github.com/diaspora-match/diaspora/projections/monitoring"
)

// Bounds of the figures of fairness (docs/limits.md).
const (
	// MaxGroups bounds the groups of a dimension that are told apart.
	MaxGroups = 24
	// MaxShortlists bounds the short lists of a programme that are looked at.
	MaxShortlists = 200
	// MaxListed bounds the places of a short list that are looked at.
	MaxListed = 50
)

// UnknownGroup names those of whom the group is not known, and OtherGroups those
// of groups too small or too many to be told apart, put together. Neither is
// compared with others.
const (
	UnknownGroup = "unknown"
	OtherGroups  = "others"
	// MenAndOthers are all who did not say that they are women, where those who
	// said something else, or nothing, are too few to stand alone: what is asked
	// first, how women fare, can still be told.
	MenAndOthers = "men_and_others"
)

// SelectionStep is one step of the selection of a programme: who of those at one milestone
// came to another.
type SelectionStep struct {
	From, To Milestone
	// People and Selected count all groups; nil where that would tell of single
	// people.
	People, Selected *int
	Groups           []GroupStep // the largest first, by the pool
}

// GroupStep is a step for one group.
type GroupStep struct {
	Group            string
	People, Selected *int // nil where held back
	fairness.Assessment
}

// Told reports whether nothing of the group is held back.
func (g GroupStep) Told() bool { return g.People != nil && g.Selected != nil }

// stepsOfSelection are the steps that are told. The first is the bottom line: the
// whole selection (29 CFR 1607.4(C)); the others are its parts.
var stepsOfSelection = []struct{ from, to Milestone }{
	{Pool, Approved}, {Pool, Considered}, {Pool, Suggested},
	{Considered, Shortlisted}, {Shortlisted, Approved}, {Approved, Assigned},
}

// selection is a programme's groups in one dimension, with what may be told.
type selection struct {
	rows  []GroupRow     // the largest first; unknown and others last
	place map[string]int // of each group as it is counted, the row that it is in
	table fairness.Table
	told  fairness.Protected
}

// known reports whether a row is one group, to be compared with others.
func (s *selection) known(g int) bool {
	return s.rows[g].Group != UnknownGroup && s.rows[g].Group != OtherGroups
}

func selectionOf(r projections.Reader, id domain.ProgrammeID, by Dimension) (*selection, error) {
	var groups []GroupRow
	for row, err := range FairnessGroups.Walk(r, GroupsIn, bucket(string(id), string(by)), "") {
		if err != nil {
			return nil, err
		}
		groups = append(groups, *row)
	}
	slices.SortStableFunc(groups, func(a, b GroupRow) int {
		if (a.Group == "") != (b.Group == "") {
			return strings.Compare(b.Group, a.Group) // not known goes last
		}
		return cmp.Compare(b.People[Pool], a.People[Pool])
	})
	s := coarse(groups, by)
	for i := range s.rows {
		s.table.Counts = append(s.table.Counts, s.rows[i].People[:])
	}
	s.told = fairness.Protect(s.table)
	return s, nil
}

// coarse puts groups of few people together. Should even those together be few,
// another group joins them: men, where people are grouped by gender, and else the
// smallest. What Protect would hold back for their sake can be told then.
func coarse(groups []GroupRow, by Dimension) *selection {
	s := &selection{place: map[string]int{}, table: fairness.Table{Parents: milestoneParents}}
	others := GroupRow{Dimension: by, Group: OtherGroups}
	var joined []string
	join := func(row GroupRow) {
		joined = append(joined, row.Group)
		for m, n := range row.People {
			others.People[m] += n
		}
	}
	apart := make([]GroupRow, 0, len(groups))
	for i, row := range groups {
		if row.People[Pool] < fairness.Few || i >= MaxGroups && row.Group != "" {
			join(row)
		} else {
			apart = append(apart, row)
		}
	}
	if few := others.People[Pool]; 0 < few && few < fairness.Few && len(apart) > 0 {
		at := slices.IndexFunc(apart, func(row GroupRow) bool { return by == ByGender && row.Group == string(monitoring.Men) })
		if at >= 0 {
			others.Group = MenAndOthers
		} else {
			at = len(apart) - 1
		}
		join(apart[at])
		apart = slices.Delete(apart, at, at+1)
	}
	for i, row := range apart {
		s.place[row.Group] = i
		row.Group = cmp.Or(row.Group, UnknownGroup)
		s.rows = append(s.rows, row)
	}
	if len(joined) > 0 {
		for _, group := range joined {
			s.place[group] = len(s.rows)
		}
		s.rows = append(s.rows, others)
	}
	return s
}

// SelectionOf is who was selected in a programme at each step, by group.
func SelectionOf(r projections.Reader, id domain.ProgrammeID, by Dimension) ([]SelectionStep, error) {
	s, err := selectionOf(r, id, by)
	if err != nil {
		return nil, err
	}
	steps := make([]SelectionStep, len(stepsOfSelection))
	for i, step := range stepsOfSelection {
		steps[i] = s.step(step.from, step.to)
	}
	return steps, nil
}

func (s *selection) step(from, to Milestone) SelectionStep {
	step := SelectionStep{From: from, To: to, Groups: make([]GroupStep, len(s.rows))}
	groups := make([]fairness.Group, len(s.rows))
	var total [milestoneCount]int
	for g, row := range s.rows {
		for m, n := range row.People {
			total[m] += n
		}
		told := s.told.Groups[g]
		groups[g] = fairness.Group{
			Rate:  fairness.Rate{Selected: row.People[to], People: row.People[from]},
			Known: s.known(g), Told: told[from] && told[to],
		}
		step.Groups[g] = GroupStep{Group: row.Group, People: tellable(row.People[from], told[from]), Selected: tellable(row.People[to], told[to])}
	}
	for g, a := range fairness.Assess(groups) {
		step.Groups[g].Assessment = a
	}
	step.People, step.Selected = tellable(total[from], s.told.Total[from]), tellable(total[to], s.told.Total[to])
	return step
}

// tellable is a count that may be told, or nil.
func tellable(n int, told bool) *int {
	if !told {
		return nil
	}
	return &n
}

// ListBalance is how the short lists of a programme are made up, beside the pool
// that they were drawn from.
type ListBalance struct {
	Lists, Places int // looked at: with two people or more whose group is known
	fairness.Balance
	// Told is false where so few lists or people would tell of single ones: from
	// the balance of one list, its order could be computed.
	Told bool
}

// ShortlistBalanceOf is the mean balance of the latest short lists of a programme.
func ShortlistBalanceOf(r projections.Reader, id domain.ProgrammeID, by Dimension) (ListBalance, error) {
	var b ListBalance
	s, err := selectionOf(r, id, by)
	if err != nil {
		return b, err
	}
	reference := make([]int, len(s.rows))
	for g := range s.rows {
		if s.rows[g].Group != UnknownGroup {
			reference[g] = s.rows[g].People[Pool]
		}
	}
	on := make([]int, len(reference))
	looked := 0
	for row, err := range Shortlists.Walk(r, ShortlistsOf, string(id), "") {
		if err != nil {
			return b, err
		}
		if looked++; looked > MaxShortlists {
			break
		}
		list, err := s.madeUp(r, row, by)
		if err != nil {
			return b, err
		}
		b.add(list, reference, on)
	}
	b.Told = b.Lists >= fairness.Few
	for _, n := range on {
		b.Told = b.Told && (n == 0 || n >= fairness.Few)
	}
	if b.Lists > 0 {
		n := float64(b.Lists)
		b.Balance = fairness.Balance{NDKL: b.NDKL / n, ByChance: b.ByChance / n, Whole: b.Whole / n}
	}
	return b, nil
}

// add sums the balance of one list, and counts who is on it by group.
func (b *ListBalance) add(list, reference, on []int) {
	balance, ok := fairness.BalanceOf(list, reference)
	if len(list) < 2 || !ok {
		return
	}
	b.Lists++
	b.Places += len(list)
	b.NDKL += balance.NDKL
	b.ByChance += balance.ByChance
	b.Whole += balance.Whole
	for _, g := range list {
		on[g]++
	}
}

// madeUp is the group of each place of a short list; those not known are left out.
func (s *selection) madeUp(r projections.Reader, row *ShortlistRow, by Dimension) ([]int, error) {
	ids := row.InOrder()
	keys := make([]string, 0, min(len(ids), MaxListed))
	for _, id := range ids[:min(len(ids), MaxListed)] {
		keys = append(keys, string(id))
	}
	candidacies, err := Candidacies.Many(r, keys)
	if err != nil {
		return nil, err
	}
	people := keys[:0]
	for _, c := range candidacies {
		if c != nil && c.Expert != "" {
			people = append(people, string(c.Expert))
		}
	}
	rows, err := Monitoring.Many(r, people)
	if err != nil {
		return nil, err
	}
	var list []int
	for _, m := range rows {
		if m == nil {
			continue
		}
		g, counted := s.place[m.as().in(by)]
		if !counted || s.rows[g].Group == UnknownGroup {
			continue
		}
		list = append(list, g)
	}
	return list, nil
}

// Exposure is whom the programme never came to.
type Exposure struct {
	NeverSuggested int // eligible, and in no candidacy
	// Of the pool, how unevenly candidacies fall on people.
	fairness.Concentration
}

// ExposureOf is the exposure of a programme's experts.
func ExposureOf(r projections.Reader, id domain.ProgrammeID) (Exposure, error) {
	var e Exposure
	var err error
	if e.NeverSuggested, err = Monitoring.Count(r, NeverSuggested, string(id)); err != nil {
		return e, err
	}
	var times []fairness.Times
	for row, err := range FairnessGroups.Walk(r, GroupsIn, bucket(string(id), string(byTimes)), "") {
		if err != nil {
			return e, err
		}
		n, err := strconv.Atoi(row.Group)
		if err != nil {
			return e, err
		}
		times = append(times, fairness.Times{Times: n, People: row.People[Pool]})
	}
	e.Concentration = fairness.ConcentrationOf(times)
	return e, nil
}

// GroupCount is a number of people of a group; nil where held back.
type GroupCount struct {
	Group string
	Count *int
}

// NeverSuggestedBy counts the experts never suggested by group. It holds back
// what Protect does of the step from the pool to being considered.
func NeverSuggestedBy(r projections.Reader, id domain.ProgrammeID, by Dimension) ([]GroupCount, error) {
	s, err := selectionOf(r, id, by)
	if err != nil {
		return nil, err
	}
	out := make([]GroupCount, len(s.rows))
	for g, row := range s.rows {
		told := s.told.Groups[g][Pool] && s.told.Groups[g][Considered]
		out[g] = GroupCount{row.Group, tellable(row.People[Pool]-row.People[Considered], told)}
	}
	return out, nil
}

// FindNeverSuggested lists the experts whom a programme found eligible and never
// considered, those who have waited longest first.
func FindNeverSuggested(r projections.Reader, id domain.ProgrammeID, p projections.Paging) (projections.Page[MonitoredRow], error) {
	return Monitoring.Page(r, NeverSuggested, string(id), p)
}

// FindNeedsWithoutCandidates lists the published needs of a programme for which
// nobody is considered, the latest published first. The page's Total is an upper
// bound.
func FindNeedsWithoutCandidates(r projections.Reader, id domain.ProgrammeID, p projections.Paging) (projections.Page[NeedRow], error) {
	return Needs.Filter(r, string(ByNewest), bucket("prog", string(id), string(need.StatusPublished)), p, func(n *NeedRow) bool { return n.CandidatesTotal() == 0 })
}
