package text

import (
	"cmp"
	"math"
	"slices"

	"github.com/diaspora-match/diaspora/domain/taxonomy"
)

// Groups of letters: of three to five, blanks at the ends of words counted.
const (
	shortestGram = 3
	longestGram  = 5
)

// gram is a group of letters as a number: FNV-1a of its bytes, 32 bits. That two
// groups meet in one number is rare and costs a little precision.
type gram uint32

// letters finds names that resemble some words: the cosine of their groups of
// letters, weighted by how rare a group is among the names (TF-IDF).
type letters struct {
	names    []named
	postings map[gram][]int32
	weight   map[gram]float64 // ln(names / names with it), squared
}

// named is a name with its groups, ascending.
type named struct {
	skill  taxonomy.Index
	words  int
	grams  []gram
	length float64 // of the vector, squared
}

func (l *letters) add(at taxonomy.Index, name string) {
	var words []string
	for _, t := range tokens(name) {
		words = append(words, t.folded)
	}
	if g := grams(words); len(g) > 0 {
		l.names = append(l.names, named{skill: at, words: len(words), grams: g})
	}
}

// weigh computes the weights once all names are there.
func (l *letters) weigh() {
	l.postings, l.weight = map[gram][]int32{}, map[gram]float64{}
	for i, n := range l.names {
		for _, g := range n.grams {
			l.postings[g] = append(l.postings[g], int32(i))
		}
	}
	for g, p := range l.postings {
		idf := math.Log(float64(len(l.names)+1) / float64(len(p)))
		l.weight[g] = idf * idf
	}
	for i := range l.names {
		l.names[i].length = l.length(l.names[i].grams)
	}
}

// unseen is the weight of a group that no name has: it sets words apart from
// every name as a group that one name has would.
func (l *letters) unseen() float64 {
	idf := math.Log(float64(len(l.names) + 1))
	return idf * idf
}

func (l *letters) length(grams []gram) float64 {
	sum := 0.0
	for _, g := range grams {
		if w, ok := l.weight[g]; ok {
			sum += w
		} else {
			sum += l.unseen() * unseenShare
		}
	}
	return sum
}

// unseenShare is how much of its full weight a group that no name has carries:
// inflection and spelling make many.
const unseenShare = 0.5

// minContained is the share of a name that a sentence must hold for it to be
// compared with windows of the sentence.
const minContained = 0.5

// maxCandidates bounds the names that one sentence is compared with.
const maxCandidates = 64

// candidates are the names that may resemble a part of a sentence, those of
// which most is there first. The scratch has room for every name, and is all zero
// before and after.
func (l *letters) candidates(sentence []gram, scratch []float64) []int32 {
	var touched []int32
	for _, g := range sentence {
		w := l.weight[g]
		for _, n := range l.postings[g] {
			if scratch[n] == 0 {
				touched = append(touched, n)
			}
			scratch[n] += w
		}
	}
	found := touched[:0]
	share := map[int32]float64{}
	for _, n := range touched {
		if scratch[n] >= minContained*l.names[n].length {
			share[n] = scratch[n] / l.names[n].length
			found = append(found, n)
		}
		scratch[n] = 0
	}
	slices.SortFunc(found, func(a, b int32) int {
		return cmp.Or(-cmp.Compare(share[a], share[b]), cmp.Compare(a, b))
	})
	return found[:min(len(found), maxCandidates)]
}

// comparable reports whether the cosine of a name and of words with a squared
// length can reach minCosine: what they share is no longer than the shorter.
func (l *letters) comparable(n int32, length float64) bool {
	name := l.names[n].length
	return min(name, length) >= minCosine*minCosine*max(name, length)
}

// cosine compares a name with the groups of some words, whose squared length is
// given.
func (l *letters) cosine(n int32, window []gram, length float64) float64 {
	name := &l.names[n]
	dot, i, j := 0.0, 0, 0
	for i < len(name.grams) && j < len(window) {
		switch {
		case name.grams[i] < window[j]:
			i++
		case name.grams[i] > window[j]:
			j++
		default:
			dot += l.weight[window[j]]
			i, j = i+1, j+1
		}
	}
	if dot == 0 {
		return 0
	}
	return dot / math.Sqrt(name.length*length)
}

// grams are the groups of letters of some words, ascending, each once. Words are
// joined by one blank, so that a group tells which word follows which.
func grams(words []string) []gram {
	text := []byte{' '}
	for _, w := range words {
		text = append(append(text, w...), ' ')
	}
	var out []gram
	for i := range text {
		h := uint32(2166136261)
		for n := 1; n <= longestGram && i+n <= len(text); n++ {
			h = (h ^ uint32(text[i+n-1])) * 16777619
			if n >= shortestGram {
				out = append(out, gram(h))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
