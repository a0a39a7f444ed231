package taxonomy

import (
	"slices"

	"github.com/diaspora-match/diaspora/domain"
)

// Relation says how an offered skill stands to a required one.
type Relation uint8

const (
	Unrelated      Relation = iota
	Equal                   // the same skill
	Namesake                // another id with the same English label: one skill in two sectors
	Narrower                // offered is a part of required: covers it wholly
	Broader                 // required is a part of offered
	SameUnit                // same cluster, and a shared ISCO unit group (4 digits)
	SameMinor               // same cluster, and a shared ISCO minor group (3 digits)
	SameOccupation          // other cluster, but both belong first of all to the same ISCO unit group
	SharedName              // a synonym of one, by which it is known, is the label of the other
	CoOccurring             // ESCO: the same occupations ask for both
)

var relationNames = [...]string{
	"unrelated", "equal", "namesake", "narrower", "broader", "same_unit_group", "same_minor_group", "same_occupation",
	"shared_name", "co_occurring",
}

func (r Relation) String() string {
	if int(r) < len(relationNames) {
		return relationNames[r]
	}
	return "?"
}

// MarshalText writes the relation's name.
func (r Relation) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads the relation's name; domain.ErrUnknown for another text.
func (r *Relation) UnmarshalText(b []byte) error {
	i := slices.Index(relationNames[:], string(b))
	if i < 0 {
		return domain.ErrUnknown
	}
	*r = Relation(i)
	return nil
}

// similarity is what each relation is worth (design of the engine: equal and
// narrower 1, broader 0.6, same cluster and ISCO group partial).
var similarity = [...]domain.Score{
	Equal: domain.One, Namesake: 9000, Narrower: domain.One, Broader: 6000,
	SameUnit: 4000, SameMinor: 3000, SameOccupation: 2000,
	SharedName: 6000,
}

// Worth is what a relation is worth; CoOccurring has no fixed worth, and gives 0.
func (r Relation) Worth() domain.Score {
	if int(r) < len(similarity) {
		return similarity[r]
	}
	return 0
}

// MaxCoOccurring is the most that co-occurrence is worth: less than a broader
// skill, because to be asked for together is not to be a part.
const MaxCoOccurring = domain.One / 2

// MaxNeighbours is how many other skills may cover a required one. Beyond it
// the least similar are left out, the later ones of the file first.
const MaxNeighbours = 20

// MaxBroaderSteps bounds how far "broader" is followed upward.
const MaxBroaderSteps = 4

// Neighbour is a skill that covers a required one in part or wholly.
type Neighbour struct {
	Skill    Index
	Score    uint16 // domain.Score, up to 10000
	Relation Relation
}

// similarities is the precomputed table: the neighbours of skill i are
// near[start[i]:start[i+1]], best first, six bytes each.
type similarities struct {
	start []uint32
	near  []Neighbour
}

// Neighbours lists the skills that cover a required one, without itself, best
// first, at most MaxNeighbours. The caller must not change it.
func (t *Taxonomy) Neighbours(required Index) []Neighbour {
	return t.similar.near[t.similar.start[required]:t.similar.start[required+1]]
}

// Similarity says how well an offered skill covers a required one, and why: 1
// for equal ids, known to this list or not, and for two ids of one skill; otherwise what the table of
// neighbours holds; 0 and Unrelated for everything else. It is directed.
func (t *Taxonomy) Similarity(required, offered domain.Skill) (domain.Score, Relation) {
	if required == offered {
		return domain.One, Equal
	}
	r, known := t.byID[required]
	o, also := t.byID[offered]
	if known && also {
		if r == o { // two ids of one skill
			return domain.One, Equal
		}
		for _, n := range t.Neighbours(r) {
			if n.Skill == o {
				return domain.Score(n.Score), n.Relation
			}
		}
	}
	return 0, Unrelated
}

// relate computes the table. Candidates come from postings by cluster, label,
// occupation and broader skill, so that a list of many thousands stays quick.
func (t *Taxonomy) relate() similarities {
	type key struct{ kind, value string }
	postings := map[key][]Index{}
	keysOf := make([][]key, len(t.skills))
	above := make([]map[Index]bool, len(t.skills))
	for i, s := range t.skills {
		keys := []key{{"cluster", clusterOf(s)}, {"label", fold(s.English)}}
		if len(s.ISCO) > 0 {
			keys = append(keys, key{"first", string(s.ISCO[0])})
		}
		for _, k := range keys {
			postings[k] = append(postings[k], Index(i))
		}
		keysOf[i] = keys
		above[i] = t.ancestors(Index(i))
	}
	below := make([][]Index, len(t.skills))
	for i := range above {
		for a := range above[i] {
			below[a] = append(below[a], Index(i))
		}
	}
	table := similarities{start: make([]uint32, 1, len(t.skills)+1)}
	for i := range t.skills {
		seen := map[Index]bool{Index(i): true}
		var near []Neighbour
		consider := func(o Index) {
			if seen[o] {
				return
			}
			seen[o] = true
			if r := relation(t.skills[i], t.skills[o], above[o][Index(i)], above[i][o]); r != Unrelated {
				near = append(near, Neighbour{o, uint16(similarity[r]), r})
			}
		}
		for _, k := range keysOf[i] {
			for _, o := range postings[k] {
				consider(o)
			}
		}
		for _, o := range below[i] {
			consider(o)
		}
		for a := range above[i] {
			consider(a)
		}
		slices.SortFunc(near, compareNeighbours) // a total order: the walk over maps above leaves no trace
		table.near = append(table.near, near[:min(len(near), MaxNeighbours)]...)
		table.start = append(table.start, uint32(len(table.near)))
	}
	return table
}

// relation is the strongest one that holds of an offered skill to a required.
func relation(required, offered Skill, narrower, broader bool) Relation {
	switch {
	case narrower:
		return Narrower
	case fold(required.English) == fold(offered.English):
		return Namesake
	case broader:
		return Broader
	case clusterOf(required) == clusterOf(offered):
		if shareISCO(required, offered, 4) {
			return SameUnit
		}
		if shareISCO(required, offered, 3) {
			return SameMinor
		}
	case len(required.ISCO) > 0 && len(offered.ISCO) > 0 && required.ISCO[0] == offered.ISCO[0]:
		return SameOccupation
	}
	return Unrelated
}

// clusterOf names the cluster across sectors: "management" of health is not
// that of education.
func clusterOf(s Skill) string { return string(s.Sector) + "/" + s.Cluster }

func shareISCO(a, b Skill, prefix int) bool {
	for _, x := range a.ISCO {
		for _, y := range b.ISCO {
			if len(x) >= prefix && len(y) >= prefix && x[:prefix] == y[:prefix] {
				return true
			}
		}
	}
	return false
}

// ancestors are the skills that i is a part of, over at most MaxBroaderSteps.
func (t *Taxonomy) ancestors(i Index) map[Index]bool {
	found := map[Index]bool{}
	frontier := []Index{i}
	for range MaxBroaderSteps {
		var next []Index
		for _, f := range frontier {
			for _, id := range t.skills[f].Broader {
				if b := t.byID[id]; b != i && !found[b] {
					found[b] = true
					next = append(next, b)
				}
			}
		}
		frontier = next
	}
	return found
}
