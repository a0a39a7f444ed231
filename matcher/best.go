package matcher

import (
	"cmp"
	"slices"

	"github.com/diaspora-match/diaspora/domain"
)

// FNV-1a of 64 bits, written out so that the part of a need is hashed once for
// all its experts.
const (
	fnvOffset uint64 = 14695981039346656037
	fnvPrime  uint64 = 1099511628211
)

func fnv1a(h uint64, s string) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * fnvPrime
	}
	return h
}

// tieSeed is the part of a tie that a need gives.
func tieSeed(n domain.NeedID) uint64 { return fnv1a(fnv1a(fnvOffset, string(n)), "|") }

// tie orders pairs of equal score by nothing that a person could be favoured
// by: a hash of both ids, so that the order differs from need to need.
func tie(seed uint64, e domain.ExpertID) uint64 { return fnv1a(seed, string(e)) }

// subjectOf is what a ranking ranks: an expert or a need, told apart by id.
type subjectOf interface {
	comparable
	key() string
}

// scored is one side of a pair with its place among equals.
type scored[T subjectOf] struct {
	total domain.Score
	tie   uint64
	of    T
}

// compareScored is a total order: score down, then the tie, then the id, which
// is only read when all else is equal, for it lies far away.
func compareScored[T subjectOf](a, b scored[T]) int {
	switch {
	case a.total != b.total:
		return cmp.Compare(b.total, a.total)
	case a.tie != b.tie:
		return cmp.Compare(a.tie, b.tie)
	}
	return cmp.Compare(a.of.key(), b.of.key())
}

// best keeps the k best, the worst of them at the root of a heap: most offers
// fall behind it at once.
type best[T subjectOf] struct {
	k    int
	heap []scored[T]
}

func newBest[T subjectOf](k int) *best[T] {
	k = max(0, min(k, MaxRanked))
	return &best[T]{k: k, heap: make([]scored[T], 0, k)}
}

// floor is the total below which an offer is vain; it only rises.
func (b *best[T]) floor() domain.Score {
	switch {
	case b.k == 0:
		return domain.One + 1
	case len(b.heap) < b.k:
		return -1 << 31
	}
	return b.heap[0].total
}

// offer takes what is among the k best so far.
func (b *best[T]) offer(s scored[T]) {
	switch {
	case b.k == 0:
	case len(b.heap) < b.k:
		b.heap = append(b.heap, s)
		for i := len(b.heap) - 1; i > 0; {
			up := (i - 1) / 2
			if compareScored(b.heap[i], b.heap[up]) <= 0 {
				break
			}
			b.heap[i], b.heap[up] = b.heap[up], b.heap[i]
			i = up
		}
	case compareScored(s, b.heap[0]) < 0:
		b.heap[0] = s
		b.sink()
	}
}

func (b *best[T]) sink() {
	for i := 0; ; {
		down := 2*i + 1
		if down >= len(b.heap) {
			return
		}
		if right := down + 1; right < len(b.heap) && compareScored(b.heap[right], b.heap[down]) > 0 {
			down = right
		}
		if compareScored(b.heap[down], b.heap[i]) <= 0 {
			return
		}
		b.heap[i], b.heap[down] = b.heap[down], b.heap[i]
		i = down
	}
}

// sorted gives what was kept, the best first, and ends the heap.
func (b *best[T]) sorted() []scored[T] {
	slices.SortFunc(b.heap, compareScored[T])
	return b.heap
}
