package rounds

import (
	"fmt"
	"math"

	"github.com/diaspora-match/diaspora/matcher/certificate"
)

// DensePlan is a full assignment of a table of scores.
type DensePlan struct {
	Column []int32 // of each row; -1 where there are more rows than columns
	Total  int64
	// Row and Col are the prices that prove it: no pair scores more than the sum
	// of its two, and those of the shorter side's partners without a pair are 0.
	Row, Col []int64
}

// SolveDense assigns each row a column of its own, or each column a row when
// there are fewer columns, with the greatest total of scores. Scores are given row
// by row. For tables where nearly every pair is possible it is faster than Solve,
// and it must fill the shorter side. It has passed certificate.CheckDense.
func SolveDense(rows, columns int, scores []int32) (*DensePlan, error) {
	if rows < 0 || columns < 0 || rows+columns > MaxNodes || len(scores) != rows*columns {
		return nil, ErrTooLarge.At("scores")
	}
	wide := rows <= columns
	s := &lap{n: rows, m: columns, score: scores}
	if !wide {
		s = &lap{n: columns, m: rows, score: transpose(rows, columns, scores)}
	}
	s.solve()
	p := &DensePlan{Column: s.column, Row: s.prices(), Col: s.v}
	if !wide {
		p = &DensePlan{Column: s.rowOf, Row: s.v, Col: s.prices()}
	}
	for i, j := range p.Column {
		if j >= 0 {
			p.Total += int64(scores[i*columns+int(j)])
		}
	}
	if err := certificate.CheckDense(rows, columns, scores, p.Column, p.Row, p.Col); err != nil {
		return nil, fmt.Errorf("rounds: the dense plan was not proved: %w", err)
	}
	return p, nil
}

func transpose(rows, columns int, scores []int32) []int32 {
	out := make([]int32, len(scores))
	for i := range rows {
		for j, s := range scores[i*columns : (i+1)*columns] {
			out[j*rows+i] = s
		}
	}
	return out
}

// lap is the algorithm of Jonker and Volgenant (1987) for n ≤ m: cheap prices
// first, then shortest augmenting paths. v are what columns ask for, 0 or more,
// and 0 as long as nobody has them; for a row, gain is score minus price.
type lap struct {
	n, m   int
	score  []int32
	v      []int64
	column []int32 // of each row, or -1
	rowOf  []int32 // of each column, or -1

	dist       []int64 // of the search: what is lost on the way to each column
	from       []int32 // row before the column
	done, seen []int32 // columns passed, columns with a distance
	heap       []stop
}

func (s *lap) solve() {
	s.v, s.column, s.rowOf = make([]int64, s.m), filled(s.n, -1), filled(s.m, -1)
	free := make([]int32, s.n)
	for i := range free {
		free[i] = int32(i)
	}
	for range biddings {
		free = s.bid(free)
	}
	s.dist, s.from = make([]int64, s.m), make([]int32, s.m)
	for c := range s.dist {
		s.dist[c] = math.MaxInt64
	}
	for _, i := range free {
		s.augment(i)
	}
}

// biddings is how often free rows bid before paths are searched: their second
// bids cost little and settle most rows.
const biddings = 4

// row is a row's scores.
func (s *lap) row(i int32) []int32 { return s.score[int(i)*s.m : (int(i)+1)*s.m] }

// bid lets each free row take the column where it gains most, and raise its price
// to where the second best is as good. Who loses a column bids again at once when
// the price rose, else next time.
func (s *lap) bid(free []int32) (left []int32) {
	for budget := 2 * len(free); len(free) > 0; {
		i := free[0]
		free = free[1:]
		for {
			best, second, j, k := s.gains(i)
			raise := best - second
			if raise == 0 && s.rowOf[j] >= 0 && k >= 0 {
				j = k
			}
			s.v[j] += raise
			loser := s.rowOf[j]
			s.column[i], s.rowOf[j] = j, i
			if loser < 0 {
				break
			}
			s.column[loser] = -1
			if budget--; raise == 0 || budget < 0 {
				left = append(left, loser)
				break
			}
			i = loser
		}
	}
	return left
}

// gains finds the best and the second best column of a row; with one column the
// second is as good.
func (s *lap) gains(i int32) (best, second int64, j, k int32) {
	best, second, j, k = math.MinInt64, math.MinInt64, -1, -1
	v := s.v
	for c, x := range s.row(i) {
		if g := int64(x) - v[c]; g > second {
			if g > best {
				best, second, j, k = g, best, int32(c), j
			} else {
				second, k = g, int32(c)
			}
		}
	}
	if k < 0 {
		second = best
	}
	return best, second, j, k
}

// augment finds the way to a free column on which least is lost, and moves
// everybody on it (Dijkstra on the prices). Columns as far as the nearest free one
// do not matter, so that a pass over a row hardly ever stores anything.
func (s *lap) augment(start int32) {
	best, _, _, _ := s.gains(start)
	w := way{limit: math.MaxInt64, end: -1}
	s.reach(start, best, &w)
	for {
		d, c := s.pop()
		if c < 0 || d >= w.limit {
			break
		}
		if d > s.dist[c] {
			continue // a nearer way was found since
		}
		s.done = append(s.done, c)
		i := s.rowOf[c]
		s.reach(i, d+int64(s.row(i)[c])-s.v[c], &w)
	}
	for _, c := range s.done {
		s.v[c] += w.limit - s.dist[c]
	}
	s.from[w.end] = w.before
	s.trace(start, w.end)
	for _, c := range s.seen {
		s.dist[c] = math.MaxInt64
	}
	s.done, s.seen, s.heap = s.done[:0], s.seen[:0], s.heap[:0]
}

// way is the nearest free column that was found, and the row before it.
type way struct {
	limit       int64
	end, before int32
}

// reach looks from a row at all columns; base is what was lost up to it, and what
// it gains now.
func (s *lap) reach(i int32, base int64, w *way) {
	row, limit := s.row(i), w.limit
	v := s.v[:len(row)]
	for k, x := range row {
		d := base - int64(x) + v[k]
		if d >= limit {
			continue
		}
		c := int32(k)
		if s.rowOf[c] < 0 {
			limit, w.limit, w.end, w.before = d, d, c, i
		} else if old := s.dist[c]; d < old {
			if old == math.MaxInt64 {
				s.seen = append(s.seen, c)
			}
			s.dist[c], s.from[c] = d, i
			s.push(d, c)
		}
	}
}

// stop is a column at a distance, in a heap with the nearest on top.
type stop struct {
	d int64
	c int32
}

func (s *lap) push(d int64, c int32) {
	h := append(s.heap, stop{d, c})
	for k := len(h) - 1; k > 0 && h[k].d < h[(k-1)/2].d; k = (k - 1) / 2 {
		h[k], h[(k-1)/2] = h[(k-1)/2], h[k]
	}
	s.heap = h
}

func (s *lap) pop() (int64, int32) {
	h := s.heap
	if len(h) == 0 {
		return 0, -1
	}
	top, n := h[0], len(h)-1
	h[0], h = h[n], h[:n]
	for k := 0; ; {
		l := 2*k + 1
		if l >= n {
			break
		}
		if l+1 < n && h[l+1].d < h[l].d {
			l++
		}
		if h[l].d >= h[k].d {
			break
		}
		h[k], h[l] = h[l], h[k]
		k = l
	}
	s.heap = h
	return top.d, top.c
}

// trace moves everybody along the path that ends at a free column.
func (s *lap) trace(start, c int32) {
	for {
		i := s.from[c]
		s.rowOf[c] = i
		s.column[i], c = c, s.column[i]
		if i == start {
			return
		}
	}
}

// prices are what each row gains.
func (s *lap) prices() []int64 {
	u := make([]int64, s.n)
	for i, j := range s.column {
		u[i] = int64(s.row(int32(i))[j]) - s.v[j]
	}
	return u
}
