package rounds_test

import (
	"math/rand/v2"
	"testing"

	"github.com/diaspora-match/diaspora/matcher/rounds"
)

// fullest is the greatest total of a full assignment, by dynamic programming over
// the columns that are taken.
func fullest(rows, columns int, scores []int32) int64 {
	if rows > columns {
		flipped := make([]int32, len(scores))
		for k, s := range scores {
			flipped[k%columns*rows+k/columns] = s
		}
		return fullest(columns, rows, flipped)
	}
	best := map[int]int64{0: 0}
	for i := range rows {
		next := map[int]int64{}
		for taken, x := range best {
			for j := range columns {
				if taken>>j&1 == 0 {
					y := x + int64(scores[i*columns+j])
					if old, ok := next[taken|1<<j]; !ok || y > old {
						next[taken|1<<j] = y
					}
				}
			}
		}
		best = next
	}
	most, any := int64(0), false
	for _, x := range best {
		if !any || x > most {
			most, any = x, true
		}
	}
	return most
}

func TestDenseAgainstAllAssignments(t *testing.T) {
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 5))
		rows, columns := r.IntN(9), r.IntN(9)
		scores := make([]int32, rows*columns)
		span := []int32{1, 3, 10000, 1<<31 - 1}[r.IntN(4)]
		for k := range scores {
			if scores[k] = r.Int32N(span); r.IntN(2) == 0 {
				scores[k] = -scores[k]
			}
		}
		p, err := rounds.SolveDense(rows, columns, scores)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if want := fullest(rows, columns, scores); p.Total != want {
			t.Fatalf("seed %d, %d×%d: %d, want %d", seed, rows, columns, p.Total, want)
		}
	}
}

func BenchmarkDense(b *testing.B) {
	for _, n := range []int{1000, 2000, 5000} {
		r := rand.New(rand.NewPCG(1, uint64(n)))
		scores := make([]int32, n*n)
		for k := range scores {
			scores[k] = r.Int32N(10001)
		}
		b.Run(map[int]string{1000: "1000", 2000: "2000", 5000: "5000"}[n], func(b *testing.B) {
			for range b.N {
				if _, err := rounds.SolveDense(n, n, scores); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
