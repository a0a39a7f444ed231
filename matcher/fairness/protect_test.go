package fairness

import (
	"testing"

	"pgregory.net/rapid"
)

// two stages: people, and those of them who were selected.
var selection = []int{-1, 0}

func TestProtect(t *testing.T) {
	for _, c := range []struct {
		name   string
		counts [][]int
		want   string // a row for each group: told is +, held back is -; then the totals
	}{
		{"nothing is small", [][]int{{40, 10}, {60, 30}}, "++ ++ ++"},
		{"nobody is no small count", [][]int{{40, 0}, {60, 30}}, "++ ++ ++"},
		{"nor is everybody", [][]int{{40, 40}, {60, 30}}, "++ ++ ++"},
		{"a small group takes another with it", [][]int{{4, 0}, {60, 30}, {50, 20}}, "-- ++ -- ++"},
		{"of two groups none is left", [][]int{{4, 0}, {60, 30}}, "-- -- ++"},
		{"few selected", [][]int{{40, 2}, {60, 30}, {50, 20}}, "+- ++ +- ++"},
		{"few not selected", [][]int{{40, 38}, {60, 30}, {50, 20}}, "+- ++ +- ++"},
		{"two small groups that shield each other", [][]int{{4, 0}, {3, 0}, {60, 30}}, "-- -- ++ ++"},
		{"two small groups that do not", [][]int{{1, 0}, {3, 0}, {60, 30}, {9, 5}}, "-- -- ++ -- ++"},
		{"everything is small", [][]int{{2, 1}, {1, 1}}, "-- -- --"},
		{"empty groups shield nobody", [][]int{{4, 0}, {0, 0}, {60, 30}}, "-- ++ -- ++"},
	} {
		p := Protect(Table{selection, c.counts})
		got := ""
		for _, row := range append(p.Groups, p.Total) {
			for _, told := range row {
				got += map[bool]string{true: "+", false: "-"}[told]
			}
			got += " "
		}
		if got != c.want+" " {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func drawTable(t *rapid.T, groups, most int) Table {
	table := Table{Parents: selection}
	for range groups {
		n := rapid.IntRange(0, most).Draw(t, "people")
		table.Counts = append(table.Counts, []int{n, rapid.IntRange(0, n).Draw(t, "selected")})
	}
	return table
}

// Whoever knows everything that is told, and that the selected are among the
// people, still finds room of at least Few around every small number: found here
// by trying all tables.
func TestProtectedCountsCannotBeComputed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := drawTable(t, rapid.IntRange(1, 3).Draw(t, "groups"), 13)
		p := Protect(table)
		for g, counts := range table.Counts {
			for k, n := range counts {
				if p.Groups[g][k] && (small(n) || k == 1 && p.Groups[g][0] && small(counts[0]-n)) {
					t.Fatalf("%v tells %d of group %d at stage %d", table.Counts, n, g, k)
				}
			}
		}
		ranges := feasible(table, p)
		for g, counts := range table.Counts {
			for k, n := range []int{counts[0], counts[1], counts[0] - counts[1]} {
				if r := ranges[g][k]; small(n) && r.high-r.low < Few {
					t.Fatalf("%v, told %+v: group %d has %d to %d (%d)", table.Counts, p, g, r.low, r.high, k)
				}
			}
		}
	})
}

type span struct{ low, high int }

// feasible tries every table that agrees with what is told and returns, for each
// group, the ranges of its people, its selected and the rest.
func feasible(table Table, p Protected) [][3]span {
	total := table.sum(nil)
	most := total[0] + Few // where not even the total is told, a little more than it is
	ranges := make([][3]span, len(table.Counts))
	for g := range ranges {
		ranges[g] = [3]span{{most, 0}, {most, 0}, {most, 0}}
	}
	found := make([][2]int, len(table.Counts))
	var try func(g, people, selected int)
	try = func(g, people, selected int) {
		if g == len(found) {
			if p.Total[0] && people != total[0] || p.Total[1] && selected != total[1] {
				return
			}
			for g, f := range found {
				for k, n := range []int{f[0], f[1], f[0] - f[1]} {
					ranges[g][k] = span{min(ranges[g][k].low, n), max(ranges[g][k].high, n)}
				}
			}
			return
		}
		for n := range most - people + 1 {
			if p.Groups[g][0] && n != table.Counts[g][0] {
				continue
			}
			for s := range n + 1 {
				if p.Groups[g][1] && s != table.Counts[g][1] {
					continue
				}
				found[g] = [2]int{n, s}
				try(g+1, people+n, selected+s)
			}
		}
	}
	try(0, 0, 0)
	return ranges
}

// In deeper selections too, neither a told count nor a difference of two told
// stages is small, and what is held back at a stage is not small together.
func TestProtectDeeperSelections(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := Table{Parents: []int{-1, 0, 1, 1, 3, 4}}
		for range rapid.IntRange(1, 6).Draw(t, "groups") {
			counts := make([]int, len(table.Parents))
			counts[0] = rapid.IntRange(0, 60).Draw(t, "people")
			for k := 1; k < len(counts); k++ {
				counts[k] = rapid.IntRange(0, counts[table.Parents[k]]).Draw(t, "of them")
			}
			table.Counts = append(table.Counts, counts)
		}
		p := Protect(table)
		rows, told := append(table.Counts, table.sum(nil)), append(p.Groups, p.Total)
		for g, counts := range rows {
			for k, n := range counts {
				if !told[g][k] {
					continue
				}
				if small(n) || !told[g][0] {
					t.Fatalf("group %d tells %d at stage %d", g, n, k)
				}
				for j := table.Parents[k]; j >= 0; j = table.Parents[j] {
					if told[g][j] && small(counts[j]-n) {
						t.Fatalf("group %d tells %d at stage %d and %d at %d", g, counts[j], j, n, k)
					}
				}
			}
		}
		for k := range table.Parents {
			hidden, together, left := 0, 0, 0
			for g, counts := range table.Counts {
				switch {
				case counts[0] == 0:
				case p.Groups[g][k]:
					left++
				default:
					hidden, together = hidden+1, together+counts[k]
				}
			}
			if left > 0 && (hidden == 1 || small(together)) {
				t.Fatalf("stage %d of %v, told %v: subtraction gives %d", k, table.Counts, p.Groups, together)
			}
		}
	})
}
