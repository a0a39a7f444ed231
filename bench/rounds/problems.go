package rounds

import (
	"math/rand/v2"

	"github.com/diaspora-match/diaspora/matcher/certificate"
)

// Shape is the size of a sparse round and how its scores come about.
type Shape struct {
	Name                             string
	Experts, Needs, Seats, PerExpert int
	// Contended: experts crowd at few needs, and scores are mostly the quality of
	// the expert and the attraction of the need, so that nearly all compete for
	// the same seats. Otherwise scores are drawn evenly.
	Contended bool
}

// Draw makes a problem; the same seed gives the same problem.
func (s Shape) Draw(seed uint64) *certificate.Problem {
	r := rand.New(rand.NewPCG(seed, 1))
	p := &certificate.Problem{Capacity: make([]int32, s.Experts), Seats: make([]int32, s.Needs), Seed: seed, Edges: make([]certificate.Edge, 0, s.Experts*s.PerExpert)}
	for range s.Seats {
		p.Seats[r.IntN(s.Needs)]++
	}
	attraction := make([]float64, s.Needs)
	for j := range attraction {
		attraction[j] = r.Float64()
	}
	last := make([]int, s.Needs)
	for i := range p.Capacity {
		p.Capacity[i] = 1
		quality := r.Float64()
		for n := 0; n < s.PerExpert; {
			j := r.IntN(s.Needs)
			if s.Contended {
				j = int(float64(s.Needs) * r.Float64() * r.Float64() * r.Float64())
			}
			if last[j] == i+1 {
				continue
			}
			last[j] = i + 1
			n++
			score := r.Float64()
			if s.Contended {
				score = 0.45*quality + 0.45*attraction[j] + 0.1*score
			}
			p.Edges = append(p.Edges, certificate.Edge{Expert: int32(i), Need: int32(j), Score: 1 + int32(score*10000)})
		}
	}
	return p
}

// Table draws a dense table of scores from 0 to 1.
func Table(n int, seed uint64) []int32 {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	scores := make([]int32, n*n)
	for k := range scores {
		scores[k] = r.Int32N(10001)
	}
	return scores
}
